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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snippetrun.fingerprint import Fingerprint
from snippetrun.inert import in_json
from snippetrun.masks import masked_data
from snippetrun.model import (
    Command,
    Ending,
    Environment,
    ImageFact,
    Page,
    Piece,
    PieceKind,
    Recorded,
    Recording,
    printed,
)

FORMAT = 1
"""Raised when older readers would misunderstand the file."""
_SECONDS = 2
"""Digits after the point that durations keep."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A recording as it was read, with what its page said then."""

    recording: Recording
    """Its lines are those of no page yet: see `place`."""
    fingerprints: tuple[Fingerprint, ...]


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
                "commands": [_command(*each) for each in zip(mark.commands, snippet.commands, ran, strict=False)],
            }
            for mark, snippet, ran in zip(fingerprints, page.snippets, recording.snippets, strict=True)
        ],
    }
    document = masked_data(document)
    return in_json(json.dumps(document | {"checksum": _checksum(document)}, indent=1, ensure_ascii=False)) + "\n"


def load(text: str) -> Stored:
    """Read the text of a recording's file; raise BadDocumentError if it is not what was written."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadDocumentError(f"is no valid JSON in line {error.lineno}") from error
    if not isinstance(document, dict) or "format" not in document:
        raise BadDocumentError("is no recording")
    if document["format"] != FORMAT:
        raise BadDocumentError(
            f"has format {document['format']}, and this version of snippetrun writes and reads {FORMAT}"
        )
    checksum = document.pop("checksum", "")
    if checksum != _checksum(document):
        raise BadDocumentError("is not as it was written: its checksum does not match")
    environment = document["environment"]
    images = tuple(ImageFact(**image) for image in environment.pop("images"))
    recording = Recording(
        page=document["page"],
        key=document["key"],
        environment=Environment(**environment, images=images),
        when=document["when"],
        boot_seconds=document["boot_seconds"],
        seconds=document["seconds"],
        snippets=tuple(tuple(map(_recorded, snippet["commands"])) for snippet in document["snippets"]),
    )
    keys = (Fingerprint(each["key"], tuple(ran["key"] for ran in each["commands"])) for each in document["snippets"])
    return Stored(recording, tuple(keys))


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


def _command(key: str, command: Command, recorded: Recorded) -> dict[str, Any]:
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


def _recorded(data: Mapping[str, Any]) -> Recorded:
    if "output" in data:
        pieces = printed(_text(data["output"]))
    else:
        pieces = tuple(
            Piece(kind, _text(piece[kind]), piece.get("at", 0))
            for piece in data["pieces"]
            for kind in PieceKind
            if kind in piece
        )
    return Recorded(
        line=0,
        command=data["command"],
        pieces=pieces,
        status=data["status"],
        seconds=data["seconds"],
        ending=Ending(data.get("ending", Ending.EXITED)),
        cut=data.get("cut", 0),
        late=_text(data.get("late", [""])),
    )


def _lines(text: str) -> list[str]:
    """Split text so that a diff shows the lines that differ; a last empty one tells of a line feed at the end."""
    return text.split("\n")


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines)


def _checksum(document: Mapping[str, Any]) -> str:
    return "sha256:" + hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
