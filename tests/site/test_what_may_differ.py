"""What the page on sameness says of times, sizes and the host is what sameness does."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from conftest import REPOSITORY

from snippetrun.sameness import Run, differences

PAGE = (REPOSITORY / "docs" / "reference" / "what-may-differ.md").read_text(encoding="utf-8")
ROWS = [
    [re.findall("`([^`]+)`", cell)[-1] for cell in row.strip("|\n").split("|")[1:]]
    for row in re.findall(r"^\|.*`.*\|$", PAGE, re.MULTILINE)
]


def run(text: str, when: datetime, **known: str) -> Run:
    """A run of the length that the page says."""
    return Run((text,), when.timestamp(), (when + timedelta(seconds=20)).timestamp(), known)


@pytest.mark.parametrize(("recorded", "same", "other"), ROWS, ids=[row[0] for row in ROWS])
def test_each_row_of_the_table_is_true(recorded: str, same: str, other: str) -> None:
    then = {"kernel": "6.12.63", "debian:latest 1": "5d41402abc4b".ljust(64, "0")}
    now = {"kernel": "6.14.2", "debian:latest 1": "7d793037a076".ljust(64, "0")}
    before = run(recorded, datetime(2026, 11, 26, 10, 15, tzinfo=UTC), **then)
    later = datetime(2026, 12, 3, 17, 40, tzinfo=UTC)
    assert differences(before, [()], run(same, later, **now)) == ((),)
    assert differences(before, [()], run(other, later, **now)) != ((),)


def test_the_table_has_all_rows() -> None:
    assert len(ROWS) == 10
