"""A person's terminal, connected to a page's shell."""

from __future__ import annotations

import os
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


def attach(sandbox: Sandbox, terminal: str) -> None:
    """Connect standard input and output with a page's shell until that ends, or until the keyboard's input does.

    Raises UsageError if standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise UsageError(Problem("this needs a terminal", "Type it at a prompt, not in a script or a pipe."))
    size = shutil.get_terminal_size()
    stream = sandbox.terminal(terminal).hand_over(size.columns, size.lines)
    with _raw(sys.stdin.fileno()):
        threading.Thread(target=_type, args=(sys.stdin.fileno(), stream), daemon=True).start()
        while (data := stream.read(_WAIT_SECONDS)) != b"":
            if data:
                os.write(sys.stdout.fileno(), data)


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
