"""What builds and checks of whole sites cost."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
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
        return ratio({"replayed": lambda: build("ours"), "snippetrun off": lambda: build("others")}, 11)


def reading() -> Figure:
    """Read 1,500 pages, copies of this site's, and find the blocks of the same pages with the bare parser."""
    files = sorted((HERE / "docs").rglob("*.md"))
    texts = list(islice(cycle(file.read_text(encoding="utf-8") for file in files), 1500))
    parser = MarkdownIt("commonmark").disable("inline")

    def page(text: str) -> None:
        with suppress(PageError):  # one that cannot be used is read to its end too
            read("page.md", text)

    return ratio({"snippetrun": _worked(page, texts), "markdown-it-py": _worked(parser.parse, texts)}, 5)


def _worked(work: Callable[[str], object], texts: Sequence[str]) -> Callable[[], float]:
    def seconds() -> float:
        began = time.process_time()
        for text in texts:
            work(text)
        return time.process_time() - began

    return seconds


@contextmanager
def site_of(pages: int) -> Iterator[Path]:
    """Yield a folder with a site of so many pages of three commands, in a repository of its own."""
    with tempfile.TemporaryDirectory(prefix="snippetrun-") as name:
        folder = Path(name)
        (folder / "docs").mkdir()
        shutil.copytree(HERE / "images" / "busybox", folder / "images" / "busybox")
        images = {"busybox": {"build": "images/busybox"}}
        settings = {"site_name": "Many", "plugins": [{"snippetrun": {"images": images, "runs": 1}}]}
        (folder / "mkdocs.yml").write_text(yaml.safe_dump(settings))
        for number in range(pages):
            (folder / f"docs/page{number}.md").write_text(THREE.format(number, number))
        yield folder


def many() -> Figure:
    """Run 10, 50 and 200 pages, and see whether a page costs the same; remember the builder's memory."""
    samples: dict[str, list[float]] = {}
    for pages in (10, 50, 200):
        with site_of(pages) as folder:
            samples[f"{pages} pages, s"] = [timed(lambda folder=folder: run(["mkdocs", "build", "-q"], folder))]  # type: ignore[misc]
        samples[f"{pages} pages, MB"] = [resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000]
        say(f"  {pages} pages: {samples[f'{pages} pages, s'][0]:.1f} s")
    fifty, many_pages = samples["50 pages, s"][0] / 50, samples["200 pages, s"][0] / 200
    return Figure(many_pages / fifty, samples, f"{many_pages:.2f} s a page")


def memory() -> Figure:
    """Run 200 pages, and look at the most memory that the builder had."""
    figure = many()
    return Figure(figure.samples["200 pages, MB"][0], figure.samples)


def changed() -> Figure:
    """Check 200 pages of which one has changed since a commit, and a site that has this page alone."""
    with site_of(200) as large, site_of(1) as small:
        for folder in (large, small):
            run(["snippetrun", "run"], folder)
            page = folder / "docs/page0.md"
            git = ["git", "-C", str(folder), "-c", "user.name=b", "-c", "user.email=b@example.com"]
            for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "pages"]):
                subprocess.run([*git, *words], check=True)
            page.write_text(page.read_text().replace("echo 0", "echo 0 "))
            run(["snippetrun", "run", "docs/page0.md"], folder)
        check = ["snippetrun", "check", "--changed-since", "HEAD"]
        ways = {
            "200 pages": lambda: timed(lambda: run(check, large)),
            "one page": lambda: timed(lambda: run(check[:2], small)),
        }
        return ratio(ways, 5)
