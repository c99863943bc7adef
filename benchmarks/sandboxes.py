"""What a sandbox costs, and the commands in it."""

from __future__ import annotations

import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

from figures import Figure, ratio, say, side_by_side, timed

from snippetrun import config, runner
from snippetrun.config import SiteConfig
from snippetrun.engine.client import HostEngine
from snippetrun.engine.discover import host_engine
from snippetrun.extract import read
from snippetrun.model import Job, Mode, Page
from snippetrun.plan import Plan, plan
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
    with host_engine(say) as engine:
        image, provided = images_of(engine, site, say)
        filled, empty = (store(engine, n, image, held, say) for n, held in (("bench", provided), ("bench empty", [])))
        names = tuple(each.name for each in provided)

        def load(live: LiveSandbox) -> None:
            live.feed(["docker", "load", "--quiet"], engine.save([each.tag for each in provided]))

        def first_command(volume: str, job: Job, prepare: Callable[[LiveSandbox], None] = lambda _: None) -> None:
            with sandbox(engine, page_specification(engine, image, volume, job)) as live:
                prepare(live)
                typed(live, "docker image ls")

        try:
            ways = {
                "docker load": lambda: timed(lambda: first_command(empty.volume, _job(), load)),
                "shared store": lambda: timed(lambda: first_command(filled.volume, _job(*names))),
            }
            figure = ratio(ways, 5)
        finally:
            for used in (filled, empty):
                engine.remove_volume(used.volume)
    ours = statistics.median(figure.samples["shared store"])
    return Figure(figure.value, figure.samples, f"{ours:.2f} s with {len(names)} images, removal included")


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
    return Figure(statistics.median(samples["a sandbox"]), samples, "start, one nested run, removal")


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
    names = ("dockerd", "containerd")
    return sum(_seconds(pid) for pid, line in _processes() if Path(line.split("\0")[0]).name in names)


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
    """Run all pages of this site, and the same commands one after another in one ready engine."""
    site = this_site()
    pages = site_pages.read(site)
    with opened() as (_, start):
        work = plan(site, pages).in_mode(Mode.RUN)
        samples = side_by_side({"the build": lambda: _build(work), "one engine": lambda: _one_engine(work, start)}, 1)
    [build], [engine] = samples.values()
    return Figure(build / engine, samples, "one round; what needs a keyboard is left out of the second")


def _build(work: Plan) -> float:
    once = replace(work, site=replace(work.site, runs=1, most_runs=1, recordings=None))
    return timed(lambda: runner.run(once, runner.Watcher(), aim=runner.Aim.COMPARE))


def _one_engine(work: Plan, start: runner.OpenSandbox) -> float:
    """Return the seconds of all commands that need no keyboard; what removes a page's containers is not counted."""
    names = tuple(image.name for image in work.site.images)
    seconds = 0.0
    with start(_job(*names)) as live:
        for job in work.jobs:
            terminal = live.terminal(job.page.path)
            for snippet in job.page.snippets:
                options = snippet.options
                if options.file:
                    live.write(options.file, snippet.content)
                if options.skip is not None or options.until is not None:
                    continue
                for command in snippet.commands:
                    began = time.monotonic()
                    terminal.run(TerminalCommand(command.text, timeout=options.timeout or job.timeout))
                    seconds += time.monotonic() - began
            live.terminal(f"{job.page.path} end").run(TerminalCommand("docker rm -f $(docker ps -aq)"))
    return seconds
