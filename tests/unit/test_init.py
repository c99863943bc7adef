"""`snippetrun init`: what it reads out of a tree, and what it writes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.command_line import snippetrun

from snippetrun import config
from snippetrun.config import OWN, baseline
from snippetrun.errors import ConfigError, FileError, UsageError
from snippetrun.tasks import init
from snippetrun.tasks.edited_file import EditedFile
from snippetrun.tasks.status import as_it_stands

DEBIAN = "# A\n\n```console\n$ docker run --rm debian echo hi\nhi\n```\n"
INDENTED = "# B\n\n1. Step:\n\n   ```console\n   $ docker run nginx:1.27\n   ```\n"
BY_THREE = "this fence is indented by 3: Python-Markdown would show it outside the list"
WRONG = "```console {exit=a}\n$ docker ps\n```\n"
LOOKS_SO = "# C\n\n```console\n% docker ps\n```\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site as its owner has it."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: Old  # since 2015\n")
    for name, text in {"a.md": DEBIAN, "b.md": INDENTED, "c.md": LOOKS_SO, "prose.md": "# Prose\n"}.items():
        (tmp_path / "docs" / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_dry_run_shows_all_of_it_and_writes_nothing(tree: Path) -> None:
    before = contents(tree)
    ended = snippetrun("init", "--dry-run")
    assert ended.returncode == 0, ended.stderr
    assert contents(tree) == before
    assert ended.stderr.splitlines() == [
        "docs/a.md: 1 snippet, 1 command",
        f"docs/b.md: 1 snippet, 1 command; line 5: {BY_THREE}",
        "docs/c.md: line 4: `%` is no prompt of this site",
        "image debian: 1 page",
        "image nginx:1.27: 1 page",
    ]
    assert "+++ images/debian/Dockerfile\n" in ended.stdout
    assert "+++ snippetrun-baseline.txt\n" in ended.stdout
    assert "--- mkdocs.yml\n+++ mkdocs.yml\n" in ended.stdout


def test_what_it_writes_can_be_used_and_no_page_changes(tree: Path) -> None:
    before = contents(tree)
    ended = snippetrun("init", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert (tree / "mkdocs.yml").read_text() == (
        "site_name: Old  # since 2015\n\nplugins:\n  - search\n  - snippetrun:\n      images:\n"
        "        debian: {build: images/debian}\n"
        "        # To find its digest: docker pull nginx:1.27 && "
        "docker image inspect --format '{{index .RepoDigests 0}}' nginx:1.27\n"
        '        # "nginx:1.27": {pull: "nginx:1.27@sha256:..."}\n'
    )
    site = config.load()
    assert [image.name for image in site.images] == ["debian:latest"]
    assert list(site.baseline.lines) == ["a.md", "b.md", "c.md"]
    assert before.items() - contents(tree).items() == {("mkdocs.yml", before["mkdocs.yml"])}
    assert snippetrun("list").stderr.endswith("3 pages are not under test yet: snippetrun status\n")


def test_without_an_answer_it_writes_nothing(tree: Path) -> None:
    before = contents(tree)
    ended = snippetrun("init")
    assert (ended.returncode, contents(tree)) == (2, before)
    assert "nothing is written, as nobody can be asked\n    To write without a question: --yes" in ended.stderr


@pytest.mark.parametrize(("answer", "status"), [(b"y\n", 0), (b"n\n", 1)])
def test_on_a_terminal_it_asks(tree: Path, answer: bytes, status: int) -> None:
    ours, theirs = pty.openpty()
    program = str(Path(sys.executable).with_name("snippetrun"))
    running = subprocess.Popen([program, "init"], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.write(ours, answer)
    _, question = running.communicate()
    for descriptor in (ours, theirs):
        os.close(descriptor)
    assert running.returncode == status
    assert b"Write 3 files? [y/N]" in question
    assert (tree / baseline.NAME).exists() is (status == 0)


def test_a_site_that_is_set_up_stays_as_it_is(tree: Path) -> None:
    (tree / "mkdocs.yml").write_text("plugins: [snippetrun]\n")
    with pytest.raises(UsageError, match="^mkdocs.yml: this site is set up already"):
        init.propose(tree / "docs")


@pytest.mark.parametrize(("folder", "docs_dir", "name"), [(".", ".", "docs/a.md"), ("docs", "docs", "a.md")])
def test_a_folder_that_mkdocs_does_not_render_gets_its_own_file(
    tree: Path, folder: str, docs_dir: str, name: str
) -> None:
    (tree / "mkdocs.yml").unlink()
    init.write(init.propose(Path(folder)))
    assert (
        (tree / OWN)
        .read_text()
        .startswith(f"docs_dir: {docs_dir}\nrenderer: commonmark\nimages:\n  debian: {{build: images/debian}}\n")
    )
    assert name in config.load().baseline.lines
    assert as_it_stands(config.load(), "docs/b.md")[1] == ()  # its list is right there
    with pytest.raises(UsageError, match="set up already"):
        init.propose(Path(folder))


def test_a_site_of_zensical_gets_it_for_the_pages_that_it_renders(tree: Path) -> None:
    (tree / "mkdocs.yml").unlink()
    (tree / "docs").rename(tree / "pages")
    (tree / "zensical.toml").write_text('[project]\nsite_name = "A"\ndocs_dir = "pages"\n')
    proposal = init.propose(Path())
    init.write(proposal)
    assert (tree / OWN).read_text().startswith("docs_dir: pages\nrenderer: python-markdown\nimages:\n")
    assert "a.md" in config.load().baseline.lines
    assert "[project.markdown_extensions.snippetrun]" in "\n".join(init.described(proposal))


@pytest.mark.parametrize("text", ["[project", "project = 1\n", "", "[project]\ndocs_dir = 1\n"])
def test_a_configuration_of_zensical_that_says_no_folder_is_named(tree: Path, text: str) -> None:
    (tree / "mkdocs.yml").unlink()
    (tree / "zensical.toml").write_text(text)
    with pytest.raises(ConfigError, match="^zensical.toml: does not say where its pages are"):
        init.propose(Path())


def test_the_name_of_a_folder_may_be_anything(tree: Path) -> None:
    (tree / "mkdocs.yml").unlink()
    (tree / "docs").rename(tree / "old: docs #1")
    init.write(init.propose(Path("old: docs #1")))
    assert config.load().docs == tree / "old: docs #1"


def test_a_folder_elsewhere_gets_it_too(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "mkdocs.yml").unlink()
    (tree / "here").mkdir()
    monkeypatch.chdir(tree / "here")
    init.write(init.propose(Path("../docs")))
    assert (tree / "docs" / OWN).exists()


def test_the_configuration_may_be_named(tree: Path) -> None:
    (tree / "mkdocs.yml").rename(tree / "site.yml")
    ended = snippetrun("--config-file", "site.yml", "init", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert list(config.load(tree / "site.yml").baseline.lines) == ["a.md", "b.md", "c.md"]


@pytest.mark.parametrize("has_site", [True, False])
def test_a_folder_without_a_page_is_named(tree: Path, *, has_site: bool) -> None:
    for page in (tree / "docs").iterdir():
        page.unlink()
    if not has_site:
        (tree / "mkdocs.yml").unlink()
    ended = snippetrun("init", "--yes", "docs")
    assert ended.returncode == 2
    assert ended.stderr.startswith(
        "there is no page in docs/\n    Name the folder that your pages are in: snippetrun init "
    )
    assert {name for name in contents(tree) if name != "mkdocs.yml"} == set()


def test_where_no_page_runs_anything_that_is_said(tree: Path) -> None:
    for name in "abc":
        (tree / "docs" / f"{name}.md").unlink()
    ended = snippetrun("init", "--yes")
    assert ended.stderr == "No page runs a docker command yet; one that does is under test from its first day\n"


def test_a_folder_that_is_not_there_is_named(tree: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        init.propose(tree / "nowhere")


@pytest.mark.parametrize(
    ("fences", "languages", "scripts"),
    [
        ("```bash\n$ docker ps\n```\n", ["console", "shell-session", "bash"], {}),
        ("```bash\ndocker ps\n```\n\n```text\n$ docker ps\n```\n", None, {"bash": 1}),
        ("```\n$ docker ps\n```\n", ["console", "shell-session", ""], {}),
        ("```shell\nme@box:~$ docker ps\n```\n", ["console", "shell-session", "shell"], {}),
        ("````markdown\n```bash\n$ docker ps\n```\n````\n\n```diff\n$ docker ps\n```\n", None, {}),
        ("```bash\n$ ls\n```\n", None, {}),
        ("```{.bash .x}\n$ docker ps\n```\n", ["console", "shell-session", "bash"], {}),
        ("```yes\n$ docker ps\n```\n", ["console", "shell-session", "yes"], {}),
    ],
)
def test_languages_are_those_in_which_docker_is_called_at_a_prompt(
    tree: Path, fences: str, languages: list[str] | None, scripts: dict[str, int]
) -> None:
    (tree / "docs" / "a.md").write_text(fences)
    proposal = init.propose(tree)
    assert proposal.scripts == scripts
    init.write(proposal)
    assert list(config.load().languages) == (languages or ["console", "shell-session"])
    lines = [line.strip() for line in (tree / "mkdocs.yml").read_text().splitlines() if "languages" in line]
    names = ", ".join(f'"{name}"' if name in {"", "yes"} else name for name in languages or [])
    assert lines == ([f"languages: [{names}]"] if languages else [])


def test_an_image_that_has_a_dockerfile_already_is_built_from_it(tree: Path) -> None:
    (tree / "images" / "nginx").mkdir(parents=True)
    (tree / "images" / "nginx" / "Dockerfile").write_text("FROM scratch\n")
    init.write(init.propose(tree))
    assert {image.name: image.build for image in config.load().images} == {
        "debian:latest": "images/debian",
        "nginx:1.27": "images/nginx",
    }


def test_what_cannot_be_added_is_said(tree: Path) -> None:
    (tree / "base.yml").write_text("plugins: [search]\n")
    (tree / "mkdocs.yml").write_text("INHERIT: base.yml\n")
    ended = snippetrun("init", "--yes")
    assert ended.returncode == 1
    assert "by hand:\nplugins:\n  - search\n  - snippetrun:\n      images:\n" in ended.stdout
    assert (tree / "mkdocs.yml").read_text() == "INHERIT: base.yml\n"
    assert (tree / baseline.NAME).exists()


def test_what_cannot_be_read_afterwards_is_undone(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proposal = init.propose(tree)
    before = contents(tree)
    monkeypatch.setenv("SNIPPETRUN_MODE", "nonsense")
    with pytest.raises(ConfigError, match="SNIPPETRUN_MODE"):
        init.write(proposal)
    assert contents(tree) == before


def test_what_cannot_be_written_is_undone(tree: Path) -> None:
    proposal = init.propose(tree)
    before = contents(tree)
    bad = EditedFile(tree / "mkdocs.yml" / "x", None, "")
    with pytest.raises(FileError):
        init.write(init.Proposal((), {}, {}, (*proposal.files, bad), proposal.configuration, ""))
    assert contents(tree) == before


def test_pages_that_plugins_make_wait_too(tree: Path) -> None:
    (tree / "hook.py").write_text(
        "from mkdocs.structure.files import File\n\n"
        "def on_files(files, config):\n"
        f"    files.append(File.generated(config, 'made.md', content={DEBIAN!r}))\n"
        f"    files.append(File.generated(config, 'wrong.md', content={WRONG!r}))\n"
    )
    (tree / "mkdocs.yml").write_text("site_name: x\nhooks: [hook.py]\n")
    init.write(init.propose(tree))
    assert init.add_made_pages(tree / "mkdocs.yml") == ("wrong.md", "made.md")
    assert {"made.md", "wrong.md"} <= config.load().baseline.lines.keys()
