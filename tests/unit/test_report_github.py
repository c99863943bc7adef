"""Annotations: on which line, and that no output can make any."""

from __future__ import annotations

from helpers.reported import FAILED, HOSTILE, PS, UGLY, made, result

from snippetrun.errors import Problem
from snippetrun.report import github


def test_an_annotation_stands_on_the_command_that_failed() -> None:
    [line] = github.text(made(FAILED)).splitlines()
    assert line.startswith(
        "::error title=exit status 1%2C expected 0,file=docs/a.md,line=5::$ docker build \\%0A    .%0A"
    )


def test_an_annotation_stands_on_the_line_of_the_output_that_is_not_met() -> None:
    text = "```console\n$ docker ps\nID\nNAME\n```\n"
    [line] = github.text(made(result(PS, text=text))).splitlines()
    assert ",file=docs/a.md,line=4::" in line


def test_paths_start_at_the_root_of_the_repository() -> None:
    assert ",file=manual/docs/a.md,line=5::" in github.text(made(FAILED), "manual")
    assert ",file=docs/a.md,line=5::" in github.text(made(FAILED), ".")


def test_a_finding_is_an_error_for_check_and_a_warning_at_the_desk() -> None:
    finding = Problem("it looks as if it should run", "", "docs/b.md", 3, 7)
    said = "title=it looks as if it should run,file=docs/b.md,line=3,col=7::it looks as if it should run\n"
    assert github.text(made(findings=(finding,))) == f"::error {said}"
    assert github.text(made(findings=(finding,), command="run")) == f"::warning {said}"


def test_a_dead_engine_is_an_error_without_a_line() -> None:
    assert github.text(made(problems=(Problem("no engine", "Start it."),))) == "::error title=no engine::Start it.\n"


def test_where_all_is_well_nothing_is_said() -> None:
    assert github.text(made(command="run")) == ""


def test_hostile_output_makes_no_annotation_of_its_own() -> None:
    lines = github.text(UGLY).removesuffix("\n").split("\n")
    assert len(lines) == 3  # a finding, the failed build, the engine
    for line in lines:
        head, _, data = line.removeprefix("::error ").partition("::")
        assert line.startswith("::error title=")
        assert "\r" not in line
        assert {each.partition("=")[0] for each in head.split(",")} <= {"title", "file", "line", "col"}
        assert not any(name in head for name in ("%0a", "::"))
        assert "::error file=docs/a.md,line=1::not true%0A" in data
        assert "%250A::error::x" in data


def test_what_is_escaped_comes_back_as_it_was() -> None:
    hint = "100 %, 50%25, %0A"
    [line] = github.text(made(problems=(Problem("m", hint),))).splitlines()
    data = line.partition("::")[2].partition("::")[2]
    assert data.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%") == hint
    assert HOSTILE not in line
