"""Which fences Python-Markdown shows as text, as it takes them for indented code: its own parser of blocks is asked.

Superfences puts a placeholder where a fence stands, and the fence back where that placeholder comes out in indented
code. The same is done here, and whatever makes no blocks is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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


class _Code(CodeBlockProcessor):
    """The processor of indented code, which notes the fences that are in it."""

    def __init__(self, markdown: Markdown) -> None:
        super().__init__(markdown.parser)
        self.placed: set[str] = set()

    def run(self, parent: Element, blocks: list[str]) -> None:
        self.placed.update(_PLACEHOLDER.findall(blocks[0]))
        super().run(parent, blocks)


def find_text(lines: Sequence[str], blocks: Sequence[Block], extensions: Sequence[str] | None) -> set[int]:
    """Return the first lines of the fences that the site does not show as code blocks of their own.

    Where the `extensions` are not known, it has all that open blocks.
    """
    markdown = Markdown(
        extensions=_enabled(extensions), extension_configs={"pymdownx.tabbed": {"alternate_style": True}}
    )
    code = _Code(markdown)
    markdown.parser.blockprocessors.register(code, "code", 80)
    try:
        markdown.parser.parseDocument([*_with_placeholders(lines, blocks)])
        root = markdown.parser.root
        if "footnote" in markdown.treeprocessors:
            markdown.treeprocessors["footnote"].run(root)
        placed = set(_PLACEHOLDER.findall("".join(root.itertext()))) - code.placed
    except RecursionError:  # the site cannot show such a page at all
        placed = set()
    return {block.line for number, block in enumerate(blocks) if str(number) not in placed}


def _enabled(extensions: Sequence[str] | None) -> list[str]:
    if extensions is None:
        return [*_OPEN_BLOCKS]
    names = {name.removeprefix("markdown.extensions.") for name in extensions}
    names |= _EXTRA if names & {"extra", "pymdownx.extra"} else set()
    return [name for name in _KNOWN if name in names]


def _with_placeholders(lines: Sequence[str], blocks: Sequence[Block]) -> Iterator[str]:
    """Yield the lines as Python-Markdown has them once superfences has been there."""
    below = 0
    for number, block in enumerate(blocks):
        yield from map(_normalised, lines[below : block.line - 1])
        opener = _normalised(lines[block.line - 1])
        yield opener[: len(opener) - len(opener.lstrip("> "))] + f"\x02{number}\x03"
        below = block.end_line
    yield from map(_normalised, lines[below:])


def _normalised(line: str) -> str:
    return line.expandtabs(INDENT) if line.strip(" \t") else ""
