"""The page's shell on this machine, without any sandbox: the same bash, bashrc and PTY."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from snippetrun.sandbox import live
from snippetrun.sandbox.shell import PtyShell


class ProcessStream:
    """The stdin and stdout of a process; see `snippetrun.engine.stream.Stream`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(environment)
        )

    def read(self, timeout: float) -> bytes | None:
        assert self.process.stdout
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        return os.read(self.process.stdout.fileno(), 65536) if ready else None

    def write(self, data: bytes, _timeout: float = 0.0) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


def local_shell(home: Path, rests: Callable[[], bool] = lambda: True) -> PtyShell:
    """Start a page's shell with `home` as its home and working folder."""
    (home / ".bashrc").write_text((live.IMAGE_FOLDER / "bashrc").read_text())
    base = {"HOME": str(home), "PATH": "/usr/bin:/bin", "SHELL": "/bin/bash", "LANG": "C.UTF-8"}

    def start(command: Sequence[str], environment: Mapping[str, str]) -> ProcessStream:
        # Whoever runs the tests in the background may have had signals ignored; the engine never does.
        clean = ["env", "--default-signal", "-C", str(home)]
        return ProcessStream([*clean, *command], base | dict(environment))

    return PtyShell(start, rests=rests)
