"""`snippetrun diff`: what recordings newly say, in a real git repository."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import jsonschema
import pytest
from conftest import MakeSite
from helpers.checkout import commit, git
from helpers.command_line import snippetrun
from helpers.machine import Engine, Heard
from helpers.reported import SCHEMA, strict
from markdown_it import MarkdownIt

from snippetrun import config, runner
from snippetrun.errors import RecordingError, UsageError
from snippetrun.extract import files
from snippetrun.model import Difference, Mode
from snippetrun.plan import plan
from snippetrun.recordings.document import dump, load, locate
from snippetrun.report import markdown, news
from snippetrun.report.news import News
from snippetrun.sandbox.fake import Answer
from snippetrun.tasks.diff import asked, diff

PAGE = "# A\n\n```console\n$ docker ps\n$ docker info\n```\n"
OTHER = "# B\n\n```console\n$ docker version\n```\n"
ANSWERS: dict[str, Answer] = {
    "docker ps": "ID  NAME\n1   web\n",
    "docker info": "one\nversion 1\ntwo\n",
    "docker version": "26\n",
}


def record(answers: dict[str, Answer] | None = None, **more: Answer) -> None:
    """Record the site afresh; `info=` is what `docker info` says now."""
    engine = Engine()
    engine.answers = (answers or ANSWERS) | {f"docker {name}": answer for name, answer in more.items()}
    site = dataclasses.replace(config.load(Path("mkdocs.yml")), mode=Mode.RUN)
    runner.run(plan(site, files.read_all(site, files.find(site))), Heard(), sandboxes=engine)


def found(*arguments: str) -> News:
    site = config.load(Path("mkdocs.yml"))
    return diff(site, asked(site, arguments))


def shown(*arguments: str) -> list[str]:
    return news.text(found(*arguments)).splitlines()


@pytest.fixture
def root(make_site: MakeSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path.parent / f"{tmp_path.name}-cache"))
    folder = make_site({"a.md": PAGE, "b.md": OTHER})
    record()
    git("init", "--quiet", "--initial-branch", "main")
    commit()
    return folder


def record_varying(root: Path, *outputs: str) -> None:
    """Record the site without what was recorded before; `docker info` says one thing, then the next."""
    said = itertools.cycle(outputs)
    engine = Engine()
    engine.answers = lambda command: next(said) if command == "docker info" else ANSWERS[command]  # type: ignore[assignment]
    for file in (root / "recordings").glob("*.json"):
        file.unlink()
    site = dataclasses.replace(config.load(Path("mkdocs.yml")), mode=Mode.RUN, jobs=1)
    runner.run(plan(site, files.read_all(site, files.find(site))), Heard(), sandboxes=engine)


def redated(file: Path, **changes: object) -> None:
    """Write a recording as another run would have left it."""
    page = files.read(config.load(Path("mkdocs.yml")), Path("docs", file.stem))
    stored = load(file.read_text())
    recording = dataclasses.replace(locate(page, stored.recording), **changes)  # type: ignore[arg-type]
    file.write_text(dump(page, recording, stored.fingerprints))


def test_recordings_of_another_day_alone_are_nothing_new(root: Path) -> None:
    redated(root / "recordings" / "a.md.json", when="2031-01-01T00:00:00+00:00", seconds=9.0)
    assert git("status", "--short")
    assert shown() == ["nothing new"]


@pytest.mark.usefixtures("root")
def test_only_the_lines_that_are_new_are_shown_under_their_command() -> None:
    record(info="one\nversion 2\ntwo\n")
    assert shown() == [
        "--- docs/a.md (HEAD)",
        "+++ docs/a.md (now)",
        " $ docker info",
        "@@ line 2 of the output @@",
        "-version 1",
        "+version 2",
        "",
        "1 page says something new",
    ]


VARYING = ("brave otter\nversion 1\n", "calm heron\nversion 1\n")


@pytest.mark.parametrize(
    ("first", "second"), [(VARYING, ("shy badger\nversion 1\n",)), (("shy badger\nversion 1\n",), VARYING)]
)
def test_what_varies_in_either_recording_is_nothing_new(
    root: Path, first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    record_varying(root, *first)
    commit()
    record_varying(root, *second)
    assert git("status", "--short")
    assert shown() == ["nothing new"]


def test_what_is_new_beside_what_varies_is_shown_alone(root: Path) -> None:
    record_varying(root, *VARYING)
    commit()
    record_varying(root, *(said.replace("1", "2") for said in VARYING[::-1]))
    assert shown()[2:] == [
        " $ docker info",
        "@@ line 2 of the output @@",
        "-version 1",
        "+version 2",
        "",
        "1 page says something new",
    ]


@pytest.mark.usefixtures("root")
def test_a_colour_is_news_and_named_as_such() -> None:
    record(info="\x1b[32mok\x1b[0m\n")
    commit()
    record(info="\x1b[31mok\x1b[0m\n")
    [changed] = found().pages[0].commands
    [difference] = changed.differences
    assert difference == Difference(0, (r"\e[32mok\e[0m",), (r"\e[31mok\e[0m",), colours=True)


def test_a_status_is_news(root: Path) -> None:
    page = root / "docs" / "b.md"
    page.write_text(OTHER.replace("```console", "```console {exit=3}"))
    record(version=("26\n", 3))
    assert shown()[2:5] == [" $ docker version", "-[exit status 0]", "+[exit status 3]"]


def test_commands_that_are_new_or_gone_have_their_output(root: Path) -> None:
    page = root / "docs" / "a.md"
    page.write_text(PAGE.replace("$ docker ps\n", "").replace("info\n", "info\n$ docker rm \\\n    x\n"))
    record(ANSWERS | {"docker rm \\\n    x": "x\n"})
    assert shown()[2:8] == ["-$ docker ps", "-ID  NAME", "-1   web", "+$ docker rm \\", "+>     x", "+x"]


def test_a_command_whose_written_output_changed_is_still_that_command(root: Path) -> None:
    (root / "docs" / "b.md").write_text(OTHER.replace("version\n", "version\n...\n"))
    record(version="27\n")
    assert shown()[2:6] == [" $ docker version", "@@ line 1 of the output @@", "-26", "+27"]


def test_pages_that_are_new_or_gone_are_named(root: Path) -> None:
    (root / "docs" / "b.md").unlink()
    (root / "recordings" / "b.md.json").unlink()
    (root / "docs" / "c.md").write_text(OTHER)
    record()
    assert shown() == [
        "--- docs/b.md (HEAD)",
        "+++ nothing",
        "",
        "--- nothing",
        "+++ docs/c.md (now)",
        "+$ docker version",
        "+26",
        "",
        "2 pages say something new",
    ]
    assert [page.path for page in found("docs/b.md").pages] == ["docs/b.md"]


def test_another_engine_is_news_of_the_whole_page(root: Path) -> None:
    file = root / "recordings" / "b.md.json"
    redated(file, environment=dataclasses.replace(load(file.read_text()).recording.environment, engine="28.0.0"))
    assert shown()[2:4] == ["-Docker Engine 26.1.5", "+Docker Engine 28.0.0"]


@pytest.mark.usefixtures("root")
def test_revisions_are_compared_as_git_writes_them() -> None:
    first = git("rev-parse", "HEAD")
    record(info="one\nversion 2\ntwo\n")
    commit()
    record(info="one\nversion 2\ntwo\n", version="27\n")
    assert [page.path for page in found().pages] == ["docs/b.md"]
    assert [page.path for page in found(first).pages] == ["docs/a.md", "docs/b.md"]
    assert [page.path for page in found(f"{first}..HEAD").pages] == ["docs/a.md"]
    assert [page.path for page in found("HEAD..HEAD~1").pages] == ["docs/a.md"]
    assert shown("HEAD~1..")[:2] == ["--- docs/a.md (HEAD~1)", "+++ docs/a.md (HEAD)"]


@pytest.mark.usefixtures("root")
def test_paths_may_be_pages_folders_and_recordings_beside_a_revision() -> None:
    record(info="more\n", version="27\n")
    assert [page.path for page in found("docs/a.md").pages] == ["docs/a.md"]
    assert [page.path for page in found("recordings/b.md.json", "HEAD").pages] == ["docs/b.md"]
    assert [page.path for page in found("docs").pages] == ["docs/a.md", "docs/b.md"]
    assert found("images").pages == ()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["docs/none.md"], "docs/none.md: there is no such page, folder or revision"),
        (["HEAD..none"], "git knows no revision none"),
        (["HEAD", "main"], "HEAD and main are revisions\n    Write two as HEAD..main"),
    ],
)
@pytest.mark.usefixtures("root")
def test_what_is_neither_there_nor_known_is_named(arguments: list[str], complaint: str) -> None:
    with pytest.raises(UsageError) as caught:
        found(*arguments)
    assert str(caught.value).startswith(complaint)


def test_a_damaged_recording_is_named_and_one_that_was_committed_is_all_new(root: Path) -> None:
    file = root / "recordings" / "b.md.json"
    good = file.read_text()
    file.write_text(good.replace("26", "27"))
    with pytest.raises(RecordingError, match="^recordings/b.md.json: this recording is not as it was written"):
        found()
    commit()
    with pytest.raises(RecordingError, match="^HEAD:recordings/b.md.json: this recording is not as it was written"):
        found("HEAD~1..HEAD")
    file.write_text(good)
    assert shown()[2:4] == [
        "@@ its older recording is not as it was written: its checksum does not match: all of it is new @@",
        "+$ docker version",
    ]


def test_what_to_type_about_a_recording_is_quoted_for_the_shell(root: Path) -> None:
    (root / "recordings" / "c d.md.json").write_text("{}")
    with pytest.raises(RecordingError, match="snippetrun run 'docs/c d.md'$"):
        found()


def test_a_site_that_keeps_no_recordings_has_no_news(root: Path) -> None:
    settings = root / "mkdocs.yml"
    settings.write_text(settings.read_text() + "      recordings: false\n")
    with pytest.raises(UsageError, match=r"^mkdocs\.yml: this site keeps no recordings"):
        found()


def test_outside_of_a_git_checkout_nothing_can_be_compared(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(root.parent))
    (root / ".git").rename(root / "git")
    with pytest.raises(UsageError, match="^this is no git checkout: not a git repository"):
        found()


@pytest.mark.usefixtures("root")
def test_the_command_prints_text_markdown_or_json_and_the_exit_status_is_asked_for() -> None:
    assert (snippetrun("diff", "--exit-code").stdout, snippetrun("diff", "--exit-code").returncode) == (
        "nothing new\n",
        0,
    )
    record(info="one\nversion 2\ntwo\n")
    process = snippetrun("diff")
    assert (process.returncode, process.stderr) == (0, "")
    assert "+version 2\n" in process.stdout
    assert snippetrun("diff", "--exit-code").returncode == 1
    assert snippetrun("diff", "--format", "markdown").stdout.startswith(
        "## snippetrun <code>diff</code>: 1 page says something new\n\n```diff\n--- docs/a.md (HEAD)\n"
    )
    document = json.loads(snippetrun("diff", "--json").stdout)
    jsonschema.Draft202012Validator(strict(SCHEMA)).validate(document)
    assert document["pages"][0]["commands"] == [
        {
            "change": "changed",
            "command": "docker info",
            "ended_before": "exit status 0",
            "ended": "exit status 0",
            "differences": [{"at": 1, "recorded": ["version 1"], "came": ["version 2"], "colours": False}],
        }
    ]


@pytest.mark.usefixtures("root")
def test_what_a_page_prints_steers_no_log_and_is_no_mark_up() -> None:
    record(info="one\n::error::not true\n```\n<img src=x>\n\x1b[31mred\x1b[0m\n")
    process = snippetrun("diff")
    assert "+::error" in process.stdout
    assert "\x1b" not in process.stdout
    html = MarkdownIt().render(markdown.news(found()))
    assert "<img" not in html
    assert html.count("<pre>") == 1
