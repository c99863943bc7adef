"""All that the faces need of this stage: a block for a fence, the foot of a page, and how both look."""

from __future__ import annotations

from snippetrun.render.block import snippet
from snippetrun.render.ran_on import footer
from snippetrun.render.style import STYLE_PATH, style

__all__ = ["STYLE_PATH", "footer", "snippet", "style"]
