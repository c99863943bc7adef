"""The places among Python-Markdown's preprocessors at which we see the lines of a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

if TYPE_CHECKING:
    from markdown import Markdown

AS_WRITTEN = 31.08
"""After what makes or takes away text: pymdownx.snippets at 32, critic at 31.1, macros at 35. Before superfences sees
anything, which it does at 31.05 where it preserves tabs, and before tabs become blanks at 30."""
BEFORE_SUPERFENCES = 25.5
"""Before superfences at 25, and after all that may put text in, wherever it has its place."""


class LinesSeen(Preprocessor):
    """Calls us with the lines of a page, and hands on what we return."""

    def __init__(self, md: Markdown, change: Callable[[list[str]], list[str]]) -> None:
        """Take what turns lines into lines."""
        super().__init__(md)
        self._change = change

    def run(self, lines: list[str]) -> list[str]:
        """As Python-Markdown has it."""
        return self._change(lines)


class PutIn(Extension):
    """A Python-Markdown extension that calls us with the lines that superfences is about to read."""

    def __init__(self, change: Callable[[list[str]], list[str]]) -> None:
        """Take what turns lines into lines."""
        super().__init__()
        self._change = change

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        """As Python-Markdown has it."""
        md.preprocessors.register(LinesSeen(md, self._change), "snippetrun", BEFORE_SUPERFENCES)
