"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from snippetrun.errors import FileError
from snippetrun.support import atomic


def test_a_writer_that_is_killed_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text("old")
    killed = (
        "import os, sys\nfrom pathlib import Path\nfrom snippetrun.support import atomic\n"
        "os.fsync = lambda _: os.kill(os.getpid(), 9)\natomic.write(Path(sys.argv[1]), 'new')\n"
    )
    assert subprocess.run([sys.executable, "-c", killed, str(file)], check=False).returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert file.read_text() == "old"


def test_a_disk_that_is_full_is_an_error_that_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = tmp_path / "a.json"
    file.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError, match=r"(?s)^a\.json: cannot be written: No space left on device.*Make room"):
        atomic.write(file, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert file.read_text() == "old"


def test_what_a_killed_writer_has_left_long_ago_goes_with_the_next_one(tmp_path: Path) -> None:
    file, left, fresh = tmp_path / "a.json", tmp_path / ".a.json.0badcafe", tmp_path / ".a.json.12345678"
    left.touch()
    fresh.touch()
    os.utime(left, (0, 0))
    atomic.write(file, "new")
    assert {path.name for path in tmp_path.iterdir()} == {"a.json", fresh.name}


def test_what_an_editor_keeps_beside_a_file_that_it_has_open_stays(tmp_path: Path) -> None:
    file, swap = tmp_path / "page.md", tmp_path / ".page.md.swp"
    swap.touch()
    os.utime(swap, (0, 0))
    atomic.write(file, "new")
    assert swap.exists()
