"""The page about what pages cost is what was measured; of its drawings, all that needs no plotting library to tell."""

from __future__ import annotations

import json
import re

import pytest
from conftest import REPOSITORY

PAGE = REPOSITORY / "docs/reference/benchmarks.md"
FIGURES = json.loads((REPOSITORY / "benchmarks/figures.json").read_text())
DRAWING = re.compile(r"</desc>\n(.*?)\n</svg>", re.DOTALL)
CIRCLE = re.compile(r'<circle class="(accent|box)" cx="([\d.]+)" cy="([\d.]+)"')


@pytest.fixture(autouse=True)
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(REPOSITORY / "benchmarks")


def test_the_page_says_what_was_measured() -> None:
    from page import page

    text = PAGE.read_text()
    drawings = iter(DRAWING.findall(text))
    assert text == page(text, FIGURES, lambda *_: next(drawings)), (
        "write it anew: .venv-bench/bin/python benchmarks/page.py"
    )
    assert next(drawings, "") == ""


def test_each_sample_is_drawn_where_it_belongs() -> None:
    from page import GROUPS, plots
    from plots import LEFT, RIGHT, WIDTH

    drawn_groups = filter(None, (plots(group, FIGURES) for group in GROUPS))
    for group, drawing in zip(drawn_groups, DRAWING.findall(PAGE.read_text()), strict=True):
        circles = iter(CIRCLE.findall(drawing))
        for plot in group:
            most = max(max(way.samples) for way in plot.ways)
            drawn = [(way, sample, next(circles)) for way in plot.ways for sample in way.samples]
            for way, sample, (kind, x, _) in drawn:
                assert kind == ("accent" if way.ours else "box")
                assert float(x) == pytest.approx(LEFT + (WIDTH - LEFT - RIGHT) * sample / most / 1.05, abs=0.1)
            assert len({y for *_, (_, _, y) in drawn}) == len(plot.ways)
        assert next(circles, None) is None


def test_drawings_are_small_and_have_the_colours_and_fonts_of_the_page() -> None:
    for drawing in DRAWING.findall(PAGE.read_text()):
        assert len(drawing.encode()) < 15_000
        assert not re.search(r"\b(style|fill|stroke|font-family)=", drawing)
        assert "<text" in drawing
