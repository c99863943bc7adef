"""The summary of a job: what it says, and that nothing in a page is mark-up or a mention there."""

from __future__ import annotations

import re

import markdown as python_markdown
from helpers.reported import FAILED, HOSTILE, PS, UGLY, VARIED, made, result
from markdown_it import MarkdownIt

from snippetrun.errors import Problem
from snippetrun.report import markdown


def test_it_says_what_it_came_to_page_by_page_and_what_is_wrong() -> None:
    text = markdown.text(made(FAILED))
    assert text.startswith(
        "## snippetrun <code>check</code>: 1 problem\n\n1 page (1 replayed), 2 snippets, 3 commands (1 skipped), "
    )
    assert "| <code>docs/a.md</code> | 3 | 1 | 1 | 0 | 0 | 2.0 | 0 |\n" in text
    assert "```text\ndocs/a.md:5: exit status 1, expected 0\n    $ docker build \\\n" in text


def test_where_all_is_well_it_says_so() -> None:
    assert "check</code>: all is well\n" in markdown.text(made())


def test_a_page_that_ran_again_is_named_with_what_varied() -> None:
    text = markdown.text(made(VARIED))
    assert "| 2.0 | 2 |\n" in text
    assert "```text\ndocs/a.md: 2 runs; the commands in lines 4, 5 vary\n```\n" in text


def test_where_nothing_ran_it_says_why() -> None:
    assert "\nno page changed since main (snippetrun 0.1.0)\n" in markdown.text(made(note="no page changed since main"))


def test_hostile_output_is_neither_mark_up_nor_a_mention() -> None:
    html = MarkdownIt("gfm-like", {"linkify": False}).render(markdown.text(UGLY))
    tags = {tag.lower() for tag in re.findall(r"<([a-zA-Z]\w*)", html)}
    assert tags == {"h2", "code", "p", "table", "thead", "tbody", "tr", "th", "td", "pre"}
    outside = re.sub(r"<code[ >].*?</code>", "", html, flags=re.DOTALL)
    assert not re.search(r"octocat|@|onerror|::", outside)
    assert html.count("<h2") == 1
    assert html.count("<tr>") == 2
    assert html.count("<pre>") == 3


def test_the_fence_is_longer_than_any_in_the_output() -> None:
    text = markdown.text(made(problems=(Problem("m", "`" * 9),)))
    assert "\n" + "`" * 10 + "text\n" in text


def test_it_fits_into_an_issue() -> None:
    pages = [result(PS, path=f"docs/{number}-{'x' * 80}.md") for number in range(500)]
    problems = tuple(Problem(f"problem {number}", HOSTILE) for number in range(500))
    text = markdown.text(made(*pages, problems=problems))
    assert len(text) < 65_000
    assert re.search(r"\.\.\. and \d+ more pages\n", text)
    assert re.search(r"\.\.\. and \d+ more; the JSON report has them all\n$", text)


def test_one_long_problem_leaves_room_for_the_others() -> None:
    text = markdown.text(made(problems=(Problem("long", "x" * 1_000_000), Problem("short"))))
    assert "\n... (1000009 characters)\n```\n\n```text\nshort\n```\n" in text


def test_names_of_pages_cannot_make_it_too_long() -> None:
    assert len(markdown.text(made(*(result(PS, path=f"docs/{at}{'@' * 200}.md") for at in range(200))))) < 65_000


def test_of_many_pages_those_that_failed_are_there() -> None:
    pages = [result(PS, path=f"docs/{number}.md") for number in range(500)]
    text = markdown.text(made(*pages, FAILED))
    assert "<code>docs/a.md</code>" in text
    assert python_markdown.markdown(text, extensions=["tables"])
