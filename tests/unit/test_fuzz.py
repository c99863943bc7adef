"""Whatever pages say and programs print: no crash, no hang, and nothing of it escapes.

`make test` tries a few hundred cases of each, `make fuzz` ten thousand (SNIPPETRUN_FUZZ).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from helpers.inert import ATTRIBUTES, CONTROLS, OBEYED, TAGS, UNSEEN
from helpers.rendered import rendered
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from snippetrun import report, runner
from snippetrun.config import SiteConfig
from snippetrun.errors import PageError, Problem
from snippetrun.extract import info_string, read
from snippetrun.markdown_extension.embed import blocks
from snippetrun.model import CommandResult, Environment, ImageFact, Options, Page, Piece, PieceKind, Recording, Result
from snippetrun.render.ansi import to_html
from snippetrun.report import Report, github, json_, junit, markdown
from snippetrun.sandbox.fake import FakeSandbox, program
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.support import masks
from snippetrun.support.neutralise import neutralise, visible
from snippetrun.terminal import screen
from snippetrun.terminal.marks import Kind, Mark, MarkScanner
from snippetrun.terminal.transcript import Transcript

fuzzed = settings(
    max_examples=int(os.environ.get("SNIPPETRUN_FUZZ", "200")),
    deadline=timedelta(seconds=10),  # whatever takes as long is a hang
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
LANGUAGES = ("console", "shell-session")
SITE = SiteConfig(Path.cwd(), Path("docs"), "mkdocs.yml")
TABLE = ("table", "thead", "tbody", "tr", "th", "td")
SECRET = "hunter2-and-more"

# What others may write: any text, and what means something to somebody who reads it.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
MARKUP = st.sampled_from([
    *("</code></pre><script>x()</script>", "<img src=x onerror=x()>", "{{ config }}", "{% raw %}", "{: onclick=x }"),
    *("\n", "\n\n", "```", "````\n", "~~~", "    ", "> ", "- ", "1. ", "| ", "\\", "&#x3c;script>", "]]>", "\r"),
    *("::error::x\n", " ::add-mask::x\n", "##[group]", "##vso[x]", "@octocat", "%0A", "'", '"', SECRET),
    *UNSEEN,
])  # fmt: skip
FENCES = st.sampled_from([
    *("```console\n", "```console {skip=x}\n", "```sh\n", "```console {file=a/b}\n", "```text {file='a'}\n"),
    "~~~ {.console}\n",
    *("$ docker ps\n", "$ docker run -it x\n", "> more\n", "? 3\n", "...\n", "<id> <...>\n", "name> hi\n", "^C\n"),
    "```\n",
    *("---\n", "snippetrun:\n", "  skip: x\n", "  match: regex\n", '=== "Tab"\n', "!!! note\n", "<!--", "$ cat <<E\n"),
])  # fmt: skip
OTHERS = st.lists(st.one_of(TEXT, MARKUP), max_size=12).map("".join)
PAGES = st.lists(st.one_of(TEXT, MARKUP, FENCES, FENCES, FENCES), max_size=30).map("".join)

# What programs may print.
PARAMETERS = st.lists(
    st.sampled_from(["", "0", "1", "2", "3", "7", "38", "48;5", "4:3", "31", "100", "9999", "9" * 5000]), max_size=5
)
CSI = st.builds(
    lambda private, parameters, between, final: f"\x1b[{private}{';'.join(parameters)}{between}{final}".encode(),
    st.sampled_from(["", "", "?", ">", "=", "!"]),
    PARAMETERS,
    st.sampled_from(["", "", " ", "$"]),
    st.characters(min_codepoint=0x40, max_codepoint=0x7E),
)
MODES = st.sampled_from([47, 1047, 1049, 3, 4, 6, 7, 25, 2004]).flatmap(
    lambda mode: st.sampled_from([b"\x1b[?%dh" % mode, b"\x1b[?%dl" % mode, b"\x1b[%dh" % mode])
)
STRINGS = st.sampled_from([
    *(b"\x1b]0;title\x07", b"\x1b]8;;javascript:x\x1b\\", b"\x1b]52;c;aGk=", b"\x1bP+q", b"\x1b^", b"\x1b_", b"\x1bX"),
    *(b"\x9b", b"\xc2\x9b2J", b"\xc2\x9d0;x", b"\x1b", b"\x1b[", b"\x1b#8", b"\x1b(0", b"\x1b%G", b"\x1b7", b"\x1b8"),
    b"\x1bc",
    *(b"\x00", b"\x07", b"\b", b"\r", b"\n", b"\r\n", b"\x0b", b"\x0c", b"\x0e", b"\x0f", b"\x7f", b"\t", b"\x18"),
    *(b"\xff", b"\xe2\x80", b"\xed\xa0\x80", "\u0301".encode() * 40, "\u4e2d".encode() * 60),
    b"\x1b]7717;x;ended 0:1\x07",
])  # fmt: skip
BYTES = st.lists(
    st.one_of(CSI, CSI, MODES, STRINGS, st.binary(max_size=20), OTHERS.map(lambda text: text.encode(errors="replace"))),
    max_size=30,
).map(b"".join)


@pytest.fixture(autouse=True, scope="module")
def hidden() -> Iterator[None]:
    """Hide a secret, for this module alone."""
    masks.hide([SECRET])
    yield
    masks._hidden.clear()
    masks.hide([])


class Elements(HTMLParser):
    """The elements and attributes of some HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def is_inert_html(text: str) -> None:
    """Check that some HTML is our own elements, and text."""
    found = Elements(text)
    assert found.tags <= TAGS
    assert found.attributes <= ATTRIBUTES
    assert not set(text) & (CONTROLS | set(UNSEEN) | set("{}"))
    assert SECRET not in text


def is_inert_text(text: str) -> None:
    """Check that a text steers nobody, and holds no secret."""
    assert not set(text) & (CONTROLS | set(UNSEEN))
    assert SECRET not in text


def ran(page: Page, said: str) -> Result:
    """A page that ran, with this output of every command."""
    environment = Environment(said, said, "0.1.0", (ImageFact(said, said, said, said),))
    pieces = (Piece(PieceKind.OUTPUT, said), Piece(PieceKind.INPUT, said, 1), Piece(PieceKind.KEYS, "^C"))
    recorded = tuple(
        tuple(
            CommandResult(command.line, command.text, pieces, 1, 0.1, output_before=said, waited_for=said)
            for command in snippet.commands
        )
        for snippet in page.snippets
    )
    recording = Recording(page.path, "", environment, "2026-01-02T03:04:05+00:00", 0.5, 1.0, recorded)
    return runner.result(page, recording)


@fuzzed
@given(PAGES)
def test_any_text_is_a_page_or_an_error_with_a_line(text: str) -> None:
    try:
        page = read("docs/a.md", text)
    except PageError as error:
        lines, said = [problem.line for problem in error.problems], str(error)
    else:
        lines, said = [snippet.line for snippet in page.snippets], ""
    assert all(lines)
    is_inert_text(neutralise(said))


@fuzzed
@given(
    st.lists(
        st.one_of(
            OTHERS, st.sampled_from(["{", "}", "=", "skip", "file", "until", "match", "console ", "exit=3", ".x"])
        )
    )
)
def test_any_info_string_is_read_or_refused(parts: list[str]) -> None:
    info = re.sub(r"[\r\n`]", "", "".join(parts))
    try:
        _, options = info_string.parse(info, languages=LANGUAGES, path="docs/a.md", line=3, column=4)
    except PageError as error:
        lines, options = {problem.line for problem in error.problems}, Options()
    else:
        lines = {3}
    assert lines == {3}
    assert not options.file or (".." not in Path(options.file).parts and not Path(options.file).is_absolute())
    info_string.for_renderer(info)


@fuzzed
@given(PAGES, OTHERS)
def test_what_is_put_into_a_page_is_inert(text: str, output: str) -> None:
    fences, html = rendered(f"{text}\n\n```console\n$ docker ps\n```\n")
    try:
        [page] = fences.pages()
    except PageError:
        reject()
    result = ran(page, output)
    *shown, foot = blocks(SITE, result)
    for block in shown:
        is_inert_html(block)
    assert Elements(foot).tags <= {"details", "summary", "time", "div", "dl", "dt", "dd", "span", "code", *TABLE}
    is_inert_text(foot)
    fences.marks.show({page.path: ["a block of ours"] * len(page.snippets)})
    filled = fences.marks.fill(html)
    assert filled.count("a block of ours") == sum(bool(s.commands) or s.options.hide for s in page.snippets)
    assert fences.marks._word not in filled


@fuzzed
@given(st.lists(st.one_of(BYTES, st.integers(0, 3)), max_size=6), st.integers(0, 3000))
def test_any_bytes_are_a_screen(parts: list[bytes | int], limit: int) -> None:
    transcript = Transcript(limit)
    fed = 0
    for part in parts:
        if isinstance(part, bytes):
            transcript.feed(part)
            fed += len(part)
        else:
            transcript.type(("^C", "hi", SECRET, "")[part], 3, secret=part == 2)
        transcript.prompt(), transcript.cursor(len(transcript)), transcript.since(), transcript.end_of("x", 0)
    pieces = transcript.pieces()
    shown = "".join(piece.text for piece in pieces)
    assert len(shown) <= 100 * fed + 10_000
    assert not set(re.sub(r"\x1b\[[0-9;]*m", "", shown)) & (CONTROLS | set(UNSEEN))
    is_inert_html(to_html(shown))
    assert screen.text(b"".join(part for part in parts if isinstance(part, bytes))) is not None


@fuzzed
@given(
    st.lists(
        st.one_of(BYTES, st.sampled_from([b"\x1b]7717;w;started\x07", b"\x1b]7717;w;", b"\x1b]7717;w;ended 7:1\x07"]))
    )
)
def test_marks_are_found_in_any_bytes_however_they_are_cut(parts: list[bytes]) -> None:
    whole, cut = MarkScanner("w"), MarkScanner("w")
    end = b"\x1b]7717;w;ready\x07"
    one = whole.feed(b"".join(parts) + end)
    several = [found for part in [*parts, end] for found in cut.feed(part)]
    assert [each for each in one if isinstance(each, Mark)] == [each for each in several if isinstance(each, Mark)]
    assert one[-1] == Mark(Kind.READY)
    assert b"".join(e for e in one if isinstance(e, bytes)) == b"".join(e for e in several if isinstance(e, bytes))


@fuzzed
@given(OTHERS, st.lists(OTHERS, min_size=1, max_size=4), st.lists(OTHERS, max_size=4))
def test_any_program_can_be_talked_to(said: str, steps: list[str], written: list[str]) -> None:
    sandbox = FakeSandbox({"docker run": program(said, *steps)})
    order = TerminalCommand("docker run", 1, tuple(written), 2, timeout=30, limit=1000)
    came = sandbox.terminal().run(order)
    assert came.seconds < 60


@fuzzed
@given(OTHERS, OTHERS, OTHERS)
def test_no_report_steers_who_reads_it(path: str, said: str, message: str) -> None:
    page = read("docs/a.md", "```console\n$ docker ps\nx\n```\n\n```console {skip=x}\n$ docker x\n```\n")
    shown = report.page(ran(page, said))
    made = Report(
        "check", (shown,), "0.1.0", (Problem(message, said, path, 3),), (Problem(said, message, path),), seconds=1.0
    )
    texts = [
        neutralise(report.transcript(shown)),
        neutralise("\n".join(map(str, report.wrong(made)))),
        junit.text(made),
        markdown.text(made),
    ]
    for text in texts:
        is_inert_text(text)
        assert not OBEYED.search(text)
    ET.fromstring(junit.text(made))
    assert not re.search(r"<(?!/?code>)", re.sub(r"(?ms)^(`{3,})text$.*?^\1$", "", markdown.text(made)))
    is_inert_text(json_.text(made))
    assert json_.load(json_.text(made)).pages[0].path == "docs/a.md"
    assert json.loads(json_.text(made))["schema"] == json_.SCHEMA
    for line in github.text(made).splitlines():
        assert line.startswith(("::error ", "::warning "))
        is_inert_text(line)


@fuzzed
@given(OTHERS)
def test_text_that_is_inert_stays_as_it_is(text: str) -> None:
    assert neutralise(neutralise(text)) == neutralise(text)
    assert visible(visible(text)) == visible(text)
