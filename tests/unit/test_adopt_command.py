"""The command line of `adopt`: what it asks, what it prints, and how it ends."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from helpers.machine import Engine

from snippetrun import config, runner
from snippetrun.cli.group import cli
from snippetrun.config import baseline
from snippetrun.errors import UsageError

GREEN = "```console\n$ docker ps\nold\n```\n"
RED = "```console\n$ docker gone\n```\n"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine, and a site whose two pages are in its baseline."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("plugins: [snippetrun]\n")
    for name, text in {"green.md": GREEN, "red.md": RED}.items():
        (tmp_path / "docs" / name).write_text(text)
    (tmp_path / baseline.NAME).write_text("green.md\nred.md\n")
    played = Engine()
    monkeypatch.setattr(runner, "live_sandboxes", played)
    return played


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["adopt", *arguments], standalone_mode=False)


@pytest.mark.usefixtures("engine")
def test_what_is_green_comes_under_test_and_the_rest_is_said() -> None:
    invoked = invoke("docs", "--yes")
    assert invoked.return_value == 1
    assert "-old\n+ID\n" in invoked.stdout
    assert "docs/red.md:2: exit status 127, expected 0" in invoked.stderr
    assert invoked.stderr.endswith("1 of 2 pages adopted\n")
    assert Path("docs/green.md").read_text() == GREEN.replace("old", "ID")
    assert Path("docs/red.md").read_text() == RED
    assert list(config.load().baseline.lines) == ["red.md"]
    again = invoke("docs/green.md", "--yes")
    assert (again.return_value, again.stdout) == (0, "docs/green.md: nothing to edit\n")


@pytest.mark.usefixtures("engine")
def test_a_page_that_is_no_text_keeps_no_other_from_being_adopted() -> None:
    Path("docs/a.md").write_bytes(b"\xff")
    invoked = invoke("docs", "--yes")
    assert "docs/a.md:1:1: byte 0xff is not UTF-8" in invoked.stderr
    assert invoked.stderr.endswith("1 of 3 pages adopted\n")


@pytest.mark.usefixtures("engine")
def test_a_page_of_which_the_site_makes_something_else_keeps_no_other_from_it_either() -> None:
    Path("docs/a.md").write_text("```console\n$ docker info\n```\n")
    Path("hook.py").write_text("def on_page_markdown(markdown, **_):\n    return markdown.replace('info', 'ps')\n")
    Path("mkdocs.yml").write_text("site_name: x\nplugins: [snippetrun]\nhooks: [hook.py]\n")
    invoked = invoke("docs", "--yes")
    assert "docs/a.md: the site runs other commands than this file has" in invoked.stderr
    assert invoked.stderr.endswith("1 of 3 pages adopted\n")


@pytest.mark.usefixtures("engine")
def test_without_an_answer_nothing_is_written() -> None:
    invoked = invoke("docs/green.md")
    assert isinstance(invoked.exception, UsageError)
    assert Path("docs/green.md").read_text() == GREEN
    assert not Path("recordings").exists()


@pytest.mark.usefixtures("engine")
def test_the_owner_may_accept_a_status_or_skip_a_fence() -> None:
    assert invoke("docs/red.md", "--yes", "--accept", "2").return_value == 0
    assert Path("docs/red.md").read_text() == "```console\n$ docker gone\n? 127\n```\n"
    assert invoke("docs/green.md", "--yes", "--skip", "1=needs a GPU").return_value == 0
    assert Path("docs/green.md").read_text().startswith('```console {skip="needs a GPU"}\n')


@pytest.mark.parametrize("arguments", [["docs", "--accept", "2"], ["docs/red.md", "--skip", "2"]])
@pytest.mark.usefixtures("engine")
def test_what_cannot_be_meant_is_wrong_usage(arguments: list[str]) -> None:
    assert isinstance(invoke(*arguments).exception, click.UsageError)


@pytest.mark.usefixtures("engine")
def test_a_page_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError, match="docs/nowhere.md: there is no such page"):
        CliRunner().invoke(cli, ["adopt", "docs/nowhere.md"], standalone_mode=False, catch_exceptions=False)
