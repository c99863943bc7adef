"""What 50 commands cost that take no time, beside other programs that run the commands of a text."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from builds import HERE
from figures import Figure, Way, say, side_by_side, timed
from sandboxes import opened, page_seconds, this_site

from snippetrun.extract import read
from snippetrun.plan import plan

_TIMES = 50
_PEERS = HERE / ".venv-peers" / "bin"


def echoes() -> Figure:
    """Compare a page of 50 `echo` in a ready sandbox with cram."""
    samples = _samples()
    ours, cram = (statistics.median(samples[name]) for name in ("snippetrun", "cram"))
    return Figure(ours / cram, samples, f"{ours:.2f} s", [*samples][1:])


def others() -> Figure:
    """Compare it with the fastest of the other programs."""
    medians = {name: statistics.median(seconds) for name, seconds in _samples().items()}
    ours, _, fastest = medians.pop("snippetrun"), medians.pop("cram"), min(medians, key=lambda name: medians[name])
    return Figure(ours / medians[fastest], note=f"{fastest}: {medians[fastest]:.2f} s")


@cache
def _samples() -> dict[str, list[float]]:
    """Run a page of 50 `echo` in a ready sandbox, and the same with those of cram, prysk, clitest, byexample here."""
    skipped = "```console {skip='the page is about docker, and calls it nowhere'}\n$ docker ps\n```\n"
    text = f"# Echoes\n\n{skipped}\n```console\n" + "".join(f"$ echo {n}\n{n}\n" for n in range(_TIMES)) + "```\n"
    [job] = plan(this_site(), [read("docs/echoes.md", text)]).jobs
    with tempfile.TemporaryDirectory(prefix="snippetrun-") as name, opened() as (_, start):
        folder = Path(name)
        # Each wants the commands in its own form: `  $ echo 1` for the first two, `$ echo 1` for the others.
        (folder / "echoes.t").write_text("".join(f"  $ echo {n}\n  {n}\n" for n in range(_TIMES)))
        (folder / "echoes.txt").write_text("".join(f"$ echo {n}\n{n}\n" for n in range(_TIMES)))
        (folder / "echoes.md").write_text(
            "```shell\n" + "".join(f"$ echo {n}\n{n}\n\n" for n in range(_TIMES)) + "```\n"
        )

        def peer(*command: str) -> Way:
            def seconds() -> float:
                return timed(lambda: subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL))

            return seconds

        ways: dict[str, Way] = {"snippetrun": lambda: page_seconds(job, start)}
        for program, words in {
            "cram": ("echoes.t",),
            "prysk": ("echoes.t",),
            "clitest": ("echoes.txt",),
            "byexample": ("-l", "shell", "echoes.md"),
        }.items():
            if found := shutil.which(_PEERS / program) or shutil.which(program):
                ways[program] = peer(found, *words)
            else:
                say(f"  {program} is not here")
        return side_by_side(ways, 7)
