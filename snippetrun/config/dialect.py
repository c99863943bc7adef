"""How a site's pages are written: which fences run, what a command looks like, and whose Markdown it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from snippetrun.config.yaml_text import scalar


class Renderer(StrEnum):
    """What makes HTML of the pages."""

    PYTHON_MARKDOWN = "python-markdown"
    """With pymdownx.superfences, as in MkDocs."""
    COMMONMARK = "commonmark"
    """As on GitHub, in a wiki, or in Hugo."""


@dataclass(frozen=True)
class Dialect:
    """What a site says of its pages."""

    languages: tuple[str, ...] = ("console", "shell-session")
    """Those of the fences that run; "" is for fences that name none."""
    scripts: tuple[str, ...] = ("bash", "sh")
    """Those of `languages` whose fences need no prompts."""
    prompts: tuple[str, ...] = ("$",)
    """What stands before a command, without the blank that follows it."""
    renderer: Renderer = Renderer.PYTHON_MARKDOWN
    extensions: tuple[str, ...] | None = None
    """Python-Markdown's, by the names that mkdocs.yml has for them; None where nobody knows them all."""

    def __str__(self) -> str:
        return ", ".join(map(scalar, self.languages))
