"""The JSON of reports: what it says, what describes it, and that it comes back."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import jsonschema
import pytest
from conftest import REPOSITORY
from helpers.reported import BUILD, FAILED, PS, SCHEMA, UGLY, VARIED, made, result, strict
from helpers.schema import text

from snippetrun import runner
from snippetrun.errors import Problem
from snippetrun.extract import read
from snippetrun.model import CommandResult, Piece, PieceKind
from snippetrun.report import Report, Share, json_

REFERENCE = REPOSITORY / "docs" / "reference"

TYPED = CommandResult(4, "docker ps", (Piece(PieceKind.OUTPUT, "? "), Piece(PieceKind.INPUT, "y\n", 5)), 0, 0.25)
REPORTS = [
    made(),
    made(FAILED, commit="a" * 40, changed_since="main", note="none"),
    made(result(TYPED, BUILD), shard=Share(2, 5, ("docs/a.md",), ("docs/a.md", "docs/b.md"))),
    made(runner.result(read("docs/c.md", '```console {match="exact" retry=3s}\n$ docker ps\n```\n'), None)),
    made(problems=(Problem("no engine", "Start one."),), exit_status=3, command="run"),
    UGLY,
    made(VARIED),
]


@pytest.mark.parametrize("report", REPORTS)
def test_the_schema_describes_every_key_of_a_report(report: Report) -> None:
    document = json.loads(json_.text(report))
    jsonschema.Draft202012Validator(strict(SCHEMA)).validate(document)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["pages"][0]["snippets"][0]["commands"][0].update(outcome="fine"),
        lambda document: document["pages"][0].pop("path"),
        lambda document: document.update(exit_status=9),
        lambda document: document["pages"][0]["snippets"][0].update(line="3"),
    ],
)
def test_the_schema_refuses_what_is_not_so(change: Any) -> None:  # noqa: ANN401 - a lambda
    document = json.loads(json_.text(made(FAILED)))
    change(document)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(document)


def test_the_schema_takes_keys_of_later_versions() -> None:
    document = json.loads(json_.text(made(FAILED))) | {"later": 1}
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_reference_has_a_table_with_the_keys_of_every_object_of_the_schema() -> None:
    page = (REFERENCE / "json.md").read_text()
    tables = re.findall(r"^\| key \| value \|\n\|---\|---\|\n((?:\|.*\n)+)", page, re.MULTILINE)
    described = [re.findall(r"^\| `(\w+)`", table, re.MULTILINE) for table in tables]
    objects = [part["properties"] for part in SCHEMA["$defs"].values() if "properties" in part]
    assert sorted(map(sorted, described)) == sorted(map(sorted, objects))


def test_the_schema_is_made_of_the_types() -> None:
    assert json_.SCHEMA_FILE.read_text() == text(), "write it anew: make schema"


def test_the_site_has_the_schema_that_the_package_has() -> None:
    assert (REFERENCE / "snippetrun.schema.json").read_text() == json_.SCHEMA_FILE.read_text()


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_comes_back_as_it_was(report: Report) -> None:
    assert json_.load(json_.text(report)) == report


def test_the_json_says_what_was_expected_and_what_became_of_it() -> None:
    command = json_.document(made(FAILED))["pages"][0]["snippets"][0]["commands"][1]
    assert (command["outcome"], command["status"], command["expected_status"]) == ("failed", 1, 0)


def test_the_json_says_how_often_a_page_ran_and_what_varied() -> None:
    [page] = json_.document(made(VARIED))["pages"]
    varied = [command["varied"] for snippet in page["snippets"] for command in snippet["commands"]]
    assert (page["runs"], varied) == (2, [True, True, False])


def test_json_in_a_ci_log_steers_nothing_and_still_says_all() -> None:
    text = json_.text(UGLY)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]|##\w*\[|^\s*::", text, re.MULTILINE)
    text.encode()
    assert json.loads(text)["problems"][0]["hint"] == UGLY.problems[0].hint


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is no valid JSON"),
        ("[" * 100_000, "is no valid JSON"),
        ('{"schema": 1, "pages": [], "seconds": NaN}', "is no valid JSON"),
        ("[]", "is no report"),
        ('{"schema": 1, "command": "doctor", "findings": []}', "is no report"),
        ('{"schema": 2, "pages": []}', "has schema 2, and this version of snippetrun reads 1"),
        ('{"schema": 1, "pages": []}', "missing required field `command`"),
        ('{"schema": 1, "command": 1, "pages": [], "version": ""}', "Expected `str`, got `int` - at `$.command`"),
        (
            '{"schema": 1, "command": "run", "pages": [3], "version": ""}',
            "Expected `object`, got `int` - at `$.pages[0]`",
        ),
        (
            '{"schema": 1, "command": "run", "pages": [], "version": "", "exit_status": true}',
            "Expected `int`, got `bool` - at `$.exit_status`",
        ),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(json_.BadReportError, match=re.escape(complaint)):
        json_.load(text)


def test_a_word_that_nobody_knows_is_refused_with_its_place() -> None:
    document = copy.deepcopy(json_.document(made(result(PS, BUILD))))
    document["pages"][0]["snippets"][0]["commands"][1]["outcome"] = ["passed"]
    with pytest.raises(json_.BadReportError, match=re.escape("$.pages[0].snippets[0].commands[1].outcome")):
        json_.load(json.dumps(document))
