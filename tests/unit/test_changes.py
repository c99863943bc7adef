"""`--changed-since`: which pages are no longer what they were."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
from conftest import MakeSite
from helpers.checkout import commit, git
from helpers.machine import Engine, Heard

from snippetrun import config, runner
from snippetrun.config import SiteConfig
from snippetrun.errors import UsageError
from snippetrun.extract import files
from snippetrun.model import Mode, Page
from snippetrun.plan import plan
from snippetrun.tasks import changed_since

PAGE = "# A\n\n```console\n$ docker ps\n```\n"
ON_BUSYBOX = "---\nsnippetrun: {images: [busybox]}\n---\n" + PAGE


def changed(revision: str = "HEAD", settings: str = "mkdocs.yml", engine: str = "") -> list[str]:
    site = config.load(Path(settings))
    site = site.on(engine) if engine else site
    found = files.read_all(site, files.find(site))
    return sorted(changed_since.since(plan(site, found), revision))


@pytest.fixture
def root(make_site: MakeSite) -> Path:
    folder = make_site({"a.md": PAGE, "b.md": ON_BUSYBOX, "c.md": "# Prose\n"})
    site = dataclasses.replace(config.load(Path("mkdocs.yml")), mode=Mode.RUN)
    runner.run(plan(site, files.read_all(site, files.find(site))), Heard(), sandboxes=Engine())
    git("init", "--quiet", "--initial-branch", "main")
    commit()
    return folder


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_where_nothing_changed_no_page_did(root: Path) -> None:
    assert changed() == []
    (root / "README.md").write_text("# More\n")
    assert changed() == []


def test_only_a_page_that_was_rewritten_is_read_as_it_was_before(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace(root / "docs" / "a.md", "docker ps", "docker ps -a")
    read: list[str] = []
    parse = files.parse

    def noted(site: SiteConfig, path: str, written: str) -> Page:
        read.append(path)
        return parse(site, path, written)

    monkeypatch.setattr(files, "parse", noted)
    assert changed() == ["docs/a.md"]
    assert sorted(read) == ["docs/a.md", "docs/a.md", "docs/b.md", "docs/c.md"]


def test_a_page_that_was_read_otherwise_before_has_changed(root: Path) -> None:
    replace(root / "docs" / "a.md", "```console", "```shell-session\n$ docker images\n```\n\n```console")
    replace(root / "mkdocs.yml", "snippetrun:\n", "snippetrun:\n      recordings: false\n      languages: [console]\n")
    commit()
    replace(root / "mkdocs.yml", "languages: [console]", "languages: [console, shell-session]")
    assert changed() == ["docs/a.md"]


@pytest.mark.parametrize("spoilt", ["{", "[]", '{"format": 1e999}', '{"key": "x"}', None])
def test_a_page_whose_recording_is_not_as_it_was_written_has_changed(root: Path, spoilt: str | None) -> None:
    file = root / "recordings" / "a.md.json"
    file.write_text(spoilt or file.read_text().replace('"docker ps"', '"docker pz"'))
    commit()  # so that nothing differs from the revision
    assert changed() == ["docs/a.md"]


def test_a_site_may_keep_no_recordings(root: Path) -> None:
    replace(root / "mkdocs.yml", "snippetrun:\n", "snippetrun:\n      recordings: false\n")
    commit()
    assert changed() == []
    replace(root / "docs" / "a.md", "docker ps", "docker ps -a")
    assert changed() == ["docs/a.md"]


def test_what_is_committed_since_counts_and_what_is_not_does_too(root: Path) -> None:
    first = git("rev-parse", "HEAD")
    replace(root / "docs" / "a.md", "# A", "# B")
    assert changed() == ["docs/a.md"]
    git("add", "--all")
    assert changed() == ["docs/a.md"]
    commit()
    assert changed() == []
    assert changed(first) == ["docs/a.md"]


def test_a_new_page_and_a_renamed_one_have_changed(root: Path) -> None:
    (root / "docs" / "new.md").write_text(PAGE)
    (root / "docs" / "a.md").rename(root / "docs" / "a2.md")
    assert changed() == ["docs/a2.md", "docs/new.md"]


def test_a_file_that_was_no_page_of_the_site_is_a_new_page(root: Path) -> None:
    settings = root / "mkdocs.yml"
    (root / "more").mkdir()
    (root / "more" / "c.md").write_text(PAGE)
    good = settings.read_text()
    settings.write_text("exclude_docs: b.md\n" + good)
    (root / "recordings" / "b.md.json").unlink()
    commit()
    settings.write_text(good)
    assert changed() == ["docs/b.md"]
    settings.write_text("docs_dir: more\n" + good)
    assert changed() == ["more/c.md"]


def test_a_readme_whose_place_an_index_had_is_a_new_page(root: Path) -> None:
    for name in ("README.md", "index.md"):
        (root / "docs" / name).write_text(PAGE)
    first = commit()
    (root / "docs" / "index.md").unlink()
    assert "docs/README.md" in changed(first)


def test_pages_of_a_folder_that_a_link_leads_to_now_are_new(root: Path) -> None:
    replace(root / "mkdocs.yml", "snippetrun:\n", "snippetrun:\n      recordings: false\n")
    (root / "docs").rename(root / "one")
    shutil.copytree(root / "one", root / "two")
    (root / "docs").symlink_to("one")
    (root / "astray").symlink_to("/")
    (root / "images" / "busybox" / "link").symlink_to("Dockerfile")  # a link among the files that are asked for
    commit()
    assert changed() == []
    (root / "docs").unlink()
    (root / "docs").symlink_to("two")
    assert changed() == ["two/a.md", "two/b.md"]


def test_what_may_differ_and_what_a_page_may_take_concern_all_on_which_something_runs(root: Path) -> None:
    settings = root / "mkdocs.yml"
    good = settings.read_text()
    for more in ("varies: ['[0-9]+']", "same: [x]", "limits: {memory: 300MB}"):
        settings.write_text(f"{good}      {more}\n")
        assert changed() == ["docs/a.md", "docs/b.md"], more


def test_on_another_engine_it_is_the_same_as_on_the_first(root: Path) -> None:
    settings = root / "mkdocs.yml"
    good = settings.read_text()
    settings.write_text(
        good + "      recordings: false\n      engines: {one: {debian: trixie}, two: {debian: forky}}\n"
    )
    assert changed(engine="two") == ["docs/a.md", "docs/b.md"]
    commit()
    assert changed(engine="two") == []


def test_files_that_git_cannot_show_are_an_error_with_a_way_out(root: Path) -> None:
    name = git("rev-parse", "HEAD:docs/a.md")
    (root / ".git" / "objects" / name[:2] / name[2:]).unlink()
    with pytest.raises(UsageError, match="git cannot show the files of [0-9a-f]{12}: error: unable to read") as caught:
        changed()
    assert "git fsck" in str(caught.value)


def test_a_page_whose_recording_changed_has_changed(root: Path) -> None:
    replace(root / "recordings" / "b.md.json", "26.1.5", "27.0.0")
    assert changed() == ["docs/b.md"]
    (root / "recordings" / "a.md.json").unlink()
    assert changed() == ["docs/a.md", "docs/b.md"]


def test_a_page_whose_recording_is_of_another_key_counts_as_changed(root: Path) -> None:
    first = git("rev-parse", "HEAD")
    replace(root / "docs" / "a.md", "docker ps", "docker ps -a")
    commit()
    assert changed() == changed(first) == ["docs/a.md"]


def test_a_change_in_an_images_folder_concerns_the_pages_that_have_the_image(root: Path) -> None:
    replace(root / "images" / "debian" / "Dockerfile", "FROM", "# new\nFROM")
    assert changed() == ["docs/a.md"]
    (root / "images" / "busybox" / "more").write_text("not yet in git")
    assert changed() == ["docs/a.md", "docs/b.md"]


def test_a_setting_concerns_the_pages_on_which_it_has_an_effect(root: Path) -> None:
    settings = root / "mkdocs.yml"
    replace(settings, "site_name: Test", "site_name: Other")
    assert changed() == []
    settings.write_text(settings.read_text() + "      timeout: 5s\n")
    assert changed() == ["docs/a.md", "docs/b.md"]


def test_a_new_image_concerns_the_pages_that_have_all_images(root: Path) -> None:
    one = "busybox: {build: images/busybox}"
    replace(root / "mkdocs.yml", one, f"{one}, nginx: {{build: images/nginx}}")
    assert changed() == ["docs/a.md"]


def test_an_image_in_another_folder_concerns_all_pages(root: Path) -> None:
    (root / "images" / "busybox").rename(root / "images" / "other")
    replace(root / "mkdocs.yml", "images/busybox", "images/other")
    assert changed() == ["docs/a.md", "docs/b.md"]


def test_a_site_that_could_not_be_used_then_concerns_all_pages_on_which_something_runs(root: Path) -> None:
    good = (root / "mkdocs.yml").read_text()
    (root / "mkdocs.yml").write_text("plugins: [snippetrun: {timeout: never}]\n")
    commit()
    (root / "mkdocs.yml").write_text(good)
    assert changed() == ["docs/a.md", "docs/b.md"]


def test_what_others_did_on_the_base_is_no_change_of_the_branch(root: Path) -> None:
    git("checkout", "--quiet", "-b", "branch")
    replace(root / "docs" / "a.md", "# A", "# B")
    commit()
    git("checkout", "--quiet", "main")
    replace(root / "docs" / "b.md", "# A", "# B")
    commit()
    git("checkout", "--quiet", "branch")
    assert changed("main") == ["docs/a.md"]


def test_a_clone_that_does_not_reach_back_to_the_fork_compares_with_the_revision_itself(
    root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("checkout", "--quiet", "-b", "branch")
    replace(root / "docs" / "a.md", "# A", "# B")
    commit()
    git("checkout", "--quiet", "main")
    replace(root / "docs" / "b.md", "# A", "# B")
    commit()
    clone = tmp_path_factory.mktemp("clone")
    git("clone", "--quiet", "--depth=1", "--branch=branch", root.as_uri(), str(clone))
    monkeypatch.chdir(clone)
    git("fetch", "--quiet", "--depth=1", "origin", "main:main")
    assert changed("main") == ["docs/a.md", "docs/b.md"]


def test_a_site_below_the_root_of_the_repository_is_found_there(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_site({"a.md": PAGE, "b.md": PAGE})
    monkeypatch.chdir(tmp_path.parent)
    git("init", "--quiet", "--initial-branch", "main", str(tmp_path.parent))
    git("add", "--force", str(tmp_path))
    git("commit", "--quiet", "--message", "all")
    (tmp_path / "docs" / "a.md").write_text(PAGE + "\nMore.\n")
    assert changed(settings=f"{tmp_path.name}/mkdocs.yml") == [f"{tmp_path.name}/docs/a.md"]
    monkeypatch.setenv("GIT_DIR", ".git")  # as in a hook of git, which starts it at the root
    monkeypatch.chdir(tmp_path / "docs")
    site = config.load(Path("../mkdocs.yml"))
    assert changed_since.since(plan(site, files.read_all(site, [Path("a.md"), Path("b.md")])), "HEAD") == {"a.md"}


def test_line_ends_that_git_sets_are_no_change(root: Path) -> None:
    (root / ".gitattributes").write_text("*.md text eol=crlf\n")
    commit()
    (root / "docs" / "a.md").unlink()
    git("checkout", "--", "docs/a.md")
    assert b"\r\n" in (root / "docs" / "a.md").read_bytes()
    assert changed() == []


def test_odd_names_are_names_and_no_patterns(root: Path) -> None:
    names = ["ä ö.md", "*.md", "a[b].md", "-x.md", ":(top)x.md", 'q"uote.md']
    for name in names:
        (root / "docs" / name).write_text(PAGE)
    commit()
    assert changed() == []
    (root / "docs" / "*.md").write_text(PAGE + "\nMore.\n")
    assert changed() == ["docs/*.md"]


def test_nothing_is_changed_in_the_checkout_nor_in_what_git_keeps(root: Path) -> None:
    replace(root / "docs" / "a.md", "# A", "# B")
    before = git("status", "--porcelain"), (root / ".git" / "index").read_bytes(), git("stash", "list")
    changed()
    assert (git("status", "--porcelain"), (root / ".git" / "index").read_bytes(), git("stash", "list")) == before


@pytest.mark.parametrize("revision", ["nope", "", "--all", "HEAD:docs/a.md", "0" * 40])
def test_a_revision_that_git_does_not_know_is_an_error_with_a_way_out(root: Path, revision: str) -> None:
    assert root
    with pytest.raises(UsageError, match="git knows no revision") as caught:
        changed(revision)
    assert "fetch" in str(caught.value)


def test_without_a_checkout_it_is_an_error_with_a_way_out(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_site({"a.md": PAGE})
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    with pytest.raises(UsageError, match="this is no git checkout: not a git repository") as caught:
        changed()
    assert "go to where the site was cloned" in str(caught.value)


def test_without_git_it_is_an_error_too(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert root
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(UsageError, match="git cannot be started"):
        changed()
