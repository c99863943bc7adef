"""The road from an old site to the first green page and to CI is what the page about it says, command by command."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY

from snippetrun import config
from snippetrun.extract.fences import Fence, read_outline
from snippetrun.extract.lines import normalised

pytestmark = [pytest.mark.engine, pytest.mark.slow]

SECOND = "# Second\n\n```console\n$ docker run --rm debian echo one\none\n$ docker run --rm debian ls /nowhere\n```\n"
THIRD = "# Third\n\n```console\n$ docker run --rm --gpus all debian true\n```\n"


def fences(title: str) -> Iterator[Fence]:
    text = (REPOSITORY / "docs/reference/your-site.md").read_text()
    yield from (fence for fence in read_outline(normalised(text)).fences if f'title="{title}"' in fence.info)


def typed(title: str, answer: bytes = b"y\n") -> list[subprocess.CompletedProcess[str]]:
    """Type the commands of a fence at a terminal, and answer what they ask."""
    ended = []
    for command in [line.removeprefix("$ ") for fence in fences(title) for line in fence.lines]:
        ours, theirs = pty.openpty()
        os.write(ours, answer)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        ended.append(
            subprocess.run(
                ["bash", "-c", command],
                stdin=theirs,
                capture_output=True,
                text=True,
                check=False,
                env=os.environ | {"PATH": path, "NO_MKDOCS_2_WARNING": "1"},
            )
        )
        for descriptor in (ours, theirs):
            os.close(descriptor)
    return ended


def test_an_old_site_comes_under_test_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: Old\n")
    [first] = fences("docs/first.md")
    (tmp_path / "docs/first.md").write_text("\n".join(first.lines) + "\n")
    (tmp_path / "docs/second.md").write_text(SECOND)
    (tmp_path / "docs/third.md").write_text(THIRD)

    init, adopt, check = typed("three commands")
    assert [init.returncode, adopt.returncode, check.returncode] == [0, 0, 0], init.stderr + adopt.stderr + check.stderr
    [proposed] = fences("snippetrun adopt docs/first.md")
    assert adopt.stdout.splitlines() == list(proposed.lines)
    assert "1 page, 2 snippets, 4 commands, 0 failures" in check.stderr
    assert "2 pages are not under test yet" in check.stderr

    settled = typed("the last word is yours")
    assert [process.returncode for process in settled] == [0, 0], [process.stderr for process in settled]
    assert not config.load().baseline.lines
    status, _ = typed("how far it is")
    assert status.stdout.endswith("under test: 3 of 3 pages, 4 of 4 snippets, 6 of 6 commands\n")
    assert "3 of 3" in (tmp_path / "tested.svg").read_text()

    checked, built = typed("in CI")
    assert checked.returncode == 0, checked.stderr
    assert built.returncode == 0, built.stdout + built.stderr
    assert "Hello." in (tmp_path / "site/first/index.html").read_text()
