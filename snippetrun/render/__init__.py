"""Recording -> HTML: what really came out, put onto the page: a block for a fence, the foot, and how both look."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from snippetrun.render.block import snippet
from snippetrun.render.engines import labels, tabs
from snippetrun.render.ran_on import footer

__all__ = ["STYLE_PATH", "footer", "labels", "snippet", "style", "tabs"]

STYLE_PATH: Final = "assets/snippetrun.css"
"""Where the stylesheet belongs in a site, and where it lies beside this file. Nothing on the page needs a script."""


def style() -> str:
    """Return the stylesheet, the same for every page and every theme."""
    return files("snippetrun.render").joinpath(STYLE_PATH).read_text(encoding="utf-8")
