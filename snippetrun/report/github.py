"""A run for GitHub Actions: an annotation on the very line of the page that is not met."""

from __future__ import annotations

from pathlib import PurePosixPath

from snippetrun.errors import Problem
from snippetrun.report.reported import Report
from snippetrun.report.text import complaints, wrong
from snippetrun.support.neutralise import plain


def text(report: Report, folder: str = "", root: str = "/") -> str:
    """Return a workflow command for each thing that is wrong, a line each; "" if nothing is.

    `folder` is where relative paths start, seen from the `root` of the repository. What fails no run is a warning.
    GitHub shows the first ten of each kind.
    """
    warnings = () if complaints(report) else report.findings
    lines = [_annotation("error", problem, folder, root) for problem in wrong(report)]
    lines += [_annotation("warning", finding, folder, root) for finding in warnings]
    return "".join(f"{line}\n" for line in lines)


def _annotation(level: str, problem: Problem, folder: str, root: str) -> str:
    properties = {"title": problem.message}
    if problem.path:
        file = PurePosixPath(folder, problem.path)
        properties["file"] = str(file.relative_to(root) if file.is_relative_to(root) else file)
    if problem.line:
        properties["line"] = str(problem.line)
    if problem.column:
        properties["col"] = str(problem.column)
    written = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{level} {written}::{_data(problem.hint or problem.message)}"


def _data(quoted: str) -> str:
    return plain(quoted).replace("%", "%25").replace("\n", "%0A")


def _property(quoted: str) -> str:
    return _data(quoted).replace(":", "%3A").replace(",", "%2C")
