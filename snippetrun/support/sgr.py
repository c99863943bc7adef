"""Colours and the like: the only control sequences that recorded output keeps (SGR, ECMA-48 8.3.117)."""

from __future__ import annotations

import re

SEQUENCE = r"\x1b\[[0-9;]*m"
# \x1b[1;32m
_SEQUENCE = re.compile(SEQUENCE)


def uncoloured(text: str) -> str:
    """Return recorded text without its colours."""
    return _SEQUENCE.sub("", text)


def colours(text: str) -> list[str]:
    r"""Return the colours of recorded text, in their order: `\x1b[32mok\x1b[0m` -> `["\x1b[32m", "\x1b[0m"]`."""
    return _SEQUENCE.findall(text)


def spelt(text: str) -> str:
    r"""Return recorded text with its colours as people write them: `\e[32mok\e[0m`."""
    return _SEQUENCE.sub(lambda found: rf"\e{found[0][1:]}", text)
