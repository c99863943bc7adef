"""What we ask of an engine about images."""

from __future__ import annotations

import io
import re
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Any

import docker.errors

from snippetrun.engine.connection import FAULTS, Connection, reason
from snippetrun.errors import ImageError, Problem
from snippetrun.support import patience, stopping

# \x1b[91m, which the classic builder puts around what a step says on standard error
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_PULL_PAUSES = (1.0, 4.0)
"""Between the tries of a pull."""
_NO_SUCH_IMAGE = re.compile(
    r"manifest unknown|manifest for .* not found|access denied|unauthorized|no basic auth|denied:|invalid reference"
    r"|no such host|network is unreachable|x509:",
    re.IGNORECASE,
)
"""What another try does not mend: `manifest for nginx:nosuch not found: manifest unknown`, `no such host`."""


class Images(Connection):
    """The images of an engine."""

    def image(self, name: str) -> dict[str, Any] | None:
        """Return what the engine knows of an image; None if it has none of that name."""
        with self._faults("cannot be asked about an image"):
            try:
                inspected: dict[str, Any] = self._api.inspect_image(name)  # type: ignore[no-untyped-call]
            except docker.errors.ImageNotFound:
                return None
            return inspected

    def tag(self, image: str, name: str) -> None:
        """Give an image one more name."""
        repository, _, tag_name = name.rpartition(":")
        with self._faults(f"cannot tag {image}"):
            self._api.tag(image, repository, tag_name)

    def pull(self, reference: str) -> None:
        """Pull an image, and try again if it is the registry or the way to it that fails; raise ImageError in the end.

        The SDK takes the rights of the user's own `docker login`.
        """
        for pause in (*_PULL_PAUSES, None):
            why = self._pull(reference)
            if not why:
                return
            if pause is None or _NO_SUCH_IMAGE.search(why):
                break
            time.sleep(patience.seconds(pause))
            stopping.check()
        tries = f" ({len(_PULL_PAUSES) + 1} tries)" if pause is None else ""
        raise ImageError(Problem(f"{reference} cannot be pulled{tries}: {why}"))

    def _pull(self, reference: str) -> str:
        """Pull an image once; return why that failed, or ""."""
        try:
            for message in self._api.pull(reference, stream=True, decode=True):
                stopping.check()
                if "error" in message:
                    return str(message["error"])
        except FAULTS as error:
            return reason(error)
        return ""

    def build(self, context: bytes, *, tag: str, arguments: Mapping[str, str]) -> Iterator[str]:
        """Build an image from a context (a tar archive with a Dockerfile) and yield the builder's lines.

        It gets no label: readers would find it in `docker history`. Its name tells that it is ours.
        Raises ImageError with the builder's last words if a step fails.
        """
        last_words: deque[str] = deque(maxlen=15)
        try:
            for message in self._api.build(
                fileobj=io.BytesIO(context),
                custom_context=True,
                tag=tag,
                buildargs=dict(arguments),
                rm=True,
                forcerm=True,
                decode=True,
            ):
                stopping.check()
                if "error" in message:
                    raise ImageError(
                        Problem(f"the image {tag} cannot be built: {message['error']}", "\n".join(last_words))
                    )
                for line in _COLOUR.sub("", message.get("stream", "")).splitlines():
                    last_words.append(line)
                    yield line
        except FAULTS as error:
            raise ImageError(Problem(f"the image {tag} cannot be built: {reason(error)}")) from error

    def import_rootfs(self, archive: str, *, tag: str, labels: Mapping[str, str]) -> None:
        """Make an image of one layer from a tar archive of a root file system."""
        repository, _, tag_name = tag.rpartition(":")
        changes = [f"LABEL {name}={_quoted(value)}" for name, value in labels.items()]
        with self._faults(f"cannot import {archive}"):
            self._api.import_image_from_file(
                archive, repository=repository, tag=tag_name, changes=[*changes, 'CMD ["bash"]']
            )

    def save(self, names: Sequence[str]) -> Iterator[bytes]:
        """Yield the bytes of one archive of several images, shared layers once, as `docker save` writes it."""
        url = f"{self._api.base_url}/v{self._api.api_version}/images/get"
        params = {"names": list(names)}
        with self._faults("cannot save images"), self._api.get(url, params=params, stream=True, timeout=600) as answer:
            answer.raise_for_status()
            yield from answer.iter_content(1 << 20)

    def load(self, archive: IO[bytes] | Iterator[bytes]) -> None:
        """Load the images of an archive as `save` yields it; raise ImageError if the engine does not take it."""
        with self._faults("cannot load an image"):
            for message in self._api.load_image(archive, quiet=True):  # type: ignore[no-untyped-call]
                if "error" in message:
                    raise ImageError(Problem(f"an image cannot be loaded: {message['error']}"))

    def remove_image(self, name: str) -> bool:
        """Remove an image; return False if it is in use or gone."""
        with self._faults(f"cannot remove the image {name}"):
            try:
                self._api.remove_image(name, force=False)
            except docker.errors.APIError as error:
                if error.status_code in (404, 409):
                    return False
                raise
            return True


def _quoted(value: str) -> str:
    """Quote a value for a LABEL instruction."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
