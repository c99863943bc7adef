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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from snippetrun.model import Command, CommandResult, Moment, Page, Piece, PieceKind, Recording, printed
from snippetrun.recordings.format import (
    FORMAT,
    MOMENT,
    BadDocumentError,
    CommandData,
    Document,
    HunkData,
    Lines,
    PieceData,
    SnippetData,
    check,
)
from snippetrun.support.fingerprint import Fingerprint
from snippetrun.support.masks import masked, masked_data
from snippetrun.support.neutralise import in_json

_SECONDS = 2
"""Digits after the point that durations keep."""


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording as it was read, with what its page said then."""

    recording: Recording
    """Its lines are those of no page yet: see `locate`."""
    fingerprints: tuple[Fingerprint, ...]


def dump(page: Page, recording: Recording, fingerprints: Sequence[Fingerprint]) -> str:
    """Return the text of a recording's file."""
    document = Document(
        format=FORMAT,
        page=recording.page,
        key=recording.key,
        when=recording.when,
        boot_seconds=_rounded(recording.boot_seconds),
        seconds=_rounded(recording.seconds),
        environment=recording.environment,
        snippets=tuple(
            SnippetData(mark.snippet, tuple(map(_dumped, mark.commands, snippet.commands, results)))
            for mark, snippet, results in zip(fingerprints, page.snippets, recording.snippets, strict=True)
        ),
        runs=recording.runs,
    )
    data = masked_data(msgspec.to_builtins(document))
    return _text_of(data, _checksum(data))


def _text_of(document: Mapping[str, Any], checksum: str) -> str:
    return in_json(json.dumps({**document, "checksum": checksum}, indent=1, ensure_ascii=False)) + "\n"


def load(text: str) -> StoredRecording:
    """Read the text of a recording's file; raise BadDocumentError if it is not what was written."""
    with _one_error():
        data, checksum = _opened(text)
        read = msgspec.convert(data, Document)
        # A key twice, for instance, of which a reader sees the wrong one. Git may have given it other line ends.
        if _text_of(msgspec.to_builtins(read), checksum) != text.replace("\r\n", "\n"):
            raise BadDocumentError("is not as it was written: its form is not ours")
    check(read)
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
    keys = (Fingerprint(part.key, tuple(command.key for command in part.commands)) for part in read.snippets)
    return StoredRecording(recording, tuple(keys))


def load_key(text: str) -> str:
    """Return the key of a recording from the text of its file, and look at no more than its checksum.

    Raises BadDocumentError where that does not match.
    """
    with _one_error():
        return str(_opened(text)[0].get("key"))


@contextmanager
def _one_error() -> Iterator[None]:
    """Turn whatever a spoilt recording makes others raise into BadDocumentError."""
    try:
        yield
    except msgspec.ValidationError as error:
        raise BadDocumentError(f"is not as it was written: {error}") from error
    except BadDocumentError:
        raise
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise BadDocumentError(f"is no valid JSON: {error}") from error


def _opened(text: str) -> tuple[dict[str, Any], str]:
    """Return what a recording's file says, and its checksum, which matches."""
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
    return data, checksum


def locate(page: Page, recording: Recording, only: tuple[int, int] | None = None) -> Recording:
    """Return a recording with the lines that its commands have on the page now.

    `only` so many snippets of it, and so many commands of the next; all if nothing is said.
    """
    snippets = tuple(
        tuple(_located(command, result) for command, result in zip(snippet.commands, results, strict=False))
        for snippet, results in zip(page.snippets, recording.snippets, strict=False)
    )
    if only is not None:
        whole, commands = only
        snippets = (*snippets[:whole], *(part[:commands] for part in snippets[whole : whole + 1]))
    return dataclasses.replace(recording, page=page.path, snippets=snippets)


def _located(command: Command, result: CommandResult) -> CommandResult:
    first = command.end_line + 1
    pieces = (
        piece if piece.kind is PieceKind.OUTPUT else dataclasses.replace(piece, line=first + piece.line)
        for piece in result.pieces
    )
    return dataclasses.replace(result, line=command.line, pieces=tuple(pieces))


def _dumped(key: str, command: Command, recorded: CommandResult) -> CommandData:
    pieces = [(piece, _lines(masked(piece.text))) for piece in recorded.pieces]
    typed = any(piece.kind is not PieceKind.OUTPUT for piece in recorded.pieces)
    transcript = _lines("".join(_text(lines) for _, lines in pieces))
    return CommandData(
        key=key,
        command=recorded.command,
        status=recorded.status,
        seconds=_rounded(recorded.seconds),
        ending=recorded.ending,
        truncated_bytes=recorded.truncated_bytes,
        output_before=_lines(recorded.output_before) if recorded.output_before else (),
        output=None if typed else transcript,
        pieces=tuple(_piece(command, piece, lines) for piece, lines in pieces) if typed else None,
        moments=tuple(f"{m.seconds:.1f} {m.shown}{m.drawn and ' '}{m.drawn}" for m in recorded.moments),
        varies=tuple(hunks for other in recorded.others if (hunks := tuple(_hunks(transcript, _lines(masked(other)))))),
    )


def _piece(command: Command, piece: Piece, lines: Lines) -> PieceData:
    typed = piece.kind is not PieceKind.OUTPUT
    return PieceData(**{piece.kind.value: lines}, at=piece.line - command.end_line - 1 if typed else None)


def _hunks(lines: Lines, other: Lines) -> Iterator[HunkData]:
    """Yield the places where the lines of another run differ."""
    for tag, start, end, other_start, other_end in difflib.SequenceMatcher(None, lines, other).get_opcodes():
        if tag != "equal":
            yield HunkData(start, end - start, other[other_start:other_end])


def _applied(lines: Lines, hunks: Sequence[HunkData]) -> str:
    """Return what another run left."""
    other: list[str] = []
    here = 0
    for hunk in hunks:
        if not here <= hunk.at <= hunk.at + hunk.lines <= len(lines):
            raise BadDocumentError("has an output that varies in lines that it has not")
        other += [*lines[here : hunk.at], *hunk.instead]
        here = hunk.at + hunk.lines
    return _text([*other, *lines[here:]])


def _recorded(read: CommandData) -> CommandResult:
    if read.output is not None:
        pieces = printed(_text(read.output))
    else:
        pieces = tuple(
            Piece(kind, _text(lines), piece.at or 0)
            for piece in read.pieces or ()
            for kind in PieceKind
            if (lines := getattr(piece, kind.value)) is not None
        )
    result = CommandResult(
        line=0,
        command=read.command,
        pieces=pieces,
        status=read.status,
        seconds=read.seconds,
        ending=read.ending,
        truncated_bytes=read.truncated_bytes,
        output_before=_text(read.output_before),
        moments=tuple(
            Moment(float(moment[1]), int(moment[2]), moment[3] or "")
            for moment in map(MOMENT.fullmatch, read.moments)
            if moment
        ),
    )
    transcript = _lines(result.output)
    return dataclasses.replace(result, others=tuple(_applied(transcript, hunks) for hunks in read.varies))


def _rounded(seconds: float) -> float:
    return round(float(seconds), _SECONDS)


def _lines(text: str) -> Lines:
    """Split text so that a diff shows the lines that differ; a last empty one tells of a line feed at the end."""
    return tuple(text.split("\n"))


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def _checksum(document: Mapping[str, Any]) -> str:
    return "sha256:" + hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
