"""How long somebody who writes waits: from saving a page with one `docker run` to the page that shows what came out.

Serves a copy of this site with `mkdocs serve`, with us and without, and saves a page of it again and again. Prints
medians in seconds and their ratio, all measured in one run. Run it with `make bench`.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROUNDS = 5
PAGE = "# Saved\n\n```console\n$ docker run --rm busybox echo $((6 * 7))-{}\n```\n\nText {}.\n"


def served(address: str) -> str:
    """Return the page as it is served now; empty while there is none."""
    try:
        with urllib.request.urlopen(f"http://{address}/saved.html", timeout=60) as answer:
            return str(answer.read().decode())
    except (urllib.error.URLError, ConnectionError):
        return ""


def wait(address: str, text: str) -> float:
    """Wait until the page has a text; return how long that took."""
    began = time.monotonic()
    while text not in served(address):
        time.sleep(0.02)
    return time.monotonic() - began


@contextmanager
def serving(root: Path, **environment: str) -> Iterator[str]:
    """Serve a site, and yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [str(Path(sys.executable).with_name("mkdocs")), "serve", "-q", "-a", address]
    running = subprocess.Popen(command, cwd=root, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"} | environment)
    try:
        yield address
    finally:
        running.send_signal(signal.SIGINT)
        running.wait()


def measured(root: Path, text: str, **environment: str) -> list[float]:
    """Return how long the text took to be there after each time that the page was saved."""
    page = root / "docs" / "saved.md"
    page.write_text(PAGE.format(0, 0))
    seconds = []
    with serving(root, **environment) as address:
        wait(address, text.format(0))
        for number in range(1, ROUNDS + 1):
            time.sleep(4)  # nothing else goes on, such as the run that sees what varies
            page.write_text(PAGE.format(number, number))
            seconds.append(wait(address, text.format(number)))
    return seconds


def main() -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "site")
        shutil.copytree(Path(), root, ignore=shutil.ignore_patterns(".*", "site", "node_modules"))
        ours = statistics.median(measured(root, ">42-{}\n"))
        theirs = statistics.median(measured(root, "Text {}.", SNIPPETRUN_MODE="replay"))
    print(f"saved -> served, one docker run, median of {ROUNDS}, {os.cpu_count()} processors, {platform.machine()}")
    print(f"  with what came out        {ours:6.2f} s")
    print(f"  without running it        {theirs:6.2f} s")
    print(f"  ratio                     {ours / theirs:6.1f}")


if __name__ == "__main__":
    main()
