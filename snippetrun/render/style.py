"""The one stylesheet; nothing on the page needs a script."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

STYLE_PATH: Final = "assets/snippetrun.css"
"""Where the stylesheet belongs in a site, and where it lies beside this file."""


def style() -> str:
    """Return the stylesheet, the same for every page and every theme."""
    return files("snippetrun.render").joinpath(STYLE_PATH).read_text(encoding="utf-8")
