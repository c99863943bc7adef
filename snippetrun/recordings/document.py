"""A recording as plain data, and back: made for small diffs.

Nothing in it moves when text above a fence does, and each line of output has a line of its own.

    format, page, key, when, boot_seconds, seconds, environment
    snippets: a list of {key, commands}
        commands: a list of {key, command, status, seconds, output | pieces, varies, ...}
            varies: for each other run a list of {at, lines, instead}
    checksum: of all the rest

`docs/reference/recordings.md` describes it for people.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec

from snippetrun import __version__
from snippetrun.model import Command, Ending, Environment, Fact, Page, Piece, PieceKind, Recorded, Recording, printed
from snippetrun.support.fingerprint import Fingerprint
from snippetrun.support.masks import masked, masked_data
from snippetrun.support.neutralise import in_json

FORMAT = 2
"""Raised when older readers would misunderstand the file."""
_SECONDS = 2
"""Digits after the point that durations keep."""
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", re.ASCII)
_VERSION = re.compile(r"(\d{1,6}(?:\.\d{1,6}){0,3})[a-z0-9.+]{0,20}", re.ASCII)
"""E.g. 1.2.0, or 1.2.0.dev1 of a checkout."""
_WORDS = re.compile(r"[\w.+~:-]{1,100}", re.ASCII)
"""E.g. 26.1.5+dfsg1."""
_NUMBER = re.compile(r"[0-9]{1,19}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{1,64}")
_LONGEST_FACT, _MOST_FACTS = 1000, 1000
"""Characters, and facts: all are looked for in each line of output."""

_Lines = tuple[str, ...]
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e7)]
"""A page takes minutes."""


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording as it was read, with what its page said then."""

    recording: Recording
    """Its lines are those of no page yet: see `place`."""
    fingerprints: tuple[Fingerprint, ...]


class _Data(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A part of a recording as data: what says nothing is left out, and what nobody knows is refused."""


class _Piece(_Data):
    """A part of a transcript: one of the first three is there, and `at` for what was typed."""

    output: _Lines | None = None
    input: _Lines | None = None
    keys: _Lines | None = None
    at: int | None = None


class _Hunk(_Data):
    """Lines of another run, and what they stand in the place of."""

    at: _Count
    """The index of a line of the transcript."""
    lines: _Count
    """How many lines from there on are others."""
    instead: _Lines


class _Command(_Data):
    """A command, with either `output` or `pieces`."""

    key: str
    command: str
    status: Annotated[int, msgspec.Meta(ge=0, le=255)] | None
    seconds: _Seconds
    ending: Ending = Ending.EXITED
    cut: _Count = 0
    late: _Lines = ()
    output: _Lines | None = None
    pieces: tuple[_Piece, ...] | None = None
    varies: Annotated[
        tuple[Annotated[tuple[_Hunk, ...], msgspec.Meta(min_length=1)], ...], msgspec.Meta(max_length=99)
    ] = ()


class _Snippet(_Data):
    """A snippet."""

    key: str
    commands: tuple[_Command, ...]


class _Document(_Data):
    """A recording."""

    format: int
    page: str
    key: str
    when: str
    boot_seconds: _Seconds
    seconds: _Seconds
    environment: Environment
    snippets: tuple[_Snippet, ...]
    runs: Annotated[int, msgspec.Meta(ge=1)] = 1


class BadDocumentError(ValueError):
    """The data is no recording of ours; the message says why, in words that follow a file's name."""


def dump(page: Page, recording: Recording, fingerprints: Sequence[Fingerprint]) -> str:
    """Return the text of a recording's file."""
    document = _Document(
        format=FORMAT,
        page=recording.page,
        key=recording.key,
        when=recording.when,
        boot_seconds=_rounded(recording.boot_seconds),
        seconds=_rounded(recording.seconds),
        environment=recording.environment,
        snippets=tuple(
            _Snippet(mark.snippet, tuple(map(_dumped, mark.commands, snippet.commands, ran)))
            for mark, snippet, ran in zip(fingerprints, page.snippets, recording.snippets, strict=True)
        ),
        runs=recording.runs,
    )
    data = masked_data(msgspec.to_builtins(document))
    return _text_of(data, _checksum(data))


def _text_of(document: Mapping[str, Any], checksum: str) -> str:
    return in_json(json.dumps({**document, "checksum": checksum}, indent=1, ensure_ascii=False)) + "\n"


def load(text: str) -> StoredRecording:
    """Read the text of a recording's file; raise BadDocumentError if it is not what was written."""
    try:
        data = json.loads(text)
        if not isinstance(data, dict) or "format" not in data:
            raise BadDocumentError("is no recording")
        if isinstance(data["format"], int) and data["format"] < FORMAT:
            raise BadDocumentError("has the form of an older snippetrun")
        if data["format"] != FORMAT:
            raise BadDocumentError(
                f"has format {data['format']!s:.20}, and this version of snippetrun writes and reads {FORMAT}"
            )
        checksum = data.pop("checksum", "")
        if checksum != _checksum(data):
            raise BadDocumentError("is not as it was written: its checksum does not match")
        read = msgspec.convert(data, _Document)
        # A key twice, for instance, of which a reader sees the wrong one.
        if _text_of(msgspec.to_builtins(read), checksum) != text:
            raise BadDocumentError("is not as it was written: its form is not ours")
    except msgspec.ValidationError as error:
        raise BadDocumentError(f"is not as it was written: {error}") from error
    except BadDocumentError:
        raise
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise BadDocumentError(f"is no valid JSON: {error}") from error
    _check(read)
    recording = Recording(
        page=read.page,
        key=read.key,
        environment=read.environment,
        when=read.when,
        boot_seconds=read.boot_seconds,
        seconds=read.seconds,
        snippets=tuple(tuple(map(_recorded, snippet.commands)) for snippet in read.snippets),
        runs=read.runs,
        checksum=checksum,
    )
    keys = (Fingerprint(each.key, tuple(ran.key for ran in each.commands)) for each in read.snippets)
    return StoredRecording(recording, tuple(keys))


def _check(read: _Document) -> None:
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
        "has no digest at environment.images": not all(_DIGEST.fullmatch(each.digest) for each in environment.images),
        "has a fact that is none at environment.known": (
            len(environment.known) > _MOST_FACTS or not all(map(_is_fact, environment.known))
        ),
        "has a command without what came out of it, or with it twice": any(
            (command.output is None) == (command.pieces is None) for command in commands
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
    found = _VERSION.fullmatch(text)
    if not found:
        raise BadDocumentError("has no version at environment.snippetrun")
    return tuple(map(int, found[1].split(".")))


def place(page: Page, recording: Recording, only: tuple[int, int] | None = None) -> Recording:
    """Return a recording with the lines that its commands have on the page now.

    `only` so many snippets of it, and so many commands of the next; all if nothing is said.
    """
    snippets = tuple(
        tuple(_placed(command, ran) for command, ran in zip(snippet.commands, recorded, strict=False))
        for snippet, recorded in zip(page.snippets, recording.snippets, strict=False)
    )
    if only is not None:
        whole, commands = only
        snippets = (*snippets[:whole], *(part[:commands] for part in snippets[whole : whole + 1]))
    return dataclasses.replace(recording, page=page.path, snippets=snippets)


def _placed(command: Command, recorded: Recorded) -> Recorded:
    first = command.end_line + 1
    pieces = (
        piece if piece.kind is PieceKind.OUTPUT else dataclasses.replace(piece, line=first + piece.line)
        for piece in recorded.pieces
    )
    return dataclasses.replace(recorded, line=command.line, pieces=tuple(pieces))


def _dumped(key: str, command: Command, recorded: Recorded) -> _Command:
    pieces = [(piece, _lines(masked(piece.text))) for piece in recorded.pieces]
    typed = any(piece.kind is not PieceKind.OUTPUT for piece in recorded.pieces)
    transcript = _lines("".join(_text(lines) for _, lines in pieces))
    return _Command(
        key=key,
        command=recorded.command,
        status=recorded.status,
        seconds=_rounded(recorded.seconds),
        ending=recorded.ending,
        cut=recorded.cut,
        late=_lines(recorded.late) if recorded.late else (),
        output=None if typed else transcript,
        pieces=tuple(_piece(command, *each) for each in pieces) if typed else None,
        varies=tuple(hunks for other in recorded.others if (hunks := tuple(_hunks(transcript, _lines(masked(other)))))),
    )


def _piece(command: Command, piece: Piece, lines: _Lines) -> _Piece:
    typed = piece.kind is not PieceKind.OUTPUT
    return _Piece(**{piece.kind.value: lines}, at=piece.line - command.end_line - 1 if typed else None)


def _hunks(lines: _Lines, other: _Lines) -> Iterator[_Hunk]:
    """Yield the places where the lines of another run differ."""
    for tag, start, end, other_start, other_end in difflib.SequenceMatcher(None, lines, other).get_opcodes():
        if tag != "equal":
            yield _Hunk(start, end - start, other[other_start:other_end])


def _applied(lines: _Lines, hunks: Sequence[_Hunk]) -> str:
    """Return what another run left."""
    other: list[str] = []
    here = 0
    for hunk in hunks:
        if not here <= hunk.at <= hunk.at + hunk.lines <= len(lines):
            raise BadDocumentError("has an output that varies in lines that it has not")
        other += [*lines[here : hunk.at], *hunk.instead]
        here = hunk.at + hunk.lines
    return _text([*other, *lines[here:]])


def _recorded(read: _Command) -> Recorded:
    if read.output is not None:
        pieces = printed(_text(read.output))
    else:
        pieces = tuple(
            Piece(kind, _text(lines), piece.at or 0)
            for piece in read.pieces or ()
            for kind in PieceKind
            if (lines := getattr(piece, kind.value)) is not None
        )
    ran = Recorded(
        line=0,
        command=read.command,
        pieces=pieces,
        status=read.status,
        seconds=read.seconds,
        ending=read.ending,
        cut=read.cut,
        late=_text(read.late),
    )
    transcript = _lines(ran.output)
    return dataclasses.replace(ran, others=tuple(_applied(transcript, hunks) for hunks in read.varies))


def _rounded(seconds: float) -> float:
    return round(float(seconds), _SECONDS)


def _lines(text: str) -> _Lines:
    """Split text so that a diff shows the lines that differ; a last empty one tells of a line feed at the end."""
    return tuple(text.split("\n"))


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def _checksum(document: Mapping[str, Any]) -> str:
    return "sha256:" + hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
