"""`snippetrun serve`: a page that is edited runs, and the program beside it shows what was recorded."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from conftest import MakeSite
from helpers.machine import Engine, Heard

from snippetrun.errors import InfrastructureError, Problem, UsageError
from snippetrun.support import patience
from snippetrun.tasks.serve import serve

PAGE = "```console\n$ docker ps\n```\n"
# Edits a page as an editor does, waits until a recording says so, and ends with a status of its own.
EDITOR = """
import pathlib, sys, time
page, recording, text, word, seconds = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), *sys.argv[3:6]
assert not word or '"ID"' in recording.read_text(), "it has not run before"
page.write_text(text)
deadline = time.monotonic() + float(seconds)
while word not in recording.read_text():
    assert time.monotonic() < deadline, recording.read_text()
    time.sleep(0.02)
sys.exit(7)
"""


def served(text: str, word: str) -> tuple[int, list[str], list[str]]:
    """Edit the page of a site; return the exit status, which pages ran, and what was said of them."""
    engine, problems = Engine(), list[str]()

    def tell(new: Iterable[Problem]) -> None:
        problems.extend(map(str, new))

    seconds = str(patience.seconds(20))
    program = [sys.executable, "-c", EDITOR, "docs/a.md", "recordings/a.md.json", text, word, seconds]
    return serve(None, program, Heard(), tell, engine), engine.pages, problems


# Does something that makes c a page, waits until it is recorded, and writes the page d.
EDITS = """
import os, shutil, sys, time
from pathlib import Path
def page(path):
    Path(path).parent.mkdir(exist_ok=True)
    Path(f"{path}.md").write_text(sys.argv[1])
def recorded(name):
    deadline = time.monotonic() + float(sys.argv[2])
    while not os.path.exists(f"recordings/{name}.md.json"):
        assert time.monotonic() < deadline, name
        time.sleep(0.02)
exec(sys.argv[3])
recorded("c")
page(sys.argv[4])
recorded("d")
"""


def edited(edit: str, page: str) -> bool:
    """Edit the folders of a site, and then a page; tell whether it ran, and nothing else after it."""
    engine, program = Engine(), [sys.executable, "-c", EDITS, PAGE, str(patience.seconds(20)), edit, page]
    assert serve(None, program, Heard(), print, engine) == 0
    return engine.pages[-1] == f"{page}.md"


@pytest.fixture(autouse=True)
def _pages(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE, "b.md": PAGE}, "      recordings: recordings\n")


def test_what_is_edited_runs_and_no_other_page() -> None:
    status, pages, problems = served(PAGE.replace("ps", "info"), '"info"')
    assert (status, sorted(pages[:2]), pages[2:], problems) == (7, ["docs/a.md", "docs/b.md"], ["docs/a.md"], [])


@pytest.mark.parametrize(
    "mistake", ["```console {ext=1}\n$ docker ps\n```\n", f"---\nsnippetrun: {{images: [x]}}\n---\n{PAGE}"]
)
def test_what_is_wrong_with_a_page_is_said_and_stops_no_other_page(mistake: str) -> None:
    Path("docs/b.md").write_text(mistake)
    status, pages, problems = served(PAGE.replace("ps", "info"), '"info"')
    assert (status, pages) == (7, ["docs/a.md", "docs/a.md"])
    assert {problem.split(":")[0] for problem in problems} == {"docs/b.md"}  # after each run


def test_a_command_that_fails_is_said_with_its_line() -> None:
    Path("docs/b.md").write_text(PAGE.replace("ps", "no"))
    _, _, problems = served(PAGE.replace("ps", "info"), '"info"')
    assert [problem.split("\n")[0] for problem in problems[:1]] == ["docs/b.md:2: exit status 127, expected 0"]


def test_pages_stand_in_any_folder_below_that_of_the_configuration(tmp_path: Path) -> None:
    Path("mkdocs.yml").unlink()
    Path("snippetrun.yml").write_text("docs_dir: .\nrenderer: commonmark\nimages: {debian: {build: images/debian}}\n")
    Path("recordings/docs").mkdir(parents=True)  # that it is made would be a change of the upper folder
    engine, seconds = Engine(), str(patience.seconds(20))
    program = [
        sys.executable,
        "-c",
        EDITOR,
        "docs/a.md",
        "recordings/docs/a.md.json",
        PAGE.replace("ps", "info"),
        "info",
    ]
    assert serve(None, [*program, seconds], Heard(), print, engine) == 7
    assert engine.pages[2:] == ["docs/a.md"]
    assert tmp_path == Path.cwd()


@pytest.mark.parametrize(
    ("name", "why"), [("no-such-program", "there is no such program"), ("./x", "Exec format error")]
)
def test_a_program_that_cannot_be_started_is_one_sentence(name: str, why: str) -> None:
    Path("x").write_text("no program")
    Path("x").chmod(0o755)
    engine = Engine()
    with pytest.raises(UsageError, match=f"cannot start {name}: {why}\n    Name the program"):
        serve(None, [name], Heard(), print, engine)
    assert (engine.pages == []) == (name == "no-such-program")  # nobody waits for pages first


def test_a_preview_knows_that_it_is_one() -> None:
    script = "from snippetrun.markdown_extension import SnippetrunExtension as E; import markdown\n"
    script += "print(markdown.markdown('```console\\n$ docker none\\n```\\n', extensions=[E(strict=True)]))"
    Path("docs/c.md").write_text("```console\n$ docker none\n```\n")
    assert serve(None, [sys.executable, "-c", script], Heard(), print, Engine()) == 0
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 1


def test_a_program_that_is_killed_has_the_status_that_a_shell_gives_it() -> None:
    assert serve(None, ["sh", "-c", "kill -9 $$"], Heard(), print, Engine()) == 137


@pytest.mark.parametrize("removed", [True, False], ids=["removed and made again", "not there at first"])
def test_the_folder_of_the_pages_may_come_and_go(removed: bool) -> None:  # noqa: FBT001 - a table
    if not removed:
        shutil.rmtree("docs")
    assert edited(
        "shutil.rmtree('docs', ignore_errors=True); page('docs.new/c'); os.rename('docs.new', 'docs')", "docs/d"
    )


def test_the_configuration_may_name_another_folder() -> None:
    edit = "page('pages/c'); settings = Path('mkdocs.yml').read_text()"
    assert edited(f"{edit}; Path('mkdocs.yml').write_text('docs_dir: pages\\n' + settings)", "pages/d")


def test_a_folder_that_cannot_be_watched_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def schedule(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr("watchdog.observers.api.BaseObserver.schedule", schedule)
    with pytest.raises(InfrastructureError, match="cannot be watched: inotify watch limit reached\n    See how many"):
        serve(None, ["true"], Heard(), print, Engine())
