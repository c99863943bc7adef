"""A report for programs: JSON, and back again. `schema.json`, beside this file, describes it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from snippetrun.report.reported import Report, counts
from snippetrun.support.masks import masked_data
from snippetrun.support.neutralise import in_json

SCHEMA = 1
"""The version of the JSON that every command prints: raised when a key changes its meaning or goes away."""
SCHEMA_FILE = Path(__file__).with_name("schema.json")


def document(report: Report) -> dict[str, Any]:
    """Return the JSON of a report."""
    return {"schema": SCHEMA} | dataclasses.asdict(report) | {"summary": dataclasses.asdict(counts(report.pages))}


def text(of: Report | Mapping[str, Any]) -> str:
    """Return the text of a report, or of any other JSON document of ours, with a line feed at its end.

    Nothing in it can steer a terminal or a CI log, and yet all of it but secrets is there: JSON has escapes.
    """
    data = document(of) if isinstance(of, Report) else of
    return in_json(json.dumps(masked_data(data), indent=2, ensure_ascii=False)) + "\n"


class BadReportError(ValueError):
    """The text is no report of ours; the message says why, in words that follow a file's name."""


def load(written: str) -> Report:
    """Read a report back; raise BadReportError if it is none of ours.

    Keys that nobody knows are left out, as a newer version may have written them.
    """
    try:
        data = json.loads(written, parse_constant=_refuse)
        if not isinstance(data, dict) or "schema" not in data or "pages" not in data:
            raise BadReportError("is no report of `snippetrun run` or `check`")
        if data["schema"] != SCHEMA:
            raise BadReportError(f"has schema {data['schema']!s:.20}, and this version of snippetrun reads {SCHEMA}")
        return msgspec.convert(data, Report)
    except msgspec.ValidationError as error:
        raise BadReportError(f"is no report as snippetrun writes it: {error}") from error
    except BadReportError:
        raise
    except (ValueError, RecursionError) as error:
        raise BadReportError(f"is no valid JSON: {error}") from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
