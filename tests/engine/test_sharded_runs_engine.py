"""Two machines that do a part each, on the real engine."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY
from helpers.command_line import snippetrun

pytestmark = pytest.mark.engine


@pytest.mark.slow
@pytest.mark.usefixtures("engine")  # so that three runs find one that is up
def test_on_the_real_engine_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    chosen = ["docs/index.md", "docs/reference/sandbox.md", "docs/reference/what-may-differ.md"]

    def checked(name: str, *more: str) -> Any:  # noqa: ANN401 - JSON
        file = tmp_path / f"{name}.json"
        ran = snippetrun("check", *chosen, *more, "--report", f"json={file}", **os.environ)
        assert ran.returncode in (0, 1), ran.stderr
        return json.loads(file.read_text())

    told = {"whole": checked("whole")}
    with ThreadPoolExecutor() as machines:
        parts = {part: machines.submit(checked, part, "--shard", f"{part}/2") for part in ("1", "2")}
        told |= {part: ended.result() for part, ended in parts.items()}
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
