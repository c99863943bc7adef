"""Which lines pymdownx.superfences takes for a fence: the second opinion that every fence we run must have.

A line-by-line model of `SuperFencesBlockPreprocessor` in pymdownx/superfences.py, the extension that renders
fences in Material for MkDocs. It differs from CommonMark: a closing fence has the width and the column of its
opener, no line of the content stands left of it, and an info string that it cannot read makes the line text.
Whatever it does not take for a fence, or takes for part of another one, is no code block on the site.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from snippetrun.extract.indented_blocks import INDENT
from snippetrun.extract.info_string import stands_bare

# > > , before a fence in a quote within a quote
_PREFIX = re.compile(r"[> ]*")
# ```console, ~~~ {.console hide}, ``` yaml title="app.yml"
_OPENER = re.compile(
    r"""
    (?P<markup> ~{3,} | `{3,} )
    (?: [ ]* \.? (?P<language> [\w#.+-]+ ) (?= [ ] | $ ) )?
    [ ]* (?: \{ .* \} | (?P<bare> (?: [ ]*+ [^ ]++ )*+ ) ) [ ]*
    """,
    re.VERBOSE,
)
# title="app.py" linenums="1"
_BARE = re.compile(r"""(?P<key>[a-zA-Z]\w*)=(?P<quote>["'])(?P<value>.*?)(?P=quote)(?: +|$)""", re.ASCII)


@dataclass(frozen=True, slots=True)
class Block:
    """The lines of one fence, both fences included, 1-based."""

    line: int
    end_line: int
    language: str


@dataclass(slots=True)
class _Open:
    """A fence that nothing has closed so far."""

    line: int
    prefix: str
    markup: str
    language: str
    empty_before: bool = False
    """Whether the line above is empty."""


def find_blocks(lines: Sequence[str]) -> list[Block]:
    """Return the fences in a page's lines, in order; one that nothing closes is none, and hides what follows."""
    closed: list[Block] = []
    opened: _Open | None = None
    for number, tabbed in enumerate(lines, 1):
        if opened is None and "```" not in tabbed and "~~~" not in tabbed:
            continue
        if opened and not opened.prefix and not tabbed.startswith(opened.markup):
            continue
        # Python-Markdown's own normalising comes first: tabs become spaces, lines of spaces become empty.
        line = tabbed.expandtabs(INDENT) if tabbed.strip(" \t") else ""
        if opened is None:
            opened = _open(line, number)
            continue
        width = len(opened.prefix)
        match = _PREFIX.match(line, 0, width)
        own = match[0] if match else ""
        rest = line[len(own) :]
        deep, deep_enough = opened.prefix.count(">"), len(own) == width
        level = own.count(">")
        if not rest and level <= deep:
            opened.empty_before = True
        elif not deep_enough or level > deep or (opened.empty_before and level < deep):
            # The rest of the page is read as if the opener had been text.
            opened = None
        elif rest.rstrip(" ") == opened.markup:
            closed.append(Block(opened.line, number, opened.language))
            opened = None
        else:
            opened.empty_before = False
    return closed


def _open(line: str, number: int) -> _Open | None:
    """Return the fence that a line opens; None if it opens none."""
    prefix = match[0] if (match := _PREFIX.match(line)) else ""
    opener = _OPENER.fullmatch(line, len(prefix))
    if not opener or not _readable(opener["bare"] or ""):
        return None
    return _Open(number, prefix, opener["markup"], opener["language"] or "")


def _readable(bare: str) -> bool:
    """Whether what follows the language without braces is what `highlight_validator` accepts."""
    offset = 0
    while offset < len(bare):
        match = _BARE.match(bare, offset)
        if not match or not stands_bare(match["key"], match["value"]):
            return False
        offset = match.end()
    return True
