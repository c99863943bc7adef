"""The form of a recording's file: its fields, their types, and what their values may be."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import msgspec

from snippetrun.model import MOST_DRAWN, MOST_MOMENTS, Ending, Environment, Fact, PieceKind
from snippetrun.support.version import __version__

FORMAT = 2
"""Raised when older readers would misunderstand the file."""
# 2026-11-27T02:05:59+00:00
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", re.ASCII)
_VERSION = re.compile(r"(\d{1,6}(?:\.\d{1,6}){0,3})[a-z0-9.+]{0,20}", re.ASCII)
"""E.g. 1.2.0, or 1.2.0.dev1 of a checkout."""
_WORDS = re.compile(r"[\w.+~:-]{1,100}", re.ASCII)
"""E.g. 26.1.5+dfsg1."""
# 16277744
_NUMBER = re.compile(r"[0-9]{1,19}")
# sha256:5f70bf18a086...
_DIGEST = re.compile(r"sha256:[0-9a-f]{1,64}")
_LONGEST_FACT, _MOST_FACTS = 1000, 1000
"""Characters, and facts: all are looked for in each line of output."""

# 0.4 57, or with a line that was drawn over: 12.0 57 #3 extracting 1.2s
MOMENT = re.compile(r"([0-9]{1,7}\.[0-9]) ([0-9]{1,9})(?: (.+))?", re.DOTALL)
_MOST_DRAWN = 2 * MOST_DRAWN
"""Characters; colours and masks may add some."""

Lines = tuple[str, ...]
Count = Annotated[int, msgspec.Meta(ge=0)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e7)]
"""A page takes minutes."""


class _Data(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A part of a recording as data: what says nothing is left out, and what nobody knows is refused."""


class PieceData(_Data):
    """A part of a transcript: one of the first three is there, and `at` for what was typed."""

    output: Lines | None = None
    input: Lines | None = None
    keys: Lines | None = None
    at: int | None = None


class HunkData(_Data):
    """Lines of another run, and what they stand in the place of."""

    at: Count
    """The index of a line of the transcript."""
    lines: Count
    """How many lines from there on are others."""
    instead: Lines


class CommandData(_Data):
    """A command, with either `output` or `pieces`."""

    key: str
    command: str
    status: Annotated[int, msgspec.Meta(ge=0, le=255)] | None
    seconds: Seconds
    ending: Ending = Ending.EXITED
    truncated_bytes: Count = 0
    output_before: Lines = ()
    output: Lines | None = None
    pieces: tuple[PieceData, ...] | None = None
    moments: Annotated[tuple[str, ...], msgspec.Meta(max_length=MOST_MOMENTS)] = ()
    """Each as `0.4 57`, or `0.4 57 ` and what was drawn over later: seconds, and characters of the output."""
    varies: Annotated[
        tuple[Annotated[tuple[HunkData, ...], msgspec.Meta(min_length=1)], ...], msgspec.Meta(max_length=99)
    ] = ()


class SnippetData(_Data):
    """A snippet."""

    key: str
    commands: tuple[CommandData, ...]


class Document(_Data):
    """A recording."""

    format: int
    page: str
    key: str
    when: str
    boot_seconds: Seconds
    seconds: Seconds
    environment: Environment
    snippets: tuple[SnippetData, ...]
    runs: Annotated[int, msgspec.Meta(ge=1)] = 1


class BadDocumentError(ValueError):
    """The data is no recording of ours; the message says why, in words that follow a file's name."""


def check(read: Document) -> None:
    """Raise BadDocumentError for values that nothing of ours writes, though they are of the right type."""
    environment = read.environment
    commands = [command for snippet in read.snippets for command in snippet.commands]
    pieces = [piece for command in commands for piece in command.pieces or ()]
    wrong = {
        "has no time at when": not _is_time(read.when),
        "has no version at environment.engine": not _WORDS.fullmatch(environment.engine),
        "has no version at environment.kernel": not _WORDS.fullmatch(environment.kernel),
        f"is by a newer snippetrun, {environment.snippetrun:.40}; this is {__version__}": (
            _version(environment.snippetrun) > _version(__version__)
        ),
        "has no digest at environment.images": not all(_DIGEST.fullmatch(image.digest) for image in environment.images),
        "has a fact that is none at environment.known": (
            len(environment.known) > _MOST_FACTS or not all(map(_is_fact, environment.known))
        ),
        "has a command that did not run": any(command.ending is Ending.NOT_RUN for command in commands),
        "has a command without what came out of it, or with it twice": any(
            (command.output is None) == (command.pieces is None) for command in commands
        ),
        "has a moment that is none": not all(
            MOMENT.fullmatch(moment) and len(moment) < _MOST_DRAWN for command in commands for moment in command.moments
        ),
        "has a piece of output that is not of one kind": any(
            [piece.output, piece.input, piece.keys].count(None) != len(PieceKind) - 1
            or (piece.output is None) == (piece.at is None)
            for piece in pieces
        ),
    }
    for what, holds in wrong.items():
        if holds:
            raise BadDocumentError(what)


def _is_time(when: str) -> bool:
    try:
        datetime.fromisoformat(when)
    except ValueError:
        return False
    return bool(_TIME.fullmatch(when))


def _is_fact(fact: Fact) -> bool:
    """Whether the value is what the name promises: `x built` is a span of time, and what is counted is a number."""
    if fact.name in ("memory", "processors"):
        return bool(_NUMBER.fullmatch(fact.value))
    began, _, ended = fact.value.partition("/")
    if fact.name.endswith(" built"):
        return _is_time(began) and _is_time(ended)
    return 0 < len(fact.value) <= _LONGEST_FACT


def _version(text: str) -> tuple[int, ...]:
    """Return a version as numbers; raise BadDocumentError for what is none."""
    match = _VERSION.fullmatch(text)
    if not match:
        raise BadDocumentError("has no version at environment.snippetrun")
    return tuple(map(int, match[1].split(".")))
