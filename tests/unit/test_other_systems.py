"""Contributors on macOS and Windows: a site is built from recordings, without what only Linux has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import MakeSite
from helpers.checkout import git
from helpers.machine import Engine, Notes

from snippetrun import config, runner
from snippetrun.extract import files
from snippetrun.model import Mode
from snippetrun.plan import plan
from snippetrun.support import atomic, build_context

PAGE = "```console\n$ docker ps\n```\n"
# As on Windows, where neither these modules are nor these names.
WINDOWS = """
import os, signal, sys
sys.modules |= dict.fromkeys(["fcntl", "termios", "tty", "pty", "resource", "grp", "pwd"])
flags = {name: getattr(os, name) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_DIRECTORY")}
for module, names in ((signal, ["SIGHUP", "SIGKILL", "SIGQUIT"]), (os, ["geteuid", "O_TMPFILE", *flags])):
    for name in names:
        delattr(module, name)
signal.Signals._member_map_.pop("SIGHUP")
import snippetrun.support.bounded
vars(os).update(flags)  # Python's own library cannot be without them where it is not on Windows
"""
MKDOCS = "from mkdocs.__main__ import cli; cli(['build', '--quiet', '--strict'])"
MARKDOWN = f"from markdown import Markdown; print(Markdown(extensions=['snippetrun']).convert({PAGE!r}))"
SNIPPETRUN = "from snippetrun.cli import main; sys.argv[0] = 'snippetrun'; main()"


def windows(script: str, *arguments: str, mode: str = "replay") -> str:
    """Run a script as if this were Windows, and return what it prints."""
    return subprocess.run(
        [sys.executable, "-c", f"{WINDOWS}{script}", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=os.environ | {"SNIPPETRUN_MODE": mode, "NO_MKDOCS_2_WARNING": "1"},
    ).stdout


@pytest.fixture(autouse=True)
def site(make_site: MakeSite) -> Path:
    """A site of one page that was recorded on Linux."""
    root = make_site({"index.md": PAGE}, "      recordings: recordings\n")
    site = config.load()
    work = plan(site, files.read_all(site, files.find(site))).in_mode(Mode.RUN)
    runner.run(work, Notes(), sandboxes=Engine())
    return root


def test_a_site_is_built_from_recordings(site: Path) -> None:
    windows(MKDOCS)
    html = (site / "site/index.html").read_text()
    assert 'class="sr-output" data-search-exclude>ID\n' in html
    assert 'class="sr-output" data-search-exclude>ID\n' in windows(MARKDOWN)


@pytest.mark.parametrize("command", ["list", "status", "diff"])
def test_commands_that_run_nothing_work(command: str) -> None:
    assert "Traceback" not in windows(SNIPPETRUN, command)


def test_pages_that_cannot_run_there_are_one_sentence() -> None:
    assert windows(SNIPPETRUN, "run").startswith("pages do not run on Windows itself\n    Type it in WSL")


def test_line_ends_of_a_checkout_are_those_of_no_recording(site: Path) -> None:
    for file in (*site.glob("docs/*"), *site.glob("recordings/*"), site / "mkdocs.yml"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    for text in (MARKDOWN, MARKDOWN.replace("\\n", "\\r\\n")):
        assert 'class="sr-output" data-search-exclude>ID\n' in windows(text)


def test_what_is_executable_is_what_git_has_so(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "images/busybox/start").write_text("#!/bin/sh\n")
    (site / "images/busybox/start").chmod(0o755)
    git("init", "--quiet")
    git("add", "--all")
    linux = build_context.digest_of(site / "images/busybox")
    (site / "images/busybox/start").chmod(0o644)  # as a checkout on Windows has it
    assert build_context.digest_of(site / "images/busybox") != linux
    monkeypatch.setattr(build_context, "_HAS_MODES", False)
    assert build_context.digest_of(site / "images/busybox") == linux


def test_files_are_written_whole_where_all_of_them_have_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_TMPFILE")
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(0o600)
    atomic.write(tmp_path / "a", "new\n")
    assert ((tmp_path / "a").read_bytes(), (tmp_path / "a").stat().st_mode & 0o777) == (b"new\n", 0o600)
    assert {file.name for file in tmp_path.iterdir() if file.is_file()} == {"a", "mkdocs.yml"}
