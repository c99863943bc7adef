"""What `benchmarks/trees.py` counts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def trees(*arguments: str | Path) -> dict[str, Any]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "tests")}
    command = [sys.executable, ROOT / "benchmarks/trees.py", "--json", *arguments]
    tree: dict[str, Any]
    [tree] = json.loads(subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE).stdout)
    return tree


def test_no_page_of_the_corpus_stops_a_build_once_init_has_set_its_site_up() -> None:
    tree = trees()
    assert tree["pages"] == len([*ROOT.glob("tests/golden/corpus/*.md")])
    assert 0 < tree["stop"] < tree["runnable"] < tree["pages"]
    assert (tree["init"], tree["as_text"]) == (0, 0)


def test_pages_that_stop_a_build_are_counted_with_what_stops_them(tmp_path: Path) -> None:
    runs = "{0}```console\n{0}$ docker ps\n{0}```\n"
    (tmp_path / "good.md").write_text(runs.format(""))
    (tmp_path / "by-three.md").write_text("1. item\n\n" + runs.format("   "))
    (tmp_path / "typo.markdown").write_text(runs.format("").replace("console", "console {timout=1s}"))
    (tmp_path / "prose.md").write_text("No fence.\n")
    tree = trees(tmp_path)
    counts = {"pages": 4, "runnable": 3, "stop": 2, "commonmark": 1, "baseline": 3, "init": 0, "as_text": 0}
    assert {key: tree[key] for key in counts} == counts
    assert tree["messages"]["timout: there is no such attribute"] == ["docs/typo.markdown:1:13"]
