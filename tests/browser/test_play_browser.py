"""The control that plays a block, in a real browser: under a strict policy, and in Material without a load."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from helpers.browser import CHROMIUM, served
from mkdocs.commands.build import build
from mkdocs.config import load_config

from snippetrun.model import Command, CommandResult, Moment, Options, Piece, PieceKind, Snippet, printed
from snippetrun.render import SCRIPT_PATH, STYLE_PATH, snippet, write_assets

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium"),
]

TABLE = "CONTAINER ID   IMAGE     NAMES\n4f0c2a7a1b9e   nginx     web\n"


def block(*results: tuple[str, tuple[Piece, ...], tuple[Moment, ...]], status: int = 0) -> str:
    commands = tuple(Command(text, 1, 1, status) for text, _, _ in results)
    recorded = [CommandResult(1, text, pieces, status, 0.9, moments=moments) for text, pieces, moments in results]
    return snippet(Snippet("console", Options(), 1, 2, "", "", commands), recorded, [], also=["28.5.2"])


LOOP = block(
    ("for i in 1 2; do\n  echo $i\ndone", printed("1\n2\n"), (Moment(0.1, 2), Moment(0.4, 4))),
    ("docker ps", printed(TABLE), (Moment(0.2, len(TABLE)),)),
    ("printf é中\U0001f40b", printed("\x1b[31mé中\x1b[0m\U0001f40b {{ x }} <b>&amp;</b>\n"), (Moment(0.0, 27),)),
    status=3,
)
BAR = block(
    (
        "docker pull x",
        printed("Pulling\n\x1b[32mdone\x1b[0m\n"),
        (
            Moment(0.0, 8),
            Moment(0.1, 8, "\x1b[33m10%\x1b[0m  half of it\n"),
            Moment(1.6, 8, "\x1b[33m60%\x1b[0m\n"),
            Moment(1.8, 13),
        ),
    )
)
TALK = block(
    (
        "docker run -it busybox",
        (
            Piece(PieceKind.OUTPUT, "/ # "),
            Piece(PieceKind.INPUT, "echo hi\n"),
            Piece(PieceKind.OUTPUT, "hi\n/ # "),
            Piece(PieceKind.KEYS, "^D\n"),
        ),
        (Moment(0.1, 4), Moment(0.2, 11)),
    )
)
BLANK = block(("println", printed("\none\n\n\n"), (Moment(0.1, 7),)))
UNTIMED = block(("echo old", printed("old\n"), ()))
PAGE = f"""<!doctype html><html lang=en><meta charset=utf-8><title>Test</title>
<meta name=color-scheme content="light dark">
<link rel=stylesheet href=page.css><link rel=stylesheet href={STYLE_PATH}><script src={SCRIPT_PATH}></script>
<main><h1>Test</h1>{LOOP}{BAR}{TALK}{BLANK}{UNTIMED}</main>"""


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("strict")
    write_assets(folder)
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    (folder / "page.css").write_text("html { color: CanvasText; background: Canvas }")
    with served(folder, "default-src 'self'") as address:
        yield address


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("material")
    docs = folder / "docs"
    write_assets(docs)
    (docs / "index.md").write_text("# Index\n\n[there](other.md)\n\n```test\n```\n")
    (docs / "other.md").write_text("# Other\n\n[back](index.md)\n\n```test\n```\n")
    (folder / "mkdocs.yml").write_text("site_name: Test\n")
    with served(folder / "site") as address:
        _build(folder, docs, address)
        yield address


def _build(folder: Path, docs: Path, address: str) -> None:
    config = load_config(
        config_file=str(folder / "mkdocs.yml"),
        docs_dir=str(docs),
        site_dir=str(folder / "site"),
        site_url=f"{address}/",
        use_directory_urls=False,
        extra_css=[STYLE_PATH],
        extra_javascript=[SCRIPT_PATH],
        theme={"name": "material", "font": False, "features": ["navigation.instant", "content.code.copy"]},
        markdown_extensions=["pymdownx.superfences"],
    )
    fence = {"name": "test", "class": "", "format": lambda *_, **__: LOOP}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [fence]}
    build(config)


def opened(browser: Browser, address: str, faults: list[str], **options: Any) -> Page:  # noqa: ANN401 - playwright's
    page = browser.new_context(**options).new_page()
    page.on("console", lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    return page


@pytest.fixture
def page(browser: Browser, strict: str) -> Iterator[Page]:
    """The page under the strict policy; nothing on it may be refused."""
    faults: list[str] = []
    made = opened(browser, strict, faults)
    yield made
    made.context.close()
    assert [fault for fault in faults if "favicon" not in fault and "404" not in fault] == []


def screen(page: Page) -> str:
    lines: list[str] = page.eval_on_selector_all(".sr-player .ap-line", "all => all.map(line => line.textContent)")
    return "\n".join(line.rstrip() for line in lines).rstrip()


def shown(page: Page, number: int) -> str:
    """What a block says without its controls."""
    text: str = page.locator("pre > code").nth(number).evaluate("code => code.textContent")
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n"))


def joined(text: str) -> str:
    """Text without what lines are broken by: tables have a line end more in the block, and wide letters a blank."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("number", range(4))
def test_a_play_ends_with_what_the_block_shows(page: Page, number: int) -> None:
    page.locator(".sr-play").nth(number).click()
    page.wait_for_selector(".sr-player[data-ended]", timeout=60_000)
    assert joined(screen(page)) == joined(shown(page, number))
    assert page.locator("pre > code").nth(number).is_hidden()
    assert page.locator(".sr-play-note").nth(number).text_content() == "pauses over 2 s are shortened"
    page.keyboard.press("Escape")
    assert page.locator(".sr-player").count() == 0
    assert page.locator("pre > code").nth(number).is_visible()


def test_commands_are_typed_and_what_was_drawn_over_is_seen(page: Page) -> None:
    page.locator(".sr-play").nth(1).click()
    page.wait_for_function("() => document.querySelector('.sr-player .ap-line')?.textContent.trimEnd() === '$ docker'")
    page.wait_for_function("() => document.querySelector('.sr-player')?.textContent.includes('10%  half of it')")
    assert screen(page) == "$ docker pull x\nPulling\n10%  half of it"
    half = page.locator(".sr-player .ap-line span", has_text="10%").evaluate("span => getComputedStyle(span).color")
    assert half != page.locator("pre > code").nth(1).evaluate("code => getComputedStyle(code).color")
    page.wait_for_selector(".sr-player[data-ended]", timeout=60_000)
    assert screen(page) == "$ docker pull x\nPulling\ndone"


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    button = page.get_by_role("button", name="Play this as it happened").nth(2)
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".sr-player .ap-line")
    assert page.get_by_role("region", name="The commands as they happened").count() == 1
    page.get_by_role("button", name="Text: end the play").press("Enter")
    assert page.locator(".sr-player").count() == 0
    assert page.evaluate("document.activeElement.className") == "sr-play"


def test_a_block_of_which_nobody_knows_when_its_output_came_has_no_control(page: Page) -> None:
    assert page.locator(".snippetrun").count() == 5
    assert page.locator(".sr-play").count() == 4


def test_a_page_loads_no_player_before_somebody_plays(browser: Browser, strict: str) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto(strict)
    page.wait_for_selector(".sr-play")
    assert "asciinema-player.js" not in asked
    page.locator(".sr-play").first.click()
    page.wait_for_selector(".sr-player .ap-line")
    assert {"asciinema-player.js", "asciinema-player.css"} <= {*asked}
    page.close()


def test_without_a_script_there_is_nothing_of_it(browser: Browser, strict: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(strict)
    assert page.locator("button, .sr-play-bar").count() == 0
    assert "Play" not in page.locator("main").inner_text()
    page.context.close()


def test_paper_has_the_text(page: Page) -> None:
    page.locator(".sr-play").first.click()
    page.wait_for_selector(".sr-player .ap-line")
    page.emulate_media(media="print")
    assert page.locator("pre > code").first.is_visible()
    assert page.locator(".sr-player").is_hidden()
    assert page.locator(".sr-play").first.is_hidden()


def test_whoever_wants_less_motion_sees_no_typing(browser: Browser, strict: str) -> None:
    page = opened(browser, strict, [], reduced_motion="reduce")
    page.locator(".sr-play").nth(1).click()
    page.wait_for_selector(".sr-player .ap-line >> text=$ docker pull x")
    page.wait_for_selector(".sr-player[data-ended]")
    assert screen(page) == "$ docker pull x\nPulling\ndone"
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_it_plays(browser: Browser, strict: str, scheme: Literal["light", "dark"]) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = browser.new_context(bypass_csp=True, color_scheme=scheme).new_page()
    page.goto(strict)
    page.locator(".sr-play").nth(2).click()
    page.wait_for_selector(".sr-player[data-ended]", timeout=60_000)
    found = axe.run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    page.context.close()


@pytest.mark.slow
def test_nothing_is_wider_than_a_phone(browser: Browser, strict: str) -> None:
    page = opened(browser, strict, [], viewport={"width": 375, "height": 800})
    page.locator(".sr-play").first.click()
    page.wait_for_selector(".sr-player[data-ended]", timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert joined(screen(page)) == joined(shown(page, 0))
    page.context.close()


@pytest.mark.slow
def test_it_plays_where_material_changes_pages_in_place(browser: Browser, material: str) -> None:
    faults: list[str] = []
    page = opened(browser, f"{material}/index.html", faults)
    page.locator(".sr-play").click()
    page.wait_for_selector(".sr-player .ap-line")
    page.evaluate("window.same = true")
    page.get_by_role("link", name="there").click()
    page.wait_for_selector("h1:has-text('Other')")
    page.wait_for_selector(".sr-play")
    assert page.evaluate("window.same") is True
    assert page.locator(".sr-player").count() == 0
    page.locator(".sr-play").click()
    page.wait_for_selector(".sr-player[data-ended]", timeout=60_000)
    assert joined(screen(page)) == joined(shown(page, 0))
    page.context.close()
