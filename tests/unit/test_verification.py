"""The page about all pages: what it says of runs, what it leaves out, and that nothing of a page is mark-up there."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET

import markdown
import pytest
from helpers.reported import BUILD, FAILED, PS, TEXT, UGLY, made, result

from snippetrun import report, runner
from snippetrun.extract import read
from snippetrun.model import Result
from snippetrun.report import Report, ReportedEngine, verification

PASSED = dataclasses.replace(BUILD, status=0)


def ended(when: str, path: str, seconds: float = 2.0) -> Result:
    """A page that ran, with the end of its run."""
    of = result(PS, PASSED, path=path)
    assert of.recording
    return dataclasses.replace(of, recording=dataclasses.replace(of.recording, when=when, seconds=seconds))


def cells(made_: Report, head: str) -> list[str]:
    """Of the table below a heading, the cells of its rows, without drawings."""
    text = verification.text(made_, "docs/reference").partition(f"## {head}\n")[2].partition("\n## ")[0]
    rows = [line for line in text.split("\n") if line.startswith("|")][2:]
    return [re.sub("<svg.*?</svg>", "", cell) for row in rows for cell in row.strip("| ").split(" | ")]


def bars(made_: Report) -> list[tuple[float, float]]:
    """Where the bars of pages begin and end."""
    text = verification.text(made_, "docs").partition("## Pages")[2].partition("## Snippets")[0]
    found = re.findall(r'<path d="M([\d.]+) 0h([\d.]+)v8[^"]*" opacity="0.9"/>', text)
    return [(float(start), float(start) + float(size)) for start, size in found]


def test_a_page_has_a_link_its_time_and_what_became_of_it() -> None:
    assert cells(made(FAILED), "Pages") == [
        "[Title](<../a.md>)",
        "<br>2026-01-02 03:04:03, 2.0 s<br>1 holds, 1 fails, 1 skipped",
    ]


def test_a_page_opens_to_its_snippets_and_to_what_it_ran_on() -> None:
    text = verification.text(made(FAILED), "docs")
    assert "<summary>Title <code>docs/a.md</code>&#58; 2 snippets".replace("&#58;", ":") in text
    assert "of which 0.5 s to start the engine<br>Docker Engine 26.1.5, Linux 6.12, snippetrun 0.1.0</dd>" in text
    assert "<td>3</td><td><code>docker ps</code> and 1 more</td><td>1 holds, 1 fails, 1.2 s</td>" in text
    assert "<td>9</td><td><code>docker run --gpus all x</code></td><td>1 skipped</td>" in text


def test_what_a_page_hides_is_hidden_here_too() -> None:
    hidden = TEXT.replace("```console\n", "```console {hide}\n", 1)
    text = verification.text(made(result(PS, PASSED, text=hidden)), "docs")
    assert "<td>3</td><td>not shown</td><td>2 hold, 1.2 s</td>" in text
    assert "docker ps" not in text


def test_what_did_not_run_has_no_time() -> None:
    page = read("docs/a.md", TEXT)
    text = verification.text(made(runner.result(page, None)), "docs")
    assert cells(made(runner.result(page, None)), "Pages") == ["[Title](<../a.md>)", "2 not reached, 1 skipped"]
    assert "nothing ran" in text
    assert "0.0 s" not in text
    assert "0001-" not in text


def test_each_engine_has_a_column() -> None:
    there = ReportedEngine("next", (report.page(FAILED),), (), None, 0)
    several = made(result(PS, PASSED), engine="current", engines=("current", "next"), elsewhere=(there,))
    first, second = cells(several, "Pages")[1:]
    assert (first.split("<br>")[-1], second.split("<br>")[-1]) == ("2 hold, 1 skipped", "1 holds, 1 fails, 1 skipped")
    assert "| Page | current (26.1.5) | next (26.1.5) |" in verification.text(several, "docs")


def test_bars_stand_in_the_order_of_time_without_long_breaks() -> None:
    pages = (
        ended("2026-01-02T03:00:20+00:00", "docs/b.md", 20),
        ended("2026-01-02T03:00:10+00:00", "docs/a.md", 10),
        ended("2026-03-02T03:00:20+00:00", "docs/c.md", 20),
    )
    assert bars(made(*pages)) == [(0, 100), (0, 50), (100, 200)]


def test_an_image_has_its_digest_its_origin_and_the_number_of_its_pages() -> None:
    several = made(result(PS), result(PS, path="docs/b.md"))
    assert cells(several, "Images") == [
        '<code>debian&#58;latest</code><br><code title="sha256&#58;0">0</code>',
        "2",
        "here",
    ]


def test_hostile_text_is_no_mark_up() -> None:
    html = markdown.markdown(verification.text(UGLY, "docs").split("---\n", 2)[2], extensions=["tables"])
    ours = "h1 h2 p table thead tbody tr th td a svg path br details summary code dl dt dd"
    assert set(re.findall(r"<([a-zA-Z]\w*)", html)) <= set(ours.split())
    names = set(re.findall(r' ([a-zA-Z][\w-]*)="', re.sub("<svg.*?>", "", html)))
    assert names == {"href", "d", "opacity", "title"}
    assert html.count("<h2") == 3


def test_a_thousand_pages_are_one_page_and_no_line_of_it_is_blank_within_html() -> None:
    text = verification.text(made(*(ended("2026-01-02T03:00:10+00:00", f"docs/{n}.md") for n in range(1000))), "docs")
    assert text.count("<details>") == 1000
    assert len(text) < 2_000_000
    assert not [block for block in re.findall("<details>.*?</details>", text, re.DOTALL) if "\n\n" in block]


@pytest.mark.parametrize(
    ("of", "said"), [(result(PS, PASSED), "2 of 2 hold"), (FAILED, "1 of 2 hold"), (None, "0 of 0 hold")]
)
def test_the_badge_counts_what_runs(of: Result | None, said: str) -> None:
    picture = ET.fromstring(verification.picture(made(*([of] if of else []))))
    assert picture.get("aria-label") == f"documented commands: {said}"
