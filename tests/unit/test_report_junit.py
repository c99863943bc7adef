"""JUnit XML: what CI servers count, and that nothing in a page can break out of it."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree as ET

from helpers.reported import BUILD, FAILED, HOSTILE, PS, TEXT, UGLY, made, result

from snippetrun import runner
from snippetrun.errors import Problem
from snippetrun.extract import read
from snippetrun.model import Outcome, Result
from snippetrun.report import Report, junit
from snippetrun.support.neutralise import neutralise


def parsed(report: Report) -> ET.Element:
    return ET.fromstring(junit.text(report).encode())


def test_a_page_is_a_suite_and_a_command_a_case_with_its_line() -> None:
    [suite] = parsed(made(FAILED))
    assert (suite.get("name"), suite.get("time"), suite.get("timestamp")) == (
        "docs/a.md", "2.000", "2026-01-02T03:04:05+00:00",
    )  # fmt: skip
    cases = [(case.get("classname"), case.get("name"), case.get("line"), case.get("time")) for case in suite]
    assert cases == [
        ("docs/a.md", "docker ps", "4", "0.250"),
        ("docs/a.md", "docker build \\", "5", "1.000"),
        ("docs/a.md", "docker run --gpus all x", "10", "0.000"),
    ]


def test_a_failure_has_its_message_and_what_to_type() -> None:
    [failure] = parsed(made(FAILED)).iter("failure")
    assert failure.get("message") == "exit status 1, expected 0"
    assert "snippetrun run docs/a.md" in (failure.text or "")


def test_what_was_skipped_says_why() -> None:
    assert [skipped.get("message") for skipped in parsed(made(FAILED)).iter("skipped")] == ["needs a GPU"]


def test_what_was_not_reached_is_no_success() -> None:
    cut = made(result(dataclasses.replace(PS, status=1)))
    assert [skipped.get("message") for skipped in parsed(cut).iter("skipped")] == [
        "line 4 failed above it",
        "needs a GPU",
    ]


def test_what_is_stale_is_a_failure() -> None:
    shown = runner.result(read("docs/a.md", TEXT), None)
    [verdicts, more] = shown.verdicts
    marked = tuple(dataclasses.replace(v, outcome=Outcome.STALE, message="it has changed") for v in verdicts)
    stale = Result(shown.page, None, (marked, more))
    assert [each.get("message") for each in parsed(made(stale)).iter("failure")] == ["stale: it has changed"] * 2


def test_the_numbers_add_up() -> None:
    finding = Problem("it looks as if it should run", "Say so.", "docs/b.md", 3)
    root = parsed(made(FAILED, findings=(finding,), problems=(Problem("no engine"),)))
    names = ("tests", "failures", "errors", "skipped")
    assert [[suite.get("name"), *(suite.get(name) for name in names)] for suite in root] == [
        ["docs/a.md", "3", "1", "0", "1"],
        ["docs/b.md", "1", "1", "0", "0"],
        ["snippetrun", "1", "0", "1", "0"],
    ]
    assert [root.get(name) for name in names] == ["5", "2", "1", "1"]


def test_the_same_command_twice_on_a_page_is_two_cases() -> None:
    text = "```console\n$ docker ps\n$ docker ps\n```\n"
    [suite] = parsed(made(result(PS, dataclasses.replace(PS, line=3), text=text)))
    assert [case.get("name") for case in suite] == ["docker ps", "docker ps (2)"]


def test_the_name_of_a_case_does_not_move_with_its_line() -> None:
    moved = result(PS, BUILD, text=f"# More\n\n{TEXT}")
    names = [[case.get("name") for case in parsed(made(each)).iter("testcase")] for each in (FAILED, moved)]
    assert names[0] == names[1]


def test_hostile_output_is_text_in_well_formed_xml() -> None:
    root = parsed(UGLY)
    assert {element.tag for element in root.iter()} == {
        "testsuites", "testsuite", "testcase", "failure", "error", "skipped", "system-out",
    }  # fmt: skip
    [first, *_] = [out.text or "" for out in root.iter("system-out")]
    assert "</failure><script>alert(1)</script> ]]> & \"'\n" in first
    assert first.count("\n") == HOSTILE.count("\n")
    assert neutralise(first)
