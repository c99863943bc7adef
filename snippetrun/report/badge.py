"""A badge: a label and what there is to say of it, as a picture for a README."""

from __future__ import annotations

from html import escape

_HEIGHT, _PADDING, _CHARACTER = 20, 8, 7
"""Pixels; a character of Verdana at 11 pixels is at most so wide, and the picture says how wide its texts are."""
_COLOURS = ((1.0, "#2e7d32"), (0.5, "#856404"), (0.0, "#5f6368"))
"""From which share on, all of them dark enough to read white text on."""


def svg(label: str, value: str, share: float) -> str:
    """Return a badge as SVG; `share`, from 0 to 1, decides its colour."""
    colour = next(colour for least, colour in _COLOURS if share >= least)
    left, right = (len(text) * _CHARACTER + 2 * _PADDING for text in (label, value))
    name = escape(f"{label}: {value}")
    texts = "".join(_text(text, start) for text, start in ((label, 0), (value, left)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" role="img" '
        f'aria-label="{name}">\n'
        f"  <title>{name}</title>\n"
        f'  <rect width="{left + right}" height="{_HEIGHT}" rx="3" fill="#333"/>\n'
        f'  <path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v{_HEIGHT - 6}a3 3 0 0 1 -3 3h-{right - 3}z" '
        f'fill="{colour}"/>\n'
        f'  <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\n{texts}  </g>\n'
        "</svg>\n"
    )


def _text(text: str, start: int) -> str:
    width = len(text) * _CHARACTER
    return f'    <text x="{start + _PADDING}" y="14" textLength="{width}">{escape(text)}</text>\n'
