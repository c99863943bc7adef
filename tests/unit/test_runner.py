"""Running pages, over the in-memory sandbox."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.machine import Fleet, Notes
from helpers.runs import SITE, console, page, run

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.errors import ImageError, Problem, SandboxError
from snippetrun.model import CommandResult, Ending, Fact, Job, Outcome, Result
from snippetrun.plan import plan
from snippetrun.runner.page import run_page
from snippetrun.sandbox.fake import Answer, FakeSandbox, Program
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.sandbox.shell import PtyShell
from snippetrun.support import stopping
from snippetrun.support.limits import Usage


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep recordings and locks away from the real ones."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))


def test_commands_run_in_order_in_one_sandbox_and_are_recorded() -> None:
    fleet = Fleet({"docker ps": "CONTAINER ID\n", "docker run x": ("bad\n", 3)})
    text = console("$ docker ps") + "\nthen\n\n" + console("$ docker run x", attributes=" {exit=3}")
    [result] = run(fleet, page(text))
    assert [sandbox.commands for sandbox in fleet.started] == [["docker ps", "docker run x"]]
    assert result.recording
    (first,), (second,) = result.recording.snippets
    assert (first.command, first.output, first.status, first.line) == ("docker ps", "CONTAINER ID\n", 0, 2)
    assert (second.output, second.status) == ("bad\n", 3)
    assert not result.failed
    environment = result.recording.environment
    assert (environment.engine, [image.name for image in environment.images]) == ("26.1.5", ["nginx:latest"])


def test_a_fresh_engine_is_a_sandbox_of_its_own_but_not_for_a_skipped_fence() -> None:
    fleet = Fleet({"docker ps": "", "docker images": ""})
    skipped = console("$ docker ps", attributes=' {engine=fresh skip="no"}')
    run(fleet, page(console("$ docker ps") + skipped + console("$ docker images")))
    assert [sandbox.commands for sandbox in fleet.started] == [["docker ps", "docker images"]]
    run(fleet, page(console("$ docker ps") + console("$ docker images", attributes=" {engine=fresh}")))
    assert [sandbox.commands for sandbox in fleet.started[1:]] == [["docker ps"], ["docker images"]]
    assert all(sandbox.closed for sandbox in fleet.started)


def test_every_page_has_a_sandbox_of_its_own_and_all_are_closed() -> None:
    fleet = Fleet({"docker ps": ""})
    results = run(fleet, *(page(console("$ docker ps"), f"docs/{n}.md") for n in range(5)))
    assert [result.page.path for result in results] == [f"docs/{n}.md" for n in range(5)]
    assert len(fleet.started) == 5
    assert all(sandbox.closed for sandbox in fleet.started)


def test_a_failure_is_told_to_those_below_it_and_to_no_other_page() -> None:
    fleet = Fleet({"docker ps": "", "docker no": ("no\n", 1)})
    bad = page(console("$ docker no", "$ docker ps") + console("$ docker ps"), "docs/bad.md")
    good = page(console("$ docker ps"), "docs/good.md")
    one, two = run(fleet, bad, good)
    assert [v.outcome for vs in one.verdicts for v in vs] == [
        Outcome.FAILED, Outcome.PASSED, Outcome.PASSED,
    ]  # fmt: skip
    both = ["docker no", "docker ps", "docker ps"]
    assert sorted(sandbox.commands for sandbox in fleet.started) == [both, both, ["docker ps"]]
    assert not two.failed


def test_a_fresh_engine_has_no_failures_above_it_and_new_terminals() -> None:
    fleet = Fleet({"docker no": ("no\n", 1), "docker exit": Ending.SHELL_GONE})
    text = console("$ docker no", "$ docker no", "$ docker exit", "$ docker no")
    [result] = run(fleet, page(text + console("$ docker no", "$ docker no", attributes=" {engine=fresh}")))
    assert [verdict.message for verdicts in result.verdicts for verdict in verdicts] == [
        "exit status 1, expected 0",
        "exit status 1, expected 0; line 2 failed above it",
        "it ended the page's shell; line 2 failed above it",
        "line 4 failed above it",
        "exit status 1, expected 0",
        "exit status 1, expected 0; line 8 failed above it",
    ]


def test_the_news_that_memory_ran_out_may_come_after_the_command() -> None:
    class Late(FakeSandbox):
        looks = 0

        def usage(self) -> Usage:
            self.looks += 1
            return Usage(memory=int(self.looks > 1))

    @contextmanager
    def start(_job: Job) -> Iterator[FakeSandbox]:
        yield Late({"docker run": ("", 137)})

    [job] = plan(SITE, [page(console("$ docker run"))]).jobs
    [[verdict]] = runner.result(job.page, run_page(job, start, Notes())).verdicts
    assert verdict.message == "the page ran out of memory, of which it has 2 GB"


def test_an_engine_that_has_ended_ends_the_page() -> None:
    class Ended(FakeSandbox):
        def usage(self) -> Usage:
            return Usage(ended=True)

    @contextmanager
    def start(_job: Job) -> Iterator[FakeSandbox]:
        yield Ended({"docker no": ("no\n", 1), "docker ps": ""})

    text = console("$ docker ps", "$ docker no", "$ docker ps") + console("$ docker ps", attributes=" {engine=fresh}")
    [job] = plan(SITE, [page(text)]).jobs
    result = runner.result(job.page, run_page(job, start, Notes()))
    assert [verdict.message for verdicts in result.verdicts for verdict in verdicts] == [
        "", "the page's engine has ended", "line 3 failed above it", "line 3 failed above it",
    ]  # fmt: skip


def lost(*answers: str) -> dict[str, Answer]:
    """A command that says another thing each time, and the last of them from then on."""
    left = list(answers)

    def program() -> Program:
        yield from ()
        return (left.pop(0) if len(left) > 1 else left[0]), 0

    return {"docker run x": program}


def test_a_failure_that_does_not_reproduce_does_not_count() -> None:
    fleet, notes = Fleet(lost("", "hello\n")), Notes()
    [result] = run(fleet, page(console("$ docker run x", "hello")), notes=notes)
    assert not result.failed
    assert len(fleet.started) == 2
    assert "again docs/a.md: a failure in line 3, running it again to see whether that reproduces" in notes.lines
    assert "docs/a.md: a failure in line 3 of run 1 did not reproduce" in notes.lines
    assert notes.lines[-1] == "end docs/a.md"


def test_a_page_runs_so_many_times_at_most_and_its_last_failure_is_told() -> None:
    text = console("$ docker run x", "hello", attributes="") + console("$ docker run x", "hello")
    fleet = Fleet(lost(*["", "hello\n", "hello\n", "", "", "hello\n"]))
    [result] = run(fleet, page(text), site=dataclasses.replace(SITE, most_runs=3))
    assert len(fleet.started) == 3
    assert [verdict.where for verdict in result.failed] == [3]


def test_of_several_failures_those_count_that_reproduce() -> None:
    text = console("$ docker run x", "hello") + console("$ docker no")
    fleet, notes = Fleet(lost("", "hello\n") | {"docker no": ("no\n", 1)}), Notes()
    [result] = run(fleet, page(text), notes=notes)
    assert [verdict.line for verdict in result.failed] == [6]
    assert len(fleet.started) == 2
    assert "docs/a.md: a failure in line 3 of run 1 did not reproduce" in notes.lines


def test_a_live_preview_does_not_wait_for_a_second_run() -> None:
    fleet = Fleet(lost("", "hello\n"))
    [result] = run(fleet, page(console("$ docker run x", "hello")), site=dataclasses.replace(SITE, most_runs=1))
    assert result.failed
    assert len(fleet.started) == 1


def test_what_lists_containers_waits_until_the_list_is_up_to_date() -> None:
    commands = ["docker run x", "docker ps -a", "ls", "docker rm $(docker container ls -q)", "docker exec x ps"]
    fleet = Fleet(dict.fromkeys(commands, ""))
    run(fleet, page(console(*(f"$ {command}" for command in commands))))
    assert fleet.started[0].settled == [1, 3, 4]  # the last is none, but waits no longer than it has to


def test_a_time_out_ends_its_page() -> None:
    [result] = run(Fleet({"docker wait x": Ending.TIMED_OUT}), page(console("$ docker wait x", "$ docker ps")))
    assert result.failed[0].message == "still running after 60 s"


def test_the_time_out_of_a_fence_comes_before_the_pages() -> None:
    asked = []

    class DiffRequest(PtyShell):
        def run(self, order: TerminalCommand) -> CommandResult:
            asked.append((order.timeout, order.limit))
            return super().run(order)

    @contextmanager
    def start(_job: Job) -> Iterator[FakeSandbox]:
        yield FakeSandbox({"docker ps": ""}, shell=DiffRequest)

    text = (
        "---\nsnippetrun: {timeout: 7s}\n---\n"
        + console("$ docker ps")
        + console("$ docker ps", attributes=" {timeout=2s}")
    )
    [job] = plan(SITE, [page(text)]).jobs
    run_page(job, start, Notes())
    assert asked == [(7.0, 1_000_000), (2.0, 1_000_000)]


def test_a_file_is_there_before_the_next_command() -> None:
    fleet = Fleet({"docker build app": ""})
    run(fleet, page("```dockerfile {file=app/Dockerfile}\nFROM debian\n```\n" + console("$ docker build app")))
    assert fleet.started[0].files == {"app/Dockerfile": "FROM debian\n"}


def test_a_skipped_fence_does_not_run() -> None:
    fleet = Fleet({"docker ps": ""})
    [result] = run(fleet, page(console("$ docker rm x", attributes=' {skip="no"}') + console("$ docker ps")))
    assert fleet.started[0].commands == ["docker ps"]
    assert not result.failed


def test_a_site_on_which_nothing_runs_needs_no_engine() -> None:
    fleet = Fleet({})
    [result] = run(fleet, page("# Nothing\n"))
    assert (fleet.started, result.recording) == ([], None)


def test_a_sandbox_that_fails_is_an_error_with_the_pages_line() -> None:
    class Broken(FakeSandbox):
        def answer(self, command: str) -> Answer:  # noqa: ARG002
            raise SandboxError(Problem("the engine is gone"))

    broken = Broken()

    @contextmanager
    def sandboxes(_site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
        @contextmanager
        def start(_job: Job) -> Iterator[FakeSandbox]:
            try:
                yield broken
            finally:
                broken.close()

        yield start

    with pytest.raises(SandboxError, match=r"docs/a.md:1: the engine is gone"):
        runner.run(plan(SITE, [page(console("$ docker ps"))]), Notes(), sandboxes=sandboxes)
    assert broken.closed


def test_an_error_on_one_page_releases_the_others() -> None:
    released = threading.Event()

    class Stuck(FakeSandbox):
        def answer(self, command: str) -> Answer:  # noqa: ARG002
            while True:
                stopping.check()  # as whoever waits for a real one
                time.sleep(0.01)

    @contextmanager
    def sandboxes(_site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
        @contextmanager
        def start(job: Job) -> Iterator[FakeSandbox]:
            if job.page.path == "docs/bad.md":
                raise SandboxError(Problem("no boot"))
            try:
                yield Stuck()
            finally:
                released.set()

        yield start

    pages = [page(console("$ docker ps"), "docs/stuck.md"), page(console("$ docker ps"), "docs/bad.md")]
    with pytest.raises(SandboxError, match="no boot"):
        runner.run(plan(SITE, pages), Notes(), sandboxes=sandboxes)
    assert released.is_set()


def test_the_watcher_hears_of_every_step() -> None:
    notes = Notes()
    run(Fleet({"docker ps": ""}), page(console("$ docker ps")), notes=notes)
    assert notes.lines == ["begin 1", "docs/a.md:2 docker ps", "end docs/a.md"]


def test_output_beyond_the_limit_is_counted() -> None:
    site = dataclasses.replace(SITE, output_limit=4)
    [result] = run(Fleet({"docker ps": "0123456789\n"}), page(console("$ docker ps")), site=site)
    assert result.recording
    assert (result.recording.snippets[0][0].output, result.recording.snippets[0][0].truncated_bytes) == ("0123", 8)


def test_of_a_page_whose_commands_all_print_without_end_little_is_kept() -> None:
    site = dataclasses.replace(SITE, output_limit=1000)
    [result] = run(Fleet({"docker ps": "x" * 2000}), page(console(*["$ docker ps"] * 20)), site=site)
    assert result.recording
    kept = [len(recorded.output) for recorded in result.recording.snippets[0]]
    assert kept == [1000] * 10 + [1] * 10


def test_what_sandboxes_stand_on_is_prepared_when_the_first_page_asks_and_once() -> None:
    lines: list[str] = []

    @contextmanager
    def prepared(_site: SiteConfig, say: Callable[[str], None]) -> Iterator[runner.OpenSandbox]:
        say("preparing")
        yield Fleet({}).start
        say("gone")

    shared = runner.SharedSandboxes(prepared, lines.append)
    assert lines == []
    assert shared.start(SITE) is shared.start(SITE)
    assert lines == ["preparing"]
    shared.close()
    assert lines == ["preparing", "gone"]


def test_what_could_not_be_prepared_is_not_tried_again() -> None:
    tries: list[SiteConfig] = []

    @contextmanager
    def prepared(site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
        tries.append(site)
        raise ImageError(Problem("no such image"))
        yield Fleet({}).start

    shared = runner.SharedSandboxes(prepared, print)
    for _ in range(2):
        with pytest.raises(ImageError, match="no such image"):
            shared.start(SITE)
    assert len(tries) == 1
    shared.close()


ID, SPAN = "4f0c2a7a1b9e" + "0" * 52, "2026-11-25T10:00:00+00:00/2026-11-25T10:10:00+00:00"


@dataclasses.dataclass
class Learned(Fleet):
    """A fleet of whose machines and images something is known."""

    knows: Sequence[tuple[Fact, ...]] = ()

    @contextmanager
    def start(self, job: Job) -> Iterator[FakeSandbox]:
        with super().start(job) as sandbox:
            sandbox.knows = self.knows[len(self.started) - 1]
            yield sandbox


def shown(result: Result) -> list[tuple[str, str]]:
    assert result.recording
    return [(each.command, each.output) for snippet in result.recording.snippets for each in snippet]


def test_what_came_out_is_recorded_as_it_came() -> None:
    text = console(
        "$ docker run -d x", "<box>", "$ docker logs <box>", "$ docker ps", "<...> <name>", "$ docker rm <name>"
    )
    answers = {
        "docker run -d x": f"{ID}\n",
        f"docker logs {ID}": "\x1b[31mfrom\x1b[0m 172.17.0.2 at 2026-11-25T14:00:00.123456789Z\n",
        "docker ps": f"{ID[:12]} hungry_hippo\n",
        "docker rm hungry_hippo": "hungry_hippo\n",
    }
    [result] = run(Fleet(answers), page(text))
    assert not result.failed
    assert shown(result) == list(answers.items())


def test_a_try_that_failed_binds_no_name() -> None:
    tries = iter(["starting\nweb 1\n", "web 2\n"])

    @contextmanager
    def start(_job: Job) -> Iterator[FakeSandbox]:
        yield FakeSandbox(lambda _: next(tries))

    [job] = plan(SITE, [page(console("$ docker ps", "web <number>", attributes=" {retry=20s}"))]).jobs
    recording = run_page(job, start, Notes())
    assert recording.snippets[0][0].output == "web 2\n"
    assert not runner.result(job.page, recording).failed


def known(result: Result) -> dict[str, str]:
    assert result.recording
    return {fact.name: fact.value for fact in result.recording.environment.known}


def test_of_what_is_known_only_that_is_kept_which_turns_up_in_the_output() -> None:
    facts = [
        *(
            Fact("kernel", "6.12.1"),
            Fact("kernel build", "#1 SMP"),
            Fact("processors", "2"),
            Fact("memory", "8589934592"),
        ),
        *(Fact("nginx:latest 1", ID), Fact("nginx:latest 2", "1" * 64), Fact("redis:7 1", "2" * 64)),
        *(
            Fact("nginx:latest built", SPAN),
            Fact("redis:7 built", SPAN),
        ),
    ]
    answers = {"docker ps": f"\x1b[1m{ID[:6]}\x1b[0m{ID[6:12]} x\n", "docker run nginx uname -r": "6.12.1\n"}
    [result] = run(Learned(answers, knows=[tuple(facts)]), page(console(*(f"$ {command}" for command in answers))))
    unseen = {"kernel build", "nginx:latest 2", "redis:7 1", "redis:7 built"}
    assert known(result) == {fact.name: fact.value for fact in facts if fact.name not in unseen}


def test_each_of_a_pages_engines_is_asked_what_is_known() -> None:
    knows = [(Fact("engine id", word), Fact("processors", "2")) for word in ("861e7748", "f00d")]
    fleet = Learned({"docker info": "861e7748 f00d\n"}, knows=knows)
    [result] = run(fleet, page(console("$ docker info") + console("$ docker info", attributes=" {engine=fresh}")))
    assert known(result) == {"engine id": "861e7748", "engine id 2": "f00d", "processors": "2"}
