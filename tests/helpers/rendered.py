"""A page on its way through Python-Markdown, as in a build of MkDocs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import markdown

from snippetrun.config import SiteConfig
from snippetrun.markdown_extension.fences import Fences
from snippetrun.markdown_extension.lines import PutIn
from snippetrun.markdown_extension.marks import LANGUAGE


def rendered(text: str, *, source: str | None = None, extensions: Sequence[Any] = ()) -> tuple[Fences, str]:
    """Return the fences of a page, docs/a.md, and its HTML with marks; its file says `source`, or the same."""
    fences = Fences(SiteConfig(Path.cwd(), Path("docs"), "mkdocs.yml", languages=("console", "shell-session")))

    def formatter(source: str, *_args: object, **_kwargs: object) -> str:
        return fences.marks.html(source.strip())

    custom = [{"name": LANGUAGE, "class": LANGUAGE, "format": formatter}]
    parser = markdown.Markdown(
        extensions=["pymdownx.superfences", PutIn(fences.put_in), *extensions],
        extension_configs={"pymdownx.superfences": {"custom_fences": custom}},
    )
    html = parser.convert(fences.take("docs/a.md", text, text if source is None else source))
    return fences, fences.rendered(html)
