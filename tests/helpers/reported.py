"""What tests of reports share: a page, what came out of it, and the report of that."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from snippetrun import report, runner
from snippetrun.errors import Problem
from snippetrun.extract import read
from snippetrun.model import CommandResult, Environment, ImageFact, Recording, Result, printed
from snippetrun.report import Report, json_

SCHEMA: dict[str, Any] = json.loads(json_.SCHEMA_FILE.read_text())
"""What describes the JSON of a report."""

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
PS = CommandResult(4, "docker ps", printed("\x1b[31mID\x1b[0m\n"), 0, 0.25)
BUILD = CommandResult(5, "docker build \\\n    .", printed("".join(f"line {n}\n" for n in range(40))), 1, 1.0)

HOSTILE = (
    "::error file=docs/a.md,line=1::not true\n"
    "  ::set-output name=x::y\n"
    "##[error]nor this\n and ##vso[task.setvariable variable=x]y ##teamcity[testFailed]\n"
    "</failure><script>alert(1)</script> ]]> & \"'\n"
    "```\n## not a heading `````` <img src=x onerror=alert(1)> | @octocat #1 %0A::error::x\n"
    "\x1b]0;title\x07\x1b]52;c;aGk=\x07\x9b2J\x00\x0b\x0c\x7f\x85\u2028\ud800\ufffe\uffff\r::error::carriage return\n"
    "\N{NO-BREAK SPACE}::add-mask::a\n"
)
"""What a page may print, or say: design of attacks on whoever shows it."""


def result(*recorded: CommandResult, text: str = TEXT, path: str = "docs/a.md") -> Result:
    """A page that ran, with what came out of the commands of its first fence."""
    environment = Environment("26.1.5", "6.12", "0.1.0", (ImageFact("debian:latest", "sha256:0", "here"),))
    recording = Recording(path, "k" * 64, environment, "2026-01-02T03:04:05+00:00", 0.5, 2.0, (recorded,))
    return runner.result(read(path, text), recording)


def made(*results: Result, command: str = "check", **more: object) -> Report:
    """The report of some pages."""
    plain = Report(command, tuple(map(report.page, results)), "0.1.0", seconds=3.0)
    return dataclasses.replace(plain, **more)  # type: ignore[arg-type]


def strict(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """The same schema, in which every key is forbidden that it does not describe."""
    if isinstance(schema, dict):
        closed = {key: strict(value) for key, value in schema.items()}
        return closed | {"additionalProperties": False} if "properties" in schema else closed
    return [strict(entry) for entry in schema] if isinstance(schema, list) else schema


FAILED = result(PS, BUILD)
VARIED = dataclasses.replace(result(PS), runs=2, varied=frozenset({(0, 0), (0, 1)}))

SAID = (
    dataclasses.replace(PS, pieces=printed(HOSTILE), output_before=HOSTILE),
    dataclasses.replace(BUILD, command=f"docker build {HOSTILE}", pieces=printed(HOSTILE)),
)
UGLY = made(
    result(*SAID, text=TEXT.replace("needs a GPU", "::error::no %0A | <b>"), path="docs/a`|<b>@x,y:z\n::error::.md"),
    findings=(Problem(f"a finding {HOSTILE}", HOSTILE, "docs/b.md", 3, 1),),
    problems=(Problem(f"an engine {HOSTILE}", HOSTILE),),
)
"""A report in which all that others have a part in is hostile."""
