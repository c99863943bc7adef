"""What a block tells the script that plays it, and what a site and the package have for that."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest
from conftest import REPOSITORY, MakeSite
from hatchling.builders.wheel import WheelBuilder
from helpers.mkdocs_build import build

from snippetrun import config, runner
from snippetrun.extract import files
from snippetrun.model import Command, CommandResult, ImageFact, Job, Mode, Moment, Options, Piece, PieceKind, Snippet
from snippetrun.model import printed as out
from snippetrun.plan import plan
from snippetrun.render import SCRIPT_PATH, snippet, write_assets
from snippetrun.sandbox.fake import FakeSandbox
from snippetrun.support import masks

ASSETS = {"snippetrun.css", "snippetrun.js", "asciinema-player.js", "asciinema-player.css", "asciinema-player.LICENSE"}
ONE = CommandResult(1, "seq 2", out("\x1b[31m1\x1b[0m\n2\n"), 0, 0.5, moments=(Moment(0.1, 2), Moment(0.4, 4)))


def block(*results: CommandResult, play: bool = True, hide: bool = False) -> str:
    commands = tuple(Command(result.command, 1, 1) for result in results)
    return snippet(Snippet("console", Options(hide=hide), 1, 2, "", "", commands), results, [], play=play)


def told(html: str) -> object:
    found = re.search(r' data-play="([^"]*)"', html)
    return json.loads(unescape(found[1])) if found else None


def test_a_block_tells_when_its_output_came() -> None:
    assert told(block(ONE)) == [[0.5, [[0.1, 2], [0.4, 4]]]]


def test_what_was_typed_counts_for_the_script_that_reads_the_block() -> None:
    pieces = (
        Piece(PieceKind.OUTPUT, "/ # "),
        Piece(PieceKind.INPUT, "echo hi\n"),
        Piece(PieceKind.OUTPUT, "hi\n/ # "),
        Piece(PieceKind.KEYS, "^D\n"),
    )
    moments = (Moment(0.0, 4), Moment(0.1, 5), Moment(0.2, 7), Moment(0.3, 11))
    talk = CommandResult(1, "sh", pieces, 0, 0.5, moments=moments)
    assert told(block(talk)) == [[0.5, [[0.0, 4], [0.1, 13], [0.2, 15], [0.3, 19]]]]


def test_a_command_of_which_nobody_knows_is_told_as_such() -> None:
    silent = CommandResult(1, "true", (), 0, 3.0)
    unknown = dataclasses.replace(ONE, moments=())
    assert told(block(ONE, silent, unknown)) == [[0.5, [[0.1, 2], [0.4, 4]]], [3.0, []], None]


def test_there_is_nothing_to_play_where_nobody_knows_or_nobody_wants_it() -> None:
    assert told(block(dataclasses.replace(ONE, moments=()))) is None
    assert told(block(CommandResult(1, "true", (), 0, 3.0))) is None
    assert told(block(ONE, play=False)) is None
    assert not block(ONE, hide=True)


def test_what_was_drawn_over_is_data_and_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "_hidden", set[str]())
    monkeypatch.setattr(masks, "_pattern", None)
    masks.hide(["hunter2"])
    drawn = Moment(0.1, 0, '\x1b[31m"><script>{{ x }}\x1b[0m hunter2\u202e\n')
    html = block(dataclasses.replace(ONE, moments=(drawn, Moment(0.4, 4))))
    assert told(html) == [[0.5, [[0.1, 0, '\x1b[31m"><script>{{ x }}\x1b[0m ***<U+202E>\n'], [0.4, 4]]]]
    assert "<script" not in html
    assert "{{" not in html
    assert "\x1b" not in html
    assert html.count("\n") == block(ONE).count("\n")


@contextmanager
def sandboxes(_site: object, _say: object) -> Iterator[runner.OpenSandbox]:
    @contextmanager
    def start(job: Job) -> Iterator[FakeSandbox]:
        facts = [ImageFact(n, "sha256:0", f"images/{n.partition(':')[0]}/Dockerfile on debian") for n in job.images]
        yield FakeSandbox({"docker ps": "ID\n"}, images=tuple(facts))

    yield start


@pytest.mark.parametrize("wanted", [True, False])
def test_a_site_has_the_script_and_the_player_unless_it_wants_none(make_site: MakeSite, wanted: bool) -> None:  # noqa: FBT001
    make_site({"a.md": "```console\n$ docker ps\n```\n"}, f"      replay_control: {str(wanted).lower()}\n")
    site = dataclasses.replace(config.load(Path("mkdocs.yml")), mode=Mode.RUN)
    runner.run(plan(site, files.read_all(site, [Path("docs/a.md")])), runner.Watcher(), sandboxes=sandboxes)
    assert build(SNIPPETRUN_MODE="replay").returncode == 0
    html = Path("site/a.html").read_text()
    ours = {file.name for file in Path("site/assets").iterdir() if file.is_file()}
    assert ours == (ASSETS if wanted else {"snippetrun.css"})
    assert html.count(f'<script src="{SCRIPT_PATH}">') == wanted
    assert bool(told(html)) == wanted


def test_the_package_has_all_that_a_site_needs(tmp_path: Path) -> None:
    write_assets(tmp_path)
    assert {file.name for file in (tmp_path / "assets").iterdir()} == ASSETS
    shipped = {file.distribution_path for file in WheelBuilder(str(REPOSITORY)).recurse_included_files()}
    assert {f"snippetrun/render/assets/{name}" for name in ASSETS} <= shipped


def test_the_player_says_what_it_is_and_compiles_nothing() -> None:
    """A strict Content-Security-Policy refuses WebAssembly and code in strings."""
    player = (REPOSITORY / "snippetrun/render/assets/asciinema-player.js").read_text(encoding="utf-8")
    version = re.search(r"player=([\d.]+)", (REPOSITORY / "tools/renew-player").read_text())
    assert version
    assert player.startswith(f"/* asciinema-player {version[1]}, Apache-2.0")
    assert "AGFzbQ" not in player
    assert not re.search(r"\beval\(|new Function\(", player)
    assert not re.search(r"https?://(?!www\.w3\.org/)", player)
