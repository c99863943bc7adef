"""Recording -> HTML: what really came out, put onto the page: a block for a fence, the foot, and how both look."""

from __future__ import annotations

from snippetrun.render.block import snippet
from snippetrun.render.engines import labels, tabs
from snippetrun.render.play import SCRIPT_PATH, STYLE_PATH, style, write_assets
from snippetrun.render.ran_on import footer

__all__ = ["SCRIPT_PATH", "STYLE_PATH", "footer", "labels", "snippet", "style", "tabs", "write_assets"]
