"""A person's terminal, connected to a page's shell."""

from __future__ import annotations

import os
import re
import shutil
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

from snippetrun.engine.stream import Stream
from snippetrun.errors import Problem, UsageError
from snippetrun.sandbox.interface import Sandbox

_WAIT_SECONDS = 0.2
_STRING_BEGINS = re.compile(rb"\x1b[PX\]^_]|\xc2[\x90\x98\x9d-\x9f]")  # `\x1b]52;c;...`
_STRING_ENDS = re.compile(rb"\x1b\\|[\x07\x18\x1a]|\xc2\x9c|\x1b|\n")  # `\x07`


def attach(sandbox: Sandbox, terminal: str) -> None:
    """Connect standard input and output with a page's shell until that ends, or until the keyboard's input does.

    Raises UsageError if standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise UsageError(Problem("this needs a terminal", "Type it at a prompt, not in a script or a pipe."))
    size = shutil.get_terminal_size()
    stream = sandbox.terminal(terminal).hand_over(size.columns, size.lines)
    strings = ControlStrings()
    with _raw(sys.stdin.fileno()):
        threading.Thread(target=_type, args=(sys.stdin.fileno(), stream), daemon=True).start()
        while (data := stream.read(_WAIT_SECONDS)) != b"":
            if data and (shown := strings.without(data)):
                os.write(sys.stdout.fileno(), shown)


class ControlStrings:
    """Takes control strings out of a stream of bytes, in which they may be cut anywhere.

    They are what a program says to the terminal itself (ECMA-48, 5.6): the clipboard, the title, links, pictures.
    A page's shell has no business with those of the person who looks at it. All other sequences go through.
    """

    def __init__(self) -> None:
        """Begin outside of any."""
        self._within = False
        self._held = b""

    def without(self, data: bytes) -> bytes:
        """Return what is shown of the next piece."""
        data, shown = self._held + data, b""
        self._held = data[-1:] if data.endswith((b"\x1b", b"\xc2")) else b""
        data = data.removesuffix(self._held)
        while data:
            string = (_STRING_ENDS if self._within else _STRING_BEGINS).search(data)
            shown += b"" if self._within else data[: string.start() if string else None]
            data = data[string.start() if string[0] in (b"\x1b", b"\n") else string.end() :] if string else b""
            self._within = self._within is not bool(string)
        return shown


def _type(keyboard: int, stream: Stream) -> None:
    while data := os.read(keyboard, 4096):
        stream.write(data)


@contextmanager
def _raw(descriptor: int) -> Iterator[None]:
    """Let every key through, ^C too, and put the terminal back as it was."""
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
