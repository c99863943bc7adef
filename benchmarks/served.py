"""How long somebody who writes waits under `mkdocs serve`: from saving a page to the page that shows what came out."""

from __future__ import annotations

import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from builds import BIN, ENVIRONMENT, HERE, site_of
from figures import Figure, ratio, side_by_side, timed

_SAVED = "# Saved\n\n```console\n$ docker run --rm busybox echo $((6 * 7))-{0}\n```\n\nText {0}.\n"
_SNIPPET = "```console\n$ docker run --rm busybox echo $((6 * 7))-{}-{}\n```\n\n"
_SNIPPETS = 24
_RUNS = "Running now"
"""What a page says above the blocks that wait for their run."""


@contextmanager
def serving(root: Path, page: str, **environment: str) -> Iterator[Callable[[], str]]:
    """Serve a site; yield what returns a page of it as it is served, and "" while there is none."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"

    def served() -> str:
        try:
            with urllib.request.urlopen(f"http://{address}/{page}", timeout=60) as answer:
                return str(answer.read().decode())
        except OSError:  # it does not answer yet, or is busy with a build
            return ""

    command = [str(BIN / "mkdocs"), "serve", "--quiet", "--dev-addr", address]
    running = subprocess.Popen(command, cwd=root, env=ENVIRONMENT | environment)
    try:
        yield served
    finally:
        running.terminate()  # a shell in the background has its programs ignore SIGINT
        running.wait()


def _wait(shown: Callable[[], bool], seconds: float = 300.0) -> None:
    give_up = time.monotonic() + seconds
    while not shown():
        if time.monotonic() > give_up:
            raise SystemExit(f"the page does not show what came out within {seconds:.0f} s")
        time.sleep(0.02)


@contextmanager
def _saving(text: str, **environment: str) -> Iterator[Callable[[], float]]:
    """Serve a copy of this site; yield what saves a page, waits until it shows a text, and returns how long it took."""
    with tempfile.TemporaryDirectory(prefix="snippetrun-") as folder:
        root = Path(folder, "site")
        shutil.copytree(HERE, root, ignore=shutil.ignore_patterns(".*", "site", "node_modules"))
        page, number = root / "docs" / "saved.md", 0
        page.write_text(_SAVED.format(number))
        with serving(root, "saved.html", **environment) as served:

            def seconds() -> float:
                nonlocal number
                _wait(lambda: text.format(number) in served())
                time.sleep(4)  # nothing else goes on, such as the run that sees what varies
                number += 1
                page.write_text(_SAVED.format(number))
                return timed(lambda: _wait(lambda: text.format(number) in served()))

            yield seconds


def saved() -> Figure:
    """Save a page of this site that has one `docker run`, and the same page where nothing runs."""
    with _saving(">42-{}\n") as ours, _saving("Text {}.", SNIPPETRUN_MODE="replay") as text:
        samples = side_by_side({"with its output": ours, "its text alone": text}, 3)
    return Figure(statistics.median(samples["with its output"]), samples, peers=["its text alone"])


def edit() -> Figure:
    """Edit the last of the snippets of a page, a second time, and the first, after which all of them run."""
    versions = [0] * _SNIPPETS

    def text() -> str:
        return "# Edited\n\n" + "".join(_SNIPPET.format(*each) for each in enumerate(versions))

    with site_of({"index": text()}) as folder, serving(folder, "index.html") as served:
        longest = 0.0

        def shown(numbers: range) -> bool:
            page = served()
            return all(f">42-{number}-{versions[number]}\n" in page for number in numbers)

        def whole() -> bool:
            return shown(range(_SNIPPETS)) and _RUNS not in served()

        def edited(number: int, ends: Callable[[], bool]) -> float:
            nonlocal longest
            time.sleep(4 + 2 * longest)  # what else runs for the page, in the background, has come to its end
            versions[number] += 1
            (folder / "docs/index.md").write_text(text())
            seconds = timed(lambda: _wait(ends))
            longest = max(longest, seconds)
            return seconds

        longest = timed(lambda: _wait(whole))

        def last() -> float:
            edited(_SNIPPETS - 1, whole)  # from now on what stands above has run when it is edited again
            return edited(_SNIPPETS - 1, lambda: shown(range(_SNIPPETS - 1, _SNIPPETS)))

        return ratio(
            {
                "its last snippet": last,
                "the whole page": lambda: edited(0, whole),
            },
            2,
        )
