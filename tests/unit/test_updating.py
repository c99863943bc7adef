"""Accepting output: pages and recordings are rewritten as little as can be."""

from __future__ import annotations

import dataclasses
import shutil
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.golden import Case, cases
from helpers.machine import answer
from helpers.sites import Site
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from snippetrun.errors import PageError
from snippetrun.extract import files
from snippetrun.model import Match
from snippetrun.sandbox.fake import Answer
from snippetrun.support.patterns import Names, match_lines


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    return Site(tmp_path)


def answers(toml: str) -> dict[str, Answer]:
    return {command: answer(value) for command, value in tomllib.loads(toml).items()}


@cases("update")
def test_golden(case: Case, site: Site) -> None:
    site.write(case["page"])
    site.answers = answers(case["answers"])
    updated = site.update()
    assert site.text() == case["updated"]
    assert ("docs/p.md" in updated.changed) is (case["page"] != case["updated"])
    assert site.check() == []
    assert site.update().changed == ()


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_and_the_rest_of_the_file_stay_as_they_are(site: Site, end: str) -> None:
    text = "\ufeff# Title  \n\n\tcode\n\n```console\n$ docker ps\nold\n```\n\ntrailing  \n\n".replace("\n", end)
    site.write(text)
    site.answers = {"docker ps": "new\n"}
    site.update()
    assert site.text() == text.replace("old", "new")


def test_a_page_on_which_a_command_fails_stays_as_it_is(site: Site) -> None:
    text = "```console\n$ docker ps\nold\n$ docker rm x\n```\n"
    site.write(text)
    site.answers = {"docker ps": "new\n", "docker rm x": ("no\n", 1)}
    updated = site.update()
    assert (site.text(), updated.changed) == (text, ())
    assert updated.results[0].failed
    assert not (site.page.parents[1] / "recordings").exists()


def test_an_update_records_what_came_out(site: Site) -> None:
    site.write("```console\n$ docker ps\n```\n")
    site.answers = {"docker ps": "one\n"}
    assert site.update().changed == ("recordings/p.md.json",)
    site.answers = {"docker ps": "two\n"}
    assert site.check() == ["docs/p.md:2 the output is not what was recorded"]
    assert site.update().changed == ("recordings/p.md.json",)
    assert site.check() == []


def test_a_page_that_nobody_recorded_is_drift(site: Site) -> None:
    site.write("```console\n$ docker ps\n```\n")
    site.answers = {"docker ps": "one\n"}
    assert site.check() == ["docs/p.md:2 nobody has recorded it as it stands here"]


def test_a_site_may_keep_no_recordings(site: Site) -> None:
    site.config = dataclasses.replace(site.config, recordings=None)
    site.write("```console\n$ docker ps\nold\n```\n")
    site.answers = {"docker ps": "new\n"}
    assert site.update().changed == ("docs/p.md",)
    assert site.check() == []
    assert sorted(path.name for path in site.page.parents[1].iterdir()) == ["docs"]


def test_a_check_changes_nothing(site: Site) -> None:
    text = "```console\n$ docker ps\nold\n```\n"
    site.write(text)
    site.answers = {"docker ps": "new\n"}
    assert site.check() == ["docs/p.md:3 the output is not what line 3 says"]
    assert site.text() == text
    assert not (site.page.parents[1] / "recordings").exists()


LINE = st.text(st.sampled_from("ab <>.$#>:x1"), min_size=1, max_size=6).filter(
    lambda s: s.strip() and s[0] not in "$?^"
)


def test_a_page_that_is_again_what_it_was_is_recorded_with_what_comes_out_now(site: Site) -> None:
    page = "```console\n$ docker ps\n<x>\n```\n"
    for text, came in ((page, "one\n"), (page.replace("<x>", "<x>\ngone"), "two\n")):
        site.write(text)
        site.answers = {"docker ps": came}
        assert site.update().changed
    assert site.text() == page
    assert '"two"' in (site.config.root / "recordings/p.md.json").read_text()
    assert site.check() == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(
    st.lists(LINE | st.sampled_from(["...", "<x>", "a <...>", "<x> <y>"]), max_size=6),
    st.lists(LINE, min_size=1, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "    ", "> "]),
)
def test_every_update_matches_and_touches_no_other_line(
    site: Site, written: list[str], shown: list[str], end: str, prefix: str
) -> None:
    marker = {"": "", "    ": "1. item\n\n", "> ": "> quote\n>\n"}[prefix]
    fence = ["```console", "$ docker ps", *written, "```"]
    text = marker + "".join(f"{prefix}{line}\n" for line in fence) + "\nafter  \n"
    shutil.rmtree("recordings", ignore_errors=True)  # of the example before, from which this one would be pasted
    site.write(text.replace("\n", end))
    site.answers = {"docker ps": "".join(f"{line}\n" for line in shown)}
    before = site.text()
    updated = site.update()
    assume(not updated.results[0].failed)  # what was written under it could be typed: then it is no output
    after = site.text()
    [page] = files.read_all(site.config, [site.page])
    [command] = page.snippets[0].commands
    assert (
        match_lines(Names(), command.written, [line.rstrip() for line in shown], Match.PATTERN) is None or not written
    )
    head, tail = f"{prefix}$ docker ps{end}", f"{prefix}```{end}{end}after  {end}"
    assert before.partition(head)[0] == after.partition(head)[0]
    assert after.endswith(tail)
    assert site.update().changed == ()


@pytest.mark.parametrize(
    "came", ["```\n<script>x()</script>\n", "$ docker rm -f everything\n", "````\n", "? 3\n", "> more\n", "~~~\n```\n"]
)
def test_output_becomes_nothing_but_output_in_its_page(site: Site, came: str) -> None:
    text = "```console\n$ docker ps\nold\n```\n\n```console\n$ docker info\n```\n"
    site.write(text)
    site.answers = {"docker ps": f"before\n{came}after\n", "docker info": ""}
    with suppress(PageError):
        site.update()
    [before] = [[command.text for s in page.snippets for command in s.commands] for page in site._read()]
    assert before == ["docker ps", "docker info"]
    assert site._read()[0].snippets[0].commands[0].status == 0
    assert "<script>" not in site.text()
