"""Colours and the like: the only control sequences that recorded output keeps (SGR, ECMA-48 8.3.117)."""

from __future__ import annotations

import re

SEQUENCE = r"\x1b\[[0-9;]*m"
_SEQUENCE = re.compile(SEQUENCE)


def uncoloured(text: str) -> str:
    """Return recorded text without its colours."""
    return _SEQUENCE.sub("", text)
