"""The road that `snippetrun check` takes through the package: what CONTRIBUTING says of it is so."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import FrameType

import pytest
from click.testing import CliRunner
from conftest import REPOSITORY, MakeSite
from helpers.machine import Engine

import snippetrun
from snippetrun.cli import check as command
from snippetrun.cli.group import cli
from snippetrun.model import CommandResult, Mode
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.sandbox.shell import PtyShell
from snippetrun.tasks import check
from snippetrun.tasks.report_on import Task

PACKAGE = Path(snippetrun.__file__).parent
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text()


def files_of(frame: FrameType | None) -> Iterator[str]:
    """The files of the package that have called each other, the innermost first."""
    while frame:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(PACKAGE):
            yield file.relative_to(PACKAGE).as_posix()
        frame = frame.f_back


def rows() -> dict[str, int]:
    """The row of each part of the package in the picture of CONTRIBUTING."""
    drawn = re.findall(r"^    ((?:\w+ [|:] )*\w+)  +\S", CONTRIBUTING, re.MULTILINE)
    return {part: number for number, row in enumerate(drawn) for part in re.findall(r"\w+", row)}


def test_check_goes_one_way_through_the_files_that_contributing_names(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_site({"a.md": "# A\n\n```console\n$ docker ps\n```\n"})
    engine = Engine()
    task = Task("check", lambda work, watcher: check.check(work, watcher, engine), check.compared)
    monkeypatch.setitem(command._TASKS, Mode.RUN, task)
    roads = []
    typed = PtyShell.run

    def run(shell: PtyShell, line: TerminalCommand) -> CommandResult:
        frames = sys._current_frames()
        main, own = frames[threading.main_thread().ident or 0], frames[threading.get_ident()]
        whole = [*reversed(list(files_of(main))), *reversed(list(files_of(own)))]
        roads.append([file for file, _ in groupby(file for file in whole if not file.startswith("support/"))])
        return typed(shell, line)

    monkeypatch.setattr(PtyShell, "run", run)
    CliRunner().invoke(cli, ["check"], catch_exceptions=False, standalone_mode=False)
    road = [*roads[0], "sandbox/shell.py"]
    [drawn] = re.findall(r"The road of `snippetrun check`.*?\n\n((?:    [^\n]*\n)+)", CONTRIBUTING, re.DOTALL)
    assert road == re.findall(r"^ +(\S+\.py)", drawn, re.MULTILINE)
    assert len(road) == len(set(road)) <= 10
    row = [rows()[file.split("/")[0]] for file in road]
    assert row == sorted(row)


def test_contributing_names_no_file_that_is_not_there() -> None:
    for name in re.findall(r"`([\w/]+(?:\.py|/launch|/))`", CONTRIBUTING):
        assert any((folder / name).exists() for folder in (PACKAGE, REPOSITORY)), name
