"""Links in a site: what stands outside of its pages, or of an image's folder, is never taken in."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import MakeSite

from snippetrun import config
from snippetrun.cli.group import cli
from snippetrun.errors import ConfigError, PageError
from snippetrun.extract import files
from snippetrun.support import bounded
from snippetrun.support.build_context import build_context

PAGE = "# A\n\n```console\n$ docker ps\n```\n"


@pytest.fixture
def site(make_site: MakeSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with a page, and beside it a folder with a canary that it must not show."""
    folder = make_site({"index.md": PAGE})
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.md").write_text("# The canary\n")
    (folder / "outside").symlink_to(outside)
    return folder


def test_a_page_that_is_a_link_out_of_the_pages_is_refused_with_its_name(site: Path) -> None:
    (site / "docs" / "a.md").symlink_to(site / "outside" / "secret.md")
    ran = CliRunner().invoke(cli, ["list"])
    assert ran.exit_code != 0
    with pytest.raises(
        PageError, match=r"^docs/a.md: is a link that leads out of docs/\n    Put the page itself there"
    ):
        files.read_all(config.load(Path("mkdocs.yml")), [site / "docs" / "a.md"])


@pytest.mark.usefixtures("site")
def test_a_folder_that_a_link_newly_leads_to_is_found_when_the_configuration_is_read_again() -> None:
    link = Path("link")
    for folder in ("one", "two"):
        Path(folder).mkdir()
        link.unlink(missing_ok=True)
        link.symlink_to(folder)
        assert config.load().name("link/a.md") == f"{folder}/a.md"


@pytest.mark.parametrize("name", ["docs/a.md", "docs/folder"])
def test_a_site_with_a_link_out_of_its_pages_is_not_built(site: Path, name: str) -> None:
    (site / name).symlink_to(site / "outside" / ("secret.md" if name.endswith(".md") else ""))
    built = subprocess.run(
        ["mkdocs", "build", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
        env=environment(site),
    )
    assert built.returncode == 1
    assert "is a link that leads out of docs/" in built.stderr, built.stderr
    assert "Traceback" not in built.stderr
    assert not any("canary" in file.read_text() for file in (site / "site").rglob("*.html"))


def environment(site: Path) -> dict[str, str]:
    import os
    import sys

    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return os.environ | {"PATH": path, "SNIPPETRUN_MODE": "replay", "SNIPPETRUN_CACHE": str(site / "cache")}


def test_a_link_among_the_pages_is_a_page(site: Path) -> None:
    (site / "docs" / "a.md").symlink_to("index.md")
    found = config.load(Path("mkdocs.yml"))
    assert [page.title for page in files.read_all(found, files.find(found))] == ["A"]


def test_links_in_a_circle_are_no_traceback(site: Path) -> None:
    (site / "docs" / "a.md").symlink_to("b.md")
    (site / "docs" / "b.md").symlink_to("a.md")
    with pytest.raises(PageError, match=r"^docs/a.md: cannot be read|^/.*docs/a.md: cannot be read"):
        files.read(config.load(Path("mkdocs.yml")), site / "docs" / "a.md")


@pytest.mark.parametrize(
    ("build", "why"),
    [
        ("images/linked", "is outside of the site's folder"),
        ("../elsewhere", "is outside of the site's folder"),
        (".", "is the whole site, recordings and .git included"),
        ("images/..", "is the whole site, recordings and .git included"),
    ],
)
def test_a_folder_of_an_image_is_one_of_the_sites_own(site: Path, build: str, why: str) -> None:
    (site / "outside" / "Dockerfile").write_text("FROM scratch\n")
    (site / "Dockerfile").write_text("FROM scratch\n")
    (site / "images" / "linked").symlink_to(site / "outside")
    text = (site / "mkdocs.yml").read_text()
    (site / "mkdocs.yml").write_text(text.replace("{build: images/debian}", f"{{build: {build}}}"))
    with pytest.raises(ConfigError, match=rf"^mkdocs.yml:7:25: images: debian: build: {build} {why}"):
        config.load(Path("mkdocs.yml"))


def test_a_build_context_has_links_as_links_and_nothing_of_git(site: Path) -> None:
    folder = site / "images" / "debian"
    (folder / "secret").symlink_to(site / "outside" / "secret.md")
    (folder / "all").symlink_to(site / "outside")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("[http] extraheader = a token\n")
    with tarfile.open(fileobj=io.BytesIO(build_context(folder))) as context:
        members = {member.name: member for member in context.getmembers()}
    assert members["secret"].issym()
    assert members["all"].issym()
    assert not [name for name in members if name.startswith((".git", "all/"))]


@pytest.mark.parametrize("target", ["/dev/zero", "pipe"])
def test_what_is_no_file_is_not_read(site: Path, target: str) -> None:
    os.mkfifo(site / "pipe")
    (site / "endless").symlink_to(target)
    with pytest.raises(OSError, match="it is no file"):
        bounded.read_bytes(site / "endless")
    (site / "mkdocs.yml").unlink()
    (site / "mkdocs.yml").symlink_to(target)
    with pytest.raises(ConfigError, match="cannot be read: it is no file"):
        config.load(site / "mkdocs.yml")


def test_a_folder_that_is_a_link_to_itself_is_no_traceback(site: Path) -> None:
    for name in ("recordings", "loop"):
        (site / name).symlink_to(name)
    config.load(site / "mkdocs.yml")
    (site / "mkdocs.yml").write_text("site_name: x\nplugins: [snippetrun: {images: {x: {build: loop}}}]\n")
    with pytest.raises(ConfigError, match="build: there is no file loop/Dockerfile"):
        config.load(site / "mkdocs.yml")


def test_recordings_are_neither_read_nor_written_through_links(site: Path) -> None:
    (site / "recordings").symlink_to(site / "outside")
    with pytest.raises(ConfigError, match="recordings: a link leads out of the site's folder"):
        config.load(site / "mkdocs.yml")
