"""What a person does at Docker's terminals, on the real engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from snippetrun import report, runner
from snippetrun.config import SiteConfig
from snippetrun.extract import read
from snippetrun.model import CommandResult, Ending, Job, Outcome, Result
from snippetrun.model import Page as ThePage
from snippetrun.plan import plan
from snippetrun.runner.page import run_page
from snippetrun.sandbox.interface import Sandbox, TerminalCommand
from snippetrun.support import patience

pytestmark = pytest.mark.engine


class Page:
    """Runs the text of a page in a sandbox of its own."""

    def __init__(self, site: SiteConfig, sandboxes: runner.OpenSandbox) -> None:
        self._site, self._sandboxes = site, sandboxes

    def run(self, text: str) -> Result:
        [job] = plan(self._site, [read("docs/test.md", text)]).jobs
        return runner.result(job.page, run_page(job, self._sandboxes, runner.Watcher()))

    def passes(self, text: str) -> list[CommandResult]:
        """Run it; everything has to be as it is written."""
        result = self.run(text)
        assert not result.failed, "\n".join(map(str, report.failures(result)))
        assert result.recording
        return [recorded for snippet in result.recording.snippets for recorded in snippet]


@pytest.fixture
def page(site: SiteConfig, sandboxes: runner.OpenSandbox) -> Page:
    return Page(site, sandboxes)


def fence(*lines: str, attributes: str = "") -> str:
    return "\n".join([f"```console{attributes}", *lines, "```", "", ""])


def test_a_nested_shell(page: Page) -> None:
    [ran, after] = page.passes(
        fence(
            "$ docker run -it --name box ubuntu bash",
            "root@<id>:/# cd /tmp && echo $((6 * 7)) > answer",
            "root@<id>:/tmp# cat answer",
            "42",
            "root@<id>:/tmp# exit",
            "exit",
            "$ docker ps -a --no-trunc --format '{{.Names}} {{.ID}}'",
            "box <id>",
        )
    )
    assert [piece.text for piece in ran.pieces if piece.kind == "input"] == [
        "cd /tmp && echo $((6 * 7)) > answer\n",
        "cat answer\n",
        "exit\n",
    ]
    assert after.output.startswith("box ")


def test_busybox_sh_which_asks_for_the_cursor(page: Page) -> None:
    page.passes(fence("$ docker run --rm -it busybox sh", "...", "/ # cd /tmp", "/tmp # exit 3"))


def test_a_line_that_busybox_sh_cuts_at_the_margin_is_no_output(page: Page) -> None:
    word = "a" * 150
    page.passes(fence("$ docker run --rm -it busybox sh", "...", f"/ # echo {word} | wc -c", "151", "/ # exit"))


def test_a_last_line_that_is_not_as_written_is_a_mismatch_at_once(page: Page) -> None:
    result = page.run(fence("$ docker run -it busybox sh", "...", '/ # cd /tmp; echo "room: 5"', "room: 4"))
    [[verdict]], [problem] = result.verdicts, report.failures(result)
    assert (verdict.outcome, problem.line) == (Outcome.FAILED, 5)
    assert result.recording
    [[recorded]] = result.recording.snippets
    assert (recorded.ending, recorded.output[-8:]) == (Ending.LEFT_OPEN, "room: 5\n")


def test_what_comes_late_is_not_lost(page: Page) -> None:
    page.passes(
        fence("$ docker run --rm -it busybox sh", "...", "/ # sleep 3; echo late", "late")
        + fence("/ # echo next", "next", "/ # exit", attributes=" {term=main}")
    )


def test_a_silent_command_can_be_left_open(page: Page) -> None:
    page.passes(
        fence(
            "$ docker run -d --name box busybox sleep 1000", "$ docker wait box", attributes=' {term=waiter until=""}'
        )
        + fence("$ docker kill box")
        + fence("137", attributes=" {term=waiter}")
    )


def test_no_visible_character_is_lost(page: Page) -> None:
    page.passes(
        fence(
            "$ docker run --rm -t busybox echo '✔️ done 👩‍🚀'",
            "✔️ done 👩‍🚀",
            r"$ docker run --rm busybox printf 'loading\r✔️ all good\n'",
            "✔️ all good",
            r"$ docker run --rm -t busybox printf 'नमस्ते दुनिया\n'",
            "नमस्ते दुनिया",
        )
    )


def test_no_escape_sequence_leaves_text(page: Page) -> None:
    styled = r"\033[38:2::255:0:0mred\033[0m \033[4:3mcurly\033[24m \033[!pplain\n"
    page.passes(
        fence(
            f"$ docker run --rm -t busybox printf '{styled}'",
            "red curly plain",
            r"$ docker run --rm -t busybox printf '\033(0lqk\033(B \033P1$r\033\\where\033[6n\n'",
            "┌─┐ where",
            "$ docker run --rm -t busybox echo next",
            "next",
        )
    )


def test_nothing_of_the_driver_is_seen(page: Page) -> None:
    ran = page.passes(
        fence(
            "$ set -x",
            "$ docker run --rm busybox true",
            "+ docker run --rm busybox true",
            "$ set +x",
            "+ set +x",
            "$ set -v",
            "$ set +v",
            '$ echo "$PS1"',
            "$ PS1='> '",
            "$ unset PROMPT_COMMAND",
            "$ exec 2>/dev/null",
            "$ docker run --rm busybox sh -c 'echo seen; echo unseen >&2'",
            "seen",
        )
    )
    assert ran[5].output.endswith("\\w\\$ \n")
    assert max(recorded.seconds for recorded in ran) < patience.seconds(30)


def test_detach_and_attach_again(page: Page) -> None:
    page.passes(
        fence(
            "$ docker run -it --name box ubuntu bash",
            "root@<id>:/# word=kept",
            "root@<id>:/# ^P^Q",
            "$ docker ps --format '{{.Names}}'",
            "box",
            "$ docker attach box",
            "root@<id>:/# echo $word",
            "kept",
            "root@<id>:/# exit",
            "exit",
        )
    )


def test_following_a_log_ends_with_a_key(page: Page) -> None:
    counting = "for i in 1 2 3; do echo count $i; sleep 0.1; done; sleep 60"
    [_, followed, after] = page.passes(
        fence(
            f"$ docker run -d --name counter busybox sh -c '{counting}'",
            "<id>",
            "$ docker logs -f counter",
            "count 1",
            "...",
            "count 3",
            "^C",
            "$ docker inspect --format '{{.State.Running}}' counter",
            "true",
        )
    )
    assert followed.output == "count 1\ncount 2\ncount 3\n^C\n"
    assert after.output == "true\n"


def test_a_server_and_a_client_in_two_terminals(page: Page) -> None:
    ran = page.passes(
        fence("$ docker run --rm -p 80:80 nginx", attributes=' {term=server until="start worker processes"}')
        + fence(
            "$ curl -s --retry 9 --retry-all-errors localhost | grep title",
            "<...>nginx<...>",
            attributes=" {term=client}",
        )
        + fence("...", "^C", "...", attributes=" {term=server}")
    )
    assert [each.ending for each in ran] == [Ending.LEFT_OPEN, Ending.EXITED, Ending.EXITED]
    assert '"GET / HTTP/1.1" 200' in ran[2].output


def test_a_display_that_redraws_itself(page: Page) -> None:
    [ran] = page.passes(fence("$ docker run --rm -it busybox top", "^C"))
    assert ran.output.count("Load average") == 1
    assert ran.output.endswith("top\n^C\n")


def test_a_question_of_docker(page: Page) -> None:
    page.passes(
        fence(
            "$ docker volume prune",
            "WARNING! <...>",
            "Are you sure you want to continue? [y/N] y",
            "Total reclaimed space: 0B",
        )
    )


def test_a_password_is_typed_at_its_prompt_and_stays_unseen(page: Page) -> None:
    text = "---\nsnippetrun: {hub: true, images: [busybox]}\n---\n" + fence(
        "$ docker login --username=bee",
        "Password: bees-like-flowers",
        "...",
        "Login Succeeded",
        "$ docker tag busybox bee/box && docker push -q bee/box",
        "docker.io/bee/box:latest",
        "$ docker login --username=bee",
        "Password: bees-hate-wasps",
        "Error response from daemon: <...> unauthorized: incorrect username or password",
        "? 1",
    )
    result = page.run(text)
    assert not result.failed, "\n".join(map(str, report.failures(result)))
    assert "bees-" not in repr(result.recording)


def test_ten_thousand_lines_of_a_container(page: Page) -> None:
    [ran] = page.passes(fence("$ docker run --rm busybox seq 10000"))
    assert ran.output == "".join(f"{n}\n" for n in range(1, 10_001))


def test_many_short_commands(page: Page) -> None:
    ran = page.passes(fence("$ docker ps -q", *["$ echo hi"] * 50))
    assert [each.output for each in ran] == ["", *["hi\n"] * 50]


@pytest.mark.parametrize("command", ["exec <&- >&- 2>&-", "exit", "kill -9 $$"])
def test_a_shell_that_dies_in_mid_page_is_named_with_its_line(page: Page, command: str) -> None:
    result = page.run(fence("$ docker ps", f"$ {command}", "$ docker ps"))
    [problem] = report.failures(result)
    assert (problem.path, problem.line, problem.message) == ("docs/test.md", 3, "it ended the page's shell")
    assert [v.outcome for vs in result.verdicts for v in vs] == [Outcome.PASSED, Outcome.FAILED, Outcome.NOT_REACHED]


def test_a_fresh_engine_knows_nothing_of_the_last(page: Page) -> None:
    ran = page.passes(
        fence("$ docker run -d --name box debian sleep infinity", "$ touch here")
        + fence("$ docker ps -aq", "$ ls", attributes=" {engine=fresh}")
    )
    assert [each.output for each in ran[2:]] == ["", ""]


def test_a_command_is_tried_again_until_it_does_what_is_expected(page: Page) -> None:
    slow = "docker run -d --name slow busybox sh -c 'sleep 1; echo ready; sleep 60'"
    page.passes(fence(f"$ {slow}") + fence("$ docker logs slow", "ready", attributes=" {retry=20s}"))


def test_terminals_share_the_engine_and_nothing_else(page: Page) -> None:
    page.passes(
        fence("$ docker run -d --name box busybox sleep 60", "$ x=5; cd /tmp")
        + fence(
            "$ docker ps --format '{{.Names}}'", "box", '$ echo "[$x]" $PWD', "[] /page", attributes=" {term=other}"
        )
    )


@contextmanager
def opened(sandboxes: runner.OpenSandbox, site: SiteConfig, page_text: str) -> Iterator[Sandbox]:
    [job] = plan(site, [read("docs/test.md", page_text)]).jobs
    with sandboxes(job) as sandbox:
        yield sandbox


def outputs(sandbox: Sandbox, commands: Sequence[str]) -> list[str]:
    return [sandbox.terminal().run(TerminalCommand(command, 1)).output for command in commands]


def test_a_terminal_has_the_stated_size(sandboxes: runner.OpenSandbox, site: SiteConfig) -> None:
    with opened(sandboxes, site, fence("$ docker ps")) as sandbox:
        assert outputs(sandbox, ["stty size", "docker run --rm -t busybox stty size"]) == ["30 100\n", "30 100\n"]


def test_a_sandbox_rests_only_while_nothing_in_it_runs(sandboxes: runner.OpenSandbox) -> None:
    job = Job(ThePage("docs/a.md", ()), "", ("busybox:latest",), 60.0, 1_000_000)
    with sandboxes(job) as sandbox:
        assert any(sandbox.rests() for _ in range(100))  # its engine does something now and then
        spin = "docker run --name spin -d busybox sh -c 'while :; do :; done'"
        assert sandbox.terminal().run(TerminalCommand(spin, timeout=60)).status == 0
        assert not any(sandbox.rests() for _ in range(10))
        assert sandbox.terminal().run(TerminalCommand("docker rm -f spin", timeout=60)).status == 0
        assert any(sandbox.rests() for _ in range(100))


@pytest.mark.slow
def test_endless_output_ends_its_command_with_the_reason(page: Page) -> None:
    result = page.run(fence("$ docker run --rm busybox head -c 5000000000 /dev/zero", attributes=" {timeout=5m}"))
    [[verdict]] = result.verdicts
    assert verdict.message == "it printed 100 MB more than is kept, and was stopped"
    assert result.recording
    [[recorded]] = result.recording.snippets
    assert 100_000_000 < recorded.truncated_bytes < 110_000_000


def test_it_is_known_when_output_came(page: Page) -> None:
    steps = 'for i in 1 2 3; do printf "\\rstep $i"; sleep 0.3; done; echo'
    loop, bar = page.passes(
        fence("$ for i in 1 2 3; do echo $i; sleep 0.3; done", "1", "2", "3")
        + fence(f"$ docker run --rm debian bash -c '{steps}'", "step 3")
    )
    shown = [loop.output[: moment.shown] for moment in loop.moments]
    assert shown[-1] == loop.output
    assert len({moment.seconds for moment in loop.moments}) == len({*shown}) >= 2
    assert (bar.output, bar.moments[-1].drawn) == ("step 3\n", "")
    assert {"step 1", "step 2"} & {moment.drawn.strip() for moment in bar.moments}
