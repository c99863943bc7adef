"""When output came -> an attribute of its block, by which the script plays it; what is played is the block's own text.

    [[1.5, [[0.1, 57], [0.4, 57, "#3 extracting 1.2s"], [0.6, 114]]], null]

A list for each command of the block: how many seconds it took, and its moments, each with the number of characters that
stand there then, and what was drawn over later. A command of which nobody knows that is null.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from snippetrun.model import PieceKind
from snippetrun.support.masks import masked
from snippetrun.support.neutralise import visible
from snippetrun.support.sgr import uncoloured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snippetrun.model import CommandResult, Piece

STYLE_PATH: Final = "assets/snippetrun.css"
"""Where the style sheet belongs in a site, and where it lies beside this file."""
SCRIPT_PATH: Final = "assets/snippetrun.js"
"""The same of the script. It plays blocks, with the player that lies beside it; nothing else on a page needs it."""
_PLAYER: Final = ("assets/asciinema-player.js", "assets/asciinema-player.css", "assets/asciinema-player.LICENSE")


def style() -> str:
    """Return the stylesheet, the same for every page and every theme."""
    return _read(STYLE_PATH)


def write_assets(site: str | Path, *, play: bool = True) -> None:
    """Write the style sheet into a site's folder, and the script and the player if blocks are to be played."""
    for name in (STYLE_PATH, *((SCRIPT_PATH, *_PLAYER) if play else ())):
        file = Path(site, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_read(name), encoding="utf-8")


def _read(name: str) -> str:
    return files("snippetrun.render").joinpath(name).read_text(encoding="utf-8")


def timings(recorded: Sequence[CommandResult]) -> str:
    """Return what the attribute says; empty where there is nothing to play."""
    if not any(result.moments for result in recorded):
        return ""
    return json.dumps([_timings(result) for result in recorded], separators=(",", ":"))


def _timings(recorded: CommandResult) -> list[object] | None:
    if recorded.pieces and not recorded.moments:
        return None
    moments = [
        [moment.seconds, _place(recorded.pieces, moment.shown), *filter(None, [visible(masked(moment.drawn))])]
        for moment in recorded.moments
    ]
    return [recorded.seconds, moments]


def _place(pieces: Sequence[Piece], shown: int) -> int:
    """Return where in a transcript so many characters of output have come, with what was typed between them."""
    place = 0
    for piece in pieces:
        size = len(uncoloured(piece.text))
        if piece.kind is PieceKind.OUTPUT:
            if shown <= size:
                return place + shown
            shown -= size
        place += size
    return place
