"""The authoring guide keeps its promise: each example stands twice, as source and live, and nothing is left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from conftest import REPOSITORY
from markdown_it import MarkdownIt

from snippetrun import config
from snippetrun.config import Baseline, SiteConfig
from snippetrun.config.parse import readers
from snippetrun.extract import front_matter as head
from snippetrun.extract import read
from snippetrun.extract.attribute_values import READERS
from snippetrun.extract.fences import Fence, read_outline
from snippetrun.extract.info_string import parse
from snippetrun.extract.lines import normalised
from snippetrun.model import Match, Options, PageOptions, Snippet
from snippetrun.support.patterns import KEYS as TYPED_KEYS

REFERENCE = REPOSITORY / "docs" / "reference"
GUIDE = ("writing-pages.md", "terminals.md", "settings.md")
SITE = config.load(REPOSITORY / "mkdocs.yml")


def lines(name: str) -> list[str]:
    return normalised((REFERENCE / name).read_text(encoding="utf-8"))


def body(name: str) -> list[str]:
    """The lines of a page, with blank ones for its front matter."""
    count = head.read_front_matter(name, lines(name)).lines
    return [""] * count + lines(name)[count:]


def fences(name: str, language: str) -> list[Fence]:
    return [fence for fence in read_outline(body(name)).fences if fence.info.split()[:1] == [language]]


def snippets(name: str) -> tuple[Snippet, ...]:
    return read(name, "\n".join(lines(name)), SITE.dialect).snippets


def said(options: Options | PageOptions) -> set[str]:
    return {key for key in options.__slots__ if getattr(options, key) not in {None, False}}


EXAMPLES = [(name, fence) for name in GUIDE for fence in fences(name, "markdown")]


@pytest.mark.parametrize(("name", "source"), EXAMPLES, ids=[f"{name}:{fence.line}" for name, fence in EXAMPLES])
def test_each_source_is_followed_by_the_same_live(name: str, source: Fence) -> None:
    start = source.end_line + 1
    assert body(name)[source.end_line] == ""
    assert body(name)[start : start + len(source.lines)] == list(source.lines)
    shown = [
        replace(f, line=f.line + start, end_line=f.end_line + start, containers=())
        for f in read_outline(source.lines).fences
    ]
    live = [
        replace(f, containers=())
        for f in read_outline(body(name)).fences
        if start < f.line <= start + len(source.lines)
    ]
    assert shown == live
    assert {f.line for f in live} <= {snippet.line for snippet in snippets(name)}


@pytest.mark.parametrize("name", GUIDE)
def test_whatever_is_live_has_its_source_above_it(name: str) -> None:
    explained = {
        source.end_line + 1 + fence.line
        for source in fences(name, "markdown")
        for fence in read_outline(source.lines).fences
    }
    assert [snippet.line for snippet in snippets(name) if snippet.line not in explained] == []


def test_each_attribute_is_shown_at_work() -> None:
    options = [snippet.options for name in GUIDE for snippet in snippets(name)]
    assert set().union(*map(said, options)) == set(READERS)
    assert {option.match for option in options} == {None, *Match}


def test_each_attribute_is_in_the_table() -> None:
    table = [cells[0] for cells in rows("settings.md") if cells[0].startswith("{")]
    options = [parse(f"console {cell}", languages=SITE.languages, path="", line=1, column=1)[1] for cell in table]
    assert set().union(*map(said, options)) == set(READERS)


def rows(name: str) -> Iterator[list[str]]:
    """Yield the rows of a page's tables, the text of their cells without mark-up."""
    row: list[str] = []
    for token in MarkdownIt("commonmark").enable("table").parse("\n".join(body(name))):
        if token.type == "tr_open":
            row = []
        elif token.type == "inline" and token.children:
            row.append("".join(child.content for child in token.children))
        elif token.type == "tr_close":
            yield row


def test_each_kind_of_key_is_pressed() -> None:
    written = [line for name in GUIDE for s in snippets(name) for command in s.commands for line in command.written]
    pressed = {line.split()[-1] for line in written if line.strip() and TYPED_KEYS.fullmatch(line.split()[-1])}
    assert pressed == {"^C", "^D", "^\\", "^P^Q"}
    assert pressed <= {cells[0] for cells in rows("terminals.md")}


def test_each_key_of_the_front_matter_is_shown_and_can_be_read() -> None:
    shown = [fence.lines for fence in fences("settings.md", "yaml") if fence.lines[0] == "---"]
    found = [head.read_front_matter("settings.md", block) for block in shown]
    assert [front.problems for front in found] == [()] * len(found)
    assert set().union(*(said(front.options) for front in found)) - {"line"} == set(head.READERS)
    assert {cells[0] for cells in rows("settings.md")} >= set(head.READERS)


def test_the_front_matter_of_the_settings_is_their_first_example() -> None:
    first = fences("settings.md", "yaml")[0].lines
    assert lines("settings.md")[: len(first)] == list(first)


def test_each_key_of_the_site_is_shown_with_its_default(tmp_path: Path) -> None:
    [block] = [fence.lines for fence in fences("settings.md", "yaml") if fence.lines[0] == "plugins:"]
    for image in ("web", "nginx"):
        (tmp_path / "images" / image).mkdir(parents=True)
        (tmp_path / "images" / image / "Dockerfile").touch()
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "big.md").touch()
    (tmp_path / "mkdocs.yml").write_text("\n".join(block).replace("sha256:...", "sha256:" + 64 * "0"))
    loaded = config.load(tmp_path / "mkdocs.yml")
    folder = loaded.root / "recordings"
    defaults = SiteConfig(
        loaded.root,
        loaded.docs,
        loaded.path,
        loaded.images,
        pages=loaded.pages,
        jobs=loaded.jobs,
        recordings=folder,
        baseline=Baseline(loaded.root / "snippetrun-baseline.txt"),
        files=loaded.files,
        extensions=loaded.extensions,
    )
    assert loaded == defaults
    [options] = [entry["snippetrun"] for entry in yaml.safe_load("\n".join(block))["plugins"]]
    assert set(options) | {"engines"} == set(readers(tmp_path, tmp_path))  # which takes the place of `engine`
    assert {key for image in options["images"].values() for key in image} == {"build", "pull", "stand_in"}
