"""The seam at which I/O begins: what a runner asks of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from snippetrun.model import Ending, ImageFact


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command and what came back."""

    output: bytes
    """What the command wrote to its terminal, stdout and stderr in the order of their arrival."""
    status: int | None
    """Its exit status; None unless the ending is `exited`."""
    ending: Ending
    seconds: float
    cut: int = 0
    """Bytes beyond the limit, read and dropped."""


class Sandbox(Protocol):
    """One live throwaway engine with a shell in it."""

    engine_version: str
    kernel: str
    images: tuple[ImageFact, ...]
    boot_seconds: float
    """From asking for it until its engine answered."""

    def run(self, command: str, *, timeout: float, limit: int) -> Exchange:
        """Type a command into the page's shell and wait for its end, at most `timeout` seconds.

        `limit` is how many bytes of its output are kept. After any ending but `exited` the shell is of no more use.
        Raises SandboxError if the sandbox is gone.
        """

    def write(self, path: str, content: str) -> None:
        """Write a file below the page's folder, and the folders it needs; raise SandboxError if that fails."""

    def close(self) -> None:
        """Remove the sandbox and everything in it; closing twice does no harm."""
