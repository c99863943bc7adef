"""One command in its terminal, with a clock of the test's own: a slow machine changes nothing but how long it takes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from snippetrun.model import Ending
from snippetrun.support.patterns import Names
from snippetrun.terminal import timings
from snippetrun.terminal.dialogue import Dialogue
from snippetrun.terminal.marks import Kind, Mark
from snippetrun.terminal.session import MOST_DROPPED, Session, State
from snippetrun.terminal.transcript import Transcript

STARTED, ENDED, READY = Mark(Kind.STARTED), Mark(Kind.ENDED, 3), Mark(Kind.READY)
Event = tuple[float, bytes | Mark]
"""Seconds since the one before, and what comes."""
SPEEDS = pytest.mark.parametrize("slower", [1, 1.7, 2.9])
"""What runs in the sandbox is waited for up to `timings.BUSY` seconds of silence."""


def session(*written: str, until: str | None = None, goes_on_below: bool = False) -> Session:
    dialogue = Dialogue("app", written, Names(), until, goes_on_below=goes_on_below)
    return Session(dialogue, Transcript(1_000_000), 5, 0.0)


def play(session: Session, events: Sequence[Event], slower: float = 1, until: float = 100.0) -> list[bytes]:
    """Tell a session what comes, and let it look at its screen when it wants to; return what is typed.

    Something runs in the sandbox for as long as more is to come.
    """
    typed, now = [], 0.0
    for after, what in [*events, (until, b"")]:
        come = now + after * slower
        while session.ending is None and session.wakes <= come:
            now = max(now, session.wakes)
            if not (move := session.look(now)):
                continue
            if what and now < session.silent + timings.BUSY:
                session.wait(now)
            else:
                typed.append(session.act(move, now))
        now = come
        if session.ending is None and isinstance(what, Mark):
            session.note(what, now)
        elif session.ending is None and what and isinstance(what, bytes):
            typed.append(session.hear(what, now))
    return [each for each in typed if each]


@SPEEDS
def test_a_command_has_its_output_and_its_status(slower: float) -> None:
    app = session()
    assert (
        play(app, [(1, b"app\r\n"), (1, STARTED), (1, b"hello\r\n"), (1, ENDED), (1, b"$ "), (1, READY)], slower) == []
    )
    assert (app.ending, app.status, app.transcript.text()) == (Ending.EXITED, 3, "hello\n")


def test_what_the_shell_cannot_parse_ends_though_it_never_started() -> None:
    app = session()
    play(app, [(0, ENDED), (0, READY)])
    assert (app.ending, app.status, app.state) == (Ending.EXITED, 3, State.OVER)


def test_a_quote_that_nothing_closes_is_unfinished() -> None:
    app = session()
    play(app, [(0, Mark(Kind.UNFINISHED))])
    assert (app.ending, app.status) == (Ending.UNFINISHED, None)


@SPEEDS
def test_a_line_is_typed_once_its_prompt_is_there_and_not_before(slower: float) -> None:
    app = session("name> bob", "hello bob")
    app.note(STARTED, 0.0)
    assert play(app, [(0.5, b"na"), (0.5, b"me> ")], slower, until=0.1) == [b"bob\r"]
    assert play(app, [(1, b"bob\r\nhello bob\r\n"), (1, ENDED), (1, READY)], slower) == []
    assert (app.ending, app.transcript.text()) == (Ending.EXITED, "name> bob\nhello bob\n")


@pytest.mark.parametrize(
    ("prompt", "quiet"),
    [("app> ", timings.PROMPT), ("Name: ", timings.QUESTION), ("Password: ", timings.SECRET)],
)
def test_how_long_a_prompt_is_looked_at(prompt: str, quiet: float) -> None:
    app = session(f"{prompt}x")
    app.note(STARTED, 0.0)
    app.hear(prompt.encode(), 10.0)
    assert app.look(10.0 + 0.9 * quiet) is None
    move = app.look(10.0 + 1.1 * quiet)
    assert move
    assert app.act(move, 10.0 + 1.1 * quiet) == b"x\r"


@SPEEDS
def test_a_key_waits_for_the_output_above_it(slower: float) -> None:
    app = session("ready", "^C")
    assert play(app, [(0, STARTED), (1, b"starting\r\n"), (1, b"ready\r\n")], slower, until=0.5) == []
    app = session("starting", "ready", "^C")
    assert play(app, [(0, STARTED), (1, b"starting\r\n"), (1, b"ready\r\n")], slower) == [b"\x03"]


@SPEEDS
def test_a_command_is_left_at_the_end_of_the_line_in_which_its_text_comes(slower: float) -> None:
    app = session(until="ready")
    play(app, [(0, STARTED), (1, b"starting\r\nrea"), (1, b"dy now\r\nlater\r\n")], slower)
    assert (app.ending, app.transcript.text(), app.rest) == (Ending.LEFT_OPEN, "starting\nready now\n", b"later\r\n")


def test_a_line_that_does_not_end_is_taken_as_it_is_after_a_while() -> None:
    app = session(until="ready")
    app.note(STARTED, 0.0)
    app.hear(b"ready> ", 0.0)
    assert (app.state, app.look(0.5)) == (State.FOUND, None)
    move = app.look(0.5 + timings.LINE)
    assert move
    app.act(move, 0.5 + timings.LINE)
    assert (app.state, app.ending, app.transcript.text()) == (State.LEFT, Ending.LEFT_OPEN, "ready> ")


def test_a_command_that_ends_in_the_line_it_is_left_at_leaves_its_mark_for_the_next() -> None:
    app = session(until="ready")
    app.note(STARTED, 0.0)
    app.hear(b"ready", 0.0)
    assert app.note(ENDED, 0.0) is False
    assert (app.ending, app.status) == (Ending.LEFT_OPEN, None)


@SPEEDS
def test_a_program_at_its_prompt_is_left_when_nothing_is_to_be_typed(slower: float) -> None:
    app = session("# ls", "file")
    app.note(STARTED, 0.0)
    assert play(app, [(1, b"# ")], slower, until=0.1) == [b"ls\r"]
    assert play(app, [(1, b"ls\r\nfile\r\n# ")], slower) == []
    assert (app.ending, app.transcript.text(), app.rest) == (Ending.LEFT_OPEN, "# ls\nfile\n", b"# ")


@SPEEDS
@pytest.mark.parametrize("after", [b"/ # ", b"/tmp # "])
@pytest.mark.parametrize("line", ["room: 4", "total 7", "[ok]", "what?", "done (4)", "cost 4 $"])
def test_output_that_is_not_as_written_does_not_keep_a_shell_open(slower: float, after: bytes, line: str) -> None:
    app = session("/ # say", line)
    assert play(app, [(0, STARTED), (1, b"/ # ")], slower, until=0.1) == [b"say\r"]
    assert play(app, [(0.1, b"say\r\nroom: 5\r\n"), (0.1, after)], slower, until=1) == []
    assert (app.ending, app.transcript.text(), app.rest) == (Ending.LEFT_OPEN, "/ # say\nroom: 5\n", after)


def test_output_that_ends_like_a_prompt_ends_no_shell() -> None:
    app = session("/ # say", "loading 45%")
    play(app, [(0, STARTED), (1, b"/ # ")], until=0.1)
    play(app, [(0.1, b"say\r\nloading 44%")], until=10)
    assert app.ending is None


def test_a_key_below_output_that_is_not_as_written_is_pressed_once_the_shell_waits() -> None:
    app = session("/ # say", "room: 4", "^D")
    assert play(app, [(0, STARTED), (0, b"/ # ")], until=0.1) == [b"say\r"]
    app.hear(b"say\r\nroom: 5\r\n/ # ", 1.0)
    assert app.look(1.0 + timings.PROMPT) is None
    assert app.look(1.0 + 0.9 * timings.SILENT) is None
    move = app.look(1.0 + timings.SILENT)
    assert move
    assert app.act(move, 1.0 + timings.SILENT) == b"\x04"


@SPEEDS
@pytest.mark.parametrize("written", [["late"], ["..."], []])
def test_what_a_shell_still_works_at_belongs_to_the_fence_that_it_was_typed_in(
    slower: float, written: list[str]
) -> None:
    app = session("/ # work", *written, goes_on_below=True)
    assert play(app, [(0, STARTED), (1, b"/ # ")], slower, until=0.1) == [b"work\r"]
    play(app, [(0.1, b"work\r\n"), (timings.LATE / 3, b"late\r\n/ # ")], slower)
    assert (app.ending, app.transcript.text()) == (Ending.LEFT_OPEN, "/ # work\nlate\n")


def test_a_program_that_asks_again_is_left_at_once_for_the_next_fence() -> None:
    app = session("name: bob", goes_on_below=True)
    assert play(app, [(0, STARTED), (1, b"name: ")], until=0.5) == [b"bob\r"]
    play(app, [(0.1, b"bob\r\nage: ")], until=2 * timings.IDLE)
    assert (app.ending, app.rest) == (Ending.LEFT_OPEN, b"age: ")


@SPEEDS
def test_a_program_that_the_page_comes_back_to_is_left_once_it_has_said_what_is_written(slower: float) -> None:
    app = session("starting", "ready", goes_on_below=True)
    play(app, [(0, STARTED), (1, b"starting\r\n"), (timings.LATE / 3, b"ready\r\n")], slower, until=1.2 * timings.IDLE)
    assert (app.ending, app.transcript.text()) == (Ending.LEFT_OPEN, "starting\nready\n")


def test_a_program_that_never_says_what_is_written_is_left_all_the_same() -> None:
    app = session("ready", goes_on_below=True)
    app.note(STARTED, 0.0)
    for now in range(round(timings.LATE)):
        app.hear(b"steady\r\n", now)
        assert not app.look(now + timings.PROMPT)
        assert not app.look(now + timings.IDLE)
    app.hear(b"steady\r\n", timings.LATE)
    assert not app.look(timings.LATE + timings.PROMPT)
    assert app.look(timings.LATE + timings.IDLE)


def test_a_command_may_be_left_in_its_silence() -> None:
    app = session("...", until="")
    app.hear(b"app\r\n", 0.0)
    assert app.look(50.0) is None  # the shell has not started it
    app.note(STARTED, 50.0)
    assert app.look(50.0 + timings.PROMPT) is None
    move = app.look(50.0 + timings.SILENT)
    assert move
    app.act(move, 50.0 + timings.SILENT)
    assert app.ending is Ending.LEFT_OPEN


def test_what_runs_in_the_sandbox_is_waited_for() -> None:
    app = session("name> bob")
    app.note(STARTED, 0.0)
    app.hear(b"name> ", 0.0)
    assert app.look(timings.PROMPT)
    app.wait(5.0)  # it was no rest: something still ran
    assert app.look(5.0) is None
    assert app.look(5.0 + timings.PROMPT)


def test_the_question_where_the_cursor_is_is_answered_like_a_terminal() -> None:
    app = session()
    app.note(STARTED, 0.0)
    assert app.hear(b"ab\x1b[6n", 0.0) == b"\x1b[1;3R"
    assert app.hear(b"c", 0.0) == b""
    assert app.hear(b"d\x1b[6n\r\ne\x1b[6n\r\n", 0.0) == b"\x1b[1;5R\x1b[2;2R"


def test_of_questions_that_come_at_once_the_last_are_answered() -> None:
    app = session()
    app.note(STARTED, 0.0)
    answers = app.hear(b"\x1b[6n" * 20_000 + b"\r\nab\x1b[6n", 0.0)
    assert answers.count(b"R") == 100
    assert answers.endswith(b"\x1b[2;3R")


def test_an_answer_that_only_the_terminal_has_echoed_is_not_shown() -> None:
    app = session()
    app.note(STARTED, 0.0)
    app.hear(b"where\x1b[6n", 0.0)
    app.hear(b"^[[1;6R\r\n", 0.0)
    app.hear(b"^[[1;6R\r\n", 0.0)
    assert app.transcript.text() == "where\n^[[1;6R\n"


def test_endless_output_ends_it() -> None:
    app = session()
    app.note(STARTED, 0.0)
    app.transcript.truncated_bytes = MOST_DROPPED
    app.hear(b"y\r\n" * 1_000_000, 0.0)
    assert app.ending is Ending.TOO_MUCH


@pytest.mark.parametrize("pieces", [[b"app\r\nout\r\n"], [b"ap", b"p\r", b"\nout\r\n"], [b"out\r\n"]])
def test_the_echo_of_a_command_is_no_output_where_no_line_is_edited(pieces: list[bytes]) -> None:
    app = session()
    app.note(STARTED, 0.0)  # before anything was shown of what was typed
    for piece in pieces:
        app.hear(piece, 0.0)
    app.note(Mark(Kind.ENDED), 0.0)
    assert app.transcript.text() == "out\n"


@pytest.mark.parametrize("piece", [b"ap", b"app", b"apple\r\n"])
def test_what_only_begins_like_the_command_is_output(piece: bytes) -> None:
    app = session()
    app.note(STARTED, 0.0)
    app.hear(piece, 0.0)
    app.note(Mark(Kind.ENDED), 0.0)
    assert app.transcript.text() == piece.decode().replace("\r", "")
