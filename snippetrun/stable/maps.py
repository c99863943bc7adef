"""What programs keep in maps and write in a line in any order, put into one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from snippetrun.stable.text import Edit, Line

_MEMBERS = re.compile(r'"(?P<key>(?:[^"\\]|\\.)*)": ?(?:"(?:[^"\\]|\\.)*"|[^,{}\[\]"]+)')
_RECORD = re.compile(r'\{(?P<value>"[^{}]*"container_id"[^{}]*)\}')
_OF_A_RECORD = ("log", "container_id", "container_name", "source")
"""What docker's fluentd driver sends, the text first: https://docs.docker.com/engine/logging/drivers/fluentd/#usage"""
_LABELS = re.compile(r'(?<="Labels":")[^"]+')
_LAST_LABELS = re.compile(r"(?<!\S)[\w.-]+=.*")
_ENDS_WITH_LABELS = re.compile(r"\.Labels *\}\}['\"]?(?:[\s;|]|$)")
"""A format of the author's, in which labels come last, so that there may be blanks in them."""
_ATTRIBUTES = re.compile(r"(?<=\()[\w.-]+=[^()]*(?=\)$)")
_TELLS_EVENTS = re.compile(r"\bcompose\b.*\bevents\b")
_RUNTIMES = re.compile(r" Runtimes: (?P<value>\S+(?: \S+)+)")
"""In docker info."""


def in_order(line: Line, command: str) -> Line:
    """Return a line with all that comes in any order in one."""
    return line.through([_records, _runtimes, lambda text: _labels(text, command)])


def _records(line: str) -> Iterator[Edit]:
    """Put the members of a log record into the order in which docker's documentation has them."""
    for found in _RECORD.finditer(line):
        members = list(_MEMBERS.finditer(found["value"]))
        if ",".join(member[0] for member in members) == found["value"]:
            members.sort(key=lambda member: (*(member["key"] != key for key in _OF_A_RECORD), member["key"]))
            yield Edit(*found.span("value"), ",".join(member[0] for member in members))


def _labels(line: str, command: str) -> Iterator[Edit]:
    """Sort labels, which docker ps lists as they come out of a map, and what compose tells of an event."""
    last = _LAST_LABELS.finditer(line) if _ENDS_WITH_LABELS.search(command) else ()
    for found in list(_LABELS.finditer(line)) or last:
        yield Edit(*found.span(), ",".join(sorted(re.split(r",(?=[\w.-]+=)", found[0]))))
    if _TELLS_EVENTS.search(command) and (told := _ATTRIBUTES.search(line)):
        yield Edit(*told.span(), ", ".join(sorted(told[0].split(", "))))


def _runtimes(line: str) -> Iterator[Edit]:
    if found := _RUNTIMES.fullmatch(line):
        yield Edit(*found.span("value"), " ".join(sorted(found["value"].split())))
