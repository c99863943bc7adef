"""The keys of a build's blocks, and what stands for them until all pages have run."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from html import escape
from itertools import count

LANGUAGE = "snippetrun"
"""The private language of our fences."""
_MARK = f'<div data-{LANGUAGE}="{{}}"></div>'


class Marks:
    """The keys of all blocks of a build: of each snippet, and of each page's foot."""

    def __init__(self) -> None:
        """Know no key yet. All begin with a word that no page can know, or a page could have a fence of ours."""
        self._word = f"sr{secrets.token_hex(8)}n"
        self._positions: dict[str, tuple[str, int]] = {}
        self._texts: dict[str, str] = {}
        self._numbers = count()
        self._blocks: Mapping[str, Sequence[str]] | None = None
        self._awaited: set[str] = set()
        """Pages that are read anew; what was shown of them is not theirs any more."""
        self._key = re.compile(rf"{self._word}\d+")
        self._ours = re.compile(_MARK.format(rf"({self._word}\d+)"))
        # <div data-snippetrun="KEY"></div>, where another plugin has written it anew
        self._html = re.compile(rf"""<div\b[^>]*\bdata-{LANGUAGE}=["']?({self._word}\d+)["']?[^>]*>\s*</div>""")
        # ```snippetrun, a key and ```, or the two words alone where a paragraph has made inline code of them
        self._left = re.compile(rf"(?:(?:`{{3,}}|~{{3,}})?{LANGUAGE}\s+)?({self._word}\d+)(?:\s+(?:`{{3,}}|~{{3,}}))?")

    def add(self, path: str, index: int, text: str = "", known: str = "") -> str:
        """Return a key for a block of a page: the number of its snippet, and the fence as its author wrote it.

        `known` is the one that it has had before, if it has: the block is another one of the page now.
        """
        key = known or f"{self._word}{next(self._numbers)}"
        self._positions[key], self._texts[key] = (path, index), text
        return key

    def forget(self, path: str) -> None:
        """Have no keys of a page any more, and no blocks until others are shown."""
        self._positions = {key: position for key, position in self._positions.items() if position[0] != path}
        self._awaited.add(path)

    def html(self, key: str) -> str:
        """Return what stands for a key in HTML: its block, once there are blocks, and until then a mark.

        Raises KeyError for what is no key, such as the content of a page's own fence that says it is one of ours.
        """
        if key not in self._positions:
            raise KeyError(key)
        return self.fill(_MARK.format(key))

    def page(self, text: str) -> str:
        """Return the page of the first key in a text; "" if there is none."""
        key = self._key.search(text)
        return self._positions[key[0]][0] if key and key[0] in self._positions else ""

    def pages(self, text: str) -> set[str]:
        """Return the pages of all keys in a text."""
        return {self._positions[key][0] for key in self._key.findall(text) if key in self._positions}

    def page_of(self, key: str) -> str:
        """Return the page of a key."""
        return self._positions[key][0]

    def seen(self, html: str) -> set[str]:
        """Return the keys that stand in HTML as marks, and not as text."""
        return set(self._html.findall(html))

    @property
    def have_blocks(self) -> bool:
        """Whether all pages have run."""
        return self._blocks is not None

    def show(self, blocks: Mapping[str, Sequence[str]]) -> None:
        """Take the blocks of all snippets, and then the foot, by page."""
        self._blocks = blocks
        self._awaited.difference_update(blocks)

    def block(self, key: str) -> str:
        """Return the HTML that belongs in the place of a mark; empty where there is none."""
        path, index = self._positions.get(key, ("", 0))
        blocks = (self._blocks or {}).get(path, ())
        return blocks[index] if index < len(blocks) else ""

    def fill(self, html: str) -> str:
        """Return HTML with blocks in the places of marks; what a renderer shows as text, its author's text."""
        if self._blocks is None or self._word not in html:
            return html
        if self._awaited and self._awaited.intersection(self.pages(html)):
            return html
        html = self._ours.sub(lambda mark: self.block(mark[1]), html)
        if self._word not in html:
            return html
        html = self._html.sub(lambda mark: self.block(mark[1]), html)
        return self._left.sub(lambda mark: escape(self._texts.get(mark[1], ""), quote=False), html)

    def is_in(self, data: bytes) -> bool:
        """Whether a file has a key in it."""
        return self._word.encode() in data

    def without(self, text: str) -> str:
        """Return a text of any form, such as JSON, with nothing in the places of keys."""
        return self._left.sub("", text)
