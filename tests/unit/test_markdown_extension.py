"""A page on its way through Python-Markdown in a site of any generator: what is recorded of it stands in its places."""

from __future__ import annotations

import dataclasses
import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import MakeSite
from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from pymdownx.superfences import SuperFencesCodeExtension, fence_code_format

from snippetrun import config, runner
from snippetrun.errors import ConfigError, SnippetrunError
from snippetrun.extract import files
from snippetrun.markdown_extension import SnippetrunExtension
from snippetrun.model import ImageFact, Job, Mode
from snippetrun.plan import plan
from snippetrun.sandbox.fake import FakeSandbox

BODY = "# One\n\n```console\n$ docker ps\n```\n\n```console {hide}\n$ docker secret\n```\n"
PAGE = f"---\ntitle: A page\n---\n\n{BODY}"
ANSWERS = {"docker ps": "what came out\n", "docker secret": "kept\n"}


class Given(Extension):
    """Says which page is converted, as Zensical does."""

    def __init__(self, path: str, root: str = "", **meta: object) -> None:
        super().__init__()
        self._page = SimpleNamespace(path=path, meta=meta)
        self._config = {"root_dir": root}

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        context = Preprocessor(md)
        context.run = lambda lines: lines  # type: ignore[method-assign]
        context.page = self._page  # type: ignore[attr-defined]
        context.config = self._config  # type: ignore[attr-defined]
        md.preprocessors.register(context, "context", 0)


def record() -> None:
    """Record all pages of the site of this folder, on an engine that is played."""

    @contextmanager
    def sandboxes(_site: object, _say: object) -> Iterator[runner.OpenSandbox]:
        @contextmanager
        def start(job: Job) -> Iterator[FakeSandbox]:
            origins = {name: f"images/{name.partition(':')[0]}/Dockerfile on debian" for name in job.images}
            yield FakeSandbox(ANSWERS, images=tuple(ImageFact(n, "sha256:0", origin) for n, origin in origins.items()))

        yield start

    site = dataclasses.replace(config.load(), mode=Mode.RUN)
    runner.run(plan(site, files.read_all(site, files.find(site))), runner.Watcher(), sandboxes=sandboxes)


def convert(
    text: str = BODY, given: Sequence[Any] = (), extensions: Sequence[Any] = (), *, strict: bool = False
) -> str:
    """Return what Python-Markdown makes of a text in the site of this folder."""
    own = SnippetrunExtension(style=False, strict=strict)
    return Markdown(extensions=[*given, own, "pymdownx.superfences", *extensions]).convert(text)


@pytest.fixture
def pages(make_site: MakeSite) -> Path:
    """A site of two pages, of which one is recorded."""
    root = make_site({"one.md": PAGE, "two.md": "# Two\n"}, "      recordings: recordings\n")
    record()
    return root


@pytest.mark.parametrize("given", [[], [Given("one.md")]], ids=["by its text", "by its path"])
def test_what_came_out_stands_where_the_fence_stood_and_what_is_hidden_nowhere(pages: Path, given: list[Any]) -> None:
    assert pages
    html = convert(given=given)
    assert "what came out" in html
    assert "2 commands of this page ran" in html
    assert ("secret" in html, "kept" in html) == (False, False)


def test_front_matter_may_be_a_part_of_the_text(pages: Path) -> None:
    assert pages
    assert "what came out" in convert(PAGE, extensions=["meta"])


def test_it_needs_no_place_among_the_extensions_and_brings_superfences_along(pages: Path) -> None:
    assert pages
    for extensions in (["snippetrun"], ["pymdownx.superfences", "snippetrun"], ["fenced_code", "snippetrun"]):
        html = Markdown(extensions=extensions).convert(BODY)
        assert ("what came out" in html, html.count("<style>")) == (True, 1)


@pytest.mark.parametrize(
    "extensions", [["pymdownx.highlight", "pymdownx.superfences"], ["pymdownx.superfences", "pymdownx.highlight"]]
)
def test_all_other_fences_are_shown_as_without_it(pages: Path, extensions: list[str]) -> None:
    assert pages
    text = "````markdown\n```console\n$ docker ps\n```\n````\n\n```python {title=x}\nx = 1\n```\n\n    y = 2\n\n"
    text += "```mermaid\na\n```\n"
    configs: dict[str, Any] = {
        "pymdownx.highlight": {"pygments_lang_class": True, "anchor_linenums": True, "linenums": True},
        "pymdownx.superfences": {
            "custom_fences": [{"name": "mermaid", "class": "mermaid", "format": fence_code_format}]
        },
    }
    plain = Markdown(extensions=extensions, extension_configs=configs).convert(text)
    assert Markdown(extensions=[*extensions, "snippetrun"], extension_configs=configs).convert(text) == plain
    md = Markdown(extensions=["snippetrun", *extensions], extension_configs=configs)
    assert [md.convert(text), md.reset().convert(text)] == [plain, plain]
    assert sum(isinstance(extension, SuperFencesCodeExtension) for extension in md.registeredExtensions) == 2


def test_several_instances_of_python_markdown_may_be_given_one_extension(pages: Path) -> None:
    assert pages
    own = SnippetrunExtension(style=False)
    one, two = Markdown(extensions=[own]), Markdown(extensions=[own, "toc"])
    assert ["what came out" in md.convert(BODY) for md in (one, two, one)] == [True] * 3
    assert ['id="one"' in md.reset().convert(BODY) for md in (one, two, one)] == [False, True, False]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"strct": True}, "strct: there is no such option\n    Did you mean strict?"),
        ({"style": "maybe"}, "style: expects true or false"),
        ({"config_file": 5}, "config_file: expects the path of a file"),
    ],
)
def test_an_option_that_cannot_be_used_is_one_sentence(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as error:
        Markdown(extensions=["snippetrun"], extension_configs={"snippetrun": options})
    assert str(error.value) == f"markdown_extensions: snippetrun: {says}"


# Some services say their name in CI.
@pytest.mark.parametrize(("ci", "strict"), [("woodpecker", True), ("1", True), ("False", False), ("", False)])
def test_a_build_is_strict_where_ci_is_set(monkeypatch: pytest.MonkeyPatch, ci: str, *, strict: bool) -> None:
    monkeypatch.setenv("CI", ci)
    assert SnippetrunExtension().getConfig("strict") is strict
    assert SnippetrunExtension(strict=ci).getConfig("strict") is strict  # strict: !ENV CI
    assert [SnippetrunExtension(strict=said).getConfig("strict") for said in (True, False)] == [True, False]


def test_a_generator_may_run_in_another_folder_than_that_of_the_site(
    pages: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "mkdocs.yml").write_text("plugins: [snippetrun]\n")  # of another site
    monkeypatch.chdir(elsewhere)
    assert "what came out" in convert(given=[Given("one.md", str(pages))])


def test_a_page_is_known_by_its_text_whatever_is_wrong_with_others(pages: Path) -> None:
    (pages / "docs/a.md").write_bytes(b"\xff")
    assert "what came out" in convert()


def test_a_readme_whose_place_an_index_has_is_no_page(pages: Path) -> None:
    text = BODY.replace("docker ps", "docker info")
    (pages / "docs/README.md").write_text(text)
    assert "Stale" in convert(text, [Given("README.md")])
    (pages / "docs/index.md").write_text("# Home\n")
    assert "snippetrun" not in convert(text, [Given("README.md")], strict=True)


def test_it_imports_no_generator(pages: Path) -> None:
    assert pages
    script = (
        f"import sys; from markdown import Markdown; print(Markdown(extensions=['snippetrun']).convert({BODY!r}))\n"
        "assert not {'mkdocs', 'properdocs', 'zensical', 'click'} & set(sys.modules), sys.modules.keys()\n"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "what came out" in shown


def test_what_has_changed_since_is_stale_and_a_strict_build_refuses_it(
    pages: Path, caplog: pytest.LogCaptureFixture
) -> None:
    changed = BODY.replace("docker ps", "docker ps -a")
    (pages / "docs/one.md").write_text(changed)
    html = convert(changed)
    assert "Stale: it has changed since it was recorded" in html
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "docs/one.md:4: stale: it has changed since it was recorded" in caplog.text
    with pytest.raises(SnippetrunError, match="docs/one.md:4: stale"):
        convert(changed, strict=True)


def test_a_page_that_cannot_be_used_says_so_itself_and_hides_what_is_hidden(
    pages: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = BODY.replace("```console\n", "```console {ext=1}\n", 1)
    (pages / "docs/one.md").write_text(wrong)
    html = convert(wrong)
    assert 'class="admonition failure snippetrun-wrong"><pre>docs/one.md:3' in html
    assert "<h1>One</h1>" in html
    assert ("what came out" in html, "docker" in html, "secret" in html) == (False, True, False)
    assert "docs/one.md:3" in caplog.text
    with pytest.raises(SnippetrunError, match="docs/one.md:3"):
        convert(wrong, strict=True)
    # The next page of the same process is as if nothing had been.
    assert "<h1>Two</h1>" in convert("# Two\n")


def test_a_fence_that_the_renderer_shows_as_text_is_wrong(pages: Path) -> None:
    class Indented(Extension):
        def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
            indented = Preprocessor(md)
            indented.run = lambda lines: [f"    {line}" for line in lines]  # type: ignore[method-assign]
            md.preprocessors.register(indented, "indented", 25.2)

    assert pages
    with pytest.raises(SnippetrunError, match="docs/one.md:7: the site shows this fence as text"):
        convert(extensions=[Indented()], strict=True)


def test_a_configuration_that_cannot_be_used_is_said_on_the_page(pages: Path) -> None:
    (pages / "mkdocs.yml").write_text("plugins:\n  - snippetrun: {runs: no}\n")
    html = convert(PAGE)
    assert "mkdocs.yml:2:18: " in html
    assert ("what came out" in html, "secret" in html) == (False, False)


def test_a_file_that_has_changed_is_read_again_in_the_same_process(pages: Path) -> None:
    assert "what came out" in convert()
    other = "# Two\n\n```console\n$ docker ps\n```\n"
    (pages / "docs/two.md").write_text(other)
    assert "Stale: it has not been recorded yet" in convert(other)
    record()
    assert "what came out" in convert(other)
    (pages / "mkdocs.yml").write_text((pages / "mkdocs.yml").read_text() + "      timeout: 7s\n")
    assert "Stale: " in convert(other)


def test_a_page_that_is_not_under_test_is_shown_as_it_is(pages: Path) -> None:
    (pages / "snippetrun-baseline.txt").write_text("one.md\n")
    (pages / "mkdocs.yml").touch()
    html = convert(strict=True)
    assert ("what came out" in html, "docker" in html, "secret" in html) == (False, True, False)


def test_a_text_that_is_no_page_is_left_alone_but_for_what_is_hidden(pages: Path) -> None:
    assert pages
    html = convert("```console\n$ docker images\n```\n\n```console {hide}\n$ docker secret\n```\n", strict=True)
    assert ("snippetrun" in html, "docker" in html, "secret" in html) == (False, True, False)


def test_a_text_within_a_page_is_converted_as_a_part_of_it(pages: Path) -> None:
    docstring = "```console\n$ docker images\n```\n"

    class Docstring(Treeprocessor):
        def run(self, root: Any) -> None:  # noqa: ANN401 - an element
            # Another instance of Python-Markdown with the extensions of the site, as mkdocstrings has it.
            self.md.docstring = convert(docstring, [Given("one.md")])  # type: ignore[attr-defined]
            root[0].tail = "below"

    class Docstrings(Extension):
        def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
            md.treeprocessors.register(Docstring(md), "docstring", 100)
            self.md = md

    docstrings = Docstrings()
    html = convert(given=[Given("one.md")], extensions=[docstrings])
    assert ("what came out" in html, "below" in html) == (True, True)
    assert "snippetrun" not in docstrings.md.docstring  # type: ignore[attr-defined]
    with pytest.raises(SnippetrunError, match="a fence does not run that is no part of a page's own text"):
        convert(given=[Given("one.md")], extensions=[Docstrings()], strict=True)
    assert pages


def test_tabs_of_a_command_are_those_of_its_file(make_site: MakeSite) -> None:
    text = '# Tab\n\n```console\n$ docker run "a\tb"\n```\n'
    make_site({"tab.md": text}, "      recordings: recordings\n")
    ANSWERS['docker run "a\tb"'] = "as it is\n"
    record()
    assert "as it is" in convert(text, strict=True)


def test_options_of_a_folder_above_are_an_error_with_the_page(pages: Path) -> None:
    assert pages
    with pytest.raises(SnippetrunError, match="another plugin gives this page its `snippetrun:`"):
        convert(given=[Given("two.md", snippetrun={"timeout": 3})], strict=True)


@pytest.mark.parametrize("options", [{"base_path": ["parts"]}, {"base_path": "parts", "auto_append": ["part.txt"]}])
def test_a_mistake_in_an_included_file_has_its_place_there(pages: Path, options: dict[str, Any]) -> None:
    (pages / "parts").mkdir()
    (pages / "parts/part.txt").write_text("Text.\n\n```console {ext=1}\n$ docker ps\n```\n")
    page = "# Two\n" if "auto_append" in options else '# Two\n\n--8<-- "part.txt"\n'
    (pages / "docs/two.md").write_text(page)
    md = Markdown(
        extensions=["pymdownx.snippets", SnippetrunExtension(strict=True)],
        extension_configs={"pymdownx.snippets": options},
    )
    with pytest.raises(SnippetrunError, match="^parts/part.txt:3"):
        md.convert(page)


def test_the_foot_lists_the_images_that_a_page_names(make_site: MakeSite) -> None:
    file = "```dockerfile {{file=Dockerfile}}\nFROM {0}\nCOPY me/debian /etc/debian debian.conf\n```"
    page = f"# {{0}}\n\n{file}\n\n```console\n$ docker ps\n```\n"
    uses = {"busybox:latest": ["busybox"], "debian": ["debian"], "bee/busybox": [], "busybox:2": []}
    make_site({f"{number}.md": page.format(image) for number, image in enumerate(uses)})
    record()
    texts = [convert(page.format(image)) for image in uses]
    feet = [text.partition("snippetrun-ran-on")[2] for text in texts]
    assert all(feet)
    listed = [[image for image in ("debian", "busybox") if f"<code>{image}:latest</code>" in foot] for foot in feet]
    assert listed == list(uses.values())
