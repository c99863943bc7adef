"""The threat model names only tests that there are."""

from __future__ import annotations

import re

from conftest import REPOSITORY

# E.g. `tests/engine/test_sandbox_live.py::test_nothing_of_the_host_is_in_reach`
TEST = re.compile(r"`(tests/\w+/test_\w+\.py)(?:::(test_\w+))?`")


def test_each_promise_has_a_test_that_tries_to_break_it() -> None:
    text = (REPOSITORY / "docs/reference/threat-model.md").read_text()
    promised = text.partition("## What is promised\n")[2].partition("\n## ")[0]
    promises = re.split(r"^- (?=\*\*)", promised, flags=re.MULTILINE)[1:]
    assert len(promises) > 15
    for promise in promises:
        named = TEST.findall(promise)
        assert named, promise
        for file, function in named:
            assert f"def {function}" in (REPOSITORY / file).read_text(), promise
