from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.binary(max_size=300))
def test_any_bytes_become_text_with_nothing_but_colours(output: bytes) -> None:
    shown = screen.text(output)
    assert screen._PLAIN.fullmatch(shown)  # tabs, line feeds, colours and printable text
    assert "\r" not in shown


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp", "Mn", "Cn", "Lo"]), max_size=200))
def test_printable_text_is_left_alone(output: str) -> None:
    assert screen.text(output.encode()) == output
