"""A run as JUnit XML: a suite for each page, a case for each command, with the line where it stands."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree as ET

from snippetrun.model import Outcome
from snippetrun.report import engines
from snippetrun.report.reported import Report, ReportedCommand, ReportedPage
from snippetrun.report.text import complaints, problem
from snippetrun.support.neutralise import neutralise

_NO_PAGE = "snippetrun"
"""The suite of problems that no file has caused."""
_ILLEGAL = re.compile("[\ufffe\uffff]")
"""What XML 1.0 has no place for, of what inert text still has."""
_COUNTED = {
    "tests": "testcase",
    "failures": "testcase/failure",
    "errors": "testcase/error",
    "skipped": "testcase/skipped",
}
"""What a suite counts, and where that is in it."""


def text(report: Report) -> str:
    """Return the text of a JUnit XML file.

    A case is named after its command alone, so that it stays the same one when text above it moves its line.
    """
    suites: dict[str, ET.Element] = {}
    for page in report.pages:
        _commands(_suite(suites, page.path, page), page)
    for engine in report.elsewhere:
        for page in engine.pages:
            _commands(_suite(suites, f"{page.path} on {engine.name}", page), page, engine.name)
    unable = dict.fromkeys(problem for engine in engines.columns(report) for problem in engine.problems)
    for kind, problems in (("failure", complaints(report)), ("error", unable)):
        for cause in problems:
            path = cause.path or _NO_PAGE
            case = _case(_suite(suites, path), path, cause.message.split("\n")[0], cause.line)
            _say(case, kind, cause.message, cause.hint)
    root = ET.Element("testsuites", name=_NO_PAGE)
    root.extend(suites.values())
    for suite in root:
        for name, path in _COUNTED.items():
            suite.set(name, str(len(suite.findall(path))))
    for name in _COUNTED:
        root.set(name, str(sum(int(suite.get(name, 0)) for suite in root)))
    root.set("time", f"{report.seconds or 0:.3f}")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(suites: dict[str, ET.Element], path: str, page: ReportedPage | None = None) -> ET.Element:
    """Return the suite of a path, added if it is not there yet."""
    name = _legal(path)
    if name not in suites:
        suites[name] = ET.Element("testsuite", name=name)
        if page and page.when:
            suites[name].set("timestamp", page.when)
        suites[name].set("time", f"{page.seconds or 0:.3f}" if page else "0.000")
    return suites[name]


def _commands(suite: ET.Element, page: ReportedPage, engine: str = "") -> None:
    seen: Counter[str] = Counter()
    for command in page.commands:
        name = command.command.split("\n")[0] or "(goes on with what is open)"
        seen[name] += 1
        case = _case(
            suite, command.path or page.path, name if seen[name] == 1 else f"{name} ({seen[name]})", command.line
        )
        case.set("time", f"{command.seconds or 0:.3f}")
        _became(case, page, command, engine)


def _became(case: ET.Element, page: ReportedPage, command: ReportedCommand, engine: str) -> None:
    if command.outcome in (Outcome.FAILED, Outcome.STALE):
        cause = problem(page, command, engine)
        _say(case, "failure", cause.message, cause.hint)
    elif command.outcome is not Outcome.PASSED:
        ET.SubElement(case, "skipped", message=_legal(command.message or command.outcome))
    if command.output:
        ET.SubElement(case, "system-out").text = _legal(command.output)


def _case(suite: ET.Element, path: str, name: str, line: int) -> ET.Element:
    place = {"file": _legal(path)} | ({"line": str(line)} if line else {})
    return ET.SubElement(suite, "testcase", {"classname": _legal(path), "name": _legal(name)} | place)


def _say(case: ET.Element, kind: str, message: str, hint: str) -> None:
    ET.SubElement(case, kind, message=_legal(message)).text = _legal(hint)


def _legal(text_of_others: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", neutralise(text_of_others))
