"""Recording -> HTML: golden cases, and the promise that no output can become mark-up."""

from __future__ import annotations

import re
import tomllib
from html.parser import HTMLParser
from typing import Any

import pytest
from helpers.golden import Case, cases
from hypothesis import given
from hypothesis import strategies as st

from snippetrun.extract import read
from snippetrun.model import (
    Command,
    CommandResult,
    Ending,
    Environment,
    ImageFact,
    Network,
    Options,
    Outcome,
    Piece,
    PieceKind,
    Recording,
    Snippet,
    Verdict,
    printed,
)
from snippetrun.render import footer, snippet, style
from snippetrun.render.ansi import to_html
from snippetrun.render.markup import Html
from snippetrun.support import masks


def snippet_of(case: dict[str, Any]) -> str:
    """Render `[[command]]` tables.

    They have text, shown, written, expected; output or pieces, late, status, cut, varies; a verdict.
    """
    commands, recorded, verdicts, varies = [], [], [], []
    for table in case.get("command", []):
        text = table["text"]
        commands.append(Command(text, 1, 1, table.get("expected", 0), tuple(table.get("written", ()))))
        if "output" in table or "pieces" in table:
            pieces = tuple(Piece(PieceKind(kind), shown) for kind, shown in table.get("pieces", ()))
            pieces, status, cut = pieces or printed(table["output"]), table.get("status", 0), table.get("cut", 0)
            shown = table.get("shown", text)
            recorded.append(CommandResult(1, shown, pieces, status, 0.1, Ending.EXITED, cut, table.get("late", "")))
        varies.append([(start, end) for start, end in table.get("varies", ())])
        verdicts.append(Verdict(Outcome(table.get("outcome", "passed")), 1, text, table.get("message", "")))
    options = Options(**case.get("options", {}))
    made = Snippet("console", options, 1, 2, "", case.get("content", ""), tuple(commands))
    return snippet(made, recorded, verdicts, varies)


def footer_of(table: dict[str, Any]) -> str:
    """Render `[recording]`: `commands` is their number, the rest is as in the model."""
    images = tuple(ImageFact(**image) for image in table.get("images", []))
    results = tuple(CommandResult(1, "docker ps", (), 0, 0.1) for _ in range(table["commands"]))
    network = Network(table.get("network", "none"))
    return footer(
        Recording(
            page="docs/index.md",
            key="0" * 64,
            environment=Environment(
                table.get("engine", "26.1.5"), "6.12.0", "0.1.0", images, table.get("hub", False), network
            ),
            when=table.get("when", "2026-11-23T22:55:00Z"),
            boot_seconds=1.1,
            seconds=table.get("seconds", 4.2),
            snippets=(results,),
            runs=table.get("runs", 1),
        ),
        varies=table.get("varies", False),
        images=table.get("used", [image.name for image in images]),
    )


@cases("render", "recording")
def test_golden(case: Case) -> None:
    given = tomllib.loads(case["recording"])
    html = footer_of(given["recording"]) if "recording" in given else snippet_of(given)
    assert f"{html}\n" == case["html"]


class Reader(HTMLParser):
    """What a browser would make of the HTML: its tags in order, its attributes, its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag != "input":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


TAGS = [
    "</code></pre><script>",
    "<!--",
    "&lt;",
    "```",
    '"><img onerror=x>',
    "{{ config }}",
    "wzxhzdk:0",
    "\u202e",
]
COLOURS = [
    "\x1b[0m",
    "\x1b[1;31m",
    "\x1b[38;5;200m",
    "\x1b[48;2;1;2;3m",
    "\x1b[38:2::9:9:9m",
    "\x1b[7;41m",
    "\x1b[m",
]
OTHERS = [
    "\x1b[2J",
    "\x9b?25l",
    "\x1b[>4;2m",
    "\x1b]0;title\x07",
    "\x1b]52;c;aGk=\x1b\\",
    "\x1b(B",
    "\x1bc\x1b7",
]
STRAYS = ["\x1bPq#0\x9c", "\x00", "\x07", "\x08", "\r", "\x7f", "\x84", "\x02", "\x1b[" + 30 * "9" + "m"]
BROKEN = [*"<>&\"'/=;:{}[]\x1b\x9b\x9d\n\t\\m", "\x1b[38;5;", "\x1bP", "\ud800", "\x1b]8;;javascript:x"]

ANYTHING = st.lists(st.text() | st.sampled_from([*TAGS, *COLOURS, *OTHERS, *STRAYS, *BROKEN])).map("".join)
VISIBLE = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Mn", "Cn", "Lo"), include_characters="\n\t<>&\"'")
)
INVISIBLE = st.sampled_from([*COLOURS, *OTHERS, *STRAYS])


def block(output: str) -> str:
    result = CommandResult(1, "docker ps", printed(output), 0, 0.1)
    return snippet(Snippet("console", Options(), 1, 2, "", "", (Command("docker ps", 1, 1),)), [result], [])


@given(ANYTHING)
def test_no_output_adds_a_tag_or_an_attribute_or_a_value_of_its_own(output: str) -> None:
    read = Reader(block(output))
    assert read.open == []
    assert read.tags[:3] == ["div", "pre", "code"]
    assert {"span"} <= set(read.tags[3:]) <= {"span", "samp", "label", "input"}
    for name, value in read.attributes:
        allowed = {
            "class": r"(snippetrun|highlight|nohighlight|sr-[a-z]+(-[a-z0-9]+)?|sr-[1-6][0-9a-f]| )+",
            "tabindex": "0",
            "data-copy": "docker ps",
            "data-search-exclude": "",
            "type": "checkbox",
            "autocomplete": "off",
        }
        assert re.fullmatch(allowed[name], value)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", read.text)


@given(st.lists(st.tuples(VISIBLE, INVISIBLE)))
def test_the_text_of_the_block_is_what_was_visible(parts: list[tuple[str, str]]) -> None:
    visible = "".join(text for text, _ in parts)
    output = "".join(text + control for text, control in parts)
    end = "" if not visible or visible.endswith("\n") else "\n"
    assert Reader(block(output)).text == f"$ docker ps\n{visible}{end}"
    assert Reader(Html.escape(output)).text == visible


@given(st.lists(st.tuples(VISIBLE, INVISIBLE)))
def test_no_span_crosses_a_line(parts: list[tuple[str, str]]) -> None:
    for line in to_html("".join(text + control for text, control in parts)).split("\n"):
        assert Reader(line).open == []


EDGES = st.lists(st.integers(0, 40), unique=True).map(sorted)


def spans(edges: list[int]) -> list[tuple[int, int]]:
    return list(zip(edges[::2], edges[1::2], strict=False))


@given(st.lists(st.tuples(VISIBLE, INVISIBLE)), EDGES)
def test_what_varies_is_marked_and_nothing_else_changes(parts: list[tuple[str, str]], edges: list[int]) -> None:
    visible, output = "".join(text for text, _ in parts), "".join(text + control for text, control in parts)
    html = to_html(output, spans(edges))
    assert Reader(html).text == visible
    assert Marked(html).marked == "".join(visible[start:end] for start, end in spans(edges)).replace("\n", "")
    assert all(Reader(line).open == [] for line in html.split("\n"))


class Marked(Reader):
    """What is marked as varying."""

    def __init__(self, html: str) -> None:
        self.inside: list[bool] = []
        self.marked = ""
        super().__init__(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attrs)
        self.inside.append("sr-varies" in (dict(attrs).get("class") or "").split())

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag(tag)
        self.inside.pop()

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        self.marked += data if any(self.inside) else ""


@given(st.lists(st.tuples(st.sampled_from(PieceKind), VISIBLE)), EDGES)
def test_the_text_and_what_is_copied_are_the_same_whatever_varies(
    texts: list[tuple[PieceKind, str]], edges: list[int]
) -> None:
    pieces = tuple(Piece(kind, "^C\n" if kind is PieceKind.KEYS else text) for kind, text in texts)
    made = Snippet("console", Options(), 1, 2, "", "", (Command("docker ps", 1, 1),))
    results = [CommandResult(1, "docker ps", pieces, 0, 0.1)]
    marked, bare = (Reader(snippet(made, results, [], varies)) for varies in ([spans(edges)], []))
    assert marked.text == bare.text
    assert dict(marked.attributes)["data-copy"] == dict(bare.attributes)["data-copy"]


def test_where_a_secret_is_masked_nothing_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "_hidden", set())
    monkeypatch.setattr(masks, "_pattern", None)
    masks.hide(["hunter2"])
    assert to_html("a hunter2 b", [(2, 9)]) == "a *** b"


@given(ANYTHING)
def test_what_is_copied_is_what_is_typed(text: str) -> None:
    typed = Html.escape(text)
    made = Snippet("console", Options(), 1, 2, "", "", (Command(text, 1, 1), Command("true", 1, 1)))
    html = snippet(made, [], [])
    copied = f"{Reader(typed).text}\ntrue" if text else "true"  # what goes on with an open command types nothing
    assert dict(Reader(html).attributes)["data-copy"] == copied
    assert "\n" not in re.findall('data-copy="([^"]*)"', html)[0]


@given(ANYTHING)
def test_what_a_page_says_of_itself_is_inert_too(text: str) -> None:
    environment = Environment(text, text, text, (ImageFact(text, text, text, text),))
    results = ((CommandResult(1, text, printed(text), 0, 0.1),),)
    read = Reader(footer(Recording(text, text, environment, "2026-11-23T22:55:00Z", 1.1, 4.2, results), images=[text]))
    assert read.open == []
    assert {name for name, _ in read.attributes} == (
        {"class", "data-search-exclude", "datetime", "role", "aria-label", "tabindex", "title"}
    )
    assert dict(read.attributes)["title"] == Reader(Html.escape(text)).text


def test_a_megabyte_of_colours_is_quick() -> None:
    assert to_html("\x1b[31mx\x1b[0m" * 100_000).count("<span") == 100_000
    assert to_html("\x1b" * 1_000_000) == ""
    assert to_html("\x1b[" + "1;" * 500_000) == ""
    assert to_html("\x1b]" * 500_000) == ""


def test_every_class_that_is_written_is_styled() -> None:
    sgr = "".join(f"\x1b[{code}mx\x1b[0m" for code in [*range(1, 50), *range(90, 108)])
    sgr += "".join(f"\x1b[38;2;{n};{n};{n}mx\x1b[48;2;{n};{n};{n}mx\x1b[39mx\x1b[0m" for n in range(0, 256, 17))
    values = [value for key, value in Reader(to_html(sgr)).attributes if key == "class"]
    classes = {name for value in values for name in value.split()}
    assert len(classes) == 16 + 16 + 5 + 1 + 5 + 6 * 16
    assert [name for name in sorted(classes) if not re.search(rf"\.{name}\b", style())] == []


def test_a_title_classes_an_id_and_code_annotations_stay_as_on_any_other_fence() -> None:
    text = '```console {.wide #first title="As <root>"}\n$ docker ps # (1)!\n$ docker \\\n> images\n```\n'
    [fence] = read("p.md", text).snippets
    shown = snippet(fence, (), ())
    assert shown.startswith('<div id="first" class="wide snippetrun highlight"><span class="filename">As &lt;root')
    assert '$ </span>docker ps<span class="c1"> # (1)!</span>' in shown
    assert 'data-copy="docker ps&#10;docker \\&#10;images"' in shown
