"""How many pages of a folder are green: as they stand, and once `adopt` or `update` has done what it can alone.

The commands are those of an owner, and each page has a copy of the site to itself. `init` sets that up; where the
folder has images/NAME/Dockerfile, pages have that image. Without a folder: the pages of `tests/golden/corpus`.

    PYTHONPATH=tests python benchmarks/wild.py [--json] [--jobs N] [FOLDER]
"""

from __future__ import annotations

import argparse
import json
import re
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
AS_IT_STANDS, ADOPTED, UPDATED, ANSWERED = "as it stands", "after adopt", "after update", "after adopt, asked"
"""When a page is green: with nothing for `adopt` to edit; by the edits of `adopt`, or of `update`; by those of `adopt`
for who answers yes to its questions on a terminal."""
# the line in: If that is right: --accept 30.
_ASKED = re.compile(r"^ +If that is right: --accept (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """What became of a page."""

    path: str
    green: str
    """One of the states above, or ""."""
    left: tuple[str, ...]
    """What `adopt` left to its author: the place, what is wrong there, and the ways out."""
    seconds: float


def snippetrun(root: Path, *arguments: str) -> tuple[bool, str]:
    """Run a command in a site; return whether all was well, and what it said."""
    done = subprocess.run(
        [SNIPPETRUN, *arguments], cwd=root, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, check=False
    )
    return done.returncode == 0, done.stdout + done.stderr


def tried(prepared: Path, path: str) -> Page:
    """Try a page in each way, until one makes it green."""
    began = time.monotonic()
    green, said = attempt(prepared, path, "adopt", "--yes")
    left = tuple(problems(said))
    asked = [line for problem in left for line in _ASKED.findall(problem)]
    accepted = [word for line in asked for word in ("--accept", line)]
    state = AS_IT_STANDS if green and "nothing to edit" in said else ADOPTED if green else ""
    if not green and attempt(prepared, path, "update")[0]:
        state = UPDATED
    elif not green and len(asked) == len(left) > 0 and attempt(prepared, path, "adopt", "--yes", *accepted)[0]:
        state = ANSWERED
    return Page(path, state, () if state else left, time.monotonic() - began)


def attempt(prepared: Path, path: str, command: str, *options: str) -> tuple[bool, str]:
    """Run a command for a page in a new copy of the site; what it has accepted must also hold."""
    with tempfile.TemporaryDirectory(prefix="snippetrun-") as root:
        site = shutil.copytree(prepared, Path(root, "site"))
        if command != "adopt":
            site.joinpath(baseline.NAME).unlink()
        done, said = snippetrun(site, command, path, *options)
        return done and snippetrun(site, "check", path)[0], said


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
    yield f"of {len(pages)} pages: " + ", ".join(f"{counts[state]} {state or 'not green'}" for state in sorted(counts))


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
