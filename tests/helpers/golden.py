"""Read golden files: one behaviour each, named as a sentence, with what goes in and what comes out.

A file is made of sections. A line of eight dashes and a name starts one; what stands above the first such line
is the section `page`. `recording` and `answers` are TOML. In a section called `page with escapes`, `\\r`, `\\t` and
`\\u200b` stand for what cannot be seen; `\\r` at the end of a line makes it end in CR LF.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "golden"
_SECTION = re.compile(r"^-{8} (.+)\n", re.MULTILINE)
_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|([rt]))")


@dataclass(frozen=True, slots=True)
class Case:
    """One golden file."""

    path: Path
    sections: dict[str, str]

    def __getitem__(self, name: str) -> str:
        """The text of a section, or the empty string if the file has none of that name."""
        return self.sections.get(name, "")


def load(path: Path) -> Case:
    """Read one file."""
    page, *rest = _SECTION.split(path.read_text(encoding="utf-8"))
    sections = dict(zip(rest[::2], rest[1::2], strict=True))
    if "page with escapes" in sections:
        page = _ESCAPE.sub(_unescape, sections.pop("page with escapes"))
    return Case(path, {"page": page, **sections})


def cases(folder: str, section: str = "page", says: str = "") -> pytest.MarkDecorator:
    """Run a test, which takes a `case`, once for each file of a folder with a section in which a regex is found."""
    cases = [load(path) for path in sorted((ROOT / folder).glob("*.md"))]
    chosen = [case for case in cases if section in case.sections and re.search(says, case[section])]
    assert chosen, f"no golden files in {folder} with a section {section} that says {says}"
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.path.stem) for case in chosen])


def _unescape(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else {"r": "\r", "t": "\t"}[match[2]]
