"""This site as MkDocs, ProperDocs and Zensical build it from one configuration, in a real browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.browser import CHROMIUM
from helpers.generators import COMMANDS, site_by

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Error, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium"),
    pytest.mark.slow,
]

PAGES = ("index", "reference/engines", "running-containers", "logging", "dockerfile", "reference/terminals")
# The blocks of a page that is not loaded. Ours as HTML, of all others the text. Zensical takes away the attribute that
# keeps them out of Material's search.
BLOCKS = """text => {
    const page = new DOMParser().parseFromString(text, 'text/html')
    const blocks = page.querySelectorAll('article .snippetrun, article .snippetrun-ran-on, article pre')
    return [...blocks].map(block =>
        block.matches('pre') ? block.textContent : block.outerHTML.replaceAll(' data-search-exclude=""', ''))
}"""
# Of all blocks of a page: where they are, and the least contrast of a command and of output against what is behind.
LOOKS = """() => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true})
    const colour = text => {
        canvas.fillStyle = text
        canvas.fillRect(0, 0, 1, 1)
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
    }
    const light = rgb => rgb.map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0)
    const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    const article = document.querySelector('article').getBoundingClientRect()
    return [...document.querySelectorAll('article .snippetrun')].filter(block => block.checkVisibility()).map(block => {
        const box = block.getBoundingClientRect()
        const code = block.querySelector('code')
        const back = light(colour(getComputedStyle(code).backgroundColor))
        const texts = [...block.querySelectorAll('.sr-command, .sr-output')]
        return {
            inside: box.height > 10 && box.left >= article.left - 1 && box.right <= article.right + 1,
            contrast: Math.min(...texts.map(text => contrast(light(colour(getComputedStyle(text).color)), back)), 21),
            bold: [...block.querySelectorAll('.sr-command')].every(text => getComputedStyle(text).fontWeight >= 600),
            mono: getComputedStyle(code).fontFamily.includes('mono'),
            back,
        }
    })
}"""


# Of each block of a page: whether something of it scrolls, and how many commands are cut.
CUT = """() => [...document.querySelectorAll('article .snippetrun')].filter(e => e.checkVisibility()).map(block => {
    const scrolls = [...block.querySelectorAll('code, .sr-table')].some(e => e.scrollWidth > e.clientWidth + 1)
    const right = block.querySelector('code').getBoundingClientRect().right
    const cut = [...block.querySelectorAll('.sr-command')].filter(command => {
        const range = document.createRange()
        range.selectNodeContents(command)
        return range.getBoundingClientRect().right > right + 1
    })
    return [scrolls, cut.length]
})"""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The site by generator."""
    return {generator: site_by(generator, tmp_path_factory) for generator in COMMANDS}


@pytest.fixture(scope="module")
def tabs(browser: Browser) -> Sequence[Page]:
    """A tab for readers who want it light, and one for dark; to load page after page is quicker than a tab for each."""
    light, dark = browser.new_page(color_scheme="light"), browser.new_page(color_scheme="dark")
    return light, dark


@dataclass
class Look:
    """What a page of the site looks like."""

    name: str
    blocks: dict[int, list[tuple[bool, int]]]
    """Of each block, by the width of the window in pixels: whether something scrolls, how many commands are cut."""
    against: list[tuple[str, object]]
    """What axe has against the text: rules, and the element of each."""


@pytest.fixture(scope="module")
def looks(sites: Mapping[str, Path], tabs: Sequence[Page]) -> list[Look]:
    """All pages of the site; each is loaded once, as that takes long."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    seen: list[Look] = []
    light, dark = tabs
    for file, tab in zip(sorted(sites["mkdocs"].rglob("*.html")), cycle((light, light, dark, dark)), strict=False):
        widths = (1280, 375) if len(seen) % 2 else (375, 1280)  # axe looks at the second
        tab.goto(file.as_uri())
        blocks = {}
        for width in widths:
            tab.set_viewport_size({"width": width, "height": 900})
            blocks[width] = tab.evaluate(CUT)
        found = axe.run(tab, "article", {"resultTypes": ["violations"]}).response["violations"]
        # Material's own bars for its copy buttons are landmarks of one name.
        against = [(rule["id"], node["target"]) for rule in found for node in rule["nodes"]]
        seen.append(Look(file.name, blocks, [fault for fault in against if fault[0] != "landmark-unique"]))
    return seen


def test_all_three_show_the_same_blocks(sites: Mapping[str, Path], tabs: Sequence[Page]) -> None:
    counted = 0
    for file in sorted(sites["mkdocs"].rglob("*.html")):
        shown = [
            tabs[0].evaluate(BLOCKS, (site / file.relative_to(sites["mkdocs"])).read_text()) for site in sites.values()
        ]
        assert shown[0] == shown[1], file.name
        assert shown[0] == shown[2], file.name
        counted += len(shown[0])
    assert counted > 500


@pytest.mark.parametrize("generator", COMMANDS)
def test_blocks_look_right_in_light_and_dark(generator: str, sites: Mapping[str, Path], tabs: Sequence[Page]) -> None:
    for name in PAGES:
        backs = []
        for scheme, page in zip(("light", "dark"), tabs, strict=True):
            wrong: list[Error] = []
            page.once("pageerror", partial(list.append, wrong))
            page.set_viewport_size({"width": 1280, "height": 900})
            page.goto((sites[generator] / f"{name}.html").as_uri())
            looks = page.evaluate(LOOKS)
            assert wrong == []
            assert looks
            assert all(look["inside"] and look["bold"] and look["mono"] for look in looks), (name, looks)
            assert min(look["contrast"] for look in looks) >= 4.5, (name, scheme)
            backs.append(looks[0]["back"])
        assert backs[0] > 0.5 > backs[1]


@pytest.mark.parametrize("generator", COMMANDS)
@pytest.mark.parametrize("script", [False, True])
def test_a_reader_switches_to_what_came_out_on_another_engine(
    generator: str, *, script: bool, sites: Mapping[str, Path], browser: Browser
) -> None:
    page = browser.new_context(java_script_enabled=script).new_page()
    page.goto((sites[generator] / "reference/engines.html").as_uri())
    tabs = page.locator(".sr-engines").nth(1)
    blocks = tabs.locator(".snippetrun")
    assert [block.is_visible() for block in blocks.all()] == [True, False]
    assert ":::8080->80/tcp" in blocks.nth(0).inner_text()
    tabs.locator("label").nth(1).click()
    blocks.nth(1).wait_for(state="visible")
    assert [block.is_visible() for block in blocks.all()] == [False, True]
    assert "[::]:8080->80/tcp" in blocks.nth(1).inner_text()
    others = page.locator(".sr-engines").nth(0).locator(".snippetrun").all()
    if script:  # Material and Zensical link tabs of one name
        others[1].wait_for(state="visible")
    assert [block.is_visible() for block in others] == [not script, script]
    page.context.close()


@pytest.mark.parametrize("generator", COMMANDS)
def test_both_readers_find_their_way_on_the_first_screen(
    generator: str, sites: Mapping[str, Path], browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((sites[generator] / "index.html").as_uri())
    boxes = [box for reader in page.locator(".readers > div").all() if (box := reader.bounding_box())]
    assert [box["y"] + box["height"] < 800 for box in boxes] == [True, True]
    assert boxes[0]["y"] == boxes[1]["y"]
    page.close()


def test_no_command_of_the_site_is_cut_and_few_blocks_scroll(looks: list[Look]) -> None:
    for width, scrolling in (1280, 0.05), (375, 0.3):
        seen = [block for look in looks for block in look.blocks[width]]
        assert len(seen) > 150
        assert sum(cut for _, cut in seen) == 0
        assert sum(scrolls for scrolls, _ in seen) <= scrolling * len(seen)


def test_axe_has_nothing_against_the_text_of_a_page(looks: list[Look]) -> None:
    assert [(look.name, fault) for look in looks for fault in look.against] == []


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("port-mapping", "PORTS"),
        ("running-containers", "NAMES"),
        ("changing-containers", "STATUS"),
        ("images", "NAMES"),
    ],
)
def test_a_column_that_the_text_points_at_is_seen(
    sites: Mapping[str, Path], browser: Browser, name: str, column: str
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((sites["mkdocs"] / f"{name}.html").as_uri())
    hidden = """(all, column) => all.filter(e => e.checkVisibility() && e.textContent.includes(column)).map(e => {
        const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT), range = document.createRange()
        let node = walker.nextNode()
        while (!node.data.includes(column)) node = walker.nextNode()
        range.setStart(node, node.data.indexOf(column))
        range.setEnd(node, node.data.indexOf(column) + column.length)
        return e.getBoundingClientRect().right - range.getBoundingClientRect().right
    })"""
    rooms = page.locator("article .sr-table").evaluate_all(hidden, column)
    assert rooms
    assert min(rooms) >= 0
    page.close()


@pytest.mark.parametrize("generator", ["mkdocs", "properdocs"])  # a site names the script itself for Zensical
def test_no_text_touches_the_control_that_plays_the_block_above(
    generator: str, sites: Mapping[str, Path], browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto((sites[generator] / "images.html").as_uri())
    room = """bars => bars.filter(bar => bar.checkVisibility()).map(bar => {
        const block = bar.closest('.sr-engines') ?? bar.closest('.snippetrun')
        return block.nextElementSibling.getBoundingClientRect().top - bar.getBoundingClientRect().bottom
    })"""
    bars = page.locator("article .sr-play-bar")
    bars.first.wait_for()  # their script may come late
    rooms = bars.evaluate_all(room)
    assert len(rooms) > 5
    assert min(rooms) > 4
    page.close()


@pytest.mark.parametrize("generator", COMMANDS)
def test_drawings_are_no_larger_than_their_stylesheet_says(
    generator: str, sites: Mapping[str, Path], browser: Browser
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    for name in ("images", "reference/benchmarks"):
        page.goto((sites[generator] / f"{name}.html").as_uri())
        widths = page.locator("article .diagram svg").evaluate_all("all => all.map(svg => svg.clientWidth)")
        assert widths
        assert max(widths) <= 400
    page.close()
