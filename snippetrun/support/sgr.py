"""Colours and the like: the only control sequences that recorded output keeps (SGR, ECMA-48 8.3.117)."""

from __future__ import annotations

import re
from collections.abc import Iterator

SEQUENCE = r"\x1b\[[0-9;]*m"
# \x1b[1;32m
_SEQUENCE = re.compile(SEQUENCE)
_RESET = "\x1b[0m"
_MOST_OPEN = 4
"""Colours that are kept in mind until the next reset: a program may set one for each letter, and never reset."""


def uncoloured(text: str) -> str:
    """Return recorded text without its colours."""
    return _SEQUENCE.sub("", text)


def lines(text: str) -> Iterator[str]:
    r"""Yield the lines of recorded text, each with all of its colours, in one form: `\x1b[32ma\nb` is two green lines.

    Behind each piece of a colour stands a reset, as if it began and ended with that piece.
    """
    open_: list[str] = []
    for line in text.split("\n"):
        whole, at = "", 0
        for found in [*_SEQUENCE.finditer(line), None]:
            piece = line[at : found.start() if found else len(line)]
            whole += f"{''.join(open_)}{piece}{_RESET}" if open_ and piece else piece
            if found:
                open_ = [] if found[0] in (_RESET, "\x1b[m") else [*open_, found[0]][-_MOST_OPEN:]
                at = found.end()
        yield whole


def colours(text: str) -> list[str]:
    r"""Return the colours of recorded text, in their order: `\x1b[32mok\x1b[0m` -> `["\x1b[32m", "\x1b[0m"]`."""
    return _SEQUENCE.findall(text)


def spelt(text: str) -> str:
    r"""Return recorded text with its colours as people write them: `\e[32mok\e[0m`."""
    return _SEQUENCE.sub(lambda found: rf"\e{found[0][1:]}", text)


def spelt_colours(text: str) -> list[str]:
    r"""Return the colours of text in which they are spelt: `\e[32mok\e[0m` -> `["\e[32m", "\e[0m"]`."""
    return re.findall(r"\\e\[[0-9;]*m", text)
