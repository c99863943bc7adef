"""The pytest face on the real engine: sessions of its own, as a user starts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from xml.etree import ElementTree as ET

import pytest
from conftest import ONE_RUN, MakeSite, sandboxes_of
from helpers.waiting import runs, wait_for

from snippetrun.engine.client import HostEngine

pytestmark = pytest.mark.engine

PAGE = """# A

```console
$ docker volume create notes
notes
```

```console
$ docker run --rm -v notes:/n busybox sh -c 'echo kept > /n/it'
```

```console
$ docker run --rm -v notes:/n busybox sh -c 'cat /n/it; sleep 0.2'
kept
```

```console
$ docker volume rm notes
notes
```
"""
# It sleeps because a loaded engine may lose what a container says that is gone at once: not what this is about.
OTHER = "# B\n\n```console\n$ docker volume ls --quiet\n$ docker run --rm busybox sh -c 'exit 3'\n```\n"
READ = "docs/a.md::line 13: docker run --rm -v notes:/n busybox sh -c 'cat /n/it; sleep"


@dataclass(frozen=True)
class Session:
    """A session of pytest that has ended."""

    status: int
    output: str
    pid: int

    @property
    def last_line(self) -> str:
        return self.output.splitlines()[-1].strip("= ").rpartition(" in ")[0]


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pytest", "docs", "--snippetrun", "-v", "-W", "error", *arguments]
    # So that it does not matter whether this version is installed.
    named = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "snippetrun.pytest_plugin,xdist.plugin"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | named
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def session(*arguments: str) -> Session:
    running = started(*arguments)
    output, _ = running.communicate()
    return Session(running.returncode, output, running.pid)


@pytest.mark.slow
def test_workers_report_each_snippet_with_its_file_and_line_and_leave_nothing(
    make_site: MakeSite, engine: HostEngine
) -> None:
    folder = make_site({"a.md": PAGE, "b.md": OTHER}, ONE_RUN)
    junit = ["--junitxml=report.xml", "-o", "junit_family=xunit1"]
    run = session("-n", "2", "--dist", "loadfile", "-o", "snippetrun_mode=run", *junit)
    assert run.last_line == "1 failed, 4 passed", run.output
    assert "docs/b.md:5: exit status 3, expected 0\n" in run.output
    assert ".py:" not in run.output
    cases = list(ET.parse(folder / "report.xml").iter("testcase"))
    # pytest counts lines from 0 there.
    assert sorted((case.attrib["file"], int(case.attrib["line"]) + 1) for case in cases) == [
        ("docs/a.md", 4), ("docs/a.md", 9), ("docs/a.md", 13), ("docs/a.md", 18), ("docs/b.md", 4),
    ]  # fmt: skip
    assert sandboxes_of(engine, run.pid) == []


@pytest.mark.slow
def test_a_failure_stops_a_session_and_alone_runs_again_in_the_world_of_the_page(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE.replace("echo kept", "echo lost"), "b.md": OTHER}, ONE_RUN)
    run = session("-x", "-o", "snippetrun_mode=run")
    assert run.last_line == "1 failed, 2 passed", run.output
    (folder / "docs" / "a.md").write_text(PAGE)
    again = session("--lf", "-o", "snippetrun_mode=run")
    assert again.last_line == "1 passed", again.output
    assert f"{READ} PASSED" in again.output


def test_a_selected_snippet_finds_what_those_above_it_made(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE}, ONE_RUN)
    assert session("-k", "cat", "-o", "snippetrun_mode=run").last_line == "1 passed, 3 deselected"


@pytest.mark.slow
def test_what_was_recorded_is_held_against_what_comes_out(make_site: MakeSite) -> None:
    folder = make_site({"a.md": PAGE}, ONE_RUN)
    subprocess.run([sys.executable, "-c", "from snippetrun.cli import main; main()", "run"], check=True)
    assert session().last_line == "4 passed"
    page = folder / "docs" / "a.md"
    page.write_text(PAGE.replace("volume rm", "volume rm --force"))
    run = session()
    assert run.last_line == "1 failed, 3 passed", run.output
    assert "docs/a.md:18: nobody has recorded it as it stands here" in run.output


def test_ctrl_c_ends_a_session_and_leaves_nothing(make_site: MakeSite, engine: HostEngine) -> None:
    sleep = f"sleep {200_000 + os.getpid()}"  # nobody else's
    make_site({"a.md": f"# A\n\n```console\n$ docker run --rm busybox {sleep}\n```\n"})
    running = started()
    wait_for(lambda: runs(sleep) or running.poll() is not None)
    running.send_signal(signal.SIGINT)
    output, _ = running.communicate(timeout=60)
    assert running.returncode == 130, output
    assert sandboxes_of(engine, running.pid) == []
