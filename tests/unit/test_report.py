from __future__ import annotations

import dataclasses

import pytest
from helpers.reported import BUILD, FAILED, HOSTILE, PS, UGLY, VARIED, made, result

from snippetrun import report, runner
from snippetrun.errors import Problem
from snippetrun.extract import read
from snippetrun.model import CommandResult, Ending, printed
from snippetrun.support.neutralise import neutralise


def test_a_transcript_reads_like_a_terminal() -> None:
    passed = result(PS, CommandResult(5, "docker build \\\n    .", (), 0, 1.0))
    assert (
        report.transcript(passed)
        == """docs/a.md  (26.1.5, 2.0 s)
    4  $ docker ps
       ID
    5  $ docker build \\
       >     .
   10  $ docker run --gpus all x
       [not run: needs a GPU]"""
    )


def test_a_failure_says_what_ran_what_was_wrong_how_it_ended_and_what_to_type() -> None:
    [problem] = report.failures(FAILED)
    assert str(problem).startswith("docs/a.md:5: exit status 1, expected 0\n    $ docker build \\\n")
    assert "... 25 lines before\n" in str(problem)
    assert "line 24\n" not in str(problem)
    assert "line 25\n" in str(problem)
    assert str(problem).endswith("line 39\n    To run this page alone: snippetrun run docs/a.md")


def test_what_to_type_is_one_command_whatever_a_page_is_called() -> None:
    [problem] = report.failures(result(CommandResult(4, "docker ps", (), 1, 1.0), path="docs/a; reboot.md"))
    assert problem.hint.endswith("snippetrun run 'docs/a; reboot.md'")


def test_a_command_that_said_nothing_is_reported_so() -> None:
    [problem] = report.failures(result(CommandResult(4, "docker ps", (), None, 60.0, Ending.TIMED_OUT)))
    assert "still running after 60 s" in problem.message
    assert "It said nothing." in problem.hint


def test_a_failure_stays_short_where_a_line_is_not() -> None:
    [problem] = report.failures(result(CommandResult(4, "docker ps", printed("x" * 1_000_000), 1, 1.0)))
    assert len(str(problem)) < 2000
    assert "... (1000002 characters)" in problem.hint


def test_nothing_in_a_report_can_steer_a_terminal_or_a_log() -> None:
    hostile = CommandResult(4, "docker ps", printed("\x1b[31m\x1b]0;title\x07\x9b2J\r\n"), 1, 1.0)
    [problem] = report.failures(result(hostile))
    assert not set(str(problem)) & {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160))}


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error::x", ": :error::x"),
        ("\t ::set-output name=a::b", "\t : :set-output name=a::b"),
        ("a log that wraps here ::error::x", "a log that wraps here : :error::x"),
        ("see ##[group]x", "see # #[group]x"),
        ("##vso[task.complete]x", "# #vso[task.complete]x"),
        ("###[error]x", "## #[error]x"),
    ],
)
def test_what_a_ci_runner_would_obey_is_shown_with_a_blank_in_it(line: str, shown: str) -> None:
    assert neutralise(f"before\n{line}\nafter") == f"before\n{shown}\nafter"


@pytest.mark.parametrize("line", ["::1\tlocalhost", ":::80->80/tcp", "a::error::x", "## [x]", "std::vector::size"])
def test_what_no_ci_runner_obeys_is_left_alone(line: str) -> None:
    assert neutralise(line) == line


def test_a_line_of_a_megabyte_does_not_keep_anybody_waiting() -> None:
    colons, rest = 100_000, "x" * 600_000
    assert neutralise(" ::" * colons + rest) == " : :" * (colons - 1) + " ::" + rest


def test_no_line_of_a_hostile_page_is_a_command_in_a_ci_log() -> None:
    shown = [report.transcript(page) for page in UGLY.pages] + [str(problem) for problem in report.wrong(UGLY)]
    assert "::error" in "\n".join(shown)
    for line in neutralise("\n".join(shown)).split("\n"):
        assert not (line.lstrip().startswith("::") and "::" in line.lstrip()[2:])
        assert "##[" not in line
        assert "##vso[" not in line
        line.encode()


def test_the_summary_counts() -> None:
    assert report.summary([FAILED], 3.21) == "1 page (1 replayed), 2 snippets, 3 commands (1 skipped), 1 failure, 3.2 s"


def test_a_page_that_ran_again_is_named_with_what_varied() -> None:
    assert report.reruns(made(FAILED, VARIED).pages) == ("docs/a.md: 2 runs; the commands in lines 4, 5 vary",)
    once = dataclasses.replace(VARIED, varied=frozenset({(0, 1)}))
    assert report.reruns(made(once).pages) == ("docs/a.md: 2 runs; the command in line 5 varies",)
    assert report.transcript(VARIED).startswith("docs/a.md  (26.1.5, 2.0 s, 2 runs)\n")


def test_a_page_without_commands_does_not_count() -> None:
    empty = runner.result(read("docs/b.md", "# B\n"), None)
    assert report.counts([empty]).pages == 0


def test_what_is_wrong_comes_page_by_page_and_what_could_not_run_last() -> None:
    finding, dead = Problem("a finding", path="docs/a.md"), Problem("no engine")
    checked = made(FAILED, result(PS, BUILD, path="docs/b.md"), findings=(finding,), problems=(dead,))
    assert [(problem.message, problem.path) for problem in report.wrong(checked)] == [
        ("a finding", "docs/a.md"),
        ("exit status 1, expected 0", "docs/a.md"),
        ("exit status 1, expected 0", "docs/b.md"),
        ("no engine", ""),
    ]


def test_a_finding_does_not_fail_a_run_at_the_desk() -> None:
    assert report.wrong(made(command="run", findings=(Problem("a finding", HOSTILE),))) == ()
