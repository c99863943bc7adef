"""What a sandbox costs, and the commands in it."""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from figures import Figure, Way, ratio, say, side_by_side, timed

from snippetrun import config, runner
from snippetrun.config import SiteConfig
from snippetrun.engine.client import HostEngine
from snippetrun.engine.discover import host_engine
from snippetrun.extract import read
from snippetrun.model import Job, Mode, Page
from snippetrun.plan import plan
from snippetrun.runner.page import run_page
from snippetrun.runner.prepare import images_of
from snippetrun.sandbox.image_store import store
from snippetrun.sandbox.interface import Sandbox, TerminalCommand
from snippetrun.sandbox.live import LiveSandbox, page_specification, sandbox
from snippetrun.tasks import site_pages

_TICKS = os.sysconf("SC_CLK_TCK")


def this_site() -> SiteConfig:
    """Return the configuration of this repository's site."""
    return config.load(Path(__file__).parents[1] / "mkdocs.yml")


def typed(live: Sandbox, command: str, seconds: float = 60.0) -> None:
    """Type a command, and see that it passes."""
    ran = live.terminal().run(TerminalCommand(command, timeout=seconds))
    if ran.status != 0:
        raise SystemExit(f"{command}: {ran.ending}, exit status {ran.status}: {ran.output}")


def _job(*images: str) -> Job:
    return Job(Page("bench", ()), "", images, 60.0, 1_000_000)


def boot() -> Figure:
    """Wait for the first docker command of a page: with the shared image store, and with `docker load`."""
    site = this_site()
    with host_engine(say) as engine, tempfile.TemporaryFile() as archive:
        image, provided = images_of(engine, site, say)
        filled, empty = (store(engine, n, image, held, say) for n, held in (("bench", provided), ("bench empty", [])))
        for part in engine.save([each.tag for each in provided]):
            archive.write(part)
        archive.flush()
        names = tuple(each.name for each in provided)

        def load(live: LiveSandbox) -> None:
            archive.seek(0)
            live.feed(["docker", "load", "--quiet"], iter(lambda: archive.read(1 << 20), b""))

        def first_command(volume: str, job: Job, prepare: Callable[[LiveSandbox], None] = lambda _: None) -> float:
            began = time.monotonic()
            with sandbox(engine, page_specification(engine, image, volume, job)) as live:
                prepare(live)
                typed(live, "docker image ls | grep busybox")
                return time.monotonic() - began

        try:
            ways = {
                "shared store": lambda: first_command(filled.volume, _job(*names)),
                "docker load": lambda: first_command(empty.volume, _job(), load),
            }
            figure = ratio(ways, 5)
        finally:
            for used in (filled, empty):
                engine.remove_volume(used.volume)
    ours = statistics.median(figure.samples["shared store"])
    return replace(figure, value=1 / figure.value, note=f"{ours:.2f} s with {len(names)} images")


@contextmanager
def opened() -> Iterator[tuple[HostEngine, runner.OpenSandbox]]:
    """Yield the host's engine, and what starts a sandbox with this site's images on it."""
    with host_engine(say) as engine, runner.live_sandboxes(this_site(), say) as start:
        yield engine, start


def life() -> Figure:
    """Add up the processor seconds of a sandbox: of us, of the host's engine, of what it starts, and of all inside."""
    with opened() as (engine, start):

        def seconds() -> float:
            before = _engines_seconds() + sum(os.times()[:4])
            with start(_job("busybox:latest")) as live:
                typed(live, "docker run --rm busybox true")
                inside = _inside_seconds(engine, cast(LiveSandbox, live))
            return inside + _engines_seconds() + sum(os.times()[:4]) - before

        samples = side_by_side({"a sandbox": seconds}, 11)
    return Figure(statistics.median(samples["a sandbox"]), samples)


def _inside_seconds(engine: HostEngine, live: LiveSandbox) -> float:
    """Return the processor seconds of the outer container, and of the process that holds it for the host's engine."""
    known = live.inspect()
    groups = (line.split(":", 2) for line in Path(f"/proc/{known['State']['Pid']}/cgroup").read_text().splitlines())
    path = next((path for _, kinds, path in groups if not kinds or "cpuacct" in kinds.split(",")), "/")
    for file, per_second in (("cpuacct/{}/cpuacct.usage", 10**9), ("{}/cpu.stat", 10**6)):
        group = Path("/sys/fs/cgroup", file.format(path.strip("/")))
        if group.is_file():
            shim = sum(_seconds(pid) for pid, line in _processes() if "containerd-shim" in line and known["Id"] in line)
            return int(re.findall(r"\d+", group.read_text())[0]) / per_second + shim
    raise SystemExit(f"no cgroup says what {engine} has used")


def _engines_seconds() -> float:
    """Return the processor seconds of the host's engine, and of none that is in a sandbox."""
    lines = ((pid, Path(line.split("\0")[0]).name) for pid, line in _processes())
    return sum(_seconds(pid) for pid, name in lines if name in {"dockerd", "containerd"} and _is_here(pid))


def _is_here(pid: str) -> bool:
    """Tell whether a process is in no sandbox: in the namespace that we are in."""
    try:
        return Path(f"/proc/{pid}/ns/pid").readlink() == Path("/proc/self/ns/pid").readlink()
    except OSError:  # it has ended meanwhile
        return False


def _processes() -> Iterator[tuple[str, str]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield folder.name, (folder / "cmdline").read_text(errors="replace")
        except OSError:  # it has ended meanwhile
            continue


def _seconds(pid: str) -> float:
    """Return the processor seconds of a process and of its children that have ended; 0 if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


def page_seconds(job: Job, start: runner.OpenSandbox) -> float:
    """Run a page, and return what it takes beside the start and the removal of its sandbox, which are other rows."""
    beside = 0.0

    @contextmanager
    def timed_start(job: Job) -> Iterator[Sandbox]:
        nonlocal beside
        began = time.monotonic()
        with start(job) as live:
            beside += time.monotonic() - began
            yield live
            began = time.monotonic()
        beside += time.monotonic() - began

    return timed(lambda: run_page(job, timed_start, runner.Watcher())) - beside


def runs() -> Figure:
    """Run a page of 50 nested containers, and the same loop in bash in the same kind of sandbox."""
    command, times = "docker run --rm busybox true", 50
    text = "# Runs\n\n```console\n" + f"$ {command}\n" * times + "```\n"
    with opened() as (_, start):
        site = this_site()
        [job] = plan(site, [read("docs/runs.md", text)]).jobs

        def loop() -> float:
            with start(job) as live:
                live.terminal()
                return timed(lambda: typed(live, f"for i in $(seq {times}); do {command}; done", 600.0))

        return ratio({"a page": lambda: page_seconds(job, start), "a loop in bash": loop}, 3)


def cold() -> Figure:
    """Run all pages of this site, and the commands of one page after the other in an engine that is ready."""
    site = this_site()
    work = plan(site, site_pages.read(site)).in_mode(Mode.RUN)
    once = replace(work, site=replace(site, mode=Mode.RUN, runs=1, most_runs=1))

    def build() -> float:
        return timed(lambda: runner.run(once, runner.Watcher(), aim=runner.Aim.COMPARE))

    with opened() as (_, start):
        ways: dict[str, Way] = {
            "the build": build,
            "one by one": lambda: sum(_commands_seconds(job, start) for job in once.jobs),
        }
        commands = sum(len(snippet.commands) for job in once.jobs for snippet in job.page.snippets)
        return ratio(ways, 1, f"{len(once.jobs)} pages, {commands} commands, one round")


def _commands_seconds(job: Job, start: runner.OpenSandbox) -> float:
    """Run a page, and return what its commands take, and nothing beside them."""
    recording = run_page(job, start, runner.Watcher())
    return sum(command.seconds for snippet in recording.snippets for command in snippet)
