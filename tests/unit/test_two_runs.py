"""A page is recorded from two runs, and a difference counts only if it reproduces; over the in-memory sandbox."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.sites import Site

from snippetrun import runner, sameness
from snippetrun.config import MOST_RUNS, SiteConfig
from snippetrun.errors import Problem, SandboxError
from snippetrun.model import CommandResult, Difference, Job, Mode, Page, Recording, Result
from snippetrun.plan import plan, rules
from snippetrun.recordings import Store
from snippetrun.runner.drift import in_order_alone
from snippetrun.sameness import Run
from snippetrun.sandbox.fake import Answer, FakeSandbox, Program, program

Answers = Mapping[str, Answer]


class Machine(Site):
    """A site whose engines answer one after the other what `engines` says: by the number of the run, from 0."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.engines: Callable[[int], Answers] = lambda _: {}
        self.started = 0

    @contextmanager
    def sandboxes(self, _site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
        @contextmanager
        def start(_job: Job) -> Iterator[FakeSandbox]:
            self.started += 1
            yield FakeSandbox(self.engines(self.started - 1))

        yield start

    def runs(self, *answers: Answers) -> None:
        """Let the next runs have these answers, and all further ones the last."""
        first = self.started
        self.engines = lambda run: answers[min(run - first, len(answers) - 1)]

    def build(self, mode: Mode = Mode.AUTO, **settings: object) -> Result:
        config = dataclasses.replace(self.config, mode=mode, **settings)  # type: ignore[arg-type]
        [result] = runner.run(plan(config, self._read()), runner.Watcher(), sandboxes=self.sandboxes)
        return result

    def look_again(self) -> None:
        config = dataclasses.replace(self.config, mode=Mode.AUTO)
        runner.look_again(plan(config, self._read()), runner.Watcher(), sandboxes=self.sandboxes)

    def recording(self) -> Recording:
        stored = Store(self.config).read(self._read()[0])
        assert stored
        return stored.recording

    def recorded(self, number: int = 0) -> CommandResult:
        return [each for snippet in self.recording().snippets for each in snippet][number]

    def file(self) -> tuple[bytes, int]:
        path = Store(self.config).path(self._read()[0])
        assert path
        return path.read_bytes(), path.stat().st_mtime_ns

    def page_now(self) -> Page:
        return self._read()[0]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    return Machine(tmp_path)


def page(*lines: str, attributes: str = "") -> str:
    return "\n".join([f"```console{attributes}", *lines, "```", ""])


def chance(run: int, what: str = "") -> str:
    """Digits that nobody can foresee, and the same in each test run."""
    return hashlib.sha256(f"{what} {run}".encode()).hexdigest()


def words(run: int) -> str:
    """Letters that have no form which a rule could know."""
    return chance(run).translate(str.maketrans("0123456789", "ghijklmnop"))[:9]


def random_walk(run: int) -> Answers:
    return {"docker run x": "".join(f"{words(10 * run + n)} {words(n - 10 * run)}\n" for n in range(run * 7 % 5 + 1))}


PS = "CONTAINER ID   IMAGE   NAMES\n{}   x       {}\n"


def started(run: int) -> Answers:
    """What an engine prints of a container: an id and a name of its own in each run."""
    identity, name = chance(run), f"{words(run)}_{words(run + 1000)}"
    listed = PS.format(identity[:12], name)
    return {"docker run -d x": f"{identity}\n", "docker ps": listed, "docker version": "26.1.5\n"}


# Recording


def test_a_page_is_recorded_from_two_runs_and_shows_the_first(site: Machine) -> None:
    site.write(page("$ docker run -d x", "$ docker version"))
    site.engines = started
    result = site.build()
    assert (site.started, result.runs, site.recording().runs) == (2, 2, 2)
    assert (site.recorded(0).output, site.recorded(0).others) == (f"{chance(0)}\n", (f"{chance(1)}\n",))
    assert site.recorded(1).others == ()
    assert runner.varying(result, rules(site.config, result.page)) == [[((0, 64),), ()]]


def test_a_site_may_want_one_run_alone(site: Machine) -> None:
    site.write(page("$ docker run -d x"))
    site.engines = started
    site.build(runs=1)
    assert (site.started, site.recording().runs, site.recorded().others) == (1, 1, ())


def test_a_run_that_dies_before_the_second_leaves_the_old_recording(site: Machine) -> None:
    site.write(page("$ docker version"))
    site.engines = started
    site.build()
    before = site.file()
    site.write(page("$ docker version", "$ docker run -d x"))

    def dies(run: int) -> Answers:
        if run == 3:
            raise SandboxError(Problem("the engine is gone"))
        return started(run)

    site.engines = dies
    with pytest.raises(SandboxError, match="the engine is gone"):
        site.build()
    assert site.started == 4
    assert site.file() == before


def test_what_says_nothing_new_leaves_the_file_to_the_byte(site: Machine) -> None:
    site.write(page("$ docker run -d x", "$ docker ps"))
    site.engines = started
    site.build()
    before = site.file()
    for _ in range(3):
        site.build(Mode.RUN)
    assert site.file() == before
    assert site.started == 2 + 3  # nothing differs: no second run
    assert site.update().changed == ()
    assert site.check() == []
    assert site.file() == before


def test_news_is_recorded_whole_from_one_run(site: Machine) -> None:
    site.write(page("$ docker run -d x", "$ docker ps", "$ docker version"))
    site.engines = started
    site.build()
    site.engines = lambda run: {**started(run), "docker version": "27.0.1\n"}
    site.build(Mode.RUN)
    outputs = [site.recorded(n).output for n in range(3)]
    assert outputs == [*{**started(2), "docker version": "27.0.1\n"}.values()]
    assert all(len(site.recorded(n).others) for n in range(2))
    assert site.check() == []


# What never repeats, what repeats now and then


def test_a_page_that_never_repeats_is_recorded_marked_and_never_fails(site: Machine) -> None:
    site.write(page("$ docker run x"))
    site.engines = random_walk
    result = site.build()
    [[spans]] = runner.varying(result, rules(site.config, result.page))
    assert spans
    assert [site.check() for _ in range(10)] == [[]] * 10
    before = site.file()
    assert site.update().changed == ()
    assert site.file() == before


def test_a_difference_that_does_not_reproduce_fails_nobody(site: Machine) -> None:
    site.write(page("$ docker version"))
    site.engines = started
    site.build()
    before = site.file()
    site.runs({"docker version": "27.0.1\n"}, {"docker version": "26.1.5\n"})
    assert site.check() == []
    assert site.started == 2 + 2
    site.runs({"docker version": "27.0.1\n"}, {"docker version": "26.1.5\n"})
    assert site.build(Mode.RUN).news == {}
    assert site.file() == before


def test_a_difference_that_reproduces_is_reported_after_as_many_runs_as_may_be(site: Machine) -> None:
    site.write(page("$ docker version"))
    site.engines = started
    site.build()
    site.runs({"docker version": "27.0.1\n"})
    assert site.check() == ["docs/p.md:2 the output is not what was recorded"]
    assert site.started == 2 + MOST_RUNS


def test_a_failure_hides_no_difference_from_the_recording(site: Machine) -> None:
    site.write(page("$ docker ps", "$ docker info"))
    site.runs({"docker ps": "one\n", "docker info": ""})
    site.build()
    site.runs({"docker ps": "two\n", "docker info": ("no\n", 1)})
    assert site.check() == ["docs/p.md:2 the output is not what was recorded", "docs/p.md:3 exit status 1, expected 0"]


def test_what_is_one_of_two_in_turn_fails_nobody(site: Machine) -> None:
    site.write(page("$ docker version"))
    turns = itertools.cycle(["ready\n", "not yet\n"])
    site.engines = lambda _: {"docker version": next(turns)}
    site.build()
    assert [site.check() for _ in range(10)] == [[]] * 10


def test_another_way_to_end_is_news_although_the_page_allows_it(site: Machine) -> None:
    site.write(page("$ docker attach x", "hello", "^C"))
    site.runs({"docker attach x": program("hello\n", "bye\n", status=130)})
    site.build()
    site.runs({"docker attach x": program("hello\n", "bye\n", status=0)})
    assert site.check() == ["docs/p.md:2 exit status 0, and exit status 130 was recorded"]


# When output came


def test_a_recording_that_knows_no_moments_is_written_anew_once_from_two_runs(site: Machine) -> None:
    site.write(page("$ docker run -d x", "$ docker version"))
    site.engines = started
    site.build()
    known = site.recording()
    assert known.timed
    forgotten = tuple(dataclasses.replace(ran, moments=()) for ran in known.snippets[0])
    [job] = plan(site.config, [site.page_now()]).jobs
    Store(site.config).keep(job, dataclasses.replace(known, snippets=(forgotten,)), news=True)
    before = site.file()
    assert not site.recording().timed
    assert (site.check(), site.file()) == ([], before)
    site.build()  # it is not stale
    assert site.file() == before
    site.started = 0
    site.build(Mode.RUN)
    assert (site.started, site.recording().timed, site.recording().runs) == (2, True, 2)
    before = site.file()
    site.build(Mode.RUN)
    assert (site.started, site.file()) == (3, before)


# What varies is seen once the page is shown


def test_a_second_look_adds_what_varies_and_changes_nothing_that_is_shown(site: Machine) -> None:
    site.write(page("$ docker run -d x", "$ docker version"))
    site.engines = started
    shown = site.build(runs=1).recording
    assert shown
    site.look_again()
    recording = site.recording()
    assert (recording.runs, recording.when, recording.seconds) == (2, shown.when, shown.seconds)
    assert [(ran.output, ran.others) for ran in recording.snippets[0]] == [
        (f"{chance(0)}\n", (f"{chance(1)}\n",)),
        ("26.1.5\n", ()),
    ]
    site.look_again()
    assert site.started == 2


def test_a_second_look_that_fails_leaves_the_recording(site: Machine) -> None:
    site.write(page("$ docker version"))
    site.engines = started
    site.build(runs=1)
    before = site.file()
    site.runs({"docker version": ("gone\n", 1)})
    site.look_again()
    assert site.file() == before


# Output that is pasted from the site


def test_pasted_output_matches_after_the_page_was_recorded_anew(site: Machine) -> None:
    site.engines = started
    site.write(page("$ docker run -d x", "$ docker ps"))
    site.build()
    pasted = site.recorded(1).output.splitlines()
    for more in range(3):
        text = page("$ docker run -d x", "$ docker ps", *pasted, *more * ["$ docker version"])
        site.write(text)
        assert not site.build().failed
        assert site.check() == []
        assert site.update().changed == ()
        assert site.text() == text


def test_pasted_lines_may_come_in_another_order_if_runs_have_shown_that(site: Machine) -> None:
    one, other, third = ({"docker ps": "".join(f"{line}\n" for line in lines)} for lines in ("abc", "bca", "cab"))
    site.write(page("$ docker ps"))
    site.runs(one, other)
    site.build()
    site.write(page("$ docker ps", *"bca"))
    site.runs(one, other)
    assert not site.build().failed
    for answers in (one, other, third):
        site.runs(answers)
        assert site.check() == []
    for news in ("a\nb\nd\n", "a\nb\n"):
        site.runs({"docker ps": news})
        assert site.check() != []
    site.write(page("$ docker ps", *"abd"))
    site.runs(one, other)
    assert site.build().failed


@pytest.mark.parametrize("again", ["build", "look"])
def test_retry_takes_pasted_output_for_what_came(site: Machine, again: str) -> None:
    site.engines = started
    site.write(page("$ docker run -d x", "$ docker ps"))
    site.build()
    site.write(
        page("$ docker run -d x")
        + page("$ docker ps", *site.recorded(1).output.splitlines(), attributes=" {retry=50s}")
    )
    tries = itertools.count()

    def engine(run: int) -> Answers:
        def listed() -> Program:
            yield from ()
            next(tries)
            return listing, 0

        answers = started(run)
        listing = str(answers["docker ps"])
        return {**answers, "docker ps": listed}

    site.engines = engine
    site.build(runs=2 if again == "build" else 1)
    if again == "look":
        site.look_again()
    assert site.recording().runs == 2
    assert next(tries) == 2  # once in each run


def test_an_update_of_a_plain_list_converges(site: Machine) -> None:
    site.write(page("$ docker run -d x", "$ docker ps", "old"))
    site.engines = started
    assert "docs/p.md" in site.update().changed
    before, text = site.file(), site.text()
    assert site.update().changed == ()
    assert site.check() == []
    assert (site.file(), site.text()) == (before, text)


# What the site and the page say themselves


@pytest.mark.parametrize("where", ["site", "page"])
def test_what_may_differ_may_be_said_for_the_site_and_for_a_page(site: Machine, where: str) -> None:
    head = "---\nsnippetrun: {varies: ['[0-9]+ players']}\n---\n" if where == "page" else ""
    if where == "site":
        site.config = dataclasses.replace(site.config, varies=("[0-9]+ players",))
    site.write(head + page("$ docker version"))
    site.runs({"docker version": "8 players\n"})
    site.build()
    site.runs({"docker version": "731 players\n"})
    assert site.check() == []
    site.runs({"docker version": "8 spectators\n"})
    assert len(site.check()) == 1


@pytest.mark.parametrize("where", ["site", "page"])
def test_what_must_not_differ_may_be_said_for_the_site_and_for_a_page(site: Machine, where: str) -> None:
    head = "---\nsnippetrun: {same: ['took [0-9.]+ s']}\n---\n" if where == "page" else ""
    if where == "site":
        site.config = dataclasses.replace(site.config, same=("took [0-9.]+ s",))
    for said, expected in ((head, 1), ("", 1 if where == "site" else 0)):
        site.write(said + page("$ docker version"))
        site.runs({"docker version": "took 0.3 s\n"})
        site.build(Mode.RUN)
        site.runs({"docker version": "took 0.4 s\n"})
        assert len(site.check()) == expected


def test_an_update_records_from_two_runs_too(site: Machine) -> None:
    site.write(page("$ docker run -d x", "$ docker version"))
    site.engines = started
    site.update()
    assert (site.recording().runs, len(site.recorded(0).others)) == (2, 1)


# What invented output would spoil

OWN_WORDS = (
    "[1] 42\nqueued 120 jobs\nattempt 2 after 200 ms\n#1 98.7 alice\nB_PORT=5432\nA_PORT=8000\n02:42:ac:00:00:07\n"
)


def test_what_a_program_says_is_shown_to_the_letter_and_in_its_order(site: Machine) -> None:
    site.write(page("$ docker run x"))
    site.runs({"docker run x": OWN_WORDS})
    site.build()
    assert site.recorded().output == OWN_WORDS
    assert site.check() == []
    swapped = OWN_WORDS.replace("B_PORT=5432\nA_PORT=8000\n", "A_PORT=8000\nB_PORT=5432\n")
    for changed in (swapped, OWN_WORDS.replace("120", "121"), OWN_WORDS.replace(":07", ":08")):
        site.runs({"docker run x": changed})
        assert len(site.check()) == 1


def test_the_ages_of_things_that_did_not_start_together_are_those_that_came(site: Machine) -> None:
    site.write(page("$ docker service ps hive"))
    ages = [f"hive.1   Running {n} seconds ago\nhive.2   Running {n + 7} seconds ago\n" for n in (2, 3, 4)]
    site.runs(*({"docker service ps hive": each} for each in ages))
    site.build()
    assert (site.recorded().output, site.recorded().others) == (ages[0], (ages[1],))
    assert site.check() == []


@pytest.mark.parametrize("form", ["t:%F %T", "t=%F %T", "%Y%m%d-%H%M%S", "%d.%m.%Y", "log-%s"])
def test_the_day_of_the_run_may_be_another_one_tomorrow(form: str) -> None:
    times = [dt.datetime(2026, 11, 25 + day, 14, 3, 9 + day, tzinfo=dt.UTC) for day in range(2)]
    runs = [Run((f"{when.strftime(form)}\n",), when.timestamp() - 5, when.timestamp() + 5) for when in times]
    assert sameness.differences(runs[0], [()], runs[1]) == ((),)
    content = dataclasses.replace(runs[1], outputs=(f"{(times[1] - dt.timedelta(90)).strftime(form)}\n",))
    assert sameness.differences(runs[0], [()], content) != ((),)


def test_lines_in_another_order_are_no_other_lines_whatever_their_times_and_ids() -> None:
    before, ready = "cache-1 exited with code 0", "db-1  | 02:44:17.080 LOG: ready, 3f2a1b4c5d6e"
    moved = [Difference(9, (before, ready), ()), Difference(12, (), (ready.replace("3f2a", "77b0"), before))]
    assert in_order_alone(moved)
    assert not in_order_alone([*moved, Difference(14, ("one line",), ())])
    for old, new in (("ready", "gone"), ("db-1", "db-2")):
        assert not in_order_alone([Difference(9, (ready,), (ready.replace(old, new),))])
