"""Which pages a site has: the command line, pytest and MkDocs agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import pytest
from conftest import MakeSite
from mkdocs.config import load_config
from mkdocs.structure.files import get_files, set_exclusions

from snippetrun import config
from snippetrun.errors import PageError, UsageError
from snippetrun.extract import files
from snippetrun.tasks import site_pages

PAGE = "```console\n$ docker ps\n```\n"
NAMES = [
    *("index.md", "README.md", "other/README.md", "drafts/a.md", "drafts/keep.md", "old.markdown", ".hidden.md"),
    *("a.mdown", "b.mkdn", "c.mkd"),
    *(".folder/a.md", "templates/a.md", "inner/templates/a.md", "notes.txt"),
]


def mkdocs_pages() -> set[str]:
    """The pages of the site for MkDocs itself."""
    settings = load_config("mkdocs.yml")
    found = get_files(settings)
    set_exclusions(found, settings)
    return {file.src_uri for file in found.documentation_pages()}


def our_pages(paths: Iterable[Path]) -> set[str]:
    return {str(path.relative_to(Path("docs").resolve())) for path in paths}


@pytest.mark.parametrize("excluded", ["", "exclude_docs: |\n  drafts/*\n  !keep.md\n"])
def test_they_are_those_of_mkdocs(make_site: MakeSite, excluded: str) -> None:
    make_site({"index.md": PAGE}, excluded)
    for name in NAMES:
        Path("docs", name).parent.mkdir(exist_ok=True, parents=True)
        Path("docs", name).write_text(PAGE)
    site = config.load()
    assert our_pages(files.find(site)) == mkdocs_pages()
    for name in NAMES[:-1]:
        page = site_pages.SitePages(site).page(Path("docs", name))
        assert (page is not None) == (name in mkdocs_pages())


def test_a_page_that_is_named_runs_whatever_the_site_excludes(make_site: MakeSite) -> None:
    make_site({"index.md": PAGE, "draft.md": PAGE}, "exclude_docs: draft.md\n")
    assert [page.path for page in site_pages.read(config.load(), [Path("docs/draft.md")])] == ["docs/draft.md"]


def test_a_folder_that_is_linked_into_the_site_is_a_part_of_it(make_site: MakeSite) -> None:
    make_site({"index.md": PAGE})
    Path("docs/real").mkdir()
    Path("docs/real/a.md").write_text(PAGE)
    Path("docs/real/itself").symlink_to(".")
    Path("docs/linked").symlink_to("real")
    assert our_pages(files.find(config.load())) <= mkdocs_pages()


PLUGINS = {
    "search": (),
    "search\n  - tags": (),
    "search\n  - material/tags: {enabled: true}": (),
    "macros": ("macros",),
    "i18n": (),
    "i18n\n  - macros": ("macros", "i18n"),
    "macros: {enabled: false}": (),
    "search\nhooks: [hook.py]": ("hooks",),
    "search\nmarkdown_extensions: [pymdownx.snippets]": ("pymdownx.snippets",),
    "search\nmarkdown_extensions: [pymdownx.critic]": ("pymdownx.critic",),
    "search\nmarkdown_extensions: [{pymdownx.snippets: {base_path: parts}}, tables]": ("pymdownx.snippets",),
}


@pytest.mark.parametrize(("plugins", "makers"), PLUGINS.items())
def test_what_may_make_pages_is_known_from_mkdocs_yml(tmp_path: Path, plugins: str, makers: tuple[str, ...]) -> None:
    (tmp_path / "mkdocs.yml").write_text(f"site_name: x\nplugins:\n  - snippetrun\n  - {plugins}\n")
    assert config.load(tmp_path / "mkdocs.yml").makers == makers


def test_plugins_are_not_loaded_where_that_is_forbidden(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    make_site({"index.md": PAGE}, "hooks: [hook.py]\n")
    Path("hook.py").write_text("open('it-ran', 'w').close()\n")
    monkeypatch.setenv("SNIPPETRUN_PLUGINS", "no")
    with pytest.raises(UsageError, match="because of: hooks; SNIPPETRUN_PLUGINS=no forbids it"):
        site_pages.read(config.load())
    assert not Path("it-ran").exists()
    monkeypatch.delenv("SNIPPETRUN_PLUGINS")
    assert [page.path for page in site_pages.read(config.load())] == ["docs/index.md"]
    assert Path("it-ran").exists()


def test_a_site_that_is_built_once_for_each_language_has_the_pages_of_all(make_site: MakeSite) -> None:
    make_site(
        {"index.md": "# A\n", "index.fr.md": "# B\n"}, "hooks: [hook.py]\nstrict: true\nnav: [index.md, gone.md]\n"
    )
    # As static-i18n does it, which is a plugin of that name.
    Path("hook.py").write_text(
        "from mkdocs.commands.build import build\n\n"
        "french = False\n\n"
        "def on_files(files, config):\n"
        "    files.remove(files.get_file_from_path('index.md' if french else 'index.fr.md'))\n\n"
        "def on_page_markdown(markdown, page, config, files):\n"
        f"    return {PAGE!r}.replace('ps', 'info' if french else 'ps')\n\n"
        "def on_post_build(config):\n"
        "    global french\n"
        "    if not french:\n"
        "        french = True\n"
        "        build(config)\n"
    )
    site = config.load()
    pages = site_pages.read(dataclasses.replace(site, makers=(*site.makers, "i18n")))
    commands = [(page.path, [command.text for part in page.snippets for command in part.commands]) for page in pages]
    assert commands == [("docs/index.md", ["docker ps"]), ("docs/index.fr.md", ["docker info"])]
    assert not Path("site").exists()


def test_what_is_watched_need_not_be_there_yet(make_site: MakeSite) -> None:
    make_site({"index.md": PAGE}, "hooks: [hook.py]\nwatch: [recordings]\n")
    Path("hook.py").write_text("")
    assert [page.path for page in site_pages.read(config.load())] == ["docs/index.md"]


def test_a_line_of_the_baseline_without_its_page_is_said_once(make_site: MakeSite) -> None:
    make_site({"index.md": PAGE}, "hooks: [hook.py]\n")
    Path("hook.py").write_text("")
    Path("snippetrun-baseline.txt").write_text("gone.md\n")
    assert [page.path for page in site_pages.read(config.load())] == ["docs/index.md", "snippetrun-baseline.txt"]


IN_A_TAB = '=== "Tab"\n\n    ```console\n    $ docker ps\n    ```\n'


@pytest.mark.parametrize("extensions", ["pymdownx.tabbed", "{pymdownx.tabbed: {alternate_style: true}}"])
def test_a_fence_in_a_tab_needs_the_extension_that_makes_tabs(make_site: MakeSite, extensions: str) -> None:
    make_site({"index.md": IN_A_TAB}, "markdown_extensions: [admonition]\n")
    with pytest.raises(PageError, match="docs/index.md:3:5: this fence stands in a tab, and the site has no"):
        site_pages.read(config.load())
    settings = Path("mkdocs.yml")
    settings.write_text(settings.read_text().replace("[admonition]", f"[{extensions}]"))
    assert [len(page.snippets) for page in site_pages.read(config.load())] == [1]


@pytest.mark.parametrize("base_path", ["", "base_path: docs", "base_path: [docs]"])
def test_below_the_sites_folder_files_are_found_as_from_it(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch, base_path: str
) -> None:
    part = "part.txt" if base_path else "docs/part.txt"
    extension = f"markdown_extensions: [{{pymdownx.snippets: {{{base_path}}}}}]\n"
    make_site({"index.md": f'--8<-- "{part}"\n', "part.txt": PAGE}, extension)
    monkeypatch.chdir("docs")
    [page] = site_pages.read(config.load())
    assert [(page.path, snippet.path) for snippet in page.snippets] == [("index.md", "part.txt")]


def test_a_file_that_is_only_included_is_no_page_for_pytest(make_site: MakeSite) -> None:
    make_site({"index.md": '--8<-- "docs/part.md"\n', "part.md": PAGE}, "markdown_extensions: [pymdownx.snippets]\n")
    settings = Path("mkdocs.yml")
    settings.write_text(settings.read_text() + "exclude_docs: part.md\n")
    pages = site_pages.SitePages(config.load())
    assert pages.page(Path("docs/part.md")) is None
    page = pages.page(Path("docs/index.md"))
    assert page
    assert [snippet.path for snippet in page.snippets] == ["docs/part.md"]
