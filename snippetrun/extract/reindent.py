"""Lists with fences, indented as Python-Markdown wants them: by 4 for each level, with all that an item holds.

1. Step:                1. Step:

   ```console    ->         ```console
   $ docker ps              $ docker ps
   ```                      ```
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from snippetrun.extract.indented_blocks import INDENT, indented_blocks
from snippetrun.extract.lines import Edit

# the blanks, the marker and the blanks behind it of "  10. Step"
_MARKER = re.compile(r"( *)([-*+]|\d{1,9}[.)])( *)")
# a tab before a fence, or behind a marker
_TAB = re.compile(r" *(?:[-*+]|\d{1,9}[.)])? *\t")
_MOST_BLANKS = 4
"""Between a marker and its text; of more, all but one belong to indented code."""


@dataclass(frozen=True, slots=True)
class _Item:
    """An item of a list; its lines are counted from 0."""

    first: int
    after: int
    depth: int
    """1 for a list that stands in no other."""
    margin: int
    """The column where such a list has to start."""


def reindented(lines: Sequence[str]) -> list[Edit]:
    """Return what has to change so that each list that holds a fence is one for Python-Markdown as well.

    Lists in block quotes are left alone. A blank line comes above a list that touches a text.
    """
    edits = []
    expanded = [line.expandtabs(INDENT) if _TAB.match(line) else line for line in lines]
    tokens = MarkdownIt("commonmark").use(indented_blocks).disable("inline").parse("\n".join(lines) + "\n")
    spans = [range(*token.map) for token in tokens if token.type == "fence" and token.map]
    fences = {number: span[0] for span in spans for number in span}
    for items in _lists(tokens):
        first = items[0].first
        held = {number: item for item in items for number in range(item.first, item.after)}  # the innermost comes last
        numbers = [number for number in held if lines[number].strip()]
        touches = bool(first and lines[first - 1].strip() and not items[0].margin)
        left = any(_is_left(expanded[number], held[number], number) or _TAB.match(lines[number]) for number in numbers)
        if fences.keys() & held.keys() and (touches or left):
            new = {number: _moved(expanded, number, held[number], fences.get(number)) for number in numbers}
            edits += [Edit(number + 1, number + 1, (text,)) for number, text in new.items() if text != lines[number]]
            edits += [Edit(first + 1, first, ("",))] if touches else []
    return edits


def _lists(tokens: Sequence[Token]) -> Iterator[list[_Item]]:
    """Yield the items of each list that is in no other, those in them included, in the order of their first lines."""
    items: list[_Item] = []
    depth = blocks = quotes = 0
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                depth += 1
            case "list_item_open" if token.map:
                items.append(_Item(token.map[0], token.map[1], depth, blocks * INDENT))
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
                if not depth:
                    if not quotes and len({item.first for item in items}) == len(items):
                        yield items
                    items = []
            case "indented_block_open" | "indented_block_close":
                blocks += token.nesting if not depth else 0
            case "blockquote_open" | "blockquote_close":
                quotes += token.nesting
            case _:
                pass


def _is_left(line: str, item: _Item, number: int) -> bool:
    """Tell whether a line of an item stands further left than Python-Markdown wants it."""
    return _indent(line) < item.margin + INDENT * (item.depth - (number == item.first))


def _moved(lines: Sequence[str], number: int, item: _Item, fence: int | None) -> str:
    """Return a line where its item is to have it; a line of a fence moves as the opening fence does."""
    text, margin = lines[number].lstrip(" "), item.margin + INDENT * item.depth
    if number == item.first:
        return " " * (margin - INDENT) + text
    if fence is not None:
        return " " * max(0, margin + _indent(lines[number]) - _indent(lines[fence])) + text
    more = _indent(lines[number]) - _column(lines[item.first])
    return " " * (margin + (more if more >= INDENT else 0)) + text


def _column(line: str) -> int:
    """Return the column where the text of an item starts."""
    marker = _MARKER.match(line.expandtabs(INDENT))
    if marker is None:
        return 0
    blanks = len(marker[3]) if 0 < len(marker[3]) <= _MOST_BLANKS and marker.end() < len(line) else 1
    return marker.start(3) + blanks


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
