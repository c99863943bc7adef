"""The command line on the real engine: run, check, update and shell, as a contributor would use them."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ONE_RUN, MakeSite

pytestmark = pytest.mark.engine

PAGE = """# A

```console
$ docker run --rm busybox echo one
one
$ docker run -d --name box busybox sleep 60
<id>
$ word=kept
```

```console
$ docker run --rm busybox echo two
```
"""
SNIPPETRUN = Path(sys.executable).with_name("snippetrun")


def snippetrun(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SNIPPETRUN, *arguments], capture_output=True, text=True, check=False, env=os.environ | environment
    )


@pytest.mark.slow
def test_check_is_green_after_a_run_and_red_on_the_line_that_has_changed(make_site: MakeSite) -> None:
    site = make_site({"a.md": PAGE}, ONE_RUN)
    assert snippetrun("run").returncode == 0
    recorded = (site / "recordings/a.md.json").read_text()
    checked = snippetrun("check", "--json")
    assert checked.returncode == 0, checked.stderr
    [page] = json.loads(checked.stdout)["pages"]
    seconds = [command["seconds"] for snippet in page["snippets"] for command in snippet["commands"]]
    assert 0 < page["boot_seconds"] + sum(seconds) <= page["seconds"]
    assert (site / "recordings/a.md.json").read_text() == recorded

    (site / "docs/a.md").write_text(PAGE.replace("echo one\none", "echo 1\none"))
    wrong = snippetrun("check")
    assert wrong.returncode == 1
    assert "docs/a.md:5: the output is not what line 5 says" in wrong.stderr
    assert "expected: one\n              ^^^\n    came out: 1" in wrong.stderr

    updated = snippetrun("update")
    *diff, page, recording = updated.stdout.splitlines()
    assert [line for line in diff if line[0] in "-+"] == ["--- docs/a.md", "+++ docs/a.md", "-one", "+1"]
    assert (page, recording) == ("changed docs/a.md", "changed recordings/a.md.json")
    assert "FAILED" not in updated.stderr
    assert (site / "docs/a.md").read_text() == PAGE.replace("echo one\none", "echo 1\n1")
    assert snippetrun("check").returncode == 0


@pytest.mark.parametrize(
    ("page", "line", "said"),
    [
        (
            "```console\n$ docker run --rm busybox true\n$ docker run --rm busybox false\n```\n",
            3,
            "exit status 1, expected 0",
        ),
        ("```console\n$ docker run --rm nosuch:1 true\n```\n", 2, "The page's engine has no image nosuch:1"),
        ("```console\n$ docker ps --no-such-option\n```\n", 2, "unknown flag: --no-such-option"),
        ("```console\n$ docker ps\n```\n\n```console\ndocker ps -a\n```\n", 6, "nothing in this fence runs"),
        ("```console {skip}\n$ docker ps\n```\n", 1, "skip: expects a reason that a reader can see"),
    ],
)
def test_check_names_the_line_of_what_does_not_hold(make_site: MakeSite, page: str, line: int, said: str) -> None:
    make_site({"a.md": page}, ONE_RUN)
    checked = snippetrun("check")
    assert checked.returncode in (1, 2)
    assert f"docs/a.md:{line}" in checked.stderr
    assert said in checked.stderr
    assert "Traceback" not in checked.stderr


def test_check_is_never_green_when_nothing_ran(make_site: MakeSite) -> None:
    make_site({"a.md": "# Nothing\n"})
    checked = snippetrun("check")
    assert (checked.returncode, checked.stderr.splitlines()[0]) == (2, "there is nothing to run")


def test_check_without_an_engine_is_an_infrastructure_failure(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE}, ONE_RUN)
    assert snippetrun("check", DOCKER_HOST="unix:///nowhere.sock").returncode == 3


def test_a_shell_opens_where_the_page_has_got_to(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE}, ONE_RUN)
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [SNIPPETRUN, "shell", "docs/a.md:11"], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE
    )
    os.close(theirs)
    said = b""
    typed = [b"docker ps --format 'up {{.Names}}'; echo $word\r", b"exit\r"]
    deadline = time.monotonic() + 120
    try:
        while time.monotonic() < deadline:
            said += os.read(ours, 4096)
            if typed and said.rstrip().endswith(b"#"):
                os.write(ours, typed.pop(0))
                said += b"\n"
    except OSError:  # the other side is closed: the shell has ended
        pass
    _, told = running.communicate(timeout=30)
    assert running.returncode == 0
    assert b"You are in docs/a.md; line 8 has run: word=kept\n" in told
    assert b"To leave, type exit or press Ctrl-D" in told
    assert b"up box\r\nkept\r\n" in said


def test_a_shell_needs_a_terminal(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE}, ONE_RUN)
    refused = snippetrun("shell", "docs/a.md:4")
    assert (refused.returncode, refused.stderr.splitlines()[-2:]) == (
        2,
        ["this needs a terminal", "    Type it at a prompt, not in a script or a pipe."],
    )
