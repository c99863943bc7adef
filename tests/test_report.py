from __future__ import annotations

import json
from pathlib import Path

from snippetrun import report, runner
from snippetrun.extract import read
from snippetrun.model import Ending, Environment, ImageFact, Recorded, Recording, Result, printed

TEXT = """# Title

```console
$ docker ps
$ docker build \\
    .
```

```console {skip="needs a GPU"}
$ docker run --gpus all x
```
"""
PS = Recorded(4, "docker ps", printed("\x1b[31mID\x1b[0m\n"), 0, 0.25)


def result(*recorded: Recorded) -> Result:
    environment = Environment("26.1.5", "6.12", "0.1.0", (ImageFact("debian:latest", "sha256:0", "here"),))
    recording = Recording("docs/a.md", "k" * 64, environment, "2026-01-02T03:04:05+00:00", 0.5, 2.0, (recorded,))
    return runner.result(read("docs/a.md", TEXT), recording)


FAILED = result(PS, Recorded(5, "docker build \\\n    .", printed("".join(f"line {n}\n" for n in range(40))), 1, 1.0))


def test_a_transcript_reads_like_a_terminal() -> None:
    passed = result(PS, Recorded(5, "docker build \\\n    .", (), 0, 1.0))
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


def test_a_command_that_said_nothing_is_reported_so() -> None:
    [problem] = report.failures(result(Recorded(4, "docker ps", (), None, 60.0, Ending.TIMED_OUT)))
    assert "still running after 60 s" in problem.message
    assert "It said nothing." in problem.hint


def test_nothing_in_a_report_can_steer_a_terminal_or_a_log() -> None:
    hostile = Recorded(4, "docker ps", printed("\x1b[31m\x1b]0;title\x07\x9b2J\r\n"), 1, 1.0)
    [problem] = report.failures(result(hostile))
    assert not set(str(problem)) & {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160))}


def test_the_summary_counts() -> None:
    assert report.summary([FAILED], 3.21) == "1 page, 2 snippets, 3 commands (1 skipped), 1 failure, 3.2 s"


def test_a_page_without_commands_does_not_count() -> None:
    empty = runner.result(read("docs/b.md", "# B\n"), None)
    assert report.counts([empty])["pages"] == 0


def test_the_json_says_everything_and_matches_its_description() -> None:
    document = json.loads(json.dumps(report.as_json("run", [FAILED], seconds=3.0)))
    described = (Path(__file__).parent.parent / "docs" / "reference" / "json.md").read_text()
    keys: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, dict):
            keys.update(value)
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)

    collect(document)
    assert {key for key in keys if f"`{key}`" not in described} == set()
    command = document["pages"][0]["snippets"][0]["commands"][1]
    assert (command["outcome"], command["status"], command["expected_status"]) == ("failed", 1, 0)
