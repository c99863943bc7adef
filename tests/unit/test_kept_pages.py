"""What builds keep of pages is never shown once anything has changed that decides about it."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from conftest import MakeSite
from helpers.machine import Engine, Heard
from helpers.runs import PAGE, run_on

from snippetrun import config, extract, runner
from snippetrun.config import SiteConfig, kept
from snippetrun.errors import RecordingError
from snippetrun.markdown_extension.embed import ShownPage, shown_pages
from snippetrun.markdown_extension.fences import Fences
from snippetrun.model import Mode, Outcome, Page, Result
from snippetrun.plan import Plan, plan
from snippetrun.tasks import site_pages
from snippetrun.tasks.report_on import report_on
from snippetrun.tasks.select import Selection

MKDOCS = Path("mkdocs.yml")
FILE = Path("docs/a.md")
OTHER = {"docker ps": "NAMES\n"}
ENGINES = "      engines: {current: {debian: trixie}, next: {debian: forky}}\n"


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def record(engine: str, **answers: str) -> None:
    """Record the pages of the site of this folder on one of its engines, which has answers of its own."""
    machine = Engine()
    machine.answers = machine.answers | answers
    assert report_on(dataclasses.replace(run_on(machine), engine=engine), MKDOCS, Selection(), Heard()).exit_status == 0


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what stands for our package, `ours`, and for a library that it uses, in `installed`."""
    (tmp_path / "ours/sandbox/image").mkdir(parents=True)
    (tmp_path / "ours/sandbox/image/launch").write_text("1")
    (tmp_path / "installed/used").mkdir(parents=True)
    (tmp_path / "installed/used/__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "installed"))
    monkeypatch.setattr(kept, "_PACKAGE", tmp_path / "ours")
    monkeypatch.setattr(kept, "_LIBRARIES", ("used",))
    return tmp_path


@pytest.fixture
def site(make_site: MakeSite, code: Path) -> Path:  # noqa: ARG001 - what decides, before anything is kept
    """A site that is recorded on both of its engines."""
    folder = make_site({"a.md": PAGE, "none.md": "# None\n"}, ENGINES)
    record("current")
    record("next")
    return folder


def shown(made: list[str], mode: Mode = Mode.REPLAY) -> dict[str, ShownPage]:
    """Show the pages of the site of this folder as a new process does it; note the paths of those that are made."""
    kept._code.cache_clear()
    found = config.load(MKDOCS)
    work = plan(found, site_pages.read(found)).in_mode(mode)

    def run(rest: Plan) -> tuple[Result, ...]:
        made.extend(page.path for page in rest.pages)
        return runner.run(rest.in_mode(Mode.REPLAY), runner.Watcher())

    return shown_pages(work, run)


@pytest.mark.usefixtures("site")
def test_a_page_that_is_what_it_was_is_shown_as_it_was() -> None:
    first = shown([])
    made: list[str] = []
    assert (shown(made), made) == (first, [])
    assert list(first) == ["docs/a.md", "docs/none.md"]
    assert list(first["docs/a.md"].elsewhere) == ["next"]


BUILD = (
    "import sys, atexit\n"
    "from mkdocs.__main__ import cli\n"
    "modules = {'markdown_it', 'snippetrun.sameness', 'snippetrun.runner.pool'}\n"
    "atexit.register(lambda: print('imported:', *sorted(modules & set(sys.modules))))\n"
    "cli()\n"
)


@pytest.mark.usefixtures("site")
def test_a_build_that_shows_what_it_has_kept_neither_parses_nor_compares() -> None:
    command, there = [sys.executable, "-c", BUILD, "build", "--quiet"], os.environ | {"SNIPPETRUN_MODE": "replay"}
    first, second = (subprocess.run(command, env=there, check=True, stdout=subprocess.PIPE, text=True) for _ in "12")
    assert first.stdout == "imported: markdown_it snippetrun.runner.pool snippetrun.sameness\n"
    assert second.stdout == "imported:\n"


DECIDERS: dict[str, Callable[[Path], object]] = {
    "its text": lambda _: edit(FILE, "# A", "# B"),
    "a setting": lambda _: edit(MKDOCS, ENGINES, f"{ENGINES}      varies: [x]\n"),
    "an image": lambda _: edit(Path("images/busybox/Dockerfile"), "FROM", "# other\nFROM"),
    "its recording": lambda _: record("current", **OTHER),
    "its recording on another engine": lambda _: record("next", **OTHER),
    "no recording on another engine": lambda _: Path("recordings/a.md@next.json").unlink(),
    "a file of the package": lambda code: (code / "ours/sandbox/image/launch").write_text("20"),
    "a library": lambda code: (code / "installed/used-2.0.dist-info").mkdir(),
}


@pytest.mark.parametrize("decider", DECIDERS)
@pytest.mark.usefixtures("site")
def test_a_page_is_made_anew_when_something_changes_that_decides(decider: str, code: Path) -> None:
    shown([])
    DECIDERS[decider](code)
    made: list[str] = []
    shown(made)
    assert "docs/a.md" in made


@pytest.mark.usefixtures("site")
def test_a_page_is_made_anew_with_another_python(monkeypatch: pytest.MonkeyPatch) -> None:
    shown([])
    monkeypatch.setattr(sys, "version", "4.0")
    made: list[str] = []
    shown(made)
    assert made == ["docs/a.md", "docs/none.md"]


@pytest.mark.usefixtures("site")
def test_who_wants_pages_to_run_is_shown_nothing_that_was_kept() -> None:
    made: list[str] = []
    for _ in range(2):
        shown(made, Mode.RUN)
    assert made == ["docs/a.md", "docs/none.md"] * 2


@pytest.mark.usefixtures("site")
def test_a_page_that_is_stale_is_kept_by_nobody_as_it_may_run_the_next_time() -> None:
    edit(FILE, "docker info", "docker ps -a")
    made: list[str] = []
    for _ in range(2):
        [first, second, _] = shown(made)["docs/a.md"].reported.commands
        assert (first.outcome, second.outcome) == (Outcome.PASSED, Outcome.STALE)
    assert made == ["docs/a.md", "docs/none.md", "docs/a.md"]


@pytest.mark.usefixtures("site")
def test_a_page_that_has_just_run_is_not_kept_as_one_that_was_replayed() -> None:
    found = config.load(MKDOCS)
    work = plan(found, site_pages.read(found)).in_mode(Mode.AUTO)
    shown_pages(work, lambda rest: [dataclasses.replace(of, runs=1) for of in runner.run(rest, runner.Watcher())])
    again = shown_pages(work, partial(runner.run, watcher=runner.Watcher()))
    assert again["docs/a.md"].reported.runs == 0


@pytest.mark.usefixtures("site")
def test_a_recording_that_is_damaged_is_an_error_although_the_page_was_kept() -> None:
    shown([])
    Path("recordings/a.md.json").write_text("{")
    with pytest.raises(RecordingError):
        shown([])


def taken(site: SiteConfig, text: str = "", path: str = "docs/a.md") -> Page:
    """Return a page as the renderer's fences have it, once a new process has read it."""
    kept._code.cache_clear()
    fences, text = Fences(site), text or FILE.read_text()
    fences.take(path, text, text)
    [page] = fences.pages()
    return page


READ: dict[str, Callable[[SiteConfig], Page]] = {
    "text": lambda site: taken(site, FILE.read_text() + "\nMore.\n"),
    "options": lambda site: taken(site, FILE.read_text().replace("# A", "---\nsnippetrun: {timeout: 5s}\n---\n# A")),
    "path": lambda site: taken(site, path="docs/b.md"),
    "languages": lambda site: taken(dataclasses.replace(site, languages=("bash",))),
    "extensions": lambda site: taken(dataclasses.replace(site, extensions=("admonition",))),
}


@pytest.mark.parametrize("decider", READ)
@pytest.mark.usefixtures("site")
def test_a_page_is_read_anew_when_something_changes_that_decides(
    decider: str, code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    reader = extract.read

    def counted(path: str, *arguments: object, **more: object) -> Page:
        read.append(path)
        return reader(path, *arguments, **more)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(extract, "read", counted)
    site = config.load(MKDOCS)
    assert taken(site) == taken(site)
    assert read == ["docs/a.md"]
    assert READ[decider](site) == READ[decider](site)
    assert len(read) == 2
    (code / "ours/new.py").touch()
    READ[decider](site)
    assert len(read) == 3
