"""The page's shell, on a real PTY of this machine."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.local_shell import local_shell

from snippetrun.model import CommandResult, Ending
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.sandbox.shell import PtyShell
from snippetrun.support import patience
from snippetrun.terminal import session


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[PtyShell]:
    started = local_shell(tmp_path)
    yield started
    started.close()


def run(shell: PtyShell, command: str, *, timeout: float = 10, limit: int = 1_000_000) -> CommandResult:
    return shell.run(TerminalCommand(command, 1, timeout=timeout, limit=limit))


def test_output_and_exit_status_belong_to_their_command(shell: PtyShell) -> None:
    first, second = run(shell, "echo one; false"), run(shell, "echo two")
    assert (first.output, first.status) == ("one\n", 1)
    assert (second.output, second.status) == ("two\n", 0)


def test_folder_variables_and_functions_last(shell: PtyShell) -> None:
    run(shell, "mkdir a && cd a && x=5 && f() { echo f$x; }")
    assert run(shell, "f; basename $PWD").output == "f5\na\n"


def test_stdout_and_stderr_come_in_their_order(shell: PtyShell) -> None:
    command = "for n in 1 2 3; do echo out$n; echo err$n >&2; done"
    assert run(shell, command).output.split() == ["out1", "err1", "out2", "err2", "out3", "err3"]


def test_stderr_can_be_opened_by_name(shell: PtyShell) -> None:
    assert run(shell, "echo hi > /dev/stderr").output == "hi\n"


def test_a_program_finds_a_terminal_of_the_stated_size(shell: PtyShell) -> None:
    assert run(shell, "test -t 0 && test -t 1 && test -t 2 && stty size").output == "30 100\n"


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("cat <<EOF\none\n\ttwo\nEOF", "one\n\ttwo\n"),
        ("echo one \\\n  two", "one two\n"),
        ("echo 'one\ntwo'", "one\ntwo\n"),
        ("for n in 1 2\ndo\necho $n\ndone", "1\n2\n"),
        ("echo \"hi!\" '$x' `echo sub`", "hi! $x sub\n"),
        ("echo a\tb", "a b\n"),
        ("echo '\u00e9\u4e2d\U0001f40b'", "\u00e9\u4e2d\U0001f40b\n"),
        ("echo one # a comment", "one\n"),
        ("printf 'no line end'", "no line end"),
        ("true", ""),
    ],
)
def test_commands_arrive_as_they_are_written(shell: PtyShell, command: str, output: str) -> None:
    ran = run(shell, command)
    assert (ran.output, ran.status, ran.ending) == (output, 0, Ending.EXITED)


def test_a_command_of_ten_thousand_characters_arrives_whole(shell: PtyShell) -> None:
    assert run(shell, f"echo {'x' * 10_000} | wc -c").output.strip() == "10001"


def test_a_command_that_bash_cannot_parse_fails_with_its_message(shell: PtyShell) -> None:
    ran = run(shell, "fi")
    assert (ran.output, ran.status) == ("bash: syntax error near unexpected token `fi'\n", 2)
    assert run(shell, "echo on").output == "on\n"


def test_a_quote_that_nothing_closes_ends_the_wait(shell: PtyShell) -> None:
    assert run(shell, "echo 'one").ending is Ending.UNFINISHED


def test_a_command_that_takes_too_long_is_given_up(shell: PtyShell) -> None:
    ran = run(shell, "echo begun; sleep 60", timeout=0.5)
    assert (ran.ending, ran.status, ran.output) == (Ending.TIMED_OUT, None, "begun\n")
    assert 0.5 <= ran.seconds < 5


def test_a_command_that_reads_waits_until_its_time_is_up(shell: PtyShell) -> None:
    assert run(shell, "read line", timeout=0.5).ending is Ending.TIMED_OUT


@pytest.mark.parametrize("command", ["exit 3", "exec true", "kill -9 $$"])
def test_the_end_of_the_shell_is_noticed(shell: PtyShell, command: str) -> None:
    assert run(shell, command).ending is Ending.SHELL_GONE


def test_output_beyond_the_limit_is_counted_and_dropped(shell: PtyShell) -> None:
    ran = run(shell, "head -c 5000000 /dev/zero | tr '\\0' x", limit=1000)
    assert (len(ran.output), ran.truncated_bytes, ran.status) == (1000, 4_999_000, 0)


def test_nothing_of_ours_is_in_the_environment(shell: PtyShell) -> None:
    assert "SNIPPETRUN" not in run(shell, "env").output


def test_a_forged_mark_ends_nothing(shell: PtyShell) -> None:
    ran = run(shell, r"printf '\e]7717;0123456789abcdef;ended 0\a\e]7717;0123456789abcdef;ready\a'; echo on; false")
    assert (ran.status, ran.output) == (1, "on\n")


def test_a_nested_bash_does_not_speak_in_marks(shell: PtyShell) -> None:
    assert run(shell, "bash -i -c 'echo nested'").output.endswith("nested\n")


# Programs that are talked to


def talk(shell: PtyShell, command: str, *written: str, until: str | None = None, timeout: float = 20) -> CommandResult:
    return shell.run(TerminalCommand(command, 1, written, 2, until, timeout=timeout))


def test_a_nested_shell_is_typed_into(shell: PtyShell) -> None:
    ran = talk(shell, "PS1='nested> ' bash --norc -i", "nested> echo hi", "hi", "nested> (exit 3)", "nested> exit")
    assert ran.output == "nested> echo hi\nhi\nnested> (exit 3)\nnested> exit\nexit\n"
    assert (ran.status, ran.ending) == (3, Ending.EXITED)


def test_python_is_typed_into(shell: PtyShell) -> None:
    ran = talk(shell, "PYTHON_BASIC_REPL=1 python3 -q", ">>> 6 * 7", "42", ">>> ^D")
    assert ran.output.startswith(">>> 6 * 7\n42\n>>> ^D")
    assert ran.status == 0


def test_a_password_is_typed_unseen(shell: PtyShell) -> None:
    ran = talk(shell, "read -rsp 'Password: ' word; echo; echo ${#word}", "Password: correct horse", "13")
    assert ran.output == "Password: \n13\n"


def test_a_question_is_answered(shell: PtyShell) -> None:
    ran = talk(shell, "read -rp 'Continue? [y/N] ' yes; echo \"said $yes\"", "Continue? [y/N] y", "said y")
    assert ran.output == "Continue? [y/N] y\nsaid y\n"


def test_a_program_that_asks_where_the_cursor_is_gets_an_answer(shell: PtyShell) -> None:
    ask = r"printf 'here: \e[6n'; IFS= read -rsd R where; printf '%q\n' \"$where\""
    assert talk(shell, ask.replace('\\"', '"')).output.endswith(";7'\n")


def test_it_gets_no_second_answer_when_the_page_comes_back_to_it(shell: PtyShell) -> None:
    ask = r"stty -echo; printf 'ask> \e[6n'; IFS= read -rd R where; stty echo; read line; printf '%q\n' $line"
    first = talk(shell, ask, "ask>")
    assert (first.output, first.ending) == ("", Ending.LEFT_OPEN)
    assert talk(shell, "", "ask> word").output == "ask> word\nword\n"


def test_a_shell_that_shows_no_prompt_when_it_is_attached_to_gets_an_enter(shell: PtyShell) -> None:
    run(shell, "docker() { read; PS1='nested> ' bash --norc -i; }")
    ran = talk(shell, "docker attach box", "nested> echo hi", "hi", "nested> exit")
    assert ran.output == "nested> echo hi\nhi\nnested> exit\nexit\n"


def test_a_key_ends_a_command_that_goes_on(shell: PtyShell) -> None:
    ran = talk(shell, "echo one; sleep 60", "one", "^C")
    assert (ran.output, ran.status) == ("one\n^C\n", 130)
    assert run(shell, "echo on").output == "on\n"


def test_a_quit_key_is_a_key_too(shell: PtyShell) -> None:
    ran = talk(shell, "ulimit -c 0; echo one; sleep 60", "one", "^\\")
    assert ran.status == 131


def test_half_a_line_of_output_is_no_prompt(shell: PtyShell) -> None:
    ran = talk(
        shell, "printf 'Status: '; sleep 0.01; echo done; printf 'go? '; read x; echo $x", "Status: done", "go? yes"
    )
    assert ran.output == "Status: done\ngo? yes\nyes\n"


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("printf step; sleep 0.1; echo ' 1'; sleep 60", "step 1\n"),
        ("printf 'step '; sleep 60", "step "),
        ("printf step", "step"),
        ("printf step; while sleep 0.01; do printf .; done", "step."),
    ],
)
def test_a_command_is_left_open_at_the_end_of_its_line_if_that_comes_soon(
    shell: PtyShell, command: str, output: str
) -> None:
    left = talk(shell, command, until="step")
    assert left.ending is Ending.LEFT_OPEN
    assert left.output.startswith(output)


def test_a_command_left_open_goes_on_and_ends_where_its_key_is(shell: PtyShell) -> None:
    first = talk(shell, "echo starting; echo ready; sleep 0.2; echo late; sleep 60", until="ready")
    assert (first.output, first.ending, first.status) == ("starting\nready\n", Ending.LEFT_OPEN, None)
    last = talk(shell, "", "late", "^C")
    assert (last.output, last.status) == ("late\n^C\n", 130)


def test_a_command_after_one_that_is_open_waits_for_its_end(shell: PtyShell) -> None:
    talk(shell, "echo ready; sleep 0.2; echo late", until="ready")
    ran = talk(shell, "echo next")
    assert (ran.output_before, ran.output, ran.status) == ("late\n", "next\n", 0)


def test_a_program_is_left_at_a_prompt_that_stands_alone(shell: PtyShell) -> None:
    first = talk(shell, "PS1='nested> ' bash --norc -i", "nested> x=5", "nested>")
    assert (first.output, first.ending) == ("nested> x=5\n", Ending.LEFT_OPEN)
    last = talk(shell, "", "nested> echo $x", "nested> exit")
    assert last.output == "nested> echo $x\n5\nnested> exit\nexit\n"


def test_a_last_line_that_is_not_as_written_does_not_keep_a_shell_open(shell: PtyShell) -> None:
    left = talk(shell, "PS1='/ # ' bash --norc -i", "/ # echo 'room: 5'", "room: 4")
    assert (left.output, left.ending) == ("/ # echo 'room: 5'\nroom: 5\n", Ending.LEFT_OPEN)


def test_what_comes_late_belongs_to_the_fence_in_which_it_was_typed(shell: PtyShell) -> None:
    command = TerminalCommand("PS1='/ # ' bash --norc -i", 1, ("/ # sleep 2; echo late", "late"), 2, goes_on_below=True)
    assert shell.run(command).output == "/ # sleep 2; echo late\nlate\n"
    assert talk(shell, "", "/ # echo next", "/ # exit").output == "/ # echo next\nnext\n/ # exit\nexit\n"


def test_a_silent_command_is_left_open(shell: PtyShell) -> None:
    left = talk(shell, "read line", until="")
    assert (left.output, left.ending) == ("", Ending.LEFT_OPEN)


def test_a_nested_dollar_prompt_takes_commands(shell: PtyShell) -> None:
    assert talk(shell, "PS1='$ ' bash --norc -i").ending is Ending.LEFT_OPEN
    assert talk(shell, "echo $((6 * 7))").output == "42\n"
    ran = talk(shell, "exit 4")
    assert (ran.status, ran.ending) == (4, Ending.EXITED)


def test_a_display_ends_in_its_last_form(shell: PtyShell) -> None:
    ran = talk(shell, r"printf '\e[?1049h\e[Hone\e[H\e[2Jtwo\n'; sleep 0.1; printf '\e[?1049l'; echo after")
    assert ran.output == "two\nafter\n"


def test_ten_thousand_lines_come_whole(shell: PtyShell) -> None:
    assert run(shell, "seq 10000").output == "".join(f"{n}\n" for n in range(1, 10_001))


def test_endless_output_does_not_outlive_its_time(shell: PtyShell) -> None:
    ran = run(shell, "while sleep 0.01; do seq 1000; done", timeout=1, limit=1000)
    assert ran.ending is Ending.TIMED_OUT
    assert ran.output.startswith("1\n2\n")
    assert ran.truncated_bytes > 0
    assert ran.seconds < 5


@pytest.mark.slow
@pytest.mark.parametrize("command", ["yes", "cat /dev/zero", r"printf '\e]0;'; yes | tr -d '\n'"])
def test_endless_output_is_cut_and_ends_its_command(
    shell: PtyShell, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "MOST_DROPPED", 50_000_000)  # a terminal takes long for more
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ran = run(shell, command, timeout=120)
    assert ran.ending is Ending.TOO_MUCH
    assert 50_000_000 < ran.truncated_bytes + len(ran.output) < 55_000_000
    assert ran.output.count("\n") <= 20_001
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # KiB, of the 50 MB that came


@pytest.mark.parametrize("command", ["exec <&- >&- 2>&-", "kill -HUP $$"])
def test_a_command_that_closes_its_terminal_is_noticed(shell: PtyShell, command: str) -> None:
    assert run(shell, command).ending is Ending.SHELL_GONE


# A machine on which everything takes its time


class Late:
    """A stream in which something that was typed arrives just before the answer to the shell's mark."""

    def __init__(self, shell: PtyShell, typed: bytes) -> None:
        self._stream, self.typed = shell._stream, typed

    def read(self, timeout: float) -> bytes | None:
        return self._stream.read(timeout)

    def write(self, data: bytes, _timeout: float = 0.0) -> None:
        if data.endswith(b"\n") and data.count(b":") == 2:
            self._stream.write(self.typed)
            self.typed = b""
            time.sleep(0.05)
        self._stream.write(data)

    def close(self) -> None:
        self._stream.close()


@pytest.mark.parametrize(
    "typed",
    [b"touch evil\r", b"touch evil", b"\x04", b"\x03", b"\x03\x03touch evil\r\x03", b"\x1a", b"\x1c", b"\r" * 20],
)
def test_what_was_typed_too_late_for_a_program_is_never_a_command(
    shell: PtyShell, tmp_path: Path, typed: bytes
) -> None:
    shell._stream = late = Late(shell, typed)
    for number in range(3):
        late.typed = typed
        ran = run(shell, f"echo {number}; (exit {number})")
        assert (ran.output, ran.status) == (f"{number}\n", number)
    assert not (tmp_path / "evil").exists()


def test_half_a_line_that_is_answered_like_a_prompt_runs_nothing(shell: PtyShell, tmp_path: Path) -> None:
    ran = talk(shell, "printf 'Error: '; sleep 0.5; echo 'no such container'", "Error: touch evil")
    assert ran.status == 0
    assert run(shell, "echo on").output == "on\n"
    assert not (tmp_path / "evil").exists()


_QUIET = ["set -x", "set -v", "set -e", "set -eu", "set +o emacs", "set -o vi", "set -o posix", "IFS=:"]
_PROMPTS = [
    "export TERM=dumb",
    "PS0=",
    "PS1='> '",
    "PS1=",
    "PS1='$x'",
    "unset PS1",
    "PS2=",
    "PROMPT_COMMAND=true",
    "unset PROMPT_COMMAND",
]
_ELSEWHERE = ["exec 2>/dev/null", "exec >/dev/null", "exec >/dev/null 2>&1", "trap 'echo' DEBUG", "stty raw -echo"]


@pytest.mark.parametrize("setting", [*_QUIET, *_PROMPTS, *_ELSEWHERE])
def test_the_shell_stays_ours_and_is_not_seen_whatever_the_page_sets(shell: PtyShell, setting: str) -> None:
    shown = [run(shell, setting), run(shell, "echo on >/dev/tty"), run(shell, "REPLY=kept; true")]
    shown += [run(shell, "echo $REPLY >/dev/tty"), run(shell, "if true; then (exit 3) || (exit 4); fi || true")]
    assert [ran.status for ran in shown] == [0] * 5
    assert ("on\n" in shown[1].output, "kept\n" in shown[3].output) == (True, True)
    assert shell._scanner._word.decode() not in "".join(ran.output for ran in shown)
    assert sum(ran.seconds for ran in shown) < patience.seconds(10)


@pytest.mark.parametrize("setting", _PROMPTS)
def test_what_a_page_does_to_its_prompts_is_in_no_output(shell: PtyShell, setting: str) -> None:
    assert [run(shell, command).output for command in (setting, *["echo on"] * 3)] == ["", *["on\n"] * 3]


@pytest.mark.parametrize("name", ["PS0", "PS1", "PS2", "PROMPT_COMMAND"])
def test_no_prompt_that_a_page_prints_shows_our_marks(shell: PtyShell, name: str) -> None:
    word = shell._scanner._word.decode()
    for _ in "12":
        ran = run(shell, f'echo "${name}"; false')
        assert (ran.status, "7717" in ran.output, word in ran.output) == (1, False, False)


@pytest.mark.parametrize("more", ["", "; sleep 0.3; echo more"])
def test_an_answer_to_a_program_that_does_not_read_it_is_not_seen(shell: PtyShell, more: str) -> None:
    assert run(shell, rf"printf 'where\e[6n\n'{more}").output.replace("more\n", "") == "where\n"
    assert run(shell, "echo next").output == "next\n"


def test_the_mark_is_in_no_environment(shell: PtyShell) -> None:
    word = shell._scanner._word.decode()
    command = "cat /proc/$$/environ /proc/$PPID/environ /proc/$$/cmdline /proc/$PPID/cmdline | tr '\\0' '\\n'; env"
    ran = run(shell, command)
    assert "TERM=" in ran.output
    assert word not in ran.output
    assert "SNIPPETRUN_MARK" not in ran.output


def test_a_person_who_gets_the_shell_sees_no_mark(shell: PtyShell) -> None:
    stream = shell.hand_over(80, 24)
    stream.write(b"echo said-$((6 * 7)); exit\r")
    said = b""
    while data := stream.read(10):
        said += data
    assert b"said-42" in said
    assert b"7717" not in said


def test_silence_counts_only_while_nothing_runs(tmp_path: Path) -> None:
    asked = []

    def rests() -> bool:
        asked.append(time.monotonic())
        return len(asked) > 5

    slow = local_shell(tmp_path, rests)
    command = "printf 'Error: '; sleep 0.4; echo 'no such container'; printf 'go? '; read x; echo $x"
    ran = talk(slow, command, "Error: no such container", "go? yes")
    slow.close()
    assert ran.output == "Error: no such container\ngo? yes\nyes\n"
    assert len(asked) > 5


def test_what_never_rests_is_talked_to_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("snippetrun.terminal.timings.BUSY", 0.5)
    busy = local_shell(tmp_path, lambda: False)
    ran = talk(busy, "read -rp 'go? ' x; echo $x", "go? yes")
    busy.close()
    assert ran.output == "go? yes\nyes\n"
