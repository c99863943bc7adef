"""Two machines that do a part each, on the real engine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY
from helpers.command_line import snippetrun

pytestmark = pytest.mark.engine


@pytest.mark.usefixtures("engine")  # so that three runs find one that is up
def test_on_the_real_engine_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    chosen = ["docs/exec.md", "docs/images.md", "docs/layers.md"]
    told = {}
    for name, more in {"whole": [], "1": ["--shard", "1/2"], "2": ["--shard", "2/2"]}.items():
        file = tmp_path / f"{name}.json"
        ran = snippetrun("check", *chosen, *more, "--report", f"json={file}", **os.environ)
        assert ran.returncode in (0, 1), ran.stderr
        told[name] = json.loads(file.read_text())
    merged = tmp_path / "merged.json"
    ran = snippetrun("merge", str(tmp_path / "2.json"), str(tmp_path / "1.json"), "--report", f"json={merged}")
    assert ran.returncode == told["whole"]["exit_status"], ran.stderr
    document = json.loads(merged.read_text())
    assert [page["path"] for page in document["pages"]] == chosen
    assert document["summary"] == told["whole"]["summary"]
    assert outcomes(document) == outcomes(told["whole"])
    assert {*told["1"]["shard"]["pages"], *told["2"]["shard"]["pages"]} == set(chosen)


def outcomes(document: Any) -> list[Any]:  # noqa: ANN401 - JSON
    """What became of each command; its output may have an id or a time in it."""
    names = ("line", "command", "outcome", "message", "status", "ending")
    commands = (
        command for page in document["pages"] for snippet in page["snippets"] for command in snippet["commands"]
    )
    return [[command[name] for name in names] for command in commands]
