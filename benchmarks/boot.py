"""How long a page waits for its engine: with the shared image store, alone and with a hub, and with `docker load`.

Prints medians and their ratio, all measured in one run, the three ways in turn. Run it with `make bench`.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from snippetrun import config
from snippetrun.engine.discover import host_engine
from snippetrun.model import Job, Page
from snippetrun.runner.prepare import images_of
from snippetrun.sandbox.image_store import store
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.sandbox.live import LiveSandbox, page_specification, sandbox

ROUNDS = 5


def say(line: str) -> None:
    """Show progress."""
    sys.stderr.write(f"{line}\n")


def first_command(live: LiveSandbox) -> None:
    """Run what a page could run first."""
    ran = live.terminal().run(TerminalCommand("docker image ls"))
    if ran.status != 0:
        raise SystemExit(f"docker image ls failed: {ran.output}")


def main() -> None:
    """Measure, and print a table."""
    site = config.load(Path("mkdocs.yml"))
    with_store: list[float] = []
    with_hub: list[float] = []
    with_load: list[float] = []
    with host_engine(say) as engine:
        image, provided = images_of(engine, site, say)
        filled, empty = (
            store(engine, name, image, held, say) for name, held in (("bench", provided), ("bench empty", []))
        )
        names = tuple(each.name for each in provided)
        for number in range(1, ROUNDS + 1):
            for hub, seconds in ((False, with_store), (True, with_hub)):
                began = time.monotonic()
                job = Job(Page("bench", ()), "", names, 60.0, 1_000_000, hub=hub)
                with sandbox(engine, page_specification(engine, image, filled.volume, job)) as live:
                    first_command(live)
                    seconds.append(time.monotonic() - began)
            began = time.monotonic()
            job = Job(Page("bench", ()), "", (), 60.0, 1_000_000)
            with sandbox(engine, page_specification(engine, image, empty.volume, job)) as live:
                live.feed(["docker", "load", "--quiet"], engine.save([each.tag for each in provided]))
                first_command(live)
                with_load.append(time.monotonic() - began)
            took = f"store {with_store[-1]:.2f} s, with hub {with_hub[-1]:.2f} s, docker load {with_load[-1]:.2f} s"
            say(f"round {number} of {ROUNDS}: {took}")
        for used in (filled, empty):
            engine.remove_volume(used.volume)
    ours, hubs, theirs = (statistics.median(each) for each in (with_store, with_hub, with_load))
    print(f"page asks -> first docker command has run, {len(names)} images, median of {ROUNDS}")
    print(f"  shared image store        {ours:6.2f} s")
    print(f"  with a throwaway Docker Hub {hubs:6.2f} s")
    print(f"  docker load into a fresh engine {theirs:6.2f} s")
    print(f"  ratio                     {theirs / ours:6.1f}")


if __name__ == "__main__":
    main()
