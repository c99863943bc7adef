"""The plugin's entry goes into any mkdocs.yml, and nothing else of it changes."""

from __future__ import annotations

import pytest

from snippetrun.tasks.plugin_entry import added

OPTIONS = {"images": {"debian": {"build": "images/debian"}}}
TEXT = ["images:", "debian: {build: images/debian}", "# nginx: {pull: ...}"]
LINES = [TEXT[0], *(f"  {line}" for line in TEXT[1:])]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "site_name: a # b\nx: 1",
            "site_name: a # b\nx: 1\n\nplugins:\n  - search\n  - snippetrun:\n      DEEP\n",
        ),
        (
            "plugins:\n- search\n- tags:\n    a: 1 # x\n\n# below\nnav: []\n",
            "plugins:\n- search\n- tags:\n    a: 1 # x\n- snippetrun:\n    FLAT\n\n# below\nnav: []\n",
        ),
        (
            "plugins:\n  - search\n  - x: |\n      text\n\n      more\n\nnav: []\n",
            "plugins:\n  - search\n  - x: |\n      text\n\n      more\n  - snippetrun:\n      DEEP\n\nnav: []\n",
        ),
        (
            "plugins:\n  - search\n  - macros:",
            "plugins:\n  - search\n  - macros:\n  - snippetrun:\n      DEEP",
        ),
        (
            "a: 1\nplugins: [search, tags: {a: !ENV X}]\nb: 2\n",
            "a: 1\nplugins:\n  - search\n  - tags: {a: !ENV X}\n  - snippetrun:\n      DEEP\nb: 2\n",
        ),
        (
            "plugins: []\n",
            "plugins:\n  - snippetrun:\n      DEEP\n",
        ),
        (
            "plugins:\n  search: {}\n  tags:\n    a: b\n",
            "plugins:\n  search: {}\n  tags:\n    a: b\n  snippetrun:\n      DEEP\n",
        ),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_it_is_added_to(before: str, after: str, end: str) -> None:
    after = after.replace("DEEP", "\n        ".join(TEXT)).replace("FLAT", "\n      ".join(TEXT))
    assert added(before.replace("\n", end), OPTIONS, LINES) == after.replace("\n", end)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("plugins:\n  - search\n", "plugins:\n  - search\n  - snippetrun\n      # a\n"),
        ("plugins:\n  search: {}\n", "plugins:\n  search: {}\n  snippetrun: {}\n      # a\n"),
    ],
)
def test_where_nothing_is_said_it_is_the_name_alone(before: str, after: str) -> None:
    assert added(before, {}, ["# a"]) == after


@pytest.mark.parametrize(
    "text",
    [
        "INHERIT: base.yml\n",
        "plugins: [search, # the search\n  tags]\n",
        "plugins: {search: {}}\n",
        "plugins:\n",
        "plugins: !include other.yml\n",
        "x: &a [search]\nplugins: *a\n",
        "site_name: a\n...\n",
        "- a\n",
        "a: [\n",
    ],
)
def test_what_cannot_be_done_so_is_left_to_people(text: str) -> None:
    assert added(text, OPTIONS, LINES) is None
