from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import iter_graphemes, wcswidth

from snippetrun.support.neutralise import visible
from snippetrun.terminal import screen


@pytest.mark.parametrize(
    ("output", "left"),
    [
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"no line end", "no line end"),
        (b"a\tb  \r\n", "a\tb  \n"),
        (b"\x1b[31mred\x1b[0m\r\n", "\x1b[31mred\x1b[0m\n"),
        (b"10%\r50%\r100%\r\n", "100%\n"),
        (b"one\r\ntwo\r\n\x1b[2A\x1b[2Kuno\r\n\x1b[2Kdos\r\n", "uno\ndos\n"),
        (b"abc\x08\x08X\r\n", "aXc\n"),
        (b"before\x1b[2J\x1b[Hafter\r\n", "after\n"),
        (b"\x1b]0;title\x07text\r\n", "text\n"),
        (b"bell\x07\r\n", "bell\n"),
        (b"\x00nul\r\n", "nul\n"),
        (b"\xff\xfe\r\n", "\ufffd\ufffd\n"),
        (b"\x1b[?25l\x1b[1;32mok\x1b[0m\x1b[?25h\r\n", "\x1b[1;32mok\x1b[0m\n"),
        (b"\x1b[38;5;208m\rx\r\n", "\x1b[38;2;255;135;0mx\x1b[0m\n"),
        (b"\r\x1b[K", ""),
        (b"\x1b[1A\x1b[1B\x1b[0Gone\r\n", "one\n"),
        (b"\x1b[scopying\x1b[u\x1b[2Kdone\r\n", "done\n"),
        (b"one\r\n\x1b[spreparing\x1b[u\x1b[2Kcopying\x1b[u\x1b[2Kdone\r\n", "one\ndone\n"),
        (b"\x1b[2J\x1b[Hfirst row\r\n", "first row\n"),
        (b"", ""),
        (
            b"\r\x1b[38:2::255:0:0mred\x1b[0m \x1b[4:3mcurly\x1b[24m\r\n",
            "\x1b[38;2;255;0;0mred\x1b[0m \x1b[4mcurly\x1b[0m\n",
        ),
        (b"\r\x1b[4:3mcurly\x1b[4:0mplain\r\n", "\x1b[4mcurly\x1b[0mplain\n"),
        (b"\x1b[1m\x1b[!psoft\r\n", "soft\n"),
        (b"\x1bP+q544e\x1b\\asked\r\n", "asked\n"),
        (b"\x1bPq#0;2;0\r\n~~-\r\n~~\x1b\\pictured\r\n", "pictured\n"),
        (b"\x1bPnever ends\r\ntext\r\n", "\ntext\n"),
        (b"\x1b(0lqk\x1b(Blqk\r\n", "┌─┐lqk\n"),
        (b"\x1b)0\x0exqx\x0fxqx\r\n", "│─│xqx\n"),
        (b"\x0elqk\x0f\r\n", "lqk\n"),
        (b"\x1b(0\x1b[!plqk\r\n", "lqk\n"),
    ],
)
def test_what_is_left_on_the_screen(output: bytes, left: str) -> None:
    assert screen.text(output) == left


def test_a_line_that_the_margin_wrapped_is_one_line_again() -> None:
    line = "x" * 95 + " " * 10 + "y" * 200
    assert screen.text(b"\r" + line.encode() + b"\r\nnext\r\n") == f"{line}\nnext\n"


def test_lines_that_scrolled_off_are_kept() -> None:
    lines = [f"line {number}" for number in range(200)]
    assert screen.text(b"\r" + "\r\n".join(lines).encode() + b"\r\n") == "\n".join(lines) + "\n"


def test_a_progress_display_above_the_bottom_ends_in_its_final_form() -> None:
    layers = [b"layer %d: waiting\r\n" % number for number in range(5)]
    updates = [b"\x1b[%dA\r\x1b[2Klayer %d: done\x1b[%dB\r" % (5 - n, n, 5 - n) for n in range(5)]
    shown = screen.text(b"pulling\r\n" * 40 + b"".join(layers + updates) + b"all\r\n")
    assert shown == "pulling\n" * 40 + "".join(f"layer {n}: done\n" for n in range(5)) + "all\n"


@pytest.mark.parametrize("erased", [b"\x1b[3K", b"\x1b[4J", b"\x1b[1g", b"\x1b[99K"])
def test_what_erases_nothing_that_a_terminal_knows_is_nothing(erased: bytes) -> None:
    assert screen.text(b"a\r\nb" + erased + b"c\r\n") == "a\nbc\n"


@given(st.binary(max_size=300))
def test_any_bytes_become_text_with_nothing_but_colours(output: bytes) -> None:
    shown = screen.text(output)
    assert screen._PLAIN.fullmatch(shown)  # tabs, line feeds, colours and printable text
    assert "\r" not in shown


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn"]), max_size=200))
def test_printable_text_is_left_alone(output: str) -> None:
    output = visible(output)
    assert screen.text(output.encode()) == output
    assert screen.text(f"\a{output}\r\n".encode()) == output.rstrip(" ") + "\n" * bool(output.strip(" "))


SCRIPTS = """
✔️ done ❤️ 1️⃣ #️⃣ ☎︎
👨‍👩‍👧‍👦 👍🏽 🏳️‍🌈 🇩🇪🇫🇷 🧑🏿‍🚀
नमस्ते दुनिया क्षत्रिय र्‍य
বাংলা ভাষা
தமிழ் மொழி
తెలుగు ಕನ್ನಡ മലയാളം ਪੰਜਾਬੀ ગુજરાતી ଓଡ଼ିଆ සිංහල
ภาษาไทย น้ำ ลาว ພາສາລາວ
မြန်မာဘာသာ ភាសាខ្មែរ བོད་སྐད་
العَرَبِيَّة فارسی می\u200cخواهم اردو
עִבְרִית יידיש
Tiếng Việt naïve cafe\u0301 Z\u0351\u036b\u0343\u036aalgo
한국어 \u1112\u1161\u11ab\u1100\u1173\u11af
日本語 か\u3099 中文 葛\U000e0100
Ελληνικά Русский Հայերեն ქართული አማርኛ ᏣᎳᎩ ᠮᠣᠩᠭᠣᠯ
"""  # noqa: RUF001 - they look like others


LINES = [visible(line) for line in SCRIPTS.split("\n")[1:-1]]


@pytest.mark.parametrize("line", LINES)
def test_no_script_and_no_emoji_loses_a_character_wherever_it_is_cut(line: str) -> None:
    assert screen.text(f"loading\r{line}{' ' * 8}\r\n".encode()).startswith(line)
    for cut in range(1, len(line)):
        before, after = line[:cut], line[cut:]
        if visible(before) + visible(after) == line:  # a joiner without a neighbour is named
            [shown], _ = screen.lines_with_places(line.encode(), [len(before.encode())])
            assert screen.unstyled(shown) == line


@pytest.mark.parametrize("line", LINES)
def test_text_has_as_many_cells_as_wcwidth_says(line: str) -> None:
    for word in filter(lambda word: "<" not in word, line.split()):
        _, [(_, column)] = screen.lines_with_places(f"{word}|".encode(), [len(word.encode())])
        assert column == sum(map(wcswidth, iter_graphemes(word)))


def test_what_is_piled_up_without_end_is_kept_and_keeps_nobody_busy() -> None:
    pile = "e" + "\u0301" * 20_000
    assert screen.text(f"\a{pile}\r\n".encode()) == f"{pile}\n"
