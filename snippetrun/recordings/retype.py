"""What a page types, in the place of what its recording says: readers see and copy the page's own commands, always.

The names in them are bound by what came out, as they were when the page ran, so that nothing has to be believed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import chain

from snippetrun.model import Command, CommandResult, Match, Page, Piece, PieceKind
from snippetrun.sameness.expected import Judge
from snippetrun.support.patterns import PLACEHOLDER, Names
from snippetrun.support.sgr import uncoloured
from snippetrun.terminal.inputs import may_have_typed


def retyped(
    page: Page, recorded: Sequence[Sequence[CommandResult]], match: Match
) -> tuple[tuple[CommandResult, ...], ...]:
    """Return what came out with the commands, and all that was typed into them, as the page has them.

    `recorded` has the lines that its commands have on the page; `match` is for fences that do not say how their output
    is matched. What a program did not echo, such as a password, stays unseen.
    """
    judge, binds = Judge(match), _has_names(page)
    own = []
    for snippet, results in zip(page.snippets, recorded, strict=False):
        commands = []
        for command, result in zip(snippet.commands, results, strict=False):
            text = judge.names.substitute(command.text)
            if binds:
                judge.command(snippet, command, result)
            pieces = tuple(_pieces(command, result.pieces, judge.names))
            commands.append(dataclasses.replace(result, command=text, pieces=pieces))
        own.append(tuple(commands))
    return tuple(own)


def _has_names(page: Page) -> bool:
    """Whether anything stands on a page for a word that comes out: without, nothing need be judged to know it."""
    commands = chain.from_iterable(snippet.commands for snippet in page.snippets)
    return any(PLACEHOLDER.search(text) for command in commands for text in (command.text, *command.written))


def _pieces(command: Command, pieces: Sequence[Piece], names: Names) -> Iterator[Piece]:
    screen = ""
    for piece in pieces:
        if piece.kind is not PieceKind.OUTPUT and piece.text.strip():
            prompt = uncoloured(screen).rpartition("\n")[2]
            texts = may_have_typed(command.written, piece.line - command.end_line - 1, prompt, names)
            shown = piece.text.rstrip("\n")
            if shown.rstrip() not in texts:
                end = piece.text[len(shown) :]
                yield dataclasses.replace(piece, text=(texts[0] if texts else "") + end)
                continue
        screen = screen[-1000:] + piece.text
        yield piece
