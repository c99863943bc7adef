"""Pages on a Dask cluster: its scheduler and its workers are in this process, their engines are played."""

from __future__ import annotations

import dataclasses
import platform
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from distributed import KilledWorker, LocalCluster, get_worker
from distributed.protocol import pickle
from helpers.machine import Heard, Notes
from helpers.runs import SITE, console, page

from snippetrun import runner
from snippetrun.cli.group import cli
from snippetrun.config import SiteConfig
from snippetrun.errors import ClusterError, EngineError, Problem, SandboxError
from snippetrun.model import Job, Mode
from snippetrun.plan import plan
from snippetrun.runner import cluster, executor
from snippetrun.sandbox.fake import Answer, FakeSandbox
from snippetrun.support import stopping

OURS, VERSION = platform.python_version_tuple(), metadata.version("snippetrun")
PAGES = [page(console("$ docker ps", "$ docker no"), f"docs/{number}.md") for number in range(5)]


class State:
    """What the workers of a test do; they are threads of its process."""

    without_engine: frozenset[int] = frozenset()
    """Names of workers."""
    prepared: list[int]
    stuck: threading.Event
    released: threading.Event


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNIPPETRUN_CACHE", str(tmp_path / "cache"))
    State.without_engine, State.prepared = frozenset(), []
    State.stuck, State.released = threading.Event(), threading.Event()


@pytest.fixture
def workers() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=3,
        threads_per_worker=2,
        processes=False,
        protocol="tcp://",
        dashboard_address=None,
        resources={"sandboxes": 2},
    ) as made:
        yield made


def on(workers: LocalCluster, recordings: Path | None = None) -> SiteConfig:
    return dataclasses.replace(
        SITE, executor=f"dask://{workers.scheduler_address.removeprefix('tcp://')}", recordings=recordings
    )


class Stuck(FakeSandbox):
    def answer(self, command: str) -> Answer:
        if command != "docker stuck":
            return super().answer(command)
        State.stuck.set()
        while True:
            stopping.check()  # as whoever waits for a real one
            State.released.wait(0.01)


@contextmanager
def played(_site: SiteConfig, say: object) -> Iterator[runner.OpenSandbox]:
    name = get_worker().name
    State.prepared.append(name)
    if name in State.without_engine:
        raise EngineError(Problem("the engine is gone"))
    assert callable(say)
    say("preparing")

    @contextmanager
    def start(job: Job) -> Iterator[FakeSandbox]:
        if job.page.path == "docs/bad.md":
            State.stuck.wait(30)
            raise SandboxError(Problem("no boot"))
        try:
            yield Stuck({"docker ps": "ID\n", "docker no": ("no\n", 1)})
        finally:
            if job.page.path == "docs/stuck.md":
                State.released.set()

    yield start


@contextmanager
def here(_site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
    @contextmanager
    def start(_job: Job) -> Iterator[FakeSandbox]:
        yield FakeSandbox({"docker ps": "ID\n", "docker no": ("no\n", 1)})

    yield start


def test_pages_come_to_what_they_come_to_here_and_every_worker_prepares_once(
    workers: LocalCluster, tmp_path: Path
) -> None:
    shown = {}
    notes = Notes()
    for name, site, sandboxes in (("there", on(workers), played), ("here", SITE, here)):
        site = dataclasses.replace(site, recordings=tmp_path / name, runs=2)  # noqa: PLW2901 - this one's
        pages = [page(console("$ docker ps"), p.path) for p in PAGES]
        assert not any(result.failed for result in runner.run(plan(site, pages), notes, sandboxes=sandboxes))
        moment = re.compile(r'"(when|seconds|ran|checksum)": .*')
        shown[name] = {f.name: moment.sub("", f.read_text()) for f in (tmp_path / name).rglob("*.json")}
    assert shown["there"] == shown["here"]
    assert len(shown["here"]) == 5
    assert sorted(State.prepared) == sorted(set(State.prepared))
    assert {f"docs/{n}.md begins" for n in range(5)} <= {line.partition(" (on ")[0] for line in notes.lines}


def test_failures_are_results_as_they_are_here(workers: LocalCluster) -> None:
    results = runner.run(plan(on(workers), PAGES), Notes(), sandboxes=played)
    assert [(r.page.path, [v.line for v in r.failed], r.runs) for r in results] == [(p.path, [3], 2) for p in PAGES]


def test_a_worker_whose_engine_is_gone_is_taken_out_and_its_pages_run_elsewhere(workers: LocalCluster) -> None:
    State.without_engine = frozenset({0, 1})
    heard = Heard()
    results = runner.run(plan(on(workers), PAGES), heard, sandboxes=played)
    assert all(result.recording for result in results)
    assert any(" is taken out: the engine is gone" in line for line in heard.lines)
    assert workers.scheduler
    assert 2 in {worker.name for worker in workers.scheduler.workers.values()}


def test_the_last_worker_that_is_taken_out_ends_the_run_and_says_why(workers: LocalCluster, tmp_path: Path) -> None:
    State.without_engine = frozenset({0, 1, 2})
    site = on(workers, recordings=tmp_path / "recordings")
    with pytest.raises(ClusterError, match=r"(?s)has no worker left with an engine.*the engine is gone"):
        runner.run(plan(site, PAGES), Notes(), sandboxes=played)
    assert not (tmp_path / "recordings").exists()


def test_an_error_on_one_page_ends_the_others_and_names_the_worker(workers: LocalCluster) -> None:
    pages = [page(console("$ docker stuck"), "docs/stuck.md"), page(console("$ docker ps"), "docs/bad.md")]
    with pytest.raises(SandboxError, match=r"docs/bad.md:1: no boot \(on the worker tcp://.*\)"):
        runner.run(plan(on(workers), pages), Notes(), sandboxes=played)
    assert State.released.wait(30)


def test_a_scheduler_that_does_not_answer_says_what_to_type_and_auto_shows_what_was_recorded(tmp_path: Path) -> None:
    site = dataclasses.replace(SITE, executor="dask://127.0.0.1:1", recordings=tmp_path / "recordings")
    with pytest.raises(ClusterError, match=r"(?s)no Dask scheduler answers at 127.0.0.1:1: .*dask scheduler"):
        runner.run(plan(site, PAGES), Notes())
    heard = Heard()
    work = plan(dataclasses.replace(site, mode=Mode.AUTO), PAGES)
    assert [result.recording for result in runner.run(work, heard)] == [None] * 5
    assert heard.lines[-1].endswith(": showing what was recorded")


def test_whoever_submits_needs_an_engine_too(workers: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    with pytest.raises(EngineError, match=r"(?s)no Docker engine .*images are built on the machine that submits"):
        runner.run(plan(on(workers), PAGES), Notes())


class Asked:
    """What is asked of a cluster at the start of a run."""

    def __init__(self, resources: dict[str, float], version: object, python: tuple[str, ...]) -> None:
        self.workers = {"tcp://a:1": {"resources": resources}} if python else {}
        self.scheduler, self.status = self, "running"
        self.version, self.python = version, python

    def sync(self, function: Callable[[], object]) -> object:
        return function()

    def identity(self) -> dict[str, Any]:
        return {"workers": self.workers}

    def run(self, function: object, *_: object, on_error: str) -> dict[str, object]:
        assert on_error == "return"
        return {"tcp://a:1": self.version if function is metadata.version else self.python}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Asked({}, "", ()), 'has no worker\n    Type, beside an engine: dask worker s:1 --nthreads 2 --resources "'),
        (Asked({}, "", OURS), "has no worker with the resource sandboxes\n    Type, beside an engine: dask worker s:1"),
        (
            Asked({"sandboxes": 1}, ImportError("no"), OURS),
            "tcp://a:1 has no snippetrun\n    Have there, with Python 3.",
        ),
        (Asked({"sandboxes": 1}, "9.9", OURS), "tcp://a:1 has snippetrun 9.9\n"),
        (Asked({"sandboxes": 1}, VERSION, ("2", "7", "1")), "tcp://a:1 has Python 2.7\n"),
    ],
)
def test_a_cluster_that_is_not_fit_says_what_to_type(asked: Any, message: str) -> None:  # noqa: ANN401 - a client
    with pytest.raises(ClusterError) as error:
        cluster._check(asked, "s:1")
    assert message in str(error.value)


def test_a_scheduler_without_snippetrun_can_look_at_what_it_is_given() -> None:
    script = "import pickle, sys; sys.modules['snippetrun'] = None; print(pickle.loads(sys.stdin.buffer.read())(b'N.'))"
    given = pickle.dumps(cluster._DO)
    ran = subprocess.run([sys.executable, "-c", script], input=given, capture_output=True, check=False)
    assert b"'NoneType' object is not callable" in ran.stderr  # it has got as far as the work, which is None


@pytest.mark.parametrize("value", ["dask://", "scheduler:8786", "dask://a b:1", "tls://a:1"])
def test_what_is_no_executor_is_wrong_usage(value: str) -> None:
    ran = CliRunner().invoke(cli, ["run", "--executor", value])
    assert ran.exit_code == 2
    assert "expects local, or a Dask scheduler, e.g. dask://scheduler:8786" in ran.output


def test_without_dask_there_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "find_spec", lambda _: None)
    site = dataclasses.replace(SITE, executor="dask://s:1")
    with pytest.raises(ClusterError, match=r"(?s)Dask is not installed.*pip install 'snippetrun\[distributed\]'"):
        runner.run(plan(site, PAGES), Notes())


class Ended:
    """A future that has ended in this way."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def result(self) -> object:
        raise self.error


def asking(asked: Asked) -> cluster._Cluster:
    client: Any = asked
    return cluster._Cluster(client, "s:1", SITE, played, lambda _: iter(()), Notes())


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            KilledWorker("key", SimpleNamespace(address="tcp://a:1"), 3),  # type: ignore[arg-type]
            "docs/0.md: 4 workers ended while they ran it; the last was tcp://a:1",
        ),
        (
            ModuleNotFoundError("No module named 'snippetrun'"),
            "docs/0.md: the cluster cannot run it: ModuleNotFoundError: ",
        ),
        (CancelledError(), "the Dask scheduler at s:1 has ended, or does not know this run any more"),
    ],
)
def test_what_dask_says_of_a_page_is_one_error(error: BaseException, message: str) -> None:
    future: Any = Ended(error)
    [run] = [executor.PageRun(job, runner.before(job.page, None, job.rules)) for job in plan(SITE, PAGES[:1]).jobs]
    with pytest.raises(ClusterError) as raised:
        asking(Asked({"sandboxes": 1}, VERSION, OURS))._reached(run, future, last=False)
    assert message in str(raised.value)


def test_a_cluster_whose_workers_are_gone_has_a_while_to_get_another(monkeypatch: pytest.MonkeyPatch) -> None:
    on_workers = asking(Asked({}, VERSION, ()))
    on_workers._look()
    monkeypatch.setattr(cluster, "_GONE_SECONDS", -1.0)
    on_workers._looked = 0.0
    with pytest.raises(ClusterError, match="the cluster at s:1 has no worker left"):
        on_workers._look()


def test_a_scheduler_that_is_lost_is_noticed_between_two_pages() -> None:
    asked = Asked({"sandboxes": 1}, VERSION, OURS)
    on_workers = asking(asked)
    asked.status = "connecting"
    with pytest.raises(ClusterError, match="the Dask scheduler at s:1 has ended"):
        on_workers._look()
