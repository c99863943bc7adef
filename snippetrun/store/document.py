"""A recording as plain data, and back: made for small diffs.

Nothing in it moves when text above a fence does, and each line of output has a line of its own.

    format, page, key, when, boot_seconds, seconds, environment
    snippets: a list of {key, commands}
        commands: a list of {key, command, status, seconds, output | pieces, ...}
    checksum: of all the rest

`docs/reference/recordings.md` describes it for people.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from snippetrun import __version__
from snippetrun.fingerprint import Fingerprint
from snippetrun.inert import in_json
from snippetrun.masks import masked_data
from snippetrun.model import (
    Command,
    Ending,
    Environment,
    Page,
    Piece,
    PieceKind,
    Recorded,
    Recording,
    printed,
)
from snippetrun.rebuild import UnfitError, rebuild

FORMAT = 1
"""Raised when older readers would misunderstand the file."""
_SECONDS = 2
"""Digits after the point that durations keep."""
_LONGEST = 1e7
"""Seconds; a page takes minutes."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", re.ASCII)
_VERSION = re.compile(r"(\d{1,6}(?:\.\d{1,6}){0,3})[a-z0-9.+]{0,20}", re.ASCII)
"""E.g. 1.2.0, or 1.2.0.dev1 of a checkout."""
_WORDS = re.compile(r"[\w.+~:-]{1,100}", re.ASCII)
"""E.g. 26.1.5+dfsg1."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{1,64}")


@dataclass(frozen=True, slots=True)
class Stored:
    """A recording as it was read, with what its page said then."""

    recording: Recording
    """Its lines are those of no page yet: see `place`."""
    fingerprints: tuple[Fingerprint, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a transcript as data: one of the first three is there."""

    output: tuple[str, ...] | None = None
    input: tuple[str, ...] | None = None
    keys: tuple[str, ...] | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class _Command:
    """A command as data, with either `output` or `pieces`."""

    key: str
    command: str
    status: int | None
    seconds: float
    ending: Ending = Ending.EXITED
    cut: int = 0
    late: tuple[str, ...] = ("",)
    output: tuple[str, ...] | None = None
    pieces: tuple[_Piece, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Snippet:
    """A snippet as data."""

    key: str
    commands: tuple[_Command, ...]


@dataclass(frozen=True, slots=True)
class _Document:
    """A recording as data."""

    format: int
    page: str
    key: str
    when: str
    boot_seconds: float
    seconds: float
    environment: Environment
    snippets: tuple[_Snippet, ...]


class BadDocumentError(ValueError):
    """The data is no recording of ours; the message says why, in words that follow a file's name."""


def dump(page: Page, recording: Recording, fingerprints: Sequence[Fingerprint]) -> str:
    """Return the text of a recording's file."""
    document = {
        "format": FORMAT,
        "page": recording.page,
        "key": recording.key,
        "when": recording.when,
        "boot_seconds": round(recording.boot_seconds, _SECONDS),
        "seconds": round(recording.seconds, _SECONDS),
        "environment": dataclasses.asdict(recording.environment),
        "snippets": [
            {
                "key": mark.snippet,
                "commands": [_dumped(*each) for each in zip(mark.commands, snippet.commands, ran, strict=False)],
            }
            for mark, snippet, ran in zip(fingerprints, page.snippets, recording.snippets, strict=True)
        ],
    }
    document = masked_data(document)
    return _text_of(document, _checksum(document))


def _text_of(document: Mapping[str, Any], checksum: str) -> str:
    return in_json(json.dumps({**document, "checksum": checksum}, indent=1, ensure_ascii=False)) + "\n"


def load(text: str) -> Stored:
    """Read the text of a recording's file; raise BadDocumentError if it is not what was written."""
    try:
        document = json.loads(text)
        if not isinstance(document, dict) or "format" not in document:
            raise BadDocumentError("is no recording")
        if document["format"] != FORMAT:
            raise BadDocumentError(
                f"has format {document['format']!s:.20}, and this version of snippetrun writes and reads {FORMAT}"
            )
        checksum = document.pop("checksum", "")
        if checksum != _checksum(document):
            raise BadDocumentError("is not as it was written: its checksum does not match")
        if _text_of(document, checksum) != text:  # a key twice, for instance, of which a reader sees the wrong one
            raise BadDocumentError("is not as it was written: its form is not ours")
        read: _Document = rebuild(_Document, document)
    except json.JSONDecodeError as error:
        raise BadDocumentError(f"is no valid JSON in line {error.lineno}") from error
    except RecursionError as error:
        raise BadDocumentError("is nested too deeply") from error
    except UnfitError as error:
        raise BadDocumentError(str(error)) from error
    except BadDocumentError:
        raise
    except ValueError as error:  # a number of thousands of digits
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
        checksum=checksum,
    )
    keys = (Fingerprint(each.key, tuple(ran.key for ran in each.commands)) for each in read.snippets)
    return Stored(recording, tuple(keys))


def _check(read: _Document) -> None:
    """Raise BadDocumentError for values that nothing of ours writes, though they are of the right type."""
    environment = read.environment
    commands = [command for snippet in read.snippets for command in snippet.commands]
    pieces = [piece for command in commands for piece in command.pieces or ()]
    seconds = (read.seconds, read.boot_seconds, *(command.seconds for command in commands))
    wrong = {
        "has no time at when": not _is_time(read.when),
        "has no version at environment.engine": not _WORDS.fullmatch(environment.engine),
        "has no version at environment.kernel": not _WORDS.fullmatch(environment.kernel),
        f"is by a newer snippetrun, {environment.snippetrun:.40}; this is {__version__}": (
            _version(environment.snippetrun) > _version(__version__)
        ),
        "has no digest at environment.images": not all(_DIGEST.fullmatch(each.digest) for each in environment.images),
        "has a time that is none": not all(0 <= each <= _LONGEST for each in seconds),
        "has a command without what came out of it, or with it twice": any(
            (command.output is None) == (command.pieces is None) for command in commands
        ),
        "has a piece of output that is not of one kind": any(
            [piece.output, piece.input, piece.keys].count(None) != len(PieceKind) - 1 for piece in pieces
        ),
        "has an exit status that there is not": not {each.status for each in commands} <= {None, *range(256)},
        "has a number of bytes that there is not": any(command.cut < 0 for command in commands),
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


def _dumped(key: str, command: Command, recorded: Recorded) -> dict[str, Any]:
    data: dict[str, Any] = {
        "key": key,
        "command": recorded.command,
        "status": recorded.status,
        "seconds": round(recorded.seconds, _SECONDS),
    }
    if recorded.ending is not Ending.EXITED:
        data["ending"] = recorded.ending.value
    if recorded.cut:
        data["cut"] = recorded.cut
    if recorded.late:
        data["late"] = _lines(recorded.late)
    if all(piece.kind is PieceKind.OUTPUT for piece in recorded.pieces):
        data["output"] = _lines(recorded.output)
    else:
        data["pieces"] = [_piece(command, piece) for piece in recorded.pieces]
    return data


def _piece(command: Command, piece: Piece) -> dict[str, Any]:
    data: dict[str, Any] = {piece.kind.value: _lines(piece.text)}
    return data if piece.kind is PieceKind.OUTPUT else data | {"at": piece.line - command.end_line - 1}


def _recorded(read: _Command) -> Recorded:
    if read.output is not None:
        pieces = printed(_text(read.output))
    else:
        pieces = tuple(
            Piece(kind, _text(lines), piece.at)
            for piece in read.pieces or ()
            for kind in PieceKind
            if (lines := getattr(piece, kind.value)) is not None
        )
    return Recorded(
        line=0,
        command=read.command,
        pieces=pieces,
        status=read.status,
        seconds=read.seconds,
        ending=read.ending,
        cut=read.cut,
        late=_text(read.late),
    )


def _lines(text: str) -> list[str]:
    """Split text so that a diff shows the lines that differ; a last empty one tells of a line feed at the end."""
    return text.split("\n")


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def _checksum(document: Mapping[str, Any]) -> str:
    return "sha256:" + hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
