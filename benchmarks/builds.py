"""What builds and checks of whole sites cost."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import yaml
from figures import Figure, ratio, say, timed
from markdown_it import MarkdownIt

from snippetrun.errors import PageError
from snippetrun.extract import read

HERE = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
# A site has snippetrun installed as pip does it, compiled; so the first build, which is not counted, compiles ours.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
    "NO_MKDOCS_2_WARNING": "1",
}
THREE = "# Page {}\n\n```console\n$ echo {}\n$ docker images --quiet | wc -l\n$ docker ps\n```\n"
"""A page of three commands."""


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> None:
    """Run a program of ours, or of the environment that we are installed in; raise SystemExit if it fails."""
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        check=False, cwd=folder, env=ENVIRONMENT | environment, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stdout}{done.stderr}")


@contextmanager
def copy_of_this_site() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield a folder with what this site is made of, but for its mkdocs.yml, and what that says."""
    with tempfile.TemporaryDirectory(prefix="snippetrun-") as folder:
        for part in ("docs", "images", "recordings"):
            shutil.copytree(HERE / part, Path(folder, part))
        yield Path(folder), yaml.safe_load((HERE / "mkdocs.yml").read_text(encoding="utf-8"))


def replay() -> Figure:
    """Build this site from its recordings, and the same Markdown without snippetrun."""
    with copy_of_this_site() as (folder, settings):
        plugins, extensions = settings["plugins"], settings["markdown_extensions"]
        [own] = [plugin for plugin in plugins if "snippetrun" in plugin]
        # Other plugins take their time in both, and would hide what ours takes. Without the plugin the Markdown
        # extension of the same site would show its recordings.
        others = {"plugins": ["search"], "markdown_extensions": [e for e in extensions if "snippetrun" not in e]}
        (folder / "ours.yml").write_text(yaml.safe_dump(settings | {"plugins": ["search", own]}, sort_keys=False))
        (folder / "others.yml").write_text(yaml.safe_dump(settings | others, sort_keys=False))

        def build(name: str) -> float:
            command = ["mkdocs", "build", "--quiet", "--config-file", f"{name}.yml", "--site-dir", f"{folder}/{name}"]
            return timed(lambda: run(command, folder, SNIPPETRUN_MODE="replay"))

        build("ours")
        return ratio({"replayed": lambda: build("ours"), "snippetrun off": lambda: build("others")}, 15)


def reading() -> Figure:
    """Read 1,500 pages, copies of this site's, and find the blocks of the same pages with the bare parser."""
    files = sorted((HERE / "docs").rglob("*.md"))
    texts = list(islice(cycle(file.read_text(encoding="utf-8") for file in files), 1500))
    parser = MarkdownIt("commonmark").disable("inline")

    def page(text: str) -> None:
        with suppress(PageError):  # one that cannot be used is read to its end too
            read("page.md", text)

    return ratio({"snippetrun": _worked(page, texts), "markdown-it-py": _worked(parser.parse, texts)}, 3)


def _worked(work: Callable[[str], object], texts: Sequence[str]) -> Callable[[], float]:
    def seconds() -> float:
        began = time.process_time()
        for text in texts:
            work(text)
        return time.process_time() - began

    return seconds


@contextmanager
def site_of(pages: Mapping[str, str], **settings: object) -> Iterator[Path]:
    """Yield a folder with a site of these pages, by name, that has the image busybox."""
    with tempfile.TemporaryDirectory(prefix="snippetrun-") as name:
        folder = Path(name)
        (folder / "docs").mkdir()
        shutil.copytree(HERE / "images" / "busybox", folder / "images" / "busybox")
        ours = {"images": {"busybox": {"build": "images/busybox"}}} | settings
        (folder / "mkdocs.yml").write_text(yaml.safe_dump({"site_name": "A site", "plugins": [{"snippetrun": ours}]}))
        for page, text in pages.items():
            (folder / f"docs/{page}.md").write_text(text)
        yield folder


@dataclass(frozen=True)
class Built:
    """A site that has been built, and what that took."""

    folder: Path
    seconds: float
    megabytes: float
    """The most memory of the builder."""


_KEPT = ExitStack()
atexit.register(_KEPT.close)


@cache
def built(pages: int) -> Built:
    """Build a site of so many pages of three commands, each of which runs once; several rows look at it."""
    if pages > 1:
        built(1)  # the engine has all that a build needs from then on
    texts = {f"page{number}": THREE.format(number, number) for number in range(pages)}
    folder = _KEPT.enter_context(site_of(texts, runs=1))
    most, began = 0.0, time.monotonic()
    with (folder / "said").open("w") as said:
        command = [str(BIN / "mkdocs"), "build", "--quiet", "--strict"]
        builder = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=said, stderr=said)
        while builder.poll() is None:
            most = max(most, _megabytes(builder.pid))
            time.sleep(0.05)
    seconds = time.monotonic() - began
    if builder.returncode:
        raise SystemExit((folder / "said").read_text())
    say(f"  {pages} pages: {seconds:.1f} s, {most:.0f} MB")
    return Built(folder, seconds, most)


def _megabytes(pid: int) -> float:
    """Return the most memory that a process has had so far; 0 if it has ended."""
    # Not what the system tells of a child that has ended: in that its parent's memory counts, from before `exec`.
    try:
        found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return int(found[1]) / 1000 if found else 0.0


def many() -> Figure:
    """Run 10, 50 and 200 pages, and see whether each page more costs the same."""
    ten, fifty, most = (built(pages) for pages in (10, 50, 200))
    early, late = (fifty.seconds - ten.seconds) / 40, (most.seconds - fifty.seconds) / 150
    samples = {f"{pages} pages": [built(pages).seconds] for pages in (10, 50, 200)}
    return Figure(late / early, samples, f"{late:.2f} s a page")


def memory() -> Figure:
    """Run 200 pages, and look at the most memory that the builder had."""
    samples = {f"{pages} pages": [built(pages).megabytes] for pages in (10, 50, 200)}
    return Figure(built(200).megabytes, samples)


def changed() -> Figure:
    """Check 200 pages of which one has changed since a commit, and a site that has this page alone."""
    large, small = built(200).folder, built(1).folder
    for folder in (large, small):
        page = folder / "docs/page0.md"
        git = ["git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@example.com"]
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "pages"]):
            subprocess.run([*git, *words], check=True)
        page.write_text(page.read_text().replace("echo 0", "echo 00"))
        run(["snippetrun", "run", "docs/page0.md"], folder)
    check = ["snippetrun", "check", "--changed-since", "HEAD"]
    ways = {
        "one of 200 pages": lambda: timed(lambda: run(check, large)),
        "the only page": lambda: timed(lambda: run(check[:2], small)),
    }
    return ratio(ways, 5)
