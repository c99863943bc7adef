"""Which fences Python-Markdown shows as text, as it takes them for indented code: its own parser of blocks is asked.

Superfences puts a placeholder where a fence stands, and the fence back where that placeholder comes out in indented
code. The same is done here, and whatever makes no blocks is left out.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import partial
from operator import attrgetter
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.blockprocessors import CodeBlockProcessor

from snippetrun.extract.indented_blocks import INDENT
from snippetrun.extract.superfences import Block

_EXTRA = frozenset({"def_list", "footnotes"})
_OPEN_BLOCKS = ("admonition", "pymdownx.details", "pymdownx.tabbed", *sorted(_EXTRA))
_KNOWN = (
    *_OPEN_BLOCKS,
    "sane_lists",
    *(f"pymdownx.blocks.{name}" for name in ("admonition", "caption", "definition", "details", "html", "tab")),
)
"""What changes how blocks are read."""
# what stands for the fence that is number 12 of the page
_PLACEHOLDER = re.compile("\x02(\\d+)\x03")
# [^1]: text, which a later one may replace
FOOTNOTE = re.compile(r"\[\^[^\]]*\]:")


class _Code(CodeBlockProcessor):
    """The processor of indented code, which notes the fences that are in it."""

    def __init__(self, markdown: Markdown) -> None:
        super().__init__(markdown.parser)
        self.placed: set[str] = set()

    def run(self, parent: Element, blocks: list[str]) -> None:
        self.placed.update(_PLACEHOLDER.findall(blocks[0]))
        super().run(parent, blocks)


class TextFences:
    """The fences of a page that the site does not show as code blocks of their own.

    A heading ends whatever is open above it. So Python-Markdown reads one section at a time, and none that nobody asks
    about.
    """

    def __init__(self, lines: Sequence[str], blocks: Sequence[Block], extensions: Sequence[str] | None) -> None:
        """Take a page's lines, and its fences in order. A site whose extensions are not known has all of them."""
        self._lines, self._blocks = lines, blocks
        enabled = _enabled(extensions)
        self._starts = [*_sections(lines, blocks, enabled), len(lines) + 1]
        self._markdown = Markdown(extensions=enabled, extension_configs={"pymdownx.tabbed": {"alternate_style": True}})
        self._code = _Code(self._markdown)
        self._markdown.parser.blockprocessors.register(self._code, "code", 80)
        self._known: dict[int, set[int]] = {}

    def __contains__(self, line: int) -> bool:
        """Whether the fence that opens on this line is text."""
        section = bisect_right(self._starts, line)
        if section not in self._known:
            self._known[section] = self._read(self._starts[section - 1], self._starts[section])
        return line in self._known[section]

    def _read(self, first: int, after: int) -> set[int]:
        markdown = self._markdown.reset()
        place = partial(bisect_left, self._blocks, key=attrgetter("line"))
        blocks = self._blocks[place(first) : place(after)]
        self._code.placed.clear()
        try:
            markdown.parser.parseDocument([*_with_placeholders(self._lines, blocks, first, after)])
            root = markdown.parser.root
            if "footnote" in markdown.treeprocessors:
                markdown.treeprocessors["footnote"].run(root)
            placed = set(_PLACEHOLDER.findall("".join(root.itertext()))) - self._code.placed
        except RecursionError:  # the site cannot show such a page at all
            placed = set()
        return {block.line for number, block in enumerate(blocks) if str(number) not in placed}


def _sections(lines: Sequence[str], blocks: Sequence[Block], extensions: Sequence[str]) -> Iterator[int]:
    """Yield where sections begin: the page itself, and each heading in the first column, below a blank line.

    Not where one section changes another: what is between two `///` may hold headings, and a footnote gives way to a
    later one of its name.
    """
    yield 1
    names = [match[0] for line in lines if "[^" in line for match in FOOTNOTE.finditer(line)]
    if len(names) != len(set(names)) or any(name.startswith("pymdownx.blocks.") for name in extensions):
        return
    fenced = {number for block in blocks for number in range(block.line, block.end_line + 1)}
    for number, line in enumerate(lines[1:], 2):
        if line.startswith("#") and not _normalised(lines[number - 2]) and number not in fenced:
            yield number


def _enabled(extensions: Sequence[str] | None) -> list[str]:
    if extensions is None:
        return [*_OPEN_BLOCKS]
    names = {name.removeprefix("markdown.extensions.") for name in extensions}
    names |= _EXTRA if names & {"extra", "pymdownx.extra"} else set()
    return [name for name in _KNOWN if name in names]


def _with_placeholders(lines: Sequence[str], blocks: Sequence[Block], first: int, after: int) -> Iterator[str]:
    """Yield some of the lines as Python-Markdown has them once superfences has been there."""
    for number, block in enumerate(blocks):
        yield from map(_normalised, lines[first - 1 : block.line - 1])
        opener = _normalised(lines[block.line - 1])
        yield opener[: len(opener) - len(opener.lstrip("> "))] + f"\x02{number}\x03"
        first = block.end_line + 1
    yield from map(_normalised, lines[first - 1 : after - 1])


def _normalised(line: str) -> str:
    return line.expandtabs(INDENT) if line.strip(" \t") else ""
