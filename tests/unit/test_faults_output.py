"""Output that attacks whoever reads it: pages, the search index, recordings, terminals, CI logs and reports."""

from __future__ import annotations

import itertools
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from helpers.attack import ATTACKS, attacked, built
from helpers.inert import ATTRIBUTES, CONTROLS, OBEYED, TAGS, UNSEEN
from hypothesis import given
from hypothesis import strategies as st

from snippetrun import report
from snippetrun.cli.interactive import ControlStrings
from snippetrun.errors import Problem
from snippetrun.report import Report, github, json_, junit, markdown
from snippetrun.support.neutralise import neutralise, plain, visible


@pytest.fixture
def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """The report of a site whose one page has run, and has been recorded."""
    return attacked(tmp_path, monkeypatch)


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text of our blocks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


@pytest.mark.usefixtures("ran")
def test_nothing_in_output_becomes_a_part_of_its_page() -> None:
    built()
    html = Path("site/index.html").read_text()
    block = re.search(r'<div class="snippetrun highlight">.*?</div>', html, re.DOTALL)
    assert block
    elements = Elements(block[0]).elements
    assert {tag for tag, _ in elements} == TAGS - {"label", "input"}  # it is no longer than a screen
    assert {name for _, attributes in elements for name in attributes} <= ATTRIBUTES
    assert "&lt;script&gt;window.owned" in block[0]
    assert not set("{}") & set(block[0])
    assert not set(UNSEEN) & set(block[0])
    assert not CONTROLS & set(block[0])
    assert "&lt;U+202E&gt;" in block[0]
    assert "javascript:" not in block[0]


@pytest.mark.usefixtures("ran")
def test_a_page_cannot_have_a_fence_of_ours() -> None:
    built()
    html = Path("site/index.html").read_text()
    assert html.count('<div class="snippetrun highlight">') == 2
    assert re.search(r"<code>snippetrun\s+0\s*</code>", html)


@pytest.mark.usefixtures("ran")
def test_a_password_typed_in_a_skipped_fence_is_not_shown() -> None:
    built()
    everything = "".join(
        p.read_text(errors="replace") for p in Path("site").rglob("*") if p.suffix in {".html", ".json"}
    )
    assert "Username: bee" in everything
    assert "hunter2" not in everything


@pytest.mark.usefixtures("ran")
def test_the_search_index_holds_text_and_no_elements() -> None:
    built()
    index = Path("site/search/search_index.json").read_text()
    assert not set(UNSEEN) & set(index)
    texts = [entry["text"] for entry in json.loads(index)["docs"]]
    # Material escapes what it keeps, and shows it as HTML.
    assert not [tag for text in texts for tag, _ in Elements(text).elements if tag in {"script", "img"}]


@pytest.mark.usefixtures("ran")
def test_a_recording_shows_a_reviewer_all_that_is_in_it() -> None:
    text = Path("recordings/index.md.json").read_text()
    assert not (CONTROLS | set(UNSEEN)) & set(text)
    assert "<U+202E>gnp.exe" in text


def test_no_report_steers_who_reads_it(ran: Report) -> None:
    texts = {
        "junit": junit.text(ran),
        "markdown": markdown.text(ran),
        "json": json_.text(ran),
        "transcript": neutralise(report.transcript(ran.pages[0])),
    }
    for name, text in texts.items():
        assert not (CONTROLS | set(UNSEEN)) & set(text), name
        assert not OBEYED.search(text) or name == "json", name  # no line of JSON starts with a string's second line
    assert "hunter2" not in "".join(texts.values())
    ET.fromstring(texts["junit"])
    assert "##[" not in texts["json"]
    assert json.loads(texts["json"])["pages"]


def test_annotations_are_ours_alone() -> None:
    hostile = Report("check", (), "0.1.0", problems=(Problem(ATTACKS, ATTACKS, "docs/a\n::error::.md", 3),))
    [line] = github.text(hostile).splitlines()
    assert line.startswith("::error title=")


@given(st.text(st.sampled_from([*"ab:#[ \n\t=,", "\u00a0", "\u200b", "\x1b", "\x9b", "\r", "\u2028"])))
def test_no_text_makes_a_ci_runner_obey(text: str) -> None:
    assert not OBEYED.search(neutralise(text))


@pytest.mark.parametrize(
    "text", ["\u2714\ufe0f", "1\ufe0f\u20e3", "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}", "\u0646\u0645\u06cc\u200c\u062e"]
)
def test_emoji_and_scripts_that_need_them_keep_their_joiners(text: str) -> None:
    assert visible(text) == text


@pytest.mark.parametrize("text", ["a\u200db", "\u4e2d\u200d\u200d\u4e2d", "a\ufe0f", "\u2714\ufe0f\ufe0e", "x\u200c"])
def test_a_joiner_that_joins_nothing_is_named(text: str) -> None:
    assert "<U+" in visible(text)


def test_a_control_sequence_goes_as_a_whole() -> None:
    assert plain("a\x1b]0;title\x07b\x1b[31mc\x9b2Jd\x1bPx\x1b\\e") == "abcde"


HOOK = """
from contextlib import contextmanager
from snippetrun.sandbox.fake import FakeSandbox

def pytest_snippetrun_sandboxes():
    @contextmanager
    def prepared(site, say):
        say("::error::prepared")

        @contextmanager
        def start(job):
            yield FakeSandbox({"docker logs web": ("::error::one\\n  ::add-mask::two\\n##[error]three\\n", 1)})

        yield start

    return prepared
"""


def test_the_pytest_plugin_prints_nothing_that_a_ci_runner_obeys(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(HOOK)
    pytester.makefile(".yml", mkdocs="site_name: x\nplugins: [snippetrun]\n")
    skipped = '```console {skip="::error::four"}\n$ docker x "##[error]five" :::error:::six\n```\n'
    (pytester.mkdir("docs") / "a.md").write_text(f"```console\n$ docker logs web\n```\n\n{skipped}")
    done = pytester.runpytest_subprocess("docs", "--snippetrun", "-rA", "-v", "-p", "no:cacheprovider")
    said = done.stdout.str() + done.stderr.str()
    assert ": :error::one" in said
    assert not OBEYED.search(said)


SHELL = (
    b"a\x1b]52;c;aGk=\x07b\x1b[31mc\x1b]8;;javascript:x\x1b\\d\x1bPq\x1b[1me\xc2\x9d0;t\xc2\x9cf\x1b^x\ng\xc3\xa9\x1b_h"
)


@given(st.lists(st.integers(0, len(SHELL)), max_size=5))
def test_a_shell_says_nothing_to_the_terminal_of_its_person(cuts: list[int]) -> None:
    strings, edges = ControlStrings(), sorted({0, len(SHELL), *cuts})
    shown = b"".join(strings.without(SHELL[a:b]) for a, b in itertools.pairwise(edges))
    assert shown == b"ab\x1b[31mcd\x1b[1mef\ng\xc3\xa9"
