"""The MkDocs face: results in their places, and whole builds by the real `mkdocs` command, without an engine."""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import MakeSite
from helpers.mkdocs_build import FAILING, blocks, build
from helpers.rendered import rendered
from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor

from snippetrun import config, runner
from snippetrun.errors import PageError
from snippetrun.extract import files
from snippetrun.markdown_extension.marks import LANGUAGE
from snippetrun.model import ImageFact, Job, Mode
from snippetrun.plan import plan
from snippetrun.sandbox.fake import FakeSandbox

# Fences in a renderer, without any build


def shown(text: str) -> str:
    """The HTML of a page whose blocks say which they are."""
    fences, html = rendered(text)
    pages = fences.pages()
    fences.marks.show({page.path: [f"<b>{n}</b>" for n, _ in enumerate(page.snippets)] for page in pages})
    return fences.marks.fill(html)


def test_a_block_stands_where_its_fence_stood() -> None:
    assert shown("1. one\n\n    ```console\n    $ docker ps\n    ```\n\n2. two\n") == (
        "<ol>\n<li>\n<p>one</p>\n<b>0</b>\n</li>\n<li>\n<p>two</p>\n</li>\n</ol>"
    )


def test_equal_fences_get_their_own_results_in_order() -> None:
    fence = "```console\n$ docker ps\n```\n"
    assert shown(f"{fence}\n{fence}") == "<b>0</b>\n<b>1</b>"


def test_lines_are_those_of_the_file_where_other_plugins_have_put_lines_in_or_taken_some_away() -> None:
    source = (
        "---\ntitle: x\n---\n\nOld words\n\n```console\n$ docker ps\n```\n\nMore\n\n```console\n$ docker rm x\n```\n"
    )
    text = "New\n\nfirst\n\nlines\n\n```console\n$ docker ps\n```\n\n```console\n$ docker rm x\n```\n"
    [page] = rendered(text, source=source)[0].pages()
    assert [(s.line, s.end_line, s.commands[0].line) for s in page.snippets] == [(7, 9, 8), (13, 15, 14)]


def test_a_mistake_is_at_its_line_of_the_file() -> None:
    text = "```console {exit=900}\n$ docker ps\n```\n"
    with pytest.raises(PageError, match=r"docs/a.md:5:\d+: exit: expects an exit status"):
        rendered(text, source=f"---\ntitle: x\n---\n\n{text}")[0].pages()


def test_a_line_that_a_hint_names_is_one_of_the_file() -> None:
    text = "1. a\n\n    ```console\n    $ docker ps\nb\n    ```\n"
    with pytest.raises(PageError, match=r"docs/a.md:7:5: nothing closes this fence[^$]*Line 9 ends the list"):
        rendered(text, source=f"---\ntitle: x\n---\n\n{text}")[0].pages()


def test_what_a_macro_has_made_of_a_fence_runs_at_the_line_of_its_source() -> None:
    source = "A\n\n```console\n$ docker run {{ image }}\n```\n"
    [page] = rendered(source.replace("{{ image }}", "debian"), source=source)[0].pages()
    assert page.snippets[0].commands[0].text == "docker run debian"
    assert page.snippets[0].line == 3


def test_a_hidden_fence_is_gone() -> None:
    html = shown("a\n\n```console {hide}\n$ docker ps\n```\n\nb\n").replace("<b>0</b>", "")
    assert html.split() == ["<p>a</p>", "<p>b</p>"]


def test_a_fence_that_writes_a_file_stays_the_renderers_and_says_which_file() -> None:
    file = "```dockerfile {file=app/Dockerfile}\nFROM debian\n```\n"
    html = shown(file + "\n```console\n$ docker ps\n```\n")
    assert 'class="filename">app/Dockerfile' in html
    assert "FROM" in html
    assert "<b>1</b>" in html


def test_what_the_renderer_shows_as_text_is_an_error_and_its_authors_text() -> None:
    fences, html = rendered('=== "Tab"\n\n    ```console\n    $ docker <x>\n    ```\n'.replace("<x>", "ps"))
    with pytest.raises(PageError, match="docs/a.md:3: the site shows this fence as text"):
        fences.pages()
    fences.marks.show({})
    assert "<code>    ```console\n    $ docker ps\n    ```\n</code>" in fences.marks.fill(html)


def test_a_fence_of_a_docstring_is_a_finding_and_does_not_run() -> None:
    class Docstring(Treeprocessor):
        def run(self, _root: object) -> None:
            self.md.preprocessors[LANGUAGE].run(["```console", "$ docker ps", "```"])

    class Docstrings(Extension):
        def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
            md.treeprocessors.register(Docstring(md), "docstring", 1)

    fences, _ = rendered("# Page\n", extensions=[Docstrings()])
    assert [page.snippets for page in fences.pages()] == [()]
    assert [finding.message for finding in fences.findings] == [
        "a fence does not run that is no part of a page's own text, such as one of a docstring"
    ]


# Whole builds


def test_an_engine_that_is_not_there_fails_the_build_with_one_clear_message(make_site: MakeSite) -> None:
    make_site({"index.md": FAILING})
    built = build(DOCKER_HOST="unix:///nowhere/docker.sock")
    assert built.returncode == 1
    assert "no Docker engine answers at unix:///nowhere/docker.sock" in built.output
    assert "Traceback" not in built.output


def test_a_mistake_in_the_configuration_is_named_with_its_line(make_site: MakeSite) -> None:
    make_site({"index.md": "# Home\n"})
    settings = Path("mkdocs.yml")
    settings.write_text(settings.read_text() + "      timeot: 3s\n")
    built = build()
    assert built.returncode == 1
    assert "mkdocs.yml:8:7: timeot: there is no such key" in built.output
    assert "Traceback" not in built.output


def test_what_copies_the_sites_markdown_extensions_has_none_of_ours(make_site: MakeSite) -> None:
    """As mkdocstrings does: each text that it converts would look for its page."""
    make_site({"index.md": "# Home\n"}, "markdown_extensions: [snippetrun, admonition]\nhooks: [hook.py]\n")
    Path("hook.py").write_text(
        "from mkdocs.plugins import event_priority\n\n"
        "@event_priority(50)\ndef on_config(config):\n"
        "    print('copied:', [n for n in config.markdown_extensions if n in ('snippetrun', 'admonition')])\n"
    )
    built = build()
    assert (built.returncode, "copied: ['admonition']" in built.output) == (0, True), built.output


NEVER_RECORDED = "# Home\n\n```console\n$ docker ps\n```\n"
NO_PROMPT = "# Home\n\n```console\ndocker ps\n```\n"
PLACEHOLDER = "# Home\n\n```console\n$ docker rm <box>\n```\n"
RUNS_NOTHING = "---\nsnippetrun: {tiemout: 3s}\n---\n# Home\n\n```text\ndocker: nothing closes it\n"
STALE = """\
docs/index.md:4: stale: it has not been recorded yet
        4 | $ docker ps
          | ^^^^^^^^^^^
    Record it: snippetrun run docs/index.md
"""


NOTICED = [
    (NEVER_RECORDED, STALE),
    (NO_PROMPT, "docs/index.md:4: "),
    (PLACEHOLDER, "docs/index.md:4:13: nothing above says what <box> is"),
    (RUNS_NOTHING, "docs/index.md:2:14: tiemout: there is no such key"),
]


@pytest.mark.parametrize("options", [["--strict"], ["--strict", "--quiet"]])
@pytest.mark.parametrize(("page", "said"), NOTICED)
def test_what_is_stale_or_only_looks_as_if_it_ran_fails_a_strict_build_also_a_quiet_one(
    make_site: MakeSite, page: str, said: str, options: list[str]
) -> None:
    make_site({"index.md": page})
    built = build(*options, SNIPPETRUN_MODE="replay")
    assert built.returncode == 1
    assert said in built.output
    assert "Traceback" not in built.output
    assert not Path("site/index.html").exists()


@pytest.mark.parametrize(("page", "said"), NOTICED)
def test_it_is_a_warning_in_any_other_build(make_site: MakeSite, page: str, said: str) -> None:
    make_site({"index.md": page})
    built = build("--no-strict", SNIPPETRUN_MODE="replay")
    assert (built.returncode, built.output.count("WARNING")) == (0, 1 + (page is RUNS_NOTHING))
    assert said in built.output
    assert build("--no-strict", "--quiet", SNIPPETRUN_MODE="replay").output == ""


def test_a_fence_that_nobody_can_run_as_it_stands_is_shown_with_the_reason(make_site: MakeSite) -> None:
    make_site({"index.md": PLACEHOLDER})
    build("--no-strict", SNIPPETRUN_MODE="replay")
    html = Path("site/index.html").read_text()
    assert "Not run: nothing above says what &lt;box&gt; is" in html
    assert "docker rm &lt;box&gt;" in html


def test_the_foot_offers_to_show_what_varies_where_something_does(make_site: MakeSite) -> None:
    root = make_site({"a.md": "", "b.md": ""}, "      recordings: recordings\n")
    site = dataclasses.replace(config.load(Path("mkdocs.yml")), mode=Mode.RUN)
    lines = map(str, itertools.count())

    @contextmanager
    def sandboxes(_site: object, _say: object) -> Iterator[runner.OpenSandbox]:
        @contextmanager
        def start(job: Job) -> Iterator[FakeSandbox]:
            facts = tuple(
                ImageFact(n, "sha256:0", f"images/{n.split(':')[0]}/Dockerfile on debian") for n in job.images
            )
            yield FakeSandbox(
                lambda command: f"word{next(lines)}\n" if command == "docker run x" else "same\n", images=facts
            )

        yield start

    for name, command in (("a", "docker run x"), ("b", "docker ps")):
        (root / f"docs/{name}.md").write_text(f"```console\n$ {command}\n```\n")
    runner.run(plan(site, files.read_all(site, sorted(root.glob("docs/*.md")))), runner.Watcher(), sandboxes=sandboxes)
    assert build(SNIPPETRUN_MODE="replay").returncode == 0
    varies, same = (Path(f"site/{name}.html").read_text() for name in "ab")
    assert blocks(Path("site/a.html"), "sr-varies").texts == ["word0"]
    assert ("Show what varies" in varies, "Show what varies" in same, "sr-varies" in same) == (True, False, False)


def test_a_file_that_the_site_shows_twice_with_other_fences_is_two_pages() -> None:
    fences, first = rendered("```console\n$ docker ps\n```\n")
    second = fences.take("docs/a.md", "```console\n$ docker images\n```\n", "")
    [key] = re.findall(r"sr\w+", second)
    fences.rendered(fences.marks.html(key))
    assert [page.path for page in fences.pages()] == ["docs/a.md", "docs/a~2.md"]
    fences.marks.show({"docs/a.md": ["one", "foot"], "docs/a~2.md": ["two", "foot"]})
    assert fences.marks.fill(first) == "onefoot"
