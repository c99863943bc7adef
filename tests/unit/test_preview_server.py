"""When the server of `mkdocs serve` shows a page, and when it builds the site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.livereload import LiveReloadServer
from mkdocs.structure.files import get_files
from mkdocs.structure.nav import get_navigation

from snippetrun.mkdocs_plugin import server as own
from snippetrun.mkdocs_plugin.server import BuiltSite, Server

if TYPE_CHECKING:
    from mkdocs.structure.files import File

A, B = "# A\n\n## Part\n\nText.\n", "# B\n"


class Served:
    """A site with MkDocs' own server, which is not started: a test says when files have changed."""

    def __init__(self, docs: Path) -> None:
        self.docs, self.did = docs, list[str]()
        self.can_show, self.goes_on = True, False
        self.server = LiveReloadServer(lambda: self.did.append("all"), "127.0.0.1", 0, str(docs))
        self.server.watch(str(docs))
        self.ours = Server()
        config = MkDocsConfig()
        config.load_dict(
            {"site_name": "S", "docs_dir": str(docs), "site_dir": str(docs.parent / "site"), "plugins": []}
        )
        assert config.validate() == ([], [])
        files = get_files(config)
        nav = get_navigation(files, config)
        self.ours.keep(config, files, nav, config.theme.get_env())
        for file in files.documentation_pages():
            self._read(config, file)
        self.ours.serve(self.server, self._show)

    def _read(self, config: MkDocsConfig, file: File) -> None:
        assert file.page
        file.page.read_source(config)
        file.page.render(config, get_files(config))

    def _show(self, built: BuiltSite, file: File) -> bool:
        if self.can_show:
            self._read(built.config, file)
            self.did.append(file.src_uri)
            self.server._want_rebuild = self.goes_on
        return self.can_show

    def change(self, **texts: str) -> list[str]:
        """Write pages, have the server take note as it does, and return what it did."""
        self.did.clear()
        for name, text in texts.items():
            (self.docs / name.replace("_md", ".md")).write_text(text)
        self.server._wanted_epoch += 1
        self.server._want_rebuild = False
        self.server.builder()
        return list(self.did)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setattr(own, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(own, "_LONG_SECONDS", 0.0)
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text(A)
    (docs / "b.md").write_text(B)
    served = Served(docs)
    yield served
    served.server.server_close()


def test_a_page_is_shown_and_then_the_site_is_built(site: Served) -> None:
    assert site.change(a_md=A + "More.\n") == ["a.md", "all"]


@pytest.mark.parametrize(
    "texts",
    [{}, {"a_md": A + "More.\n", "b_md": B + "More.\n"}, {"c_md": "# C\n"}, {"style.css": "p {}\n"}],
)
def test_whatever_else_changes_is_a_build(site: Served, texts: dict[str, str]) -> None:
    assert site.change(**texts) == ["all"]


def test_a_page_that_cannot_be_shown_is_a_build(site: Served) -> None:
    site.can_show = False
    assert site.change(a_md=A + "More.\n") == ["all"]


def test_what_changes_in_a_folder_that_is_watched_from_now_on_is_a_build(site: Served, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    site.server.watch(str(tmp_path / "images"))
    (tmp_path / "images" / "Dockerfile").write_text("FROM scratch\n")
    assert site.change() == ["all"]


def test_the_rest_of_the_site_waits_for_a_pause_and_is_not_forgotten(
    site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own, "_LONG_SECONDS", 60.0)
    site.goes_on = True
    assert site.change(a_md=A + "More.\n") == ["a.md"]
    assert site.change(a_md="# Another title\n", b_md=B) == ["all"]


@pytest.mark.parametrize("text", [A.replace("# A", "# Title"), A.replace("Part", "Piece"), f"---\ntags: [x]\n---\n{A}"])
def test_what_menus_show_is_built_soon_whatever_is_edited_then(
    site: Served, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(own, "_LONG_SECONDS", 60.0)
    monkeypatch.setattr(own, "_PAUSE_SECONDS", 30.0)
    site.goes_on = True
    assert site.change(a_md=text) == ["a.md"]
    assert site.ours._owed == 30.0
    site.goes_on = True
    assert site.change(b_md=B + "More.\n") == ["b.md"]
    assert site.ours._owed == 30.0


def test_a_page_that_other_plugins_finish_is_built_soon(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "_LONG_SECONDS", 60.0)
    site.ours.finished_later.add("a.md")
    assert site.change(a_md=A + "More.\n") == ["a.md", "all"]


@pytest.mark.parametrize("name", [".a.md.swp", "a.md~", "4913", ".#a.md", "#a.md#"])
def test_what_editors_leave_beside_a_page_is_no_change(site: Served, name: str) -> None:
    epoch = site.server._visible_epoch
    assert site.change(**{name: "x"}) == []
    assert site.server._wanted_epoch == epoch  # and so no browser loads anything
    (site.docs / name).write_text("xy")
    assert site.change(a_md=A + "More.\n") == ["a.md", "all"]


def test_what_is_owed_is_built_after_what_editors_leave(site: Served) -> None:
    site.goes_on = True
    assert site.change(a_md=A + "More.\n") == ["a.md"]
    assert site.change(**{".a.md.swp": "x"}) == ["all"]


def test_who_asks_gets_a_build_whatever_has_changed(site: Served) -> None:
    site.ours._is_asked = True
    assert site.change(a_md=A + "More.\n") == ["all"]
    assert site.change(a_md=A + "Again.\n") == ["a.md", "all"]
