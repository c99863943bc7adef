"""What a sandbox on the real engine learns of its builder: nothing."""

from __future__ import annotations

import pytest

from snippetrun import runner
from snippetrun.model import Job, Page
from snippetrun.sandbox.interface import TerminalCommand

pytestmark = pytest.mark.engine
ENOUGH = 1_000_000


def test_a_sandbox_learns_nothing_of_its_builders_environment(
    sandboxes: runner.OpenSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "the-canary-sings")
    monkeypatch.setenv("HTTP_PROXY", "http://the-canary-sings@127.0.0.1:1")
    look = (
        "env; docker info; cat /proc/[0-9]*/environ | tr '\\0' '\\n'; "
        "docker run --rm --privileged --pid=host busybox sh -c 'env; cat /proc/[0-9]*/environ' | tr '\\0' '\\n'"
    )
    with sandboxes(Job(Page("docs/a.md", ()), "", ("busybox:latest",), 60.0, ENOUGH)) as sandbox:
        came = sandbox.terminal().run(TerminalCommand(look, timeout=60, limit=ENOUGH))
        assert came.status == 0
        assert "PATH=" in came.output
        assert "the-canary-sings" not in came.output
        allowed = {"HOME", "USER", "LOGNAME", "SHELL", "LANG", "PATH", "TERM", "PWD", "SHLVL", "_", "OLDPWD"}
        said = sandbox.terminal().run(TerminalCommand("env | cut -d= -f1", timeout=60)).output.split()
        assert set(said) <= allowed
