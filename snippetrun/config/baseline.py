"""The baseline, read and written: the pages of a site that are not under test yet, one a line.

    # Not under test yet: see `snippetrun status`.
    guide/install.md
    index.md

A page has its path below docs_dir. A line that begins with `#` is for people, and blanks around a path are nothing;
behind `./` both are a part of it, as in `./#a.md`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from snippetrun.config.settings import Baseline
from snippetrun.config.values import is_path
from snippetrun.support import bounded

NAME = "snippetrun-baseline.txt"
"""The file, if nothing is said."""
_HEAD = "# Not under test yet; to take a page out: snippetrun adopt PAGE"


def read(root: Path, value: object) -> Baseline:
    """Read the name of the file, or `false` for none, and the file; raise ValueError if it cannot be used."""
    if value is False:
        return Baseline()
    if not is_path(value):
        raise ValueError("expects a file, relative to the folder of the configuration, or false")
    path = root / value
    try:
        lines = bounded.read_bytes(path).decode("utf-8-sig").splitlines()
    except FileNotFoundError:
        lines = []
    except OSError as error:
        raise ValueError(f"{value} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{value} is not UTF-8") from error
    return Baseline(path, {name: number for number, line in enumerate(lines, 1) if (name := _page(line))})


def text(before: str, pages: Iterable[str]) -> str:
    """Return the text of a baseline that names just these pages; comments come above all pages."""
    comments = [line for line in before.splitlines() if line.strip() and not _page(line)]
    lines = (name if _page(name) == name else f"./{name}" for name in sorted(set(pages)))
    return "".join(f"{line}\n" for line in [*(comments or [_HEAD]), *lines])


def _page(line: str) -> str:
    """Return the page that a line names; "" for a comment."""
    if line.startswith("./"):
        return line[2:]
    name = line.strip()
    return "" if name.startswith("#") else name
