"""Images are built in a sandbox: what a Dockerfile does is as much a stranger's as what a page does.

Inside is the base image, and nothing of this machine: no settings of docker's, no environment, no image of the host's
engine. What comes out is one image, under the name that we give it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from snippetrun.engine.base_image import Base
from snippetrun.engine.client import HostEngine
from snippetrun.engine.images import say_step
from snippetrun.errors import ImageError, Problem
from snippetrun.model import Network
from snippetrun.sandbox.live import LiveSandbox, build_specification, sandbox
from snippetrun.sandbox.saved import only
from snippetrun.support.limits import Limits, beyond_users, used_up
from snippetrun.support.sgr import uncoloured

# The classic builder: `docker history` shows each step as it is written. What has failed stays, so that it can be told
# what it has used up.
_BUILD = 'DOCKER_BUILDKIT=0 docker build --tag "$1" --build-arg BASE="$2" - && echo "$1"'
_SAVE = 'exec docker save "$1" 2>/dev/null'
_NAME = "built"
_LINE_BYTES = 1000
_LAST_LINES = 15
_STEPS = 200
"""How many steps are told of."""


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds images, each in a sandbox of its own."""

    engine: HostEngine
    image: str
    """The sandbox's."""
    base: Base
    limits: Limits
    """Of one build."""
    network: Network
    say: Callable[[str], None]
    """Is told of each step, in a line."""

    def __call__(self, context: bytes, tag: str) -> None:
        """Build an image from a context (a tar archive with a Dockerfile), and give it to the host's engine.

        Raises ImageError, with the builder's last words, if that fails or takes more than its limits.
        """
        last_words: deque[str] = deque(maxlen=_LAST_LINES)
        what = tag.partition("/")[2].partition(":")[0]
        with sandbox(self.engine, build_specification(self.engine, self.image, self.limits, self.network)) as live:
            live.feed(["docker", "load", "--quiet"], self.engine.save([self.base.name]))
            before, deadline = live.usage(), time.monotonic() + self.limits.time
            try:
                steps = 0
                for line in _lines(self._output(live, deadline, _BUILD, _NAME, self.base.name, given=context)):
                    if line.startswith("Step 1/"):
                        last_words.clear()  # that the builder is an old one, which is no news for authors
                    last_words.append(line)
                    if steps < _STEPS:  # a step may print what looks like the beginning of another
                        steps += say_step(line, what, self.say)
                if not last_words or last_words[-1] != _NAME:
                    raise ImageError(Problem(last_words[-1] if last_words else "it ended at once"))
                with only(tag, self._output(live, deadline, _SAVE, _NAME), self.limits, self.engine.scratch) as archive:
                    self.engine.load(archive)
            except ImageError as error:
                limit = used_up(before, live.usage())
                reason = self.limits.exceeded(limit, "the build") if limit else error.problems[0].message
                hint = "\n".join(filter(None, [*last_words, beyond_users("\n".join(last_words))]))
                raise ImageError(Problem(f"the image {what} cannot be built: {reason}", hint)) from error

    def _output(
        self, live: LiveSandbox, deadline: float, script: str, *arguments: str, given: bytes = b""
    ) -> Iterator[bytes]:
        """Yield what a script says in the sandbox; raise ImageError if it takes too long."""
        stream = live.enter(["sh", "-c", script, "sh", *arguments])
        try:
            stream.write(given, max(0.0, deadline - time.monotonic()))
            stream.end_of_input()
            while (part := stream.read(max(0.0, deadline - time.monotonic()))) != b"":
                if part is None or time.monotonic() > deadline:
                    raise TimeoutError
                yield part
        except TimeoutError:
            raise ImageError(Problem(self.limits.exceeded("time", "the build"))) from None
        finally:
            stream.close()


def _lines(parts: Iterator[bytes]) -> Iterator[str]:
    """Yield the lines that are not empty, of long ones the end."""
    rest = b""
    for part in parts:
        *lines, rest = (rest + part).split(b"\n")
        rest = rest[-_LINE_BYTES:]
        yield from (_text(line) for line in lines if line.strip())
    if rest:
        yield _text(rest)


def _text(line: bytes) -> str:
    return uncoloured(line[-_LINE_BYTES:].decode(errors="replace"))
