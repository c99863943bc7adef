"""The command line, where no engine is needed."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import MakeSite
from helpers.command_line import PAGE, snippetrun

from snippetrun.model import Job, Page
from snippetrun.tasks.progress import ShownProgress


def test_list_shows_what_would_run_and_where(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE, "empty.md": "# Nothing\n"})
    process = snippetrun("list")
    assert process.stdout.splitlines() == [
        "docs/a.md:4  docker ps",
        "docs/a.md:5  docker run x \\",
        "docs/a.md:10  docker run z    [not run: needs a GPU]",
    ]
    assert process.returncode == 0


def test_list_prints_json(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE})
    document = json.loads(snippetrun("list", "--json").stdout)
    commands = [c for s in document["pages"][0]["snippets"] for c in s["commands"]]
    assert [(c["line"], c["outcome"], c["message"]) for c in commands] == [
        (4, "not reached", ""), (5, "not reached", ""), (10, "skipped", "needs a GPU"),
    ]  # fmt: skip
    assert document["schema"] == 1


def test_list_prints_json_of_a_page_with_a_problem_too(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE, "b.md": "```console {exit=a}\n$ docker ps\n```\n"})
    ran = snippetrun("list", "--json")
    document = json.loads(ran.stdout)
    assert [(problem["path"], problem["line"]) for problem in document["problems"]] == [("docs/b.md", 1)]
    assert ran.returncode == document["exit_status"] == 2


def test_list_takes_pages_and_folders(make_site: MakeSite) -> None:
    make_site({"a.md": PAGE, "b.markdown": PAGE})
    assert "docs/a.md" not in snippetrun("list", "docs/b.markdown").stdout
    assert "docs/b.markdown:4" in snippetrun("list", "docs").stdout


@pytest.mark.parametrize(
    ("pages", "arguments", "complaint"),
    [
        ({"a.md": "```console\n$ docker ps\n"}, [], "docs/a.md:1:1: nothing closes this fence"),
        ({"a.md": "```console {timout=3}\n$ docker ps\n```\n"}, [], "docs/a.md:1:13: "),
        ({"a.md": "---\nsnippetrun: {images: [redis]}\n---\n" + PAGE}, [], "docs/a.md:2: images: the site lists no"),
        ({}, ["docs/no.md"], "docs/no.md: there is no such page or folder"),
        ({}, ["--jsn"], "No such option"),
    ],
)
def test_a_mistake_is_one_clear_message(
    make_site: MakeSite, pages: dict[str, str], arguments: list[str], complaint: str
) -> None:
    make_site(pages)
    process = snippetrun("list", *arguments)
    assert complaint in process.stderr
    assert "Traceback" not in process.stderr
    assert (process.returncode, process.stdout) == (2, "")


def test_invalid_utf_8_is_named_with_line_and_column(make_site: MakeSite) -> None:
    (make_site({}) / "docs" / "a.md").write_bytes(b"# A\nab\xff\n")
    process = snippetrun("list")
    assert "docs/a.md:2:3: byte 0xff is not UTF-8" in process.stderr
    assert process.returncode == 2


def test_a_folder_without_a_site_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    process = snippetrun("list")
    assert f"there is no mkdocs.yml in {tmp_path}, nor above it" in process.stderr
    assert "--config-file" in process.stderr
    assert process.returncode == 2


def test_a_run_that_runs_nothing_is_never_green(make_site: MakeSite) -> None:
    make_site({"a.md": "# A\n\n```console\ndocker ps\n```\n"})
    process = snippetrun("run")
    assert "there is nothing to run" in process.stderr
    assert process.returncode == 2


@pytest.mark.parametrize("command", ["run", "doctor", "clean"])
def test_an_engine_that_is_not_there_is_one_clear_message(make_site: MakeSite, command: str) -> None:
    make_site({"a.md": PAGE})
    process = snippetrun(command, DOCKER_HOST="unix:///nowhere/docker.sock")
    output = process.stdout + process.stderr
    assert "no Docker engine answers at unix:///nowhere/docker.sock" in output
    assert "DOCKER_HOST says so" in output
    assert "Traceback" not in output
    assert process.returncode == 3


def test_without_an_engine_and_without_dockerd_the_install_command_is_named(
    make_site: MakeSite, tmp_path: Path
) -> None:
    make_site({"a.md": PAGE})
    process = snippetrun("run", PATH=str(tmp_path), HOME=str(tmp_path), DOCKER_CONTEXT="default")
    if Path("/var/run/docker.sock").exists():
        pytest.skip("an engine answers at the default socket of this machine")
    assert "no Docker engine answers, and none can be started" in process.stderr
    assert "apt-get install docker.io" in process.stderr
    assert process.returncode == 3


@pytest.mark.parametrize("arguments", [["--help"], ["run", "-h"], ["list", "-h"], ["doctor", "-h"], ["clean", "-h"]])
def test_help_explains_itself(arguments: list[str]) -> None:
    process = snippetrun(*arguments)
    assert process.returncode == 0
    assert len(process.stdout.splitlines()) > 5


ASK = "from snippetrun.cli.group import ask; print(ask('::error::What?'))"


@pytest.mark.parametrize(("answer", "said"), [(b"y\n", "True"), (b"\n", "False")])
def test_a_question_is_asked_at_a_terminal(answer: bytes, said: str) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", ASK], stdin=theirs, stdout=theirs, stderr=theirs) as asking:
        os.close(theirs)
        os.write(ours, answer)
        assert asking.wait() == 0
    shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert ": :error::What? [y/N]" in shown
    assert shown.split()[-1] == said


def test_nobody_agrees_where_there_is_no_terminal() -> None:
    asked = subprocess.run([sys.executable, "-c", ASK], input="y\n", capture_output=True, text=True, check=True)
    assert asked.stdout == "False\n"


class Terminal(io.StringIO):
    """A terminal that keeps what is drawn."""

    def isatty(self) -> bool:
        return True


def test_bars_that_were_drawn_twice_give_standard_output_back(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stdout)
    with ShownProgress(Terminal()) as progress:
        for _ in range(2):
            progress.begin([Job(Page("a.md", ()), "", (), 1.0, 1)])
    assert sys.stdout is stdout


def test_the_version_names_the_sandbox_and_the_engine_of_the_site(make_site: MakeSite) -> None:
    make_site({}, "      engine: {debian: forky}\n")
    assert re.fullmatch(
        r"snippetrun \d+\.\d+\.\d+\nsandbox [0-9a-f]{12}\nengine: that of Debian forky; snippetrun doctor says .*\n",
        snippetrun("--version").stdout,
    )
    Path("other.yml").write_text("plugins:\n  - snippetrun: {engine: {image: 'docker:29-dind'}}\n")
    for words in (["-f", "other.yml", "--version"], ["--version", "-f", "other.yml"]):
        assert "engine: that of docker:29-dind; " in snippetrun(*words).stdout
    Path("mkdocs.yml").write_text("plugins: [")
    assert snippetrun("--version").stdout.count("\n") == 2
