"""How many pages of a folder are green: as they stand, and once `adopt` or `update` has done what it can alone.

The commands are those of an owner, and each page has a copy of the site to itself. `init` sets that up; where the
folder has images/NAME/Dockerfile, pages have that image. Without a folder: the pages of `tests/golden/corpus`.

    PYTHONPATH=tests python benchmarks/wild.py [--json] [--jobs N] [FOLDER]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from trees import CORPUS, copied

from snippetrun.config import baseline

SNIPPETRUN = Path(sys.executable).with_name("snippetrun")
STATES = ("as it stands", "after adopt", "after update", "")
"""When a page is green; the last one is for never."""


@dataclass(frozen=True, slots=True)
class Page:
    """What became of a page."""

    path: str
    green: str
    """One of `STATES`."""
    left: tuple[str, ...]
    """What `adopt` left to its author: the place, what is wrong there, and the ways out."""
    seconds: float


def snippetrun(root: Path, *arguments: str) -> tuple[bool, str]:
    """Run a command in a site; return whether all was well, and what it said of it."""
    done = subprocess.run(
        [SNIPPETRUN, *arguments], cwd=root, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0, done.stderr


def tried(prepared: Path, path: str) -> Page:
    """Try a page in each way, until one makes it green."""
    began, said = time.monotonic(), ""
    for command, state in (("check",), STATES[0]), (("adopt", "--yes"), STATES[1]), (("update",), STATES[2]):
        with tempfile.TemporaryDirectory(prefix="snippetrun-") as root:
            site = shutil.copytree(prepared, Path(root, "site"))
            if command[0] != "adopt":
                site.joinpath(baseline.NAME).unlink()
            done, errors = snippetrun(site, *command, path)
            # What is accepted must also hold.
            if done and (command[0] == "check" or snippetrun(site, "check", path)[0]):
                return Page(path, state, (), time.monotonic() - began)
        said = errors if command[0] == "adopt" else said
    return Page(path, "", tuple(problems(said)), time.monotonic() - began)


def problems(errors: str) -> Iterator[str]:
    """Yield what a command complained of, without its progress and its counts."""
    lines: list[str] = []
    for line in [*errors.splitlines(), ""]:
        if lines and not line.startswith(" "):
            yield "\n".join(lines)
            lines = []
        if lines or ".md:" in line:
            lines.append(line)


def table(pages: Sequence[Page]) -> Iterator[str]:
    """Yield the lines for people."""
    for page in pages:
        yield f"{page.path}: {f'green {page.green}' if page.green else 'not green'} ({page.seconds:.0f} s)"
        yield from (f"    {line}" for problem in page.left for line in problem.splitlines())
    counts = Counter(page.green for page in pages)
    first = counts[STATES[0]]
    yield f"of {len(pages)} pages green: {first} as they stand, {len(pages) - counts['']} after adopt or update"


def main() -> None:
    """Try each page, and print a table or a JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=CORPUS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--jobs", type=int, default=2, help="pages at a time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="snippetrun-") as folder:
        site = Path(folder, "site")
        copied(options.folder, site)
        if (images := options.folder / "images").is_dir():
            shutil.copytree(images, site / "images", dirs_exist_ok=True)
        done, errors = snippetrun(site, "init", "--yes")
        if not done:
            sys.exit(errors)
        names = [line for line in (site / baseline.NAME).read_text().splitlines() if not line.startswith("#")]
        pages: list[Page] = []
        with ThreadPoolExecutor(options.jobs) as pool:
            for trial in as_completed([pool.submit(tried, site, name) for name in names]):
                pages.append(page := trial.result())
                sys.stderr.write(f"{len(pages)} of {len(names)}: {page.path}: {page.green or 'not green'}\n")
        pages.sort(key=lambda page: page.path)
    if options.json:
        json.dump([asdict(page) for page in pages], sys.stdout, indent=2, ensure_ascii=False)
        print()
    else:
        print("\n".join(table(pages)))


if __name__ == "__main__":
    main()
