"""The JSON Schema of what commands print, made of the types that they print.

Run it to write the file that comes with the package: make schema.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
from itertools import pairwise
from typing import Any, Literal, get_type_hints

import msgspec

from snippetrun.engine.leftovers import Leftover
from snippetrun.errors import Problem
from snippetrun.model import Difference, Environment, Fact, ImageFact, Options, Piece
from snippetrun.report import (
    Report,
    ReportedCommand,
    ReportedEngine,
    ReportedPage,
    ReportedSnippet,
    Share,
    Summary,
    json_,
)
from snippetrun.report.news import ChangedCommand, ChangedPage, News
from snippetrun.tasks.clean import Cleaned
from snippetrun.tasks.doctor import Finding
from snippetrun.tasks.status import Amount, PageStatus, Status

_DESCRIBED = (
    *(Report, Share, Summary, ReportedPage, Environment, ImageFact, Fact, ReportedSnippet, Options, ReportedCommand),
    *(ReportedEngine, Piece, Problem, News, ChangedPage, ChangedCommand, Difference, Finding, Cleaned, Leftover),
    *(Status, PageStatus, Amount),
)
"""Types whose docstrings describe them and their fields."""


def schema() -> dict[str, Any]:
    """Return the schema of all that commands print with --json."""
    documents = [
        _document("Report", ["list", "run", "check"], get_type_hints(Report, include_extras=True), summary=Summary),
        _document("Update", ["update"], changed=tuple[str, ...], failures=tuple[Problem, ...]),
        _document("News", ["diff"], get_type_hints(News)),
        _document("Doctor", ["doctor"], findings=tuple[Finding, ...]),
        _document("Cleaned", ["clean"], get_type_hints(Cleaned)),
        _document("Status", ["status"], get_type_hints(Status, include_extras=True)),
    ]
    references, parts = msgspec.json.schema_components(documents, ref_template="#/$defs/{name}")
    for part in parts.values():
        if "properties" in part:
            part["required"] = list(part["properties"])
        for value in part.get("properties", {}).values():
            value.pop("default", None)
    for described in _DESCRIBED:
        part = parts[described.__name__]
        part["description"] = _in_json(inspect.getdoc(described) or "")
        for name, text in _descriptions(described):
            part["properties"][name]["description"] = text
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:snippetrun:json:{json_.SCHEMA}",
        "title": "The JSON of snippetrun",
        "description": "What commands print with --json. New keys may come at any time: do not refuse what is unknown.",
        "oneOf": list(references),
        "$defs": parts,
    }


def _document(name: str, commands: list[str], fields: dict[str, Any] | None = None, **more: Any) -> type:  # noqa: ANN401 - types
    """Return the type of what some commands print."""
    first = {"schema": Literal[json_.SCHEMA], "command": Literal[tuple(commands)]}
    # A report has a command of its own, which is one of these.
    return msgspec.defstruct(name, list((first | (fields or {}) | more | first).items()))


def _descriptions(of: type) -> list[tuple[str, str]]:
    """Return the fields of a class with the docstrings that stand under them."""
    [definition] = ast.parse(inspect.getsource(of)).body
    assert isinstance(definition, ast.ClassDef)
    descriptions = []
    for pair in pairwise(definition.body):
        match pair:
            case (ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text)))):
                descriptions.append((name, _in_json(text)))
    return descriptions


def _in_json(text: str) -> str:
    """Return a docstring in the words of JSON."""
    words = {"None": "null", "False": "false", "True": "true"}
    return re.sub(r"\b(?:None|False|True)\b", lambda match: words[match[0]], " ".join(text.split()))


def text() -> str:
    """Return the text of the file."""
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    json_.SCHEMA_FILE.write_text(text())
