"""Recordings on disk: what was written comes back, and nothing else ever does."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY
from helpers.recorded import ENVIRONMENT, MOMENTS, TEXT, job, recording
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from snippetrun.config import ImageSource, SiteConfig
from snippetrun.errors import FileError, RecordingError
from snippetrun.extract import read
from snippetrun.model import CommandResult, Fact, Moment, Page, Recording, printed
from snippetrun.recordings import Store, locate
from snippetrun.recordings.document import _checksum, _text_of, dump, load
from snippetrun.recordings.format import BadDocumentError, CommandData, Document, HunkData, PieceData, SnippetData
from snippetrun.support.fingerprint import fingerprints


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.fixture
def site(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> SiteConfig:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    images = (ImageSource("x:latest", pull="here", stand_in="not the real one"),)
    return SiteConfig(tmp_path, tmp_path / "docs", "mkdocs.yml", images, recordings=folder)


def where(site: SiteConfig, page: Page) -> Path:
    path = Store(site).path(page)
    assert path
    return path


@pytest.mark.parametrize("part", [Document, SnippetData, CommandData, PieceData, HunkData])
def test_the_reference_names_all_that_is_in_a_file(part: type[Struct]) -> None:
    _, _, section = (REPOSITORY / "docs" / "reference" / "recordings.md").read_text().partition("What is in a file")
    assert [name for name in part.__struct_fields__ if f"`{name}`" not in section] == []


def test_nothing_is_written_through_a_link_out_of_the_recordings(site: SiteConfig, folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    folder.mkdir()
    (folder / "deep").symlink_to("../elsewhere")
    made = job(site)
    with pytest.raises(
        RecordingError, match="behind a link that leads out of the recordings\n    Remove that link: recordings/deep"
    ):
        Store(site).keep(made, recording(made), news=True)
    assert list((folder.parent / "elsewhere").iterdir()) == []
    (folder / "deep").unlink()
    (folder / "deep").symlink_to("deep")
    assert Store(site).look(made).fresh is None
    with pytest.raises(FileError):
        Store(site).keep(made, recording(made), news=True)


def test_what_was_kept_comes_back(site: SiteConfig) -> None:
    made = job(site)
    assert Store(site).look(made).fresh is None
    Store(site).keep(made, recording(made), news=True)
    assert Store(site).look(made).fresh == recording(made)


def test_a_recording_stands_beside_others_as_its_page_does(site: SiteConfig, folder: Path) -> None:
    assert Store(site).path(Page("docs/deep/a.md", ())) == folder / "deep" / "a.md.json"
    outside = where(site, Page("../elsewhere/a.md", ()))
    assert outside.is_relative_to(folder)


def test_it_moves_with_its_page(site: SiteConfig) -> None:
    made = job(site)
    Store(site).keep(made, recording(made), news=True)
    before = where(site, made.page).read_text()
    moved = job(site, "One more line.\n\n" + TEXT)
    assert Store(site).look(moved).fresh == recording(moved)
    Store(site).keep(moved, recording(moved), news=True)
    assert where(site, made.page).read_text() == before


def test_a_change_makes_it_stale(site: SiteConfig) -> None:
    made = job(site)
    Store(site).keep(made, recording(made), news=True)
    assert Store(site).look(job(site, TEXT.replace("docker ps", "docker ps -a"))).fresh is None


def test_a_run_that_says_nothing_new_leaves_the_file_alone(site: SiteConfig) -> None:
    made = job(site)
    kept = Store(site).keep(made, recording(made), news=True)
    environment = dataclasses.replace(ENVIRONMENT, kernel="7.0", images=(), known=())
    again = recording(made, when="2027-01-01T00:00:00+00:00", seconds=9.0, environment=environment)
    assert Store(site).keep(made, again, news=False) == kept
    assert Store(site).keep(made, recording(made, "other\n"), news=True) != kept


def test_a_recording_tells_when_its_output_came_in_a_line_each(site: SiteConfig) -> None:
    made = job(site)
    text = dump(made.page, recording(made), fingerprints(made.page))
    assert json.loads(text)["snippets"][0]["commands"][0]["moments"] == [
        "0.1 4",
        "0.4 4 \x1b[31mb\x1b[0m\n/ ",
        "0.5 10",
    ]
    assert load(text).recording.snippets[0][0].moments == MOMENTS


def test_when_output_came_is_no_news_but_where_nobody_knew(site: SiteConfig) -> None:
    made = job(site)
    timed, untimed = recording(made), moved(recording(made), ())
    assert timed == untimed
    Store(site).keep(made, untimed, news=True)
    assert not Store(site).look(made).fresh.timed  # type: ignore[union-attr]
    assert Store(site).keep(made, timed, news=False).snippets[0][0].moments == MOMENTS
    before = where(site, made.page).read_bytes()
    Store(site).keep(made, moved(timed, (Moment(9.0, 10),)), news=False)
    assert where(site, made.page).read_bytes() == before


@pytest.mark.parametrize("moments", [["soon"], ["0.1 -4"], ["0.1"], ["0.1 4 "], ["0.1 4"] * 101])
def test_a_moment_that_is_none_is_refused(site: SiteConfig, moments: list[str]) -> None:
    made = job(site)
    data = json.loads(dump(made.page, recording(made), fingerprints(made.page)))
    data["snippets"][0]["commands"][0]["moments"] = moments
    with pytest.raises(BadDocumentError):
        load(signed(data))


def signed(data: dict[str, Any]) -> str:
    """Return the text of a file that somebody has changed, and whose checksum they have renewed."""
    del data["checksum"]
    return _text_of(data, _checksum(data))


def moved(made: Recording, moments: tuple[Moment, ...]) -> Recording:
    [[first, second]] = made.snippets
    return dataclasses.replace(made, snippets=((dataclasses.replace(first, moments=moments), second),))


def test_a_diff_shows_the_lines_that_differ(site: SiteConfig) -> None:
    made = job(site)
    texts = [
        dump(made.page, recording(made, output), fingerprints(made.page)).splitlines()
        for output in ("one\ntwo\nthree\n", "one\n2\nthree\n")
    ]
    changed = [pair for pair in zip(*texts, strict=True) if pair[0] != pair[1]]
    assert [first.strip() for first, _ in changed] == ['"two",', changed[1][0].strip()]
    assert "checksum" in changed[1][0]


def test_what_is_new_is_written_whole_from_one_run(site: SiteConfig) -> None:
    made = job(site)
    Store(site).keep(made, recording(made), news=True)
    assert Store(site).keep(made, slower(recording(made), 4.0), news=False) == recording(made)
    again = slower(recording(made, "other\n"), 4.0)
    assert Store(site).keep(made, again, news=True) == again


def slower(made: Recording, seconds: float) -> Recording:
    snippets = tuple(tuple(dataclasses.replace(ran, seconds=seconds) for ran in part) for part in made.snippets)
    return dataclasses.replace(made, snippets=snippets)


OTHERS = ("one\n2\nthree\n", "two\nthree\nfour", "", "one\ntwo\nthree\n\n")


def test_what_other_runs_left_is_stored_as_the_lines_that_differ(site: SiteConfig) -> None:
    made = job(site)
    plain = recording(made, "one\ntwo\nthree\n")
    [[first, second]] = plain.snippets
    two = dataclasses.replace(first, others=("/ # ls\nb\n/ # ^D\n",)), dataclasses.replace(second, others=OTHERS)
    varied = dataclasses.replace(plain, snippets=(two,))
    text = dump(made.page, varied, fingerprints(made.page))
    assert locate(made.page, load(text).recording) == varied
    ran, listed = json.loads(text)["snippets"][0]["commands"]
    assert ran["varies"] == [[{"at": 1, "lines": 1, "instead": ["b"]}]]
    assert listed["varies"][0] == [{"at": 1, "lines": 1, "instead": ["2"]}]
    Store(site).keep(made, varied, news=True)
    assert Store(site).look(made).fresh == varied


@given(st.text("ab\n"), st.lists(st.text("ab\n"), max_size=3))
def test_whatever_other_runs_left_comes_back(output: str, others: list[str]) -> None:
    page = read("a.md", "```console\n$ docker ps\n```\n")
    ran = CommandResult(2, "docker ps", printed(output), 0, 0.5, others=tuple(others))
    made = Recording("a.md", "k", ENVIRONMENT, "2026-01-02T03:04:05+00:00", 0.5, 2.0, ((ran,),))
    [[back]] = locate(page, load(dump(page, made, fingerprints(page))).recording).snippets
    assert back.others == tuple(other for other in others if other != output)


def test_an_older_form_is_named_as_such(site: SiteConfig) -> None:
    made = job(site)
    Store(site).keep(made, recording(made), news=True)
    path = where(site, made.page)
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))
    assert str(Store(site).look(made).error) == (
        "recordings/deep/a.md.json: this recording has the form of an older snippetrun\n"
        "    Record the page again: snippetrun run docs/deep/a.md"
    )


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda text: text[: len(text) // 2], "is no valid JSON"),
        (lambda text: text.replace('"ls"', '"lx"'), "its checksum does not match"),
        (lambda text: text.replace('"format": 2', '"format": 99'), "has format 99"),
        (lambda _: "[]", "is no recording"),
        (lambda _: "{}", "is no recording"),
        (lambda _: '{"format": 2}', "its checksum does not match"),
        (lambda _: "\udcff", "cannot be read"),
    ],
)
def test_a_file_that_is_not_as_written_is_named_and_never_used(site: SiteConfig, spoil: object, why: str) -> None:
    made = job(site)
    Store(site).keep(made, recording(made), news=True)
    path = where(site, made.page)
    path.write_bytes(spoil(path.read_text()).encode(errors="surrogateescape"))  # type: ignore[operator]
    reading = Store(site).look(made)
    assert re.match(rf"recordings/deep/a.md.json: this recording .*{why}", str(reading.error))
    assert (reading.stored, reading.fresh) == (None, None)
    Store(site).keep(made, recording(made), news=True)
    assert Store(site).look(made).fresh == recording(made)


@pytest.mark.parametrize(
    "changes",
    [
        {"when": "0001-01-01T00:00:00+00:00"},
        {"when": "9999-12-31T23:59:59+00:00"},
        {"known": (Fact("x built", "0001-01-01T00:00:00+00:00/0001-01-01T00:00:01+00:00"),)},
        {"known": (Fact("x built", "9999-12-31T23:59:59+00:00/9999-12-31T23:59:59+00:00"),)},
        {"known": (Fact("kernel", "6" * 10_000),)},
        {"known": tuple(Fact(f"kernel {n}", f"{n}.0") for n in range(10_000))},
    ],
    ids=["past", "future", "built in the past", "built in the future", "a long fact", "many facts"],
)
def test_what_no_run_can_have_been_is_refused(site: SiteConfig, changes: dict[str, object]) -> None:
    made = job(site)
    if "known" in changes:
        changes = {"environment": dataclasses.replace(ENVIRONMENT, **changes)}  # type: ignore[arg-type]
    ran = dataclasses.replace(recording(made), **changes)  # type: ignore[arg-type]
    text = dump(made.page, ran, fingerprints(made.page))
    with pytest.raises(BadDocumentError, match=r"has no time at when|has a fact that is none"):
        load(text)


def test_every_bit_is_checked(site: SiteConfig) -> None:
    made = job(site)
    text = dump(made.page, recording(made), fingerprints(made.page))
    document = json.loads(text)
    for at in range(0, len(text), 7):
        flipped = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
        try:
            stored = load(flipped)
        except ValueError:
            continue
        assert json.loads(flipped) == document, flipped
        assert locate(made.page, stored.recording) == recording(made)


def test_nothing_is_half_written(site: SiteConfig, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = job(site)
    Store(site).keep(made, recording(made), news=True)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="No space"):
        Store(site).keep(made, recording(made, "new\n"), news=True)
    assert Store(site).look(made).fresh == recording(made)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["a.md.json"]


def test_builds_at_the_same_time_take_turns(site: SiteConfig) -> None:
    made = job(site)
    outputs = [f"{number}\n" * 1000 for number in range(8)]
    threads = [
        threading.Thread(target=lambda output=output: Store(site).keep(made, recording(made, output), news=True))
        for output in outputs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Store(site).look(made).fresh in [recording(made, output) for output in outputs]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back(output: str, command: str) -> None:
    page = read("a.md", "```console\n$ docker ps\n```\n")
    [snippet] = page.snippets
    ran = CommandResult(snippet.commands[0].line, command, printed(output), 0, 0.5)
    made = Recording("a.md", "k", ENVIRONMENT, "2026-01-02T03:04:05+00:00", 0.5, 2.0, ((ran,),))
    assert locate(page, load(dump(page, made, fingerprints(page))).recording) == made
