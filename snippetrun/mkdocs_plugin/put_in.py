"""A Python-Markdown extension that shows us what superfences is about to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

if TYPE_CHECKING:
    from markdown import Markdown

NAME = "snippetrun"
"""What our preprocessor is called among the others."""


class PutIn(Extension):
    """A Python-Markdown extension that calls us with the lines that superfences is about to read."""

    def __init__(self, put_in: Callable[[list[str]], list[str]]) -> None:
        """Take what turns lines into lines."""
        super().__init__()
        self._put_in = put_in

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        """Register it after all that puts text in, such as pymdownx.snippets at 32, and before superfences at 25."""
        md.preprocessors.register(_PutIn(md, self._put_in), NAME, 25.5)


class _PutIn(Preprocessor):
    def __init__(self, md: Markdown, put_in: Callable[[list[str]], list[str]]) -> None:
        super().__init__(md)
        self._put_in = put_in

    def run(self, lines: list[str]) -> list[str]:
        return self._put_in(lines)
