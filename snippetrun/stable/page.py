"""A page's recorded commands -> the same as they are shown."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from snippetrun import regex
from snippetrun.errors import PageError, Problem
from snippetrun.facts import Facts
from snippetrun.model import Page, Piece, PieceKind, Recorded, Rule
from snippetrun.stable import waits
from snippetrun.stable.clock import Step
from snippetrun.stable.output import Output, Written
from snippetrun.stable.place import Place


@dataclass(frozen=True, slots=True)
class Ran:
    """A command as it ran."""

    recorded: Recorded
    ended: float
    """Seconds since 1970, by the builder's clock."""


def stabilise(
    page: Page, ran: Sequence[Sequence[Ran]], facts: Sequence[Facts], rules: Sequence[Rule] = ()
) -> tuple[tuple[Recorded, ...], ...]:
    """Return what came out of a page's commands as it is shown, with an entry for each snippet in `ran`.

    `facts` are what the page's engines know, `rules` what else the site and the page want to have replaced. What was
    typed stays as it was: the names in it are bound in the output. Raises PageError if a rule takes too long.
    """
    shown = list(_commands(page, ran))
    ahead = facts[-1].ahead if facts else 0.0
    steps = [Step(_told(text, each), each.ended + ahead, _waited(text, each.recorded)) for _, text, each in shown]
    output = Output(page.path, _written(page), facts, steps)
    places = list(_places(page, [text for _, text, _ in shown]))
    output.learn(text for _, _, each in shown for text in _texts(each.recorded))
    stable: list[list[Recorded]] = [[] for _ in ran]
    try:
        for (index, _, each), place in zip(shown, places, strict=True):
            output.begin()
            late = output.text(each.recorded.late, place, rules)
            pieces = tuple(_piece(piece, output, place, rules) for piece in each.recorded.pieces)
            stable[index].append(dataclasses.replace(each.recorded, pieces=pieces, late=late))
    except regex.TooSlowError as error:
        message = f"stable: the pattern {error} takes too long on the output of this page"
        hint = "Write one that looks less far: without `.*`, for instance."
        raise PageError(Problem(message, hint, page.path, page.options.line)) from None
    return tuple(map(tuple, stable))


def _places(page: Page, commands: Sequence[str]) -> Iterator[Place]:
    turns: Counter[str] = Counter()
    for number, text in enumerate(commands):
        yield Place(page.path, number, text, turns[text])
        turns[text] += 1


def _texts(recorded: Recorded) -> Iterator[str]:
    yield recorded.late
    yield from (piece.text for piece in recorded.pieces if piece.kind is PieceKind.OUTPUT)


def _commands(page: Page, ran: Sequence[Sequence[Ran]]) -> Iterator[tuple[int, str, Ran]]:
    """Yield the commands that ran: the index of their snippet, and their text or that of the one they go on with."""
    opened: dict[str | None, str] = {}
    for index, (snippet, commands) in enumerate(zip(page.snippets, ran, strict=False)):
        for command, each in zip(snippet.commands, commands, strict=False):
            text = command.text or opened.get(snippet.options.term, "")
            opened[snippet.options.term] = text
            yield index, text, each


def _told(text: str, ran: Ran) -> str:
    typed = (piece.text.strip() for piece in ran.recorded.pieces if piece.kind is not PieceKind.OUTPUT)
    return "\n".join((text, *typed))


def _waited(text: str, recorded: Recorded) -> float:
    return waits.waited(recorded.seconds, waits.asked(text))


def _piece(piece: Piece, output: Output, place: Place, rules: Sequence[Rule]) -> Piece:
    if piece.kind is PieceKind.OUTPUT:
        return dataclasses.replace(piece, text=output.text(piece.text, place, rules))
    return dataclasses.replace(piece, text=output.typed(piece.text, place)) if piece.text.strip() else piece


def _written(page: Page) -> Written:
    return Written(
        commands=[command.text for snippet in page.snippets for command in snippet.commands],
        files=[snippet.content for snippet in page.snippets if snippet.options.file],
        output=[line for snippet in page.snippets for command in snippet.commands for line in command.written],
    )
