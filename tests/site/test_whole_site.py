"""This repository's own site, from a clean checkout: without an engine, after an edit, and with every snippet run."""

from __future__ import annotations

import filecmp
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY
from helpers import kept
from helpers.generators import checkout
from helpers.mkdocs_build import blocks

from snippetrun.recordings.document import load

NOBODY = "unix:///nowhere/docker.sock"
# What `mkdocs` does, and then a line with those of the modules that no replay needs.
MKDOCS = (
    "import sys, atexit\n"
    "from mkdocs.__main__ import cli\n"
    "atexit.register(lambda: print('imported:', *sorted({'docker', 'pyte'} & set(sys.modules))))\n"
    "cli()\n"
)


def build(folder: Path, *arguments: str, script: str = MKDOCS, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build the site in a folder, as if it were the first of January 2026."""
    return subprocess.run(
        [sys.executable, "-c", script, "build", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env=os.environ | {"SOURCE_DATE_EPOCH": "1767225600", "NO_MKDOCS_2_WARNING": "1"} | environment,
    )


def different(left: Path, right: Path) -> Iterator[Path]:
    """Yield what is not byte for byte the same in two folders."""
    names = {path.relative_to(top) for top in (left, right) for path in top.rglob("*") if not path.is_dir()}
    _, wrong, missing = filecmp.cmpfiles(left, right, map(str, names), shallow=False)
    yield from map(Path, [*wrong, *missing])


@pytest.fixture
def edited(tmp_path: Path) -> tuple[Path, str]:
    """A checkout in which one command was changed, and where."""
    folder = checkout(tmp_path)
    page = folder / "docs/processes.md"
    lines = page.read_text().split("\n")
    number = next(number for number, line in enumerate(lines, 1) if line.startswith("$ docker run "))
    lines[number - 1] += " # edited"
    page.write_text("\n".join(lines))
    return folder, f"docs/processes.md:{number}: stale: it has changed since it was recorded"


def test_a_clean_checkout_is_built_from_its_recordings_where_there_is_no_engine(tmp_path: Path) -> None:
    built = build(checkout(tmp_path), "--strict", DOCKER_HOST=NOBODY)
    assert built.returncode == 0, built.stdout
    assert built.stdout.splitlines()[-1] == "imported:"
    assert "WARNING" not in built.stdout
    assert "Real output: " in (tmp_path / "site/processes.html").read_text()


@pytest.mark.parametrize("file", sorted((REPOSITORY / "recordings").rglob("*.json")), ids=lambda file: file.stem)
def test_the_times_of_commands_add_up_with_the_time_of_their_page(file: Path) -> None:
    recording = load(file.read_text()).recording
    commands = [command for snippet in recording.snippets for command in snippet]
    rounded = 0.005 * (len(commands) + 2)
    assert recording.boot_seconds + sum(command.seconds for command in commands) <= recording.seconds + rounded


@pytest.mark.slow
def test_a_strict_build_fails_on_the_line_that_was_edited(edited: tuple[Path, str]) -> None:
    folder, said = edited
    built = build(folder, "--strict", DOCKER_HOST=NOBODY)
    assert built.returncode == 1
    assert said in built.stdout


@pytest.mark.slow
def test_any_other_build_marks_what_is_stale(edited: tuple[Path, str]) -> None:
    folder, said = edited
    built = build(folder, SNIPPETRUN_MODE="replay")
    assert built.returncode == 0, built.stdout
    assert said in built.stdout
    assert "Stale: it has changed since it was recorded" in (folder / "site/processes.html").read_text()


@pytest.mark.engine
@pytest.mark.slow
def test_a_cold_build_is_the_site_of_its_recordings_and_says_nothing_new(tmp_path: Path) -> None:
    built, raw = checkout(tmp_path / "built"), tmp_path / "raw"
    raw.mkdir()
    tests = str(REPOSITORY / "tests")
    keeping = f"import sys\nfrom pathlib import Path\nsys.path.insert(0, {tests!r})\nfrom helpers import kept\n"
    recorded = built / "recordings"
    ran(built, "run", f"{keeping}kept.keep(Path({str(raw)!r}))\n{MKDOCS}")
    if list(different(REPOSITORY / "recordings", recorded)):
        # Debian has published something since the last commit. That was news once, and is none to the next build, which
        # also shows what varies in it.
        built = checkout(tmp_path / "again", recorded)
        ran(built, "run")
    replayed = checkout(tmp_path / "replayed", recorded)
    ran(replayed, "replay")
    assert list(different(recorded, built / "recordings")) == []
    assert list(different(built / "site", replayed / "site")) == []
    came = [command for file in raw.iterdir() for command in json.loads(file.read_text())]
    assert len(came) > 300
    assert [*filter(None, map(kept.wrong, came))] == []
    assert list(made_up(replayed)) == []


def made_up(folder: Path) -> Iterator[str]:
    """Yield output that a site shows and that is neither recorded nor, where nothing ran, written by its author."""
    for page in (folder / "docs").rglob("*.md"):
        name = page.relative_to(folder / "docs")
        files = (folder / "recordings" / name.parent).glob(f"{name.name}*.json")  # of each engine
        snippets = [snippet for file in files for snippet in json.loads(file.read_text())["snippets"]]
        recorded = {text for snippet in snippets for command in snippet["commands"] for text in recorded_texts(command)}
        site = (folder / "site" / name).with_suffix(".html")
        shown = [text.rstrip("\n") for text in blocks(site, "sr-output").texts]
        others = [text for text in shown if text not in recorded]
        skipped = site.read_text().count("sr-step sr-skipped")
        written = page.read_text()
        yield from others if len(others) > skipped else [text for text in others if text not in written]


def recorded_texts(command: dict[str, Any]) -> Iterator[str]:
    """Yield what stands in a recording as the output of a command, without colours."""
    pieces = [piece.get("output") or piece.get("input") or piece.get("keys") for piece in command.get("pieces", ())]
    for text in (
        "".join("\n".join(lines) for lines in pieces),
        *("\n".join(command.get(key, ())) for key in ("output", "output_before")),
    ):
        yield re.sub(r"\x1b\[[0-9;]*m", "", text).rstrip("\n")


def ran(folder: Path, mode: str, script: str = MKDOCS) -> None:
    built = build(folder, "--strict", script=script, SNIPPETRUN_MODE=mode)
    assert built.returncode == 0, built.stdout
