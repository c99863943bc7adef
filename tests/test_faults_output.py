"""Output that attacks whoever reads it: pages, the search index, recordings, terminals, CI logs and reports."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from helpers.browser import CHROMIUM, FLAGS, Quiet
from helpers.inert import CONTROLS, OBEYED, UNSEEN
from helpers.machine import Silent
from helpers.reported import HOSTILE
from hypothesis import given
from hypothesis import strategies as st

from snippetrun import config, report, runner
from snippetrun.cli.interactive import ControlStrings
from snippetrun.errors import Problem
from snippetrun.extract import files
from snippetrun.model import Job, Mode
from snippetrun.plan import plan
from snippetrun.report import Report, github, json_, junit, markdown
from snippetrun.sandbox.fake import FakeSandbox, program
from snippetrun.support.neutralise import neutralise, plain, visible

ATTACKS = (
    HOSTILE.replace("\ud800", "").replace("\x9b2J", "")
    + "</code></pre><script>window.owned = 1</script>\"><img src=x onerror='window.owned = 1'>\n"
    + "{{ config }} {% raw %} {: onclick=\"window.owned = 1\" }\n{: #x onclick='window.owned = 1' }\n"
    + "````\n```\n~~~\n# heading\n<script>window.owned = 1</script>\n````\n"
    + "\x1b]8;;javascript:window.owned=1\x1b\\link\x1b]8;;\x1b\\ \x1bP+q\x1b\\ \x1b^x\x1b\\ \x1b[5i\x1b[20t\n"
    + "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe "
    + UNSEEN
    + "\n\x02wzxhzdk:0\x03\n```snippetrun\n0\n```\n"
)
PAGE = """# A `<script>window.owned = 1</script>` title {{ config }}

```console
$ docker logs web
$ docker run -it box
name> </span><script>window.owned = 1</script>
```

```snippetrun
0
```

```console {skip="</span><script>window.owned = 1</script>"}
$ docker login
Username: bee
Password: hunter2
```
"""
MKDOCS = "site_name: Test\ntheme: {name: material, font: false}\nplugins:\n  - search\n  - snippetrun: {mode: replay}\n"


@contextmanager
def sandboxes(_site: object, _say: object) -> Iterator[runner.OpenSandbox]:
    @contextmanager
    def start(_job: Job) -> Iterator[FakeSandbox]:
        yield FakeSandbox({"docker logs web": ATTACKS, "docker run -it box": program("name> ", ATTACKS)})

    yield start


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> config.SiteConfig:
    """A site whose one page has run, and has been recorded."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    Path("docs").mkdir()
    Path("docs/index.md").write_text(PAGE)
    Path("mkdocs.yml").write_text(MKDOCS)
    return config.load(Path("mkdocs.yml"))


@pytest.fixture
def ran(site: config.SiteConfig) -> Report:
    """The report of that page."""
    found = files.read_all(site, [Path("docs/index.md")])
    results = runner.run(plan(dataclasses.replace(site, mode=Mode.RUN), found), Silent(), sandboxes=sandboxes)
    assert not results[0].failed
    return Report("check", tuple(map(report.page, results)), "0.1.0", seconds=1.0)


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text of our blocks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def built() -> str:
    """Build the site with the real command, as a replay; return what it said."""
    command = [str(Path(sys.executable).with_name("mkdocs")), "build"]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, check=False, text=True, capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.usefixtures("ran")
def test_nothing_in_output_becomes_a_part_of_its_page() -> None:
    built()
    html = Path("site/index.html").read_text()
    block = re.search(r'<div class="snippetrun highlight">.*?</div>', html, re.DOTALL)
    assert block
    elements = Elements(block[0]).elements
    assert {tag for tag, _ in elements} == {"div", "pre", "code", "span"}
    assert {name for _, attributes in elements for name in attributes} <= {"class", "tabindex", "data-copy", "style"}
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


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
@pytest.mark.usefixtures("ran")
def test_nothing_of_it_runs_in_a_browser_nor_in_its_search() -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    built()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory="site"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with playwright.sync_playwright() as started:
            browser = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
            page.wait_for_selector(".snippetrun")
            page.click(".md-search__input")
            page.keyboard.type("logs")
            page.wait_for_selector(".md-search-result__item")
            assert "owned" in page.inner_text(".md-search-result__list")
            assert page.evaluate("window.owned === undefined")
            assert (
                page.query_selector_all(".snippetrun [onclick], .snippetrun [onerror], .snippetrun a, img[onerror]")
                == []
            )
            browser.close()
    finally:
        server.shutdown()
        server.server_close()


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
    skipped = '```console {skip="::error::four"}\n$ docker x\n```\n'
    (pytester.mkdir("docs") / "a.md").write_text(f"```console\n$ docker logs web\n```\n\n{skipped}")
    done = pytester.runpytest_subprocess("docs", "--snippetrun", "-rA", "-p", "no:cacheprovider")
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
