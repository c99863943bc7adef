"""Lists with fences come out as Python-Markdown wants them, and say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown import Markdown

from snippetrun.errors import PageError
from snippetrun.extract import read, splice
from snippetrun.extract.fences import read_outline
from snippetrun.extract.lines import normalised
from snippetrun.extract.reindent import reindented

FENCE = "```console\n$ docker ps\n  a\n\n    b\n```"


def at(blanks: int, text: str = FENCE) -> str:
    return "\n".join(" " * blanks + line if line else "" for line in text.split("\n"))


def mended(text: str) -> str:
    return splice(text, reindented(normalised(text)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"1. Step:\n\n{at(3)}\n\n2. Next\n", f"1. Step:\n\n{at(4)}\n\n2. Next\n"),
        (f"- Step:\n\n{at(2)}\n", f"- Step:\n\n{at(4)}\n"),
        (f"- Step:\n{at(2)}\n\nText\n", f"- Step:\n{at(4)}\n\nText\n"),
        (f"Text:\n1. Step:\n\n{at(3)}\n", f"Text:\n\n1. Step:\n\n{at(4)}\n"),
        (f"10. Step\n\n    more\n\n{at(4)}\n", f"10. Step\n\n    more\n\n{at(4)}\n"),
        (f"1. Step:\n\n   Some text.\n\n{at(3)}\n", f"1. Step:\n\n    Some text.\n\n{at(4)}\n"),
        (f"- a\n  - b\n    lazy\n    still\n\n{at(4)}\n", f"- a\n    - b\n        lazy\n        still\n\n{at(8)}\n"),
        (f"- a\nlazy\n\n{at(2)}\n", f"- a\n    lazy\n\n{at(4)}\n"),
        (f"!!! note\n\n    1. a\n\n{at(7)}\n", f"!!! note\n\n    1. a\n\n{at(8)}\n"),
        ("- a\n  - b\n\nText\n", "- a\n  - b\n\nText\n"),
        (f"1.\tStep:\n\n{at(0).replace(chr(10), chr(10) + chr(9)).replace('```c', chr(9) + '```c')}\n", None),
    ],
)
def test_a_list_is_indented_by_four(before: str, after: str | None) -> None:
    new = mended(before)
    assert after is None or new == after
    contents = [[fence.lines for fence in read_outline(normalised(text)).fences] for text in (before, new)]
    assert contents[0] == contents[1]
    if FENCE[:3] in new:
        [snippet] = read("a.md", new).snippets
        assert snippet.commands[0].text == "docker ps"
        shown = Markdown(extensions=["pymdownx.superfences", "admonition"]).convert(new)
        assert "<pre>" in shown
        assert "```" not in shown
        assert mended(new) == new


def test_what_is_shown_is_what_the_author_of_a_list_by_three_meant() -> None:
    text = f"# A\n\n1. One:\n\n{at(3)}\n\n   Text.\n\n   - inner\n\n{at(5)}\n\n2. Two\n"
    with pytest.raises(PageError):
        read("a.md", text)
    shown = Markdown(extensions=["pymdownx.superfences"]).convert(mended(text))
    assert (shown.count("<ol>"), shown.count("<ul>")) == (1, 1)
    assert len(read("a.md", mended(text)).snippets) == 2


@pytest.mark.parametrize(
    "text", [f"> 1. a\n>\n>    {FENCE.splitlines()[0]}\n>    x\n>    ```\n", "- - a\n\n    ```\n    ```\n"]
)
def test_other_lists_are_left_alone(text: str) -> None:
    assert mended(text) == text


def test_the_pages_of_this_site_need_nothing() -> None:
    for page in Path(__file__).parents[2].joinpath("docs").rglob("*.md"):
        assert mended(page.read_text()) == page.read_text(), page
