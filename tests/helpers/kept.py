"""What the terminals of a run really printed, kept beside what is recorded of them; and what it leaves on a screen.

The screen is another one than the package's: pyte's own, with its history.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyte
from wcwidth import wcwidth

from snippetrun.engine.stream import Stream
from snippetrun.model import CommandResult, Job, PieceKind, Recording
from snippetrun.runner import OpenSandbox, Watcher
from snippetrun.sandbox import shell
from snippetrun.sandbox.interface import TerminalCommand

COLUMNS, ROWS, HISTORY = 100, 30, 100_000
_OUTPUT = re.compile(rb"\x1b\]7717;\w+;started\x07(.*)\x1b\]7717;\w+;ended \d+:[\d.]+\x07", re.DOTALL)
_CSI = re.compile(r"\x1b\[[0-9;]*m")
_here = threading.local()


class Kept:
    """A terminal's stream, and all that came out of it."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.data = b""
        self.read = self._read
        self.write, self.close = stream.write, stream.close

    def _read(self, timeout: float) -> bytes | None:
        data = self._stream.read(timeout)
        self.data += data or b""
        return data


def keep(folder: Path) -> None:
    """Let each page that runs from now on leave a file: for each command what is recorded, and what really came."""
    from snippetrun.runner import page, reproduced

    begin, run, run_page = shell.PtyShell.__init__, shell.PtyShell.run, page.run_page

    def started(self: shell.PtyShell, start: shell.Open, rests: Callable[[], bool]) -> None:
        begin(self, lambda *how: Kept(start(*how)), rests=rests)

    def keeping_run(self: shell.PtyShell, request: TerminalCommand) -> CommandResult:
        stream: Any = self._stream
        before = len(stream.data)
        result = run(self, request)
        _here.raw[request.line] = stream.data[before:].decode("latin-1"), stream.data.decode("latin-1")
        return result

    def paged(job: Job, start: OpenSandbox, watcher: Watcher, *, upto: int | None = None) -> Recording:
        _here.raw = {}
        recording = run_page(job, start, watcher, upto=upto)
        commands = [
            {
                "command": f"{job.page.path}:{recorded.line} {recorded.command}",
                "output": recorded.output,
                "late": recorded.output_before,
                "pieces": [piece.text for piece in recorded.pieces if piece.kind is PieceKind.OUTPUT],
                "typed": any(piece.kind is not PieceKind.OUTPUT for piece in recorded.pieces),
                "cut": recorded.truncated_bytes,
                "raw": _here.raw[recorded.line],
            }
            for snippet in recording.snippets
            for recorded in snippet
        ]
        (folder / f"{len([*folder.iterdir()])}-{threading.get_ident()}.json").write_text(json.dumps(commands))
        return recording

    shell.PtyShell.__init__ = started  # type: ignore[method-assign, assignment]
    shell.PtyShell.run = keeping_run  # type: ignore[method-assign]
    page.run_page = paged
    reproduced.run_page = paged  # type: ignore[attr-defined]


def screen(raw: bytes) -> list[str]:
    """Return the rows that bytes leave on a terminal and in its history, without blanks at their ends."""
    above = "$"  # the command: BuildKit moves up into its line, and down again
    shown = pyte.HistoryScreen(COLUMNS, ROWS, history=HISTORY)
    # Of the two ways to keep the place of the cursor pyte knows one, and it forgets a place that it has gone back to.
    pyte.ByteStream(shown).feed(
        f"{above}\r\n".encode() + raw.replace(b"\x1b[s", b"\x1b7").replace(b"\x1b[u", b"\x1b8\x1b7")
    )
    rows = ["".join(row[x].data for x in range(COLUMNS)) for row in shown.history.top]
    lines = _trimmed([*rows, *shown.display])
    return lines[1:] if lines[:1] == [above] else lines


def rows(recorded: str) -> list[str]:
    """Return recorded text as the rows of a terminal."""
    return _trimmed([row for line in _CSI.sub("", recorded).split("\n") for row in _wrapped(line.expandtabs())])


def _trimmed(lines: Sequence[str]) -> list[str]:
    lines = [unicodedata.normalize("NFC", line).rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _wrapped(line: str) -> Iterator[str]:
    row, width = "", 0
    for character in line:
        wide = max(wcwidth(character), 0)
        if width + wide > COLUMNS:
            yield row
            row, width = "", 0
        row, width = row + character, width + wide
    yield row


def wrong(command: Mapping[str, Any]) -> str:
    """Return what is recorded of a command although its terminal did not show it; "" if there is none."""
    raw, whole = (part.encode("latin-1") for part in command["raw"])
    alone = _OUTPUT.search(raw)
    if alone and not command["typed"] and not command["late"] and not command["cut"]:
        shown, recorded = screen(alone[1]), rows(command["output"])
        return "" if shown == recorded else f"{command['command']}: {shown!r} is not {recorded!r}"
    left = iter(screen(whole))
    # What is typed stands in the same row as the prompt, and the keys ^C before what comes of them.
    recorded = [row for text in (command["late"], *command["pieces"]) for row in rows(text) if row]
    missing = [row for row in recorded if not any(row in shown for shown in left)]
    return f"{command['command']}: {missing!r} never came" if missing else ""
