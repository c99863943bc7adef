"""Ways to write output into a page: as it came, in a longer fence, and with `...` for what would be no output there."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from snippetrun import extract
from snippetrun.config import Dialect
from snippetrun.errors import PageError
from snippetrun.model import CommandResult, Piece, PieceKind, Snippet
from snippetrun.support.patterns import ANY_LINES, Names
from snippetrun.support.sgr import uncoloured
from snippetrun.tasks.rewrite import Rewritten
from snippetrun.terminal.inputs import is_keys, typed_at


@dataclass(frozen=True, slots=True)
class WrittenForm:
    """One way to write changes under a command."""

    changes: tuple[Rewritten, ...]
    markup: str
    """What opens and closes the fence."""


def forms(
    snippet: Snippet, recorded: CommandResult, changes: Sequence[Rewritten], markup: str
) -> Iterator[WrittenForm]:
    """Yield ways to write changes, the best first. Whether one is right, only reading the page can tell.

    `markup` is what opens and closes the fence now.
    """
    lines = [line for change in changes for line in change.lines]
    typed = {line for line in lines if _is_typed(line, recorded)}
    longer = _longer(markup, lines)
    for fence in () if typed else dict.fromkeys([markup, longer]):
        yield WrittenForm(tuple(changes), fence)
    unwritable = typed | {line for line in lines if not _is_output(snippet.language, longer, line)}
    yield WrittenForm(tuple(_elided(change, unwritable) for change in changes), longer)
    yield WrittenForm(tuple(_elided(change, change.lines) for change in changes), markup)


def _is_typed(line: str, recorded: CommandResult) -> bool:
    """Tell whether a line of output would be typed if it stood in the page: keys, and what starts with a prompt."""
    asked = [piece for piece, reply in zip(recorded.pieces, recorded.pieces[1:], strict=False) if _asks(piece, reply)]
    prompts = (uncoloured(piece.text).rpartition("\n")[2] for piece in asked)
    return is_keys(line) or any(typed_at([line], 0, prompt, Names()) for prompt in prompts if prompt.strip())


def _asks(piece: Piece, reply: Piece) -> bool:
    return piece.kind is PieceKind.OUTPUT and reply.kind is PieceKind.INPUT


def _longer(markup: str, lines: Sequence[str]) -> str:
    """Return a fence that none of the lines closes."""
    runs = (re.match(rf"\s*({markup[0]}*)", line) for line in lines)
    return markup[0] * max([len(markup), *(len(run[1]) + 1 for run in runs if run)])


def _is_output(language: str, markup: str, line: str) -> bool:
    """Tell whether a line under a command is read as its output."""
    text = "\n".join([f"{markup}{language}", "$ docker ps", line, "$ docker ps", markup, ""])
    try:
        snippets = extract.read("", text, Dialect((language,))).snippets
    except PageError:
        return False
    commands = [(command.text, command.status, command.written) for part in snippets for command in part.commands]
    return commands == [("docker ps", 0, (line,) if line.strip() else ()), ("docker ps", 0, ())]


def _elided(change: Rewritten, lines: Collection[str]) -> Rewritten:
    """Return a change with `...` in place of each run of some lines."""
    runs = groupby(change.lines, lambda line: line in lines)
    kept = [line for elided, run in runs for line in ([ANY_LINES] if elided else run)]
    return dataclasses.replace(change, lines=tuple(kept))
