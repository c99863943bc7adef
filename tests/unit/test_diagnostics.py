"""What people see of a problem: the line of the source, a caret under the place, and the words that differ."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.command_line import snippetrun

from snippetrun import report
from snippetrun.config import load
from snippetrun.errors import ConfigError, PageError, Problem
from snippetrun.extract import read
from snippetrun.support.patterns import Names
from snippetrun.support.words import both

CONFIG = "site_name: s\nplugins:\n  - snippetrun:\n      timout: 3s\n"


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    Path("mkdocs.yml").write_text(CONFIG)


def said(page: str) -> str:
    Path("p.md").write_text(page)
    with pytest.raises(PageError) as raised:
        read("p.md", page)
    return report.diagnostics(raised.value.problems)


def test_an_attribute_that_is_none_is_marked() -> None:
    assert said('```console {hide timout="3 s"}\n$ docker ps\n```\n').split("\n")[:3] == [
        "p.md:1:18: timout: there is no such attribute",
        '        1 | ```console {hide timout="3 s"}',
        "          |                  ^^^^^^^^^^^^",
    ]


def test_a_tab_and_wide_characters_above_a_caret_count_as_what_they_take() -> None:
    Path("p.md").write_text("\t日本 docker\n")
    lines = report.diagnostic(Problem("wrong", "", "p.md", 1, 5)).split("\n")
    assert lines[1:] == ["        1 | \t日本 docker", "          | \t     ^^^^^^"]


def test_front_matter_and_options_of_the_site_are_quoted_too() -> None:
    page = "---\nsnippetrun:\n  timout: 3s\n---\n\n```console\n$ docker ps\n```\n"
    assert "        3 |   timout: 3s\n          |   ^^^^^^" in said(page)
    with pytest.raises(ConfigError) as raised:
        load(None)
    assert "        4 |       timout: 3s\n          |       ^^^^^^" in report.diagnostics(raised.value.problems)


def test_what_has_no_line_is_not_quoted() -> None:
    problems = [Problem("a", "b"), Problem("a", "b", "gone.md", 3), Problem("a", "b", "mkdocs.yml", 99)]
    assert report.diagnostics(problems) == "\n".join(map(str, problems))


def test_a_quoted_line_shows_no_password_and_steers_no_terminal() -> None:
    Path("p.md").write_text("Password: hunter2\n\x1b[2Jx\n")
    shown = report.diagnostics([Problem("wrong", "", "p.md", 1), Problem("wrong", "", "p.md", 2)])
    assert "hunter2" not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("expected", "got", "marks"),
    [
        ("Hello from Docker!", "Hello from Podman!", ("           ^^^^^^^", "           ^^^^^^^")),
        ("<id> is up", "4f0c is down", ("        ^^", "        ^^^^")),
        ("<web> up", "4f0c up", ("^^^^^", "^^^^")),
        ("a  b", "a b", (" ^^", " ^")),
        ("a ... z", "a b c y", ("      ^", "    ^^^")),
        ("one two", "one", ("   ^^^^", "   ^")),
    ],
)
def test_words_that_differ_are_marked(expected: str, got: str, marks: tuple[str, str]) -> None:
    lines = both(expected, got, Names({"web": "other"})).split("\n")
    assert [line[10:] for line in lines] == [expected, marks[0], got, marks[1]]


def test_what_is_no_pattern_of_words_is_not_marked() -> None:
    assert both(r"\d+ of 3", "2 of 4", None) == "expected: \\d+ of 3\ncame out: 2 of 4"


def test_on_a_terminal_what_is_marked_is_red() -> None:
    Path("p.md").write_text("$ docker ps\n")
    problem = Problem("wrong", both("a 日 c", "a b c", Names()), "p.md", 1)
    assert report.diagnostic(problem, coloured=True).split("\n") == [
        "\x1b[1mp.md:1: wrong\x1b[0m",
        "        1 | \x1b[31m$ docker ps\x1b[0m",
        "          | \x1b[31m^^^^^^^^^^^\x1b[0m",
        "    expected: a \x1b[31m日\x1b[0m c",
        "                \x1b[31m^^\x1b[0m",
        "    came out: a \x1b[31mb\x1b[0m c",
        "                \x1b[31m^\x1b[0m",
    ]


def test_a_pipe_gets_no_colours() -> None:
    printed = snippetrun("list")
    assert "timout" in printed.stderr
    assert "\x1b" not in printed.stderr
