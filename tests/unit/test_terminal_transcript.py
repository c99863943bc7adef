"""Transcripts: what was typed stands where it was typed."""

from __future__ import annotations

import pytest

from snippetrun.model import Piece, PieceKind
from snippetrun.terminal.transcript import Transcript

OUTPUT, INPUT, KEYS = PieceKind.OUTPUT, PieceKind.INPUT, PieceKind.KEYS


def transcript(*steps: bytes | tuple[str, int]) -> Transcript:
    """Take output, and (text, line) for what is typed."""
    made = Transcript(100_000)
    for step in steps:
        made.feed(step) if isinstance(step, bytes) else made.type(*step)
    return made


def pieces(*steps: bytes | tuple[str, int]) -> list[tuple[PieceKind, str, int]]:
    return [(piece.kind, piece.text, piece.line) for piece in transcript(*steps).pieces()]


def test_without_input_there_is_one_piece() -> None:
    assert transcript(b"one\r\ntwo\r\n").pieces() == (Piece(OUTPUT, "one\ntwo\n"),)
    assert transcript().pieces() == ()


def test_a_line_is_typed_behind_its_prompt() -> None:
    assert pieces(b"/ # ", ("echo hi", 5), b"echo hi\r\nhi\r\n/ # ", ("exit", 7), b"exit\r\n") == [
        (OUTPUT, "/ # ", 0),
        (INPUT, "echo hi\n", 5),
        (OUTPUT, "hi\n/ # ", 0),
        (INPUT, "exit\n", 7),
    ]


def test_keys_without_echo_stand_on_the_line_where_they_were_pressed() -> None:
    assert pieces(b"/ # ", ("^P^Q", 5), b"read escape sequence\r\n") == [
        (OUTPUT, "/ # ", 0),
        (KEYS, "^P^Q\n", 5),
        (OUTPUT, "read escape sequence\n", 0),
    ]


def test_keys_with_echo_stand_there_once() -> None:
    assert pieces(b"one\r\n", ("^C", 5), b"^C\r\nbye\r\n") == [
        (OUTPUT, "one\n", 0),
        (KEYS, "^C", 5),
        (OUTPUT, "\nbye\n", 0),
    ]


def test_keys_to_a_display_stand_below_it() -> None:
    assert pieces(b"\x1b[Htop\r\nrow\r\n\r\x1b[2A", ("^C", 5), b"") == [(OUTPUT, "top\nrow\n", 0), (KEYS, "^C\n", 5)]


def test_a_secret_leaves_nothing_even_if_it_was_echoed() -> None:
    made = Transcript(1000)
    made.feed(b"Password: ")
    made.type("honey", 3, secret=True)
    made.feed(b"honey\r\nLogin Succeeded\r\n")
    assert "honey" not in "".join(piece.text for piece in made.pieces())


def test_what_the_alternate_screen_showed_last_stays() -> None:
    shown = transcript(
        b"before\r\n\x1b[?1049h\x1b[Hpage one\x1b[H\x1b[2Jpage two\x1b[?1049lafter\r\n", ("x", 1), b"x\r\n"
    )
    assert "".join(piece.text for piece in shown.pieces()) == "before\npage two\nafter\nx\n"


def test_colours_of_a_prompt_do_not_run_into_what_is_typed() -> None:
    assert pieces(b"\x1b[32m/ # ", ("ls", 5), b"ls\r\n\x1b[0m") == [
        (OUTPUT, "\x1b[32m/ # \x1b[0m", 0),
        (INPUT, "ls\n", 5),
    ]


def test_lines_since_the_last_input_leave_the_echo_and_the_prompt_out() -> None:
    made = transcript(b"/ # ", ("ls", 5), b"ls\r\na\r\nb\r\n/ # ")
    assert made.since() == ["a", "b"]
    assert made.prompt() == "/ # "


@pytest.mark.parametrize("word", ["a" * 94, "a" * 91 + " " + "b" * 200, "a" * 91 + " " * 9 + "c"])
def test_a_line_that_a_shell_cuts_at_the_margin_is_all_input(word: str) -> None:
    command = f"echo {word}"
    shown = f"/ # {command}"
    echo = b"\r\n".join(shown[at : at + 100].encode() for at in range(0, len(shown), 100))[4:]
    steps = (b"/ # ", (command, 5), echo + b"\r\nout\r\n/ # ")
    assert pieces(*steps, ("exit", 7), b"exit\r\n")[1:3] == [(INPUT, f"{command}\n", 5), (OUTPUT, "out\n/ # ", 0)]
    assert transcript(*steps).since() == ["out"]


def test_output_that_begins_like_what_was_typed_is_output() -> None:
    assert pieces(b"> ", ("ab", 5), b"a\r\nc\r\n") == [(OUTPUT, "> ", 0), (INPUT, "a\n", 5), (OUTPUT, "c\n", 0)]


def test_input_has_gone_in_once_there_is_a_new_line() -> None:
    made = transcript(b"/ # ", ("ls", 5))
    assert not made.answered
    made.feed(b"ls")
    assert not made.answered
    made.feed(b"\r\n")
    assert made.answered


def test_the_end_of_a_line_with_a_text_is_found_through_colours() -> None:
    made = transcript(b"a\r\n\x1b[38:5:1mready \x1b[0mfor it, really\r\nlate\r\n")
    end = made.end_of("ready for", 0)
    assert end is not None
    assert made.take_back(end) == b"late\r\n"
    assert made.end_of("nothing", 0) is None


def test_output_beyond_the_limit_is_counted() -> None:
    made = Transcript(3)
    made.feed(b"12345")
    assert (made.pieces(), made.truncated_bytes) == ((Piece(OUTPUT, "123"),), 2)
