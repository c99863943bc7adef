"""Colours: what they mean, and the one form in which they are compared and shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snippetrun.support import sgr

SEQUENCES = st.lists(st.sampled_from([0, 1, 2, 4, 7, 21, 22, 24, 31, 38, 39, 5, 2, 48, 97, 104, 200, 300])).map(
    lambda codes: f"\x1b[{';'.join(map(str, codes))}m"
)
COLOURED = st.lists(st.text("ab\n") | SEQUENCES).map("".join)


def styles(text: str) -> list[tuple[sgr.Style, str]]:
    """Each character with its style; nobody sees that of a line feed."""
    return [
        (sgr.Style() if character == "\n" else style, character)
        for style, piece in sgr.pieces(text)
        for character in piece
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a", ["a"]),
        ("", [""]),
        ("\x1b[32ma\nb", ["\x1b[32ma\x1b[0m", "\x1b[32mb\x1b[0m"]),
        ("\x1b[32m\x1b[31ma", ["\x1b[31ma\x1b[0m"]),
        ("\x1b[1m\x1b[91ma\x1b[22mb", ["\x1b[1;91ma\x1b[0m\x1b[91mb\x1b[0m"]),
        ("\x1b[32ma\x1b[0m\x1b[32mb\x1b[39mc", ["\x1b[32mab\x1b[0mc"]),
        ("\x1b[48;5;208m\x1b[38;2;1;2;3ma", ["\x1b[38;2;1;2;3;48;5;208ma\x1b[0m"]),
        ("\x1b[32m\n\x1b[m", ["", ""]),
    ],
)
def test_a_line_begins_with_the_style_that_it_has(text: str, lines: list[str]) -> None:
    assert list(sgr.lines(text)) == lines


@given(COLOURED)
def test_in_its_one_form_a_text_looks_the_same(text: str) -> None:
    lines = list(sgr.lines(text))
    assert styles("\n".join(lines)) == styles(text)
    assert [line for each in lines for line in sgr.lines(each)] == lines
