"""How long a page waits for its engine: with the shared image store, and with `docker load` instead.

Prints medians and their ratio, all measured in one run, the two ways in turn. Run it with `make bench`.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from snippetrun import config
from snippetrun.engine import images
from snippetrun.engine.base import base
from snippetrun.engine.find import host_engine
from snippetrun.sandbox.interface import Order
from snippetrun.sandbox.live import IMAGE_FOLDER, LiveSandbox, sandbox, specification
from snippetrun.sandbox.store import store

ROUNDS = 5


def say(line: str) -> None:
    """Show progress."""
    sys.stderr.write(f"{line}\n")


def first_command(live: LiveSandbox) -> None:
    """Run what a page could run first."""
    ran = live.terminal().run(Order("docker image ls"))
    if ran.status != 0:
        raise SystemExit(f"docker image ls failed: {ran.output}")


def main() -> None:
    """Measure, and print a table."""
    site = config.load(Path("mkdocs.yml"))
    with_store, with_load = [], []
    with host_engine(say) as engine:
        debian = base(engine, say)
        image, _ = images.build(engine, IMAGE_FOLDER, debian, say, what="sandbox")
        provided = [images.provide(engine, source, debian, say) for source in site.images]
        filled, empty = (
            store(engine, name, image, held, say) for name, held in (("bench", provided), ("bench empty", []))
        )
        names = [each.name for each in provided]
        for number in range(1, ROUNDS + 1):
            began = time.monotonic()
            with sandbox(engine, specification(image, filled.volume, page="bench", images=names)) as live:
                first_command(live)
                with_store.append(time.monotonic() - began)
            began = time.monotonic()
            with sandbox(engine, specification(image, empty.volume, page="bench")) as live:
                live.feed(["docker", "load", "--quiet"], engine.save([each.tag for each in provided]))
                first_command(live)
                with_load.append(time.monotonic() - began)
            say(f"round {number} of {ROUNDS}: store {with_store[-1]:.2f} s, docker load {with_load[-1]:.2f} s")
        for used in (filled, empty):
            engine.remove_volume(used.volume)
    ours, theirs = statistics.median(with_store), statistics.median(with_load)
    print(f"page asks -> first docker command has run, {len(names)} images, median of {ROUNDS}")
    print(f"  shared image store        {ours:6.2f} s")
    print(f"  docker load into a fresh engine {theirs:6.2f} s")
    print(f"  ratio                     {theirs / ours:6.1f}")


if __name__ == "__main__":
    main()
