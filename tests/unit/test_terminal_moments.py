"""When output came: what a play shows is what came, in its order, and nothing that is not to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from helpers.local_shell import local_shell

from snippetrun.model import MOST_DRAWN, MOST_MOMENTS, CommandResult, Moment
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.support import masks
from snippetrun.support.sgr import uncoloured
from snippetrun.terminal.moments import moments
from snippetrun.terminal.transcript import Transcript

SECRET = "hunter2-of-all"


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "_hidden", set[str]())
    monkeypatch.setattr(masks, "_pattern", None)
    masks.hide([SECRET])


def came(*chunks: bytes | tuple[float, bytes], limit: int = 1_000_000) -> tuple[str, list[Moment]]:
    """Feed chunks, a second apart if nothing is said; return what is left, and the moments."""
    made, now = Transcript(limit), 0.0
    for chunk in chunks:
        now, data = chunk if isinstance(chunk, tuple) else (now + 1, chunk)
        made.feed(data)
        made.note(now)
    pieces = [*made.pieces()]
    left = [type(piece)(piece.kind, masks.masked(piece.text), piece.line) for piece in pieces]
    return "".join(piece.text for piece in left), [*moments(made, left)]


def played(text: str, seen: Sequence[Moment]) -> list[str]:
    """Return what stands on the screen at each moment, without colours."""
    return [uncoloured(text)[: moment.shown] + uncoloured(moment.drawn) for moment in seen]


def test_output_that_only_grows_is_told_in_numbers() -> None:
    assert came(b"one\r\n", b"two\r\n", b"t", b"hree\r\n")[1] == [
        Moment(1, 4),
        Moment(2, 8),
        Moment(3, 9),
        Moment(4, 14),
    ]


def test_moments_are_tenths_of_seconds() -> None:
    _, seen = came((0.111, b"a"), (0.139, b"b"), (0.19, b"c"), (0.31, b"d"))
    assert seen == [Moment(0.1, 2), Moment(0.2, 3), Moment(0.3, 4)]


def test_colours_count_for_nothing() -> None:
    text, seen = came(b"\x1b[31mred\x1b[0m\r\n", b"\x1b[1mbold\x1b[0m\r\n")
    assert played(text, seen) == ["red\n", "red\nbold\n"]


def test_a_progress_bar_is_kept_as_it_was_drawn_with_its_colours() -> None:
    text, seen = came(b"get\r\n", b"\x1b[32m10%\x1b[0m", b"\r\x1b[32m60%\x1b[0m", b"\r\x1b[Kdone\r\n")
    assert text == "get\ndone\n"
    assert [moment.drawn for moment in seen] == ["", "\x1b[32m10%\x1b[0m", "\x1b[32m60%\x1b[0m\n", ""]
    assert played(text, seen) == ["get\n", "get\n10%", "get\n60%\n", "get\ndone\n"]


def test_what_was_typed_is_not_counted() -> None:
    made = Transcript(1000)
    made.feed(b"/ # ")
    made.note(0.0)
    made.type("echo hi", 5)
    made.feed(b"echo hi\r\nhi\r\n")
    made.note(1.0)
    made.feed(b"/ # ")
    made.note(2.0)
    assert [*moments(made, made.pieces())] == [Moment(0, 4), Moment(1, 7), Moment(2, 11)]


def test_what_is_taken_back_or_dropped_has_not_come() -> None:
    made = Transcript(1000)
    made.feed(b"one\r\n")
    made.note(0.0)
    made.feed(b"^[[1;1Rtwo\r\nrest")
    made.note(1.0)
    assert made.drop(0, b"^[[1;1R")
    made.take_back(made.start_of_line)
    assert [*moments(made, made.pieces())] == [Moment(0, 4), Moment(1, 8)]


def test_output_without_end_has_few_moments_and_the_last_is_all_of_it() -> None:
    text, seen = came(*(b"line %d\r\n" % number for number in range(1000)))
    assert 10 < len(seen) <= MOST_MOMENTS
    assert seen[-1].shown == len(text)
    text, seen = came(*(b"\r%d %s" % (number, b"=" * 1500) for number in range(80)), b"\r\x1b[Jend\r\n")
    assert sum(len(moment.drawn) for moment in seen) <= MOST_DRAWN
    assert played(text, seen)[-1] == text


def test_what_passed_the_limit_is_not_played() -> None:
    text, seen = came(b"one\r\n", b"x" * 70, b"three\r\n", limit=60)
    assert played(text, seen) == ["one\n", "one\n" + "x" * 55]


@pytest.mark.usefixtures("hidden")
@pytest.mark.parametrize("cut", range(1, len(SECRET)))
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"token: ", b"\r\nbye\r\n"),
        (b"50%\rtoken: ", b"\r\x1b[Kdone\r\n"),
        (b"\x1b[31m", b"\x1b[0m\r\x1b[2Khm\r\n"),
        (b"a\r\nb\r\n\x1b[2A", b"\x1b[2B\r\nc\r\n"),
    ],
)
def test_no_part_of_a_secret_is_played_however_it_is_cut(before: bytes, after: bytes, cut: int) -> None:
    head, tail = SECRET[:cut].encode(), SECRET[cut:].encode()
    text, seen = came(before + head, tail, tail[:1] + after)
    assert seen[-1].shown == len(uncoloured(text))
    assert all(frame == uncoloured(text)[: len(frame)] for frame in played(text, seen))
    assert "hun" not in text
    assert not any(moment.drawn for moment in seen)


@pytest.mark.usefixtures("hidden")
def test_a_secret_drawn_letter_by_letter_is_not_played() -> None:
    _, seen = came(*(b"\r" + SECRET[:end].encode() for end in range(1, len(SECRET))), b"\r\x1b[Kno more\r\n")
    assert not any(moment.drawn for moment in seen)


def test_a_password_that_was_seen_for_a_moment_is_not_played() -> None:
    made = Transcript(1000)
    made.feed(b"10%\rPassword: ")
    made.note(0.0)
    made.type("open sesame", 5, secret=True)
    for when, data in enumerate([b"open ", b"ses", b"\r\x1b[Kame", b"\r\n\x1b[A\x1b[2Kwelcome\r\n"]):
        made.feed(data)
        made.note(when + 1.0)
    assert not any(moment.drawn for moment in moments(made, made.pieces()))


@pytest.mark.usefixtures("hidden")
def test_progress_is_played_where_a_secret_has_no_part_in_it() -> None:
    assert came(b"10%", b"\r\x1b[Kdone\r\n")[1][0].drawn == "10%"


def run(folder: Path, command: str) -> CommandResult:
    shell = local_shell(folder)
    try:
        return shell.run(TerminalCommand(command, 1, timeout=20))
    finally:
        shell.close()


def test_a_real_shell_tells_when_its_output_came(tmp_path: Path) -> None:
    ran = run(tmp_path, "for i in 1 2 3; do echo $i; sleep 0.5; done")
    assert [ran.output[: moment.shown] for moment in ran.moments][-1] == ran.output == "1\n2\n3\n"
    assert all(a.seconds < b.seconds and a.shown < b.shown for a, b in pairwise(ran.moments))
    assert run(tmp_path, "true").moments == ()


def test_a_real_progress_bar_is_seen(tmp_path: Path) -> None:
    ran = run(tmp_path, "for i in 1 2; do printf '\\r%s0%%' $i; sleep 0.5; done; printf '\\rdone\\n'")
    assert ran.output == "done\n"
    assert any(moment.drawn.startswith(("10%", "20%")) for moment in ran.moments)


def test_a_message_of_the_shell_itself_comes_at_once(tmp_path: Path) -> None:
    ran = run(tmp_path, "fi")
    assert [*ran.moments] == [Moment(0.0, len(ran.output))]
