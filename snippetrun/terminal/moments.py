"""When what of a command's output came, so that it can be played: a few numbers beside the output itself.

    0.1 s    the first 24 characters of what is left of the output
    0.4 s    the first 57 characters, and behind them `#3 extracting 1.2s`, which was drawn over later

So a recording holds no output twice, and what is played ends with what is shown. Nothing is played that is masked
there: of a command whose output has so much as a part of a secret in it, or into which one was typed, what was drawn
over is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from snippetrun.model import MOST_DRAWN, MOST_MOMENTS, Moment, Piece, PieceKind
from snippetrun.support.masks import is_hinted_at, masked
from snippetrun.support.neutralise import CONTROL
from snippetrun.support.sgr import uncoloured
from snippetrun.terminal.transcript import Transcript

_MOST_READ = 400_000
"""Bytes that a terminal may have to read for all moments of a command: each is read from the start."""


def moments(transcript: Transcript, pieces: Sequence[Piece]) -> tuple[Moment, ...]:
    """Return the moments of a command, of which `pieces` are left; of too many only some, the last always."""
    left = _printed(pieces)
    if not left:
        return ()
    noted = transcript.noted
    while len(noted) > 1 and (len(noted) > MOST_MOMENTS or sum(count for _, count in noted) > _MOST_READ):
        noted = noted[::-2][::-1]
    secret = transcript.typed_secret or is_hinted_at(CONTROL.sub("", transcript.raw))
    final = uncoloured(left)
    seen = [_moment(when, transcript.until(count), final, secret=secret) for when, count in noted[:-1]]
    while sum(len(moment.drawn) for moment in seen) > MOST_DRAWN:
        seen = seen[1::2]
    changes = [
        moment
        for before, moment in zip([Moment(0.0, 0), *seen], seen, strict=False)
        if (before.shown, before.drawn) != (moment.shown, moment.drawn)
    ]
    last = Moment(noted[-1][0] if noted else 0.0, len(final))
    return (*(moment for moment in changes if moment.seconds < last.seconds), last)


def _moment(seconds: float, transcript: Transcript, final: str, *, secret: bool) -> Moment:
    text = _printed(transcript.pieces())
    bare = uncoloured(text)
    shown = next((at for at, (a, b) in enumerate(zip(bare, final, strict=False)) if a != b), min(len(bare), len(final)))
    if secret or not bare[shown:].strip():
        return Moment(seconds, shown)
    lines = bare.count("\n", 0, shown)  # of which none was drawn over
    return Moment(seconds, bare.rfind("\n", 0, shown) + 1, "\n".join(text.split("\n")[lines:]))


def _printed(pieces: Sequence[Piece]) -> str:
    return "".join(masked(piece.text) for piece in pieces if piece.kind is PieceKind.OUTPUT)
