"""The rendered block in a real browser, on a real Material for MkDocs site, by the real superfences road."""

from __future__ import annotations

import json
import re
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from helpers.browser import CHROMIUM, served
from mkdocs.commands.build import build
from mkdocs.config import load_config

from snippetrun.model import (
    Command,
    CommandResult,
    Environment,
    ImageFact,
    Options,
    Outcome,
    Piece,
    PieceKind,
    Recording,
    Snippet,
    Verdict,
    printed,
)
from snippetrun.render import STYLE_PATH, footer, snippet, style, tabs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, Page, Request

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium"),
]

LONG = """\
CONTAINER ID   IMAGE     COMMAND                  CREATED         STATUS         PORTS                  NAMES
4f0c2a7a1b9e   nginx     "/docker-entrypoint.…"   3 seconds ago   Up 2 seconds   0.0.0.0:8080->80/tcp   web
"""
PALETTE = " ".join(f"\x1b[{30 + n % 8 + 60 * (n // 8)}mfg{n}\x1b[0m" for n in range(16))
BACKGROUNDS = " ".join(f"\x1b[{40 + n % 8 + 60 * (n // 8)}mbg{n}\x1b[0m" for n in range(16))
OWN = " ".join(f"\x1b[38;5;{n}m{n}\x1b[0m" for n in range(16, 256))
BOTH = "\x1b[38;2;250;175;80;48;2;1;35;69mboth\x1b[0m"


def ran(
    *commands: tuple[str, str],
    status: int = 0,
    verdict: Verdict | None = None,
    skip: str | None = None,
    varies: Sequence[Sequence[tuple[int, int]]] = (),
) -> str:
    """A block of commands and their output; status and verdict are the last one's."""
    last = len(commands) - 1
    made = [
        Command(text, 1, 1, status if n == last else 0, tuple(out.splitlines()) if skip else ())
        for n, (text, out) in enumerate(commands)
    ]
    came = [
        CommandResult(1, text, printed(out), status if n == last else 0, 0.1) for n, (text, out) in enumerate(commands)
    ]
    passed = [Verdict(Outcome.PASSED, 1, text) for text, _ in commands[:last]]
    verdicts = [*passed, verdict] if verdict else []
    if verdict and verdict.outcome is Outcome.NOT_REACHED:
        came.pop()
    return snippet(Snippet("console", Options(skip=skip), 1, 2, "", "", tuple(made)), came, verdicts, varies)


def talked(command: str, *pieces: Piece, late: str = "") -> str:
    """A block of one command, empty if it was open, in a terminal of its own."""
    made = Snippet("console", Options(term="server"), 1, 2, "", "", (Command(command, 1, 1),))
    return snippet(made, [CommandResult(1, command, pieces, 0, 0.1, output_before=late)], [])


PROMPT = Piece(PieceKind.OUTPUT, "root@4f0c2a7a1b9e:/# ")
BLOCKS = {
    "several": ran(
        ("docker run --name web -d \\\n  -p 8080:80 \\\n  nginx", "4f0c2a7a1b9e\n"),
        ("docker volume create data >/dev/null", ""),
        ("docker rm -f web", "web\n"),
    ),
    "long": ran(("docker ps", LONG)),
    "exit": ran(("docker run --rm busybox sh -c 'exit 3'", "going down\n"), status=3),
    "colours": ran(("colours", f"{PALETTE}\n{BACKGROUNDS}\n{OWN}\n{BOTH} \x1b[1mbold\x1b[m \x1b[2mdim\x1b[m")),
    "skipped": ran(("docker run --gpus all nvidia/cuda nvidia-smi", "...\n"), skip="needs a GPU"),
    "failed": ran(
        ("docker rm web", "Error response from daemon: No such container: web\n"),
        verdict=Verdict(Outcome.FAILED, 1, "docker rm web", "the exit status was 1, and 0 was expected"),
    ),
    "attack": ran(("cat page", '</code></pre><script>window.owned = 1</script>{{ config }}"><img onerror=x>\n')),
    "typed": talked(
        "docker run -it --name box ubuntu bash",
        PROMPT,
        Piece(PieceKind.INPUT, "echo hi\n"),
        Piece(PieceKind.OUTPUT, "hi\n" + PROMPT.text),
        Piece(PieceKind.KEYS, "^P^Q\n"),
        late="the last words of the command before\n",
    ),
    "goes_on": talked("", PROMPT, Piece(PieceKind.INPUT, "cat /answer\n"), Piece(PieceKind.OUTPUT, "42\n")),
    "keys": talked("", Piece(PieceKind.KEYS, "^C\n"), Piece(PieceKind.OUTPUT, "bye\n")),
    "varies": ran(("docker run -d x", "\x1b[4;41m4f0c2a7a1b9e\x1b[0m web\n"), varies=[[(0, 12)]]),
    "screens": ran(("seq 60", "".join(f"{n}\n" for n in range(1, 61)))),
    "short": ran(("docker version --format '{{.Server.Version}}'", "26.1.5\n")),
}

PAGE = """
# Containers

## Several

A first paragraph.

@several@

@long@

@exit@

@skipped@

@failed@

@attack@

@typed@

@goes_on@

@keys@

@varies@

@screens@

## Nested

1. In a list:

    @short@

2. Next item.

!!! note

    @long@

=== "One"

    @short@

=== "Two"

    @exit@

## Colours

@colours@
"""

RECORDING = Recording(
    page="index.md",
    key="0" * 64,
    environment=Environment(
        engine="26.1.5",
        kernel="6.12.0",
        snippetrun="0.1.0",
        images=(
            ImageFact("nginx:latest", "sha256:" + "4f0c" * 16, "docker.io/library/nginx"),
            ImageFact("web:1", "sha256:" + "a1b2" * 16, "images/web/Dockerfile", "holds no data"),
        ),
    ),
    when="2026-11-23T22:55:00Z",
    boot_seconds=1.1,
    seconds=4.2,
    snippets=tuple((CommandResult(1, "docker ps", (), 0, 0.1),) for _ in range(12)),
)


def fence(match: re.Match[str]) -> str:
    return f"{match[1]}```snippetrun-test\n{match[1]}{match[2]}\n{match[1]}```"


def build_site(folder: Path, page: str = PAGE) -> Path:
    """Build the page with each `@block@` as a fence of a private language, as the plugin does."""
    docs = folder / "docs"
    docs.mkdir()
    text = re.sub(r"^( *)@(\w+)@$", fence, page, flags=re.MULTILINE)
    (docs / "index.md").write_text(
        f"{text}\n{footer(RECORDING, varies=True, images=['nginx:latest', 'web:1'])}\n", encoding="utf-8"
    )
    (docs / STYLE_PATH).parent.mkdir()
    (docs / STYLE_PATH).write_text(style(), encoding="utf-8")
    config = load_config(
        config_file=str(folder / "mkdocs.yml"),
        site_name="Test",
        site_url="",
        docs_dir=str(docs),
        site_dir=str(folder / "site"),
        extra_css=[STYLE_PATH],
        theme={
            "name": "material",
            "font": False,
            "features": ["content.code.copy", "content.code.annotate", "content.code.select"],
            "palette": [
                {"scheme": "default", "toggle": {"icon": "material/brightness-7", "name": "dark"}},
                {"scheme": "slate", "toggle": {"icon": "material/brightness-4", "name": "light"}},
            ],
        },
        markdown_extensions=[
            *("admonition", "attr_list", "md_in_html", "pymdownx.details", "pymdownx.superfences"),
            {"pymdownx.tabbed": {"alternate_style": True}},
        ],
    )
    custom = {"name": "snippetrun-test", "class": "", "format": lambda source, *_, **__: BLOCKS[source]}
    config.mdx_configs["pymdownx.superfences"] = {"custom_fences": [custom]}
    build(config)
    return folder / "site"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    (folder / "mkdocs.yml").write_text("site_name: Test\n", encoding="utf-8")
    return build_site(folder)


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site) as served_at:
        yield served_at


@pytest.fixture(scope="module")
def tab(browser: Browser, address: str) -> Iterator[Page]:
    """A tab of the browser, which loads the page anew for each test: that is quicker than a new tab."""
    context = browser.new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(tab: Page, address: str) -> Iterator[Page]:
    """The page, wide and in the default scheme; it must ask no other host for anything."""
    asked: list[str] = []
    listener = partial(_note, asked)
    tab.on("request", listener)
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.emulate_media(media="screen")
    tab.goto(address)
    tab.wait_for_selector(".md-code__button")
    yield tab
    tab.remove_listener("request", listener)
    assert [url for url in asked if not url.startswith((address, "data:"))] == []


def _note(urls: list[str], request: Request) -> None:
    urls.append(request.url)


SCHEMES = ["default", "slate"]


def use(page: Page, scheme: str) -> None:
    # Material fades colours over 125 ms or more; a test wants the end of it.
    page.add_style_tag(content="* { transition: none !important }")
    page.evaluate("scheme => document.body.setAttribute('data-md-color-scheme', scheme)", scheme)


# Draws the backgrounds behind an element and then its text onto one pixel each: whatever syntax and
# transparency the computed colours have, what comes back is what is seen. Contrast as WCAG 2.2 defines it.
CONTRASTS = """elements => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const luminance = () => [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
    .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const fill = colour => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); };
  return elements.map(element => {
    const chain = [];
    for (let e = element; e; e = e.parentElement) chain.unshift(getComputedStyle(e).backgroundColor);
    ["white", ...chain].forEach(fill);
    const back = luminance();
    fill(getComputedStyle(element).color);
    const text = luminance();
    const ratio = (Math.max(back, text) + 0.05) / (Math.min(back, text) + 0.05);
    return [ratio, element.className + " " + element.textContent.slice(0, 20)];
  });
}"""
SHOWN = (
    ".snippetrun :is(.sr-command, .sr-prompt, .sr-output, .sr-output span:not(:has(span)), .sr-mark, .sr-label), "
    ".snippetrun-ran-on :is(summary, dt, dd, td, th, label, .sr-stand-in)"
)


def faint(page: Page) -> list[tuple[float, str]]:
    """Whatever text of ours has too little contrast for WCAG 2.2 AA."""
    found = page.eval_on_selector_all(SHOWN, CONTRASTS)
    assert len(found) > 290
    return [(ratio, text) for ratio, text in found if ratio < 4.5]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_all_text_has_enough_contrast(page: Page, scheme: str) -> None:
    use(page, scheme)
    assert faint(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast_without_material(page: Page, address: str, scheme: str) -> None:
    outer = "all => all.map(e => e.outerHTML).join('')"
    ours = page.eval_on_selector_all(".snippetrun, .snippetrun-ran-on", outer)
    page.set_content(
        f"<!doctype html><html style='color-scheme: {scheme}'>"
        f"<link rel=stylesheet href='{address}/{STYLE_PATH}'>"
        f"<body style='background: Canvas; color: CanvasText'>{ours}</body></html>"
    )
    page.wait_for_load_state()
    assert faint(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_colours_that_a_program_mixed_itself_are_these(page: Page, scheme: str) -> None:
    use(page, scheme)
    look = page.get_by_text("both", exact=True).evaluate(
        "e => [getComputedStyle(e).color, getComputedStyle(e.parentElement).backgroundColor]"
    )
    assert look == ["rgb(250, 175, 80)", "rgb(1, 35, 69)"]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("typed", [".sr-command", ".sr-typed", ".sr-key"])
def test_what_is_typed_looks_different_from_what_came_out(page: Page, scheme: str, typed: str) -> None:
    use(page, scheme)
    looks = [
        page.eval_on_selector(name, "e => [getComputedStyle(e).color, getComputedStyle(e).fontWeight]")
        for name in (typed, ".sr-output")
    ]
    assert looks[0][0] != looks[1][0]
    assert [weight for _, weight in looks] == ["700", "400"]


def test_a_key_is_no_higher_than_its_line(page: Page) -> None:
    within = """e => {
      const key = e.getBoundingClientRect(), line = parseFloat(getComputedStyle(e).lineHeight);
      return key.height <= line;
    }"""
    assert page.locator(".sr-key").evaluate_all(f"all => all.every({within})")


@pytest.mark.parametrize("button_knows_data_copy", [True, False])
def test_the_copy_button_takes_the_commands_alone(page: Page, *, button_knows_data_copy: bool) -> None:
    block = page.locator(".snippetrun").first
    if not button_knows_data_copy:
        block.locator("code").evaluate("code => code.removeAttribute('data-copy')")
    page.evaluate("navigator.clipboard.writeText('before')")
    block.locator("[data-md-type=copy]").click()
    page.wait_for_selector(".md-dialog--active")
    assert page.evaluate("navigator.clipboard.readText()") == (
        "docker run --name web -d \\\n  -p 8080:80 \\\n  nginx\ndocker volume create data >/dev/null\ndocker rm -f web"
    )


def test_what_was_typed_into_an_open_command_is_copied_and_keys_are_not(page: Page) -> None:
    blocks = page.locator(".snippetrun", has=page.locator(".sr-label"))
    typed, keys = (blocks.filter(has_text=text) for text in ("cat /answer", "bye"))
    typed.locator("[data-md-type=copy]").click()
    page.wait_for_selector(".md-dialog--active")
    assert page.evaluate("navigator.clipboard.readText()") == "cat /answer"
    assert keys.count() == 1
    assert keys.locator("[data-md-type=copy]").count() == 0


def test_prompts_are_not_selected_by_hand(page: Page) -> None:
    block = page.locator(".snippetrun code").first
    selected = block.evaluate("e => { getSelection().selectAllChildren(e); return getSelection().toString() }")
    assert "docker rm -f web" in selected
    assert "$ " not in selected
    assert "> " not in selected


CUT = """all => all.filter(e => e.checkVisibility()).filter(e => {
  const range = document.createRange(), box = e.closest("code").getBoundingClientRect();
  range.selectNodeContents(e);
  return [...range.getClientRects()].some(text => text.right > box.right + 1 || text.left < box.left - 1);
}).map(e => e.textContent)"""


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_cut_but_columns_which_scroll(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.eval_on_selector(".snippetrun-ran-on", "e => { e.open = true }")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".sr-command, .sr-mark, .sr-typed").evaluate_all(CUT) == []
    assert page.locator(".sr-output:not(:has(.sr-table))").evaluate_all(CUT) == []
    assert page.locator(".snippetrun code").evaluate_all("all => all.every(e => e.scrollWidth <= e.clientWidth)")
    columns = page.locator(".sr-table:visible")
    seen = columns.evaluate_all("all => all.map(e => [e.scrollWidth > e.clientWidth, e.tabIndex === 0])")
    assert any(scrolls for scrolls, _ in seen)
    assert all(focusable for scrolls, focusable in seen if scrolls)


def test_a_command_of_several_lines_hangs_below_its_prompt_and_is_selected_as_it_is(page: Page) -> None:
    command = page.locator(".sr-command", has=page.locator(".sr-more")).first
    lefts = command.locator(".sr-prompt").evaluate_all("all => all.map(e => e.getBoundingClientRect().left)")
    assert len(lefts) == 3
    assert max(lefts) - min(lefts) < 1
    selected = command.evaluate("e => { getSelection().selectAllChildren(e); return getSelection().toString() }")
    assert selected == "docker run --name web -d \\\n  -p 8080:80 \\\n  nginx"


@pytest.mark.parametrize("width", [360, 1280])
def test_the_copy_button_lies_on_no_text(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    overlaps = """all => all.filter(e => e.checkVisibility()).filter(e => {
      const button = e.parentElement.querySelector("[data-md-type=copy]");
      if (!button) return false;
      const box = button.getBoundingClientRect(), range = document.createRange();
      const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT), texts = [];
      while (walker.nextNode()) { range.selectNode(walker.currentNode); texts.push(...range.getClientRects()); }
      return texts.some(text => text.width > 0 && text.right > box.left && text.left < box.right
        && text.bottom > box.top && text.top < box.bottom);
    }).map(e => e.textContent.slice(0, 80))"""
    assert page.locator(".snippetrun [data-md-type=copy]").count() > 5
    assert page.locator(".snippetrun pre > code").evaluate_all(overlaps) == []


def test_output_longer_than_a_screen_unfolds_and_prints_whole(page: Page) -> None:
    output, fold = page.locator(".sr-long"), page.get_by_label("all 60 lines")
    height = "e => e.getBoundingClientRect().height"
    folded = output.evaluate(height)
    page.emulate_media(media="print")
    whole = output.evaluate(height)
    assert folded < 0.7 * whole
    assert not fold.is_visible()
    page.emulate_media(media="screen")
    fold.focus()
    page.keyboard.press("Space")
    assert output.evaluate(height) >= whole * 0.95


@pytest.mark.parametrize(("scheme", "script"), [("default", True), ("slate", True), ("default", False)])
def test_what_varies_is_underlined_once_the_reader_asks_for_it(
    browser: Browser, address: str, scheme: str, *, script: bool
) -> None:
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(address)
    if script:
        use(page, scheme)
    varies, show = page.locator(".sr-varies"), page.get_by_label("Show what varies")
    look = """e => {
      const style = getComputedStyle(e);
      return [style.borderBottomStyle, style.borderBottomColor === style.color, e.getBoundingClientRect().width];
    }"""
    assert not show.is_visible()  # nothing in the way
    assert varies.evaluate(look)[0] == "none"
    before = page.locator("article").inner_text()
    page.locator(".snippetrun-ran-on > summary").click()
    assert not show.is_checked()
    show.focus()
    page.keyboard.press("Space")
    style, coloured_as_text, width = varies.evaluate(look)
    assert (style, coloured_as_text) == ("dotted", True)
    assert width > 0
    page.locator(".snippetrun-ran-on > summary").click()
    assert page.locator("article").inner_text() == before
    context.close()


@pytest.mark.parametrize("place", ["ol > li", ".admonition", ".tabbed-block"])
def test_a_block_stands_where_its_fence_stood(page: Page, place: str) -> None:
    assert page.locator(f"{place} > .snippetrun > pre > code > .sr-step > .sr-command").count() >= 1


def test_the_list_goes_on_after_a_block(page: Page) -> None:
    assert page.locator("article > ol").count() == 1
    assert page.locator("article > ol > li").count() == 2


def test_hostile_output_is_text(page: Page) -> None:
    assert page.evaluate("window.owned") is None
    assert page.locator("[onerror]").count() == 0
    assert "</code></pre><script>window.owned = 1</script>{{ config }}" in page.locator("article").inner_text()


def test_steps_are_told_apart_by_a_line_only_after_output(page: Page) -> None:
    steps = page.locator(".snippetrun").first.locator(".sr-step")
    lines = steps.evaluate_all("all => all.map(e => getComputedStyle(e).borderTopWidth)")
    assert lines == ["0px", "1px", "0px"]
    tops = [box["y"] for box in (step.bounding_box() for step in steps.all()) if box]
    assert all(above < below for above, below in pairwise(tops))


def test_the_search_index_holds_commands_and_output_as_text(site: Path) -> None:
    index: dict[str, Any] = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    text = "\n".join(entry["text"] for entry in index["docs"])
    assert "docker volume create data &gt;/dev/null" in text
    assert "4f0c2a7a1b9e" in text
    assert "<script" not in text
    assert "sr-" not in text
    assert "Real output" not in text
    assert "what varies" not in text


def test_tabs_need_no_theme_and_no_script_and_lose_nothing_without_style(browser: Browser) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    shown = tabs("key", [("26", BLOCKS["long"]), ("28", BLOCKS["short"])])
    page.set_content(f"<style>{style()}</style>{shown}")
    blocks = page.locator(".snippetrun").all()
    assert [block.is_visible() for block in blocks] == [True, False]
    page.get_by_text("Docker 28").click()
    assert [block.is_visible() for block in blocks] == [False, True]
    page.keyboard.press("ArrowLeft")
    assert [block.is_visible() for block in blocks] == [True, False]
    page.set_content(shown)
    assert all(block.is_visible() for block in page.locator(".snippetrun").all())
    page.context.close()
