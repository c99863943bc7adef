"""What pymdownx.snippets puts into pages: the command line reads it without a generator, and as generators show it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import MakeSite
from helpers.machine import Engine, Heard
from markdown import Markdown

from snippetrun import config
from snippetrun.errors import ConfigError, PageError, UsageError
from snippetrun.markdown_extension import SnippetrunExtension
from snippetrun.tasks import included, site_pages
from snippetrun.tasks.serve import serve

FENCE = "```console\n$ docker ps {}\n```\n"
PAGES = {
    "nested.md": '# A\n\n--8<-- "outer.txt"\n\n' + FENCE.format("own"),
    "list.md": '# A\n\n1. One\n\n    --8<-- "part.txt"\n',
    "fence.md": '# A\n\n```console\n--8<-- "commands.txt"\n```\n',
    "lines.md": '# A\n\n--8<-- "outer.txt:4:6"\n\n--8<-- "section.txt:one"\n',
    "escaped.md": '# A\n\n;--8<-- "part.txt"\n',
    "block.md": "# A\n\n--8<--\npart.txt\n; outer.txt\n--8<--\n",
    "front.md": '---\ntitle: T\nsnippetrun: {timeout: 7s}\n---\n\n--8<-- "part.txt"\n',
    "crlf.md": '# A\r\n\r\n--8<-- "part.txt"\r\n',
    "missing.md": '# A\n\n--8<-- "nothing.txt"\n\n' + FENCE.format("own"),
    "comment.md": '# A\n\n<!--\n--8<-- "part.txt"\n-->\n\n' + FENCE.format("own"),
    "waiting.md": '# A\n\n--8<-- "part.txt"\n',
}
PARTS = {
    "part.txt": FENCE.format("part"),
    "outer.txt": 'Outer.\n\n--8<-- "part.txt"\n' + FENCE.format("outer"),
    "commands.txt": "$ docker ps commands\n",
    "section.txt": "x\n--8<-- [start:one]\n" + FENCE.format("section") + "--8<-- [end:one]\n",
}
ZENSICAL = '[project]\nsite_name = "A"\n[project.markdown_extensions]\npymdownx.snippets.base_path = ["parts"]\n'


def make_parts(folder: Path) -> None:
    (folder / "parts").mkdir()
    for name, text in PARTS.items():
        (folder / "parts" / name).write_text(text)


OPTIONS = [
    "{base_path: [parts]}",
    "{base_path: parts, auto_append: [part.txt]}",
    "{base_path: [nowhere, !relative $docs_dir/../parts, !relative $config_dir]}",
]


@pytest.mark.parametrize("options", OPTIONS)
def test_pages_are_those_that_mkdocs_reads(make_site: MakeSite, options: str) -> None:
    root = make_site(PAGES, f"markdown_extensions: [pymdownx.superfences, pymdownx.snippets: {options}]\n")
    make_parts(root)
    (root / "snippetrun-baseline.txt").write_text("waiting.md\n")
    site = config.load()
    pages = site_pages.read(site)
    assert {page.path: page for page in pages} == {page.path: page for page in site_pages._rendered(site)}
    assert sum(bool(page.snippets) for page in pages) == len(PAGES) - (1 if "append" in options else 2)


def test_a_site_of_zensical_alone_has_them_too(make_site: MakeSite) -> None:
    root = make_site({"index.md": '# A\n\n--8<-- "part.txt"\n'})
    make_parts(root)
    (root / "mkdocs.yml").unlink()
    (root / config.OWN).write_text("recordings: recordings\n")
    (root / "zensical.toml").write_text(ZENSICAL)
    [page] = site_pages.read(config.load())
    assert [snippet.path for snippet in page.snippets] == ["parts/part.txt"]
    engine = Engine()
    engine.answers = {"docker ps part": "what came out\n"}
    assert serve(None, ["true"], Heard(), print, engine) == 0
    options = {"pymdownx.snippets": {"base_path": ["parts"]}}
    md = Markdown(extensions=["pymdownx.snippets", SnippetrunExtension(strict=True)], extension_configs=options)
    assert "what came out" in md.convert((root / "docs/index.md").read_text())
    (root / "zensical.toml").write_text("[project")
    with pytest.raises(ConfigError, match="^zensical.toml: is not valid TOML: "):
        config.load()


@pytest.mark.parametrize("option", ["url_download: true", "restrict_base_path: false"])
def test_where_plugins_may_not_run_nothing_comes_from_elsewhere(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    root = make_site({"index.md": FENCE.format("own")}, "markdown_extensions: [pymdownx.snippets]\n")
    monkeypatch.setenv("SNIPPETRUN_PLUGINS", "no")
    assert [page.path for page in site_pages.read(config.load())] == ["docs/index.md"]
    settings = (root / "mkdocs.yml").read_text()
    (root / "mkdocs.yml").write_text(settings.replace("[pymdownx.snippets]", f"[pymdownx.snippets: {{{option}}}]"))
    with pytest.raises(UsageError, match="because of: pymdownx.snippets; SNIPPETRUN_PLUGINS=no forbids it"):
        site_pages.read(config.load())


def test_what_is_wrong_is_said_of_all_pages_at_once(make_site: MakeSite) -> None:
    bad = {"a.md": '--8<-- "nothing.txt"\n', "b.md": "```console {ext=1}\n$ docker ps\n```\n"}
    root = make_site(bad, "markdown_extensions: [pymdownx.snippets: {check_paths: true}]\n")
    (root / "docs/c.md").write_bytes(b"\xff")
    with pytest.raises(PageError) as error:
        site_pages.read(config.load())
    assert {problem.path for problem in error.value.problems} == {"docs/a.md", "docs/b.md", "docs/c.md"}


def test_options_that_cannot_be_used_are_one_sentence(make_site: MakeSite) -> None:
    make_site({"a.md": "# A\n"}, "markdown_extensions: [pymdownx.snippets: {base: x}]\n")
    with pytest.raises(UsageError, match="^mkdocs.yml: the options of pymdownx.snippets cannot be used: 'base'"):
        included.read_all(config.load())
