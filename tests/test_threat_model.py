"""The threat model names only tests that there are."""

from __future__ import annotations

import re

from conftest import REPOSITORY

# E.g. `tests/test_sandbox_live.py::test_nothing_of_the_host_is_in_reach`
TEST = re.compile(r"`(tests/test_\w+\.py)(?:::(test_\w+))?`")


def test_each_promise_has_a_test_that_tries_to_break_it() -> None:
    text = (REPOSITORY / "docs/reference/threat-model.md").read_text()
    promised = text.partition("## What is promised\n")[2].partition("\n## ")[0]
    rows = [line for line in promised.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 8
    for row in rows:
        named = TEST.findall(row)
        assert named, row
        for file, function in named:
            assert f"def {function}" in (REPOSITORY / file).read_text(), row
