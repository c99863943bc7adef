"""The lines of a file as its bytes have them, and edits that replace whole lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

# a\r\n, b\r, c\n, and a last line without an end
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# the end of a line: \r\n, \r or \n
_END = re.compile(r"\r\n|\r|\n")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Edit:
    """Whole lines that replace others."""

    line: int
    """The first line that goes, 1-based."""
    end_line: int
    """The last line that goes; `line - 1` to put lines above that one and take none away."""
    lines: tuple[str, ...]
    """The new lines, without line ends."""


def normalised(text: str) -> list[str]:
    """Return the lines of a text without their ends and without a byte order mark.

    Only CR LF, CR and LF end a line, as in CommonMark; `str.splitlines` knows more ends than Markdown does.
    """
    lines = text.removeprefix(_BOM).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def splice(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with some of its lines replaced; whatever no edit names stays byte for byte.

    New lines end as most lines of the text do. Raises ValueError if edits overlap or leave the text.
    """
    bom = _BOM if text.startswith(_BOM) else ""
    lines = _LINE.findall(text.removeprefix(_BOM))
    ends = Counter(_END.findall(text))
    end = ends.most_common(1)[0][0] if ends else "\n"
    below = len(lines) + 1
    # From the bottom up, so that the numbers of the lines above stay right.
    for edit in sorted(edits, key=lambda edit: edit.line, reverse=True):
        if not 1 <= edit.line <= edit.end_line + 1 <= below or edit.line > len(lines):
            raise ValueError(f"lines {edit.line} to {edit.end_line} are not free to be replaced")
        new = [line + end for line in edit.lines]
        takes_last_end = edit.end_line >= edit.line and not _END.search(lines[edit.end_line - 1])
        if new and takes_last_end:
            new[-1] = edit.lines[-1]
        lines[edit.line - 1 : edit.end_line] = new
        below = edit.line
    return bom + "".join(lines)
