"""The generators that show this site, and the site as each has built it."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from helpers.once import once

REPOSITORY = Path(__file__).parents[2]
PROGRAMS = REPOSITORY / ".venv-plugins" / "bin"
COMMANDS = {
    "mkdocs": [["mkdocs", "build", "--quiet", "--strict"]],
    "properdocs": [["properdocs", "build", "--quiet", "--strict"]],
    "zensical": [
        ["snippetrun", "status", "--verification", "docs/reference/verification.md"],
        ["zensical", "build", "--strict"],
    ],
}


def checkout(folder: Path, recordings: Path = REPOSITORY / "recordings") -> Path:
    """Copy what the site is made of."""
    for source in (REPOSITORY / "docs", REPOSITORY / "images", recordings):
        shutil.copytree(source, folder / source.name)
    shutil.copy(REPOSITORY / "mkdocs.yml", folder)
    return folder


def site_by(generator: str, factory: pytest.TempPathFactory) -> Path:
    """Return the site as a generator builds it from its recordings, strictly."""
    return once(factory, f"by-{generator}", partial(_build, generator)) / "site"


def _build(generator: str, folder: Path) -> None:
    checkout(folder)
    for command in COMMANDS[generator]:
        ended = subprocess.run(
            [PROGRAMS / command[0], *command[1:]],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=os.environ | {"SNIPPETRUN_MODE": "replay", "CI": "true", "NO_MKDOCS_2_WARNING": "1"},
        )
        assert ended.returncode == 0, ended.stdout
