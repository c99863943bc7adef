"""Never run what the site does not show: where a fence is none for Python-Markdown, and why.

That it is none is what superfences (`superfences.py`) and Python-Markdown's own parser (`block_parser.py`) say. The
rest is looked for to say why, in words that help.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

from snippetrun.errors import Problem
from snippetrun.extract.block_parser import FOOTNOTE, TextFences
from snippetrun.extract.fences import Container, Fence, Kind, Outline, is_blank
from snippetrun.extract.indented_blocks import INDENT
from snippetrun.extract.superfences import Block

_TEXT = "As it stands, Python-Markdown shows it as text."
_BLANKS = "> \t"
# 2. text, or - text
_MARKER = re.compile(r"(?:[*+-]|\d+\.)[ \t]")
# the blanks before a line
_PREFIX = re.compile(f"[{_BLANKS}]*")

_EXTRA = ("extra", "markdown.extensions.extra", "pymdownx.extra")
_BLOCKS = {
    "!": ("an admonition", ("admonition", "markdown.extensions.admonition")),
    "?": ("a details block", ("pymdownx.details",)),
    "=": ("a tab", ("pymdownx.tabbed",)),
    "[": ("a footnote", ("footnotes", "markdown.extensions.footnotes", *_EXTRA)),
    ":": ("a definition", ("def_list", "markdown.extensions.def_list", *_EXTRA)),
}
"""How a block opens -> what it is, and the Markdown extensions of which one makes it: `=== "Tab"`."""


class Seen:
    """What the checks of all fences of a page look up. It is made once, as a page may have a million fences."""

    def __init__(
        self,
        path: str,
        lines: Sequence[str],
        outline: Outline,
        blocks: Sequence[Block],
        extensions: Sequence[str] | None = None,
    ) -> None:
        """Take the page's lines, what CommonMark sees in them, and the fences that superfences sees, in order."""
        self._extensions = extensions
        self._path, self._lines, self._blocks, self._fences = path, lines, blocks, outline.fences
        self._code = sorted(outline.code)
        self._suspects = [number for number, line in enumerate(lines, 1) if _is_suspect(line)]
        self._shown = {(block.line, block.end_line) for block in blocks}
        self._openers = {block.end_line: block.line for block in blocks}
        self._closers = {block.line: block.end_line for block in blocks}
        self._firsts: dict[tuple[int, int], int] = {}
        self._ends: dict[int, tuple[int, int]] = {}

    def shows(self, fence: Fence) -> bool:
        """Whether superfences sees the same fence."""
        return (fence.line, fence.end_line) in self._shown

    def is_text(self, fence: Fence) -> bool:
        """Whether the site shows a fence that superfences sees as text all the same."""
        return _any_between(self._suspects, self.first_of_block(fence), fence.line + 1) and fence.line in self._text

    @cached_property
    def _text(self) -> TextFences:
        return TextFences(self._lines, self._blocks, self._extensions)

    def touches_code(self, fence: Fence) -> bool:
        """Whether indented code stands in the lines above a fence that no blank line parts from it."""
        return _any_between(self._code, self.first_of_block(fence), fence.line)

    def unknown_block(self, container: Container) -> str:
        """Return what the site lacks that makes such a block, in words; "" if it lacks nothing."""
        name, extensions = _BLOCKS[container.markup]
        if self._extensions is None or not set(extensions).isdisjoint(self._extensions):
            return ""
        return f"this fence stands in {name}, and the site has no {extensions[0]}"

    def first_of_block(self, fence: Fence) -> int:
        """Where the lines start that no blank line parts from the fence; Python-Markdown reads them as one."""
        depth = fence.prefix.count(">")
        at, passed = fence.line, []
        while at > 1 and (at, depth) not in self._firsts and not is_blank(self._lines[at - 2], depth):
            passed.append((at, depth))
            at = self._openers.get(at - 1, at - 1)
        first = self._firsts.get((at, depth), at)
        self._firsts.update(dict.fromkeys(passed, first))
        return first

    def end_of_item(self, item: Container, fence: Fence) -> int:
        """Return the first line between an item's first and a fence that ends the item on the site; 0 if none does.

        Below a blank line that is text further left than by four columns:

            1. an item

               text of another paragraph
        """
        read, end = self._ends.get(item.line, (item.line, 0))
        needed = INDENT * (item.column // INDENT + 1)
        while read < fence.line - 1 and not end:
            read += 1
            line = self._lines[read - 1].expandtabs(INDENT)
            blank_above = is_blank(self._lines[read - 2], 0)
            text = line.lstrip(" ")
            if text and blank_above and len(line) - len(text) < needed and not _MARKER.match(text):
                end = read
            read = max(read, self._closers.get(read, 0))
        self._ends[item.line] = read, end
        return end if end < fence.line else 0

    @cached_property
    def first_unseen(self) -> Problem:
        """Say why superfences does not see a fence; the first such fence makes it misread all the rest."""
        first = next(fence for fence in self._fences if fence.closed and not self.shows(fence))
        if cause := _cause(self._path, self._lines, first):
            return cause
        for block in self._blocks:
            if block.line < first.line <= block.end_line:
                message = f"Python-Markdown takes this fence for part of one that opens on line {block.line}"
                hint = "Close that one by a fence that looks like it, in the same column."
                return Problem(message, hint, self._path, first.line, len(first.prefix) + 1)
        message = "Python-Markdown cannot read this opening fence, and takes it and what follows for text"
        hint = 'Write attributes in braces, such as {title="x"}, or remove them.'
        return Problem(message, hint, self._path, first.line, first.info_column)


def _is_suspect(line: str) -> bool:
    """Whether a line may be indented code, or a footnote: >     code."""
    return " " * INDENT in line or "\t" in line or ("[^" in line and bool(FOOTNOTE.search(line)))


def _any_between(numbers: Sequence[int], first: int, after: int) -> bool:
    """Whether one of some sorted numbers is at least the one, and below the other."""
    at = bisect_left(numbers, first)
    return at < len(numbers) and numbers[at] < after


def find_disagreement(path: str, fence: Fence, seen: Seen) -> Problem | None:
    """Say why the site would not show this fence as a code block; None if it does."""
    start = len(fence.prefix) + 1
    if not _PREFIX.fullmatch(fence.prefix):
        hint = f"Put the fence on a line of its own, indented by {INDENT} spaces. {_TEXT}"
        return Problem("this fence stands behind the marker of a list item", hint, path, fence.line, start)
    if "\t" in fence.prefix:
        column = fence.prefix.index("\t") + 1
        return Problem("a tab stands before this fence", f"Use {INDENT} spaces.", path, fence.line, column)
    if not seen.shows(fence):
        return seen.first_unseen
    if not seen.is_text(fence):
        return None
    if seen.touches_code(fence):
        hint = f"Leave a blank line above it. {_TEXT}"
        return Problem("this fence touches indented code", hint, path, fence.line, start)
    return _container_problem(path, fence, seen) or find_misplacement(path, fence, seen) or _mix(path, fence)


def _mix(path: str, fence: Fence) -> Problem:
    """Say that the site shows a fence as text, where nobody knows why."""
    hint = "Put it into fewer lists and blocks, and leave one blank line above each of them, and above the fence."
    message = "Python-Markdown shows this fence as text"
    return Problem(message, hint, path, fence.line, len(fence.prefix) + 1)


def _container_problem(path: str, fence: Fence, seen: Seen) -> Problem | None:
    """Say which of the blocks and lists around a fence is none on the site."""
    first, start = seen.first_of_block(fence), len(fence.prefix) + 1
    for around, outer in zip((None, *fence.containers), fence.containers, strict=False):
        if around and around.kind is Kind.ITEM and outer.kind is Kind.BLOCK and around.line == outer.line >= first:
            hint = f"Leave a blank line above it. {_TEXT}"
            return Problem("this fence touches a block behind the marker of a list item", hint, path, fence.line, start)
        if outer.kind is Kind.BLOCK and (lack := seen.unknown_block(outer)):
            hint = f"Add that to markdown_extensions in mkdocs.yml. {_TEXT}"
            return Problem(lack, hint, path, fence.line, start)
        if outer.hangs and outer.line < first:
            hint = f"Leave a blank line above it. Without, the site shows the fence of line {fence.line} as text."
            return Problem("this list touches the text above it", hint, path, outer.line, outer.column + 1)
    return None


def _cause(path: str, lines: Sequence[str], fence: Fence) -> Problem | None:
    """Say what is wrong with the lines below an opening fence."""
    closer = lines[fence.end_line - 1]
    width = len(fence.prefix)
    margin = len(closer) - len(closer.lstrip(_BLANKS))
    if margin != width:
        message = f"the closing fence stands in column {margin + 1}, its opener in column {width + 1}"
        return Problem(message, f"Put both in the same column. {_TEXT}", path, fence.end_line, margin + 1)
    if closer.strip(_BLANKS) != fence.markup:
        message = "the closing fence is longer than its opener"
        return Problem(message, f"Write {fence.markup} here. {_TEXT}", path, fence.end_line, margin + 1)
    for number in range(fence.line + 1, fence.end_line):
        line = lines[number - 1].expandtabs(INDENT)
        start = len(line) - len(line.lstrip(_BLANKS))
        if line.strip(_BLANKS) and start < width:
            message = "this line of a fence stands left of the fence"
            return Problem(message, f"Indent it like the fence. {_TEXT}", path, number, start + 1)
    return None


def find_misplacement(path: str, fence: Fence, seen: Seen) -> Problem | None:
    """Say why Python-Markdown has a fence out of its list item: below a blank line it counts by four."""
    first = seen.first_of_block(fence)
    for inner, margin in zip(_innermost(fence.containers), _margins(fence.prefix), strict=False):
        if inner is None or inner.kind is not Kind.ITEM or inner.line >= first:
            continue
        needed = INDENT * (inner.column // INDENT + 1)
        end = seen.end_of_item(inner, fence)
        if needed <= margin < needed + INDENT and not end:
            continue
        is_text = seen.is_text(fence)
        shown = "as text" if is_text else "outside the list"
        if not needed <= margin < needed + INDENT:
            if margin > needed and not is_text:
                continue
            message = f"this fence is indented by {margin}: Python-Markdown would show it {shown}"
            hint = f"Indent the fence, and all it holds, by {needed} spaces."
            if margin > needed:
                hint += " Make the list marker shorter, or start it further left."
        else:
            message = f"Python-Markdown shows this fence {shown}, as line {end} ends the list"
            hint = f"Indent line {end}, and all that belongs to the item, by {needed} spaces."
        return Problem(message, hint, path, fence.line, len(fence.prefix) + 1)
    return None


def _innermost(containers: Sequence[Container]) -> list[Container | None]:
    """Return what is directly around the fence, or around the next block quote: in the page, and in each block quote.

    `- > - ` is [item, item]; `> - > ` is [None, item, None].
    """
    levels: list[Container | None] = [None]
    for container in containers:
        if container.kind is Kind.QUOTE:
            levels.append(None)
        elif container.kind is not Kind.LIST:
            levels[-1] = container
    return levels


def _margins(prefix: str) -> list[int]:
    """Count the blanks in a prefix, before its first `>` and after each: `  >   > ` is [2, 2, 0].

    The one blank after a `>` belongs to it.
    """
    first, *others = prefix.expandtabs(INDENT).split(">")
    return [len(first), *(len(other.removeprefix(" ")) for other in others)]
