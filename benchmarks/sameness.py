"""How well news is told from noise: changes that are planted, runs of pages in which nothing changed, lines of code.

Planted changes are made in the site's own recordings, by rules and with a fixed seed. Runs are those in a folder, each
page as often as it was run; `--runs` runs the pages and saves them there. `make bench` does all of it.

    python benchmarks/sameness.py                        planted changes, and lines of code
    python benchmarks/sameness.py FOLDER                 also what `check` would report of the saved runs
    python benchmarks/sameness.py FOLDER --runs 10 --busy 4   all pages run ten times before, four beside busy processes
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from snippetrun import config, sameness
from snippetrun.config import MOST_RUNS, SiteConfig
from snippetrun.errors import SnippetrunError
from snippetrun.extract import files
from snippetrun.model import CommandResult, Job, Recording
from snippetrun.plan import plan
from snippetrun.recordings import Store
from snippetrun.runner.drift import in_order_alone
from snippetrun.runner.reproduced import IN_ORDER
from snippetrun.runner.watcher import Watcher
from snippetrun.sameness import Run, differences, reproduced
from snippetrun.sameness.expected import run_of

PLANTED, SEED = 100, 9
NO_RULE = Path("tests/pages/programs")
"""Pages with programs that no rule was written for."""
WRITTEN = {"expected", "ending"}
"""Modules that hold what came out against what an author wrote, and tell no news from noise."""
BUSY = 3
"""Processes beside which a busy run runs."""


@dataclasses.dataclass(frozen=True, slots=True)
class Planted:
    """A change in what a page's commands printed."""

    kind: str
    page: str
    at: int
    """The index of the command."""
    old: str
    new: str
    outputs: tuple[str, ...]
    """Of all commands of the page."""


@dataclasses.dataclass(frozen=True, slots=True)
class Printed:
    """A page's recording: the run that it shows, what others printed, and what one of these is taken for."""

    page: str
    recorded: Run
    others: tuple[tuple[str, ...], ...]
    came: Run


# What stands in a line, and what takes its place.
_WORDS: dict[str, tuple[str, Callable[[re.Match[str]], str]]] = {
    # 26.1.5 -> 26.1.6
    "a version": (r"(?<![\w.])(\d+\.\d+\.)(\d+)(?![\w.])", lambda m: f"{m[1]}{int(m[2]) + 1}"),
    # 7 packages -> 8 packages
    "a count": (
        r"(?<![\w.:-])(\d+)(?= (?!second|minute|hour|day|week|month|year|bytes)[a-z]{4,})",
        lambda m: str(int(m[1]) + 1),
    ),
    # 80/tcp -> 81/tcp
    "a port": (r"\b(\d+)(?=/tcp|->)", lambda m: str(int(m[1]) + 1)),
    # not found -> not allowed
    "an error text": (
        r"\b(?:[Ee]rror|not found|No such|denied|refused|already|Unable|cannot)\b",
        lambda m: "forgotten" if m[0] != "forgotten" else "lost",
    ),
    # sha256:4be1... -> sha256:5be1...
    "a checksum": (
        r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{12,64}\b",
        lambda m: f"{(int(m[0][0], 16) + 1) % 16:x}{m[0][1:]}",
    ),
    # 2024-03-01 -> 2023-03-01
    "a date that is content": (r"\b20(?:0\d|1\d|2[0-5])(?=-\d\d-\d\d)", lambda m: str(int(m[0]) - 1)),
    # 78.6MB -> 786.0MB
    "a size ten times as large": (
        r"\b(\d*[1-9]\d*(?:\.\d+)?)(?= ?[kKMG]i?B\b)",
        lambda m: f"{float(m[1]) * 10:g}",
    ),
    # 0.3s -> 10.3s
    "a duration": (r"\b([01]\.\d+)(?= ?(?:s|seconds)\b)", lambda m: f"{float(m[1]) + 10:.1f}"),
    # 0m0.312s -> 0m10.312s
    "the duration of `time`": (r"(?<=\b0m)([01]\.\d+)(?=s\b)", lambda m: f"{float(m[1]) + 10:.3f}"),
    # CONTAINER ID -> CONTAINER NR
    "a changed column": (r"(?<=[A-Z]  )[A-Z]{2,}\b(?=  |$)", lambda m: f"{m[0][:-1]}{'X' if m[0][-1] != 'X' else 'Y'}"),
    # 78.6MB -> 78.6GB
    "a unit": (r"(?<=\d)( ?)([kKMG])(?=i?B\b)", lambda m: f"{m[1]}{'M' if m[2] != 'M' else 'G'}"),
    # root -> daemon
    "another user": (r"\b(?:root|www-data|nobody)\b(?=\s)", lambda _: "daemon"),
    # Exited (0) -> Exited (1)
    "an exit status": (r"(?<=Exited \()\d+|(?<=\"ExitCode\": )\d+", lambda m: str(int(m[0]) + 1)),
    # 2 minutes ago -> 3 weeks ago
    "an age": (r"(?:\d+|About an?|Less than a) (?:seconds?|minutes?) ago", lambda _: "3 weeks ago"),
    # working -> broken
    "a word": (r"(?<=[a-z] )[a-z]{5,}(?= [a-z])", lambda m: m[0][::-1]),
}
_VARYING = {"a duration", "the duration of `time`", "an age"}
"""Kinds that are news also in a line that varies."""
_ID = re.compile(r"\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{12,64}\b")


class Silent(Watcher):
    """A watcher that says nothing."""

    def say(self, line: str) -> None:
        """Show what is being prepared."""
        say(line)


def say(line: str) -> None:
    """Show progress."""
    sys.stderr.write(f"{line}\n")


def ran(recording: Recording) -> tuple[Run, tuple[CommandResult, ...]]:
    """Return the run that a recording tells of, and its commands."""
    commands = tuple(command for snippet in recording.snippets for command in snippet)
    return run_of(recording, commands), commands


def recordings(site: SiteConfig) -> Iterator[Printed]:
    """Yield the pages of a site that have a recording."""
    store = Store(site)
    for page in files.read_all(site, files.find(site)):
        stored = store.read(page)
        if stored is None:
            continue
        recorded, commands = ran(stored.recording)
        others = tuple(each.others for each in commands)
        outputs = tuple(each[-1] if each else output for each, output in zip(others, recorded.outputs, strict=True))
        yield Printed(page.path, recorded, others, dataclasses.replace(recorded, outputs=outputs))


def of_runs(saved: dict[str, list[Run]]) -> Iterator[Printed]:
    """Yield the pages of which three runs are saved: the first is the recorded one, changes are made in the third."""
    for page, runs in saved.items():
        if len(runs) >= 3:
            yield Printed(page, runs[0], seen(runs[0], runs[1]), runs[2])


def seen(recorded: Run, other: Run) -> tuple[tuple[str, ...], ...]:
    """Return for each command what another run printed, where that is not literally the same."""
    return tuple((b,) if a != b else () for a, b in zip(recorded.outputs, other.outputs, strict=True))


def changes(printed: Printed) -> Iterator[Planted]:
    """Yield every change that could be planted in a page."""
    taken_as_news = differences(printed.recorded, printed.others, printed.came)
    for at, output in enumerate(printed.came.outputs):
        if taken_as_news[at]:
            continue
        before = [set(each.split("\n")) for each in (printed.recorded.outputs[at], *printed.others[at])]
        lines = output.split("\n")
        for number, line in enumerate(lines):
            if "\x1b" in line or not line.strip():
                continue
            stable = all(line in each for each in before)
            below = lines[number + 1] if number + 1 < len(lines) else ""
            for kind, new in _new_lines(line, below, stable=stable):
                rest = lines[number + 1 + (kind == "two lines exchanged") :]
                text = "\n".join([*lines[:number], *new, *rest])
                outputs = (*printed.came.outputs[:at], text, *printed.came.outputs[at + 1 :])
                yield Planted(kind, printed.page, at, line, " / ".join(new), outputs)
    yield from (change for change in _other_ids(printed) if not taken_as_news[change.at])


def _new_lines(line: str, below: str, *, stable: bool) -> Iterator[tuple[str, list[str]]]:
    for kind, (pattern, change) in _WORDS.items():
        if (stable or kind in _VARYING) and (match := re.search(pattern, line)):
            new = f"{line[: match.start()]}{change(match)}{line[match.end() :]}"
            if new != line:
                yield kind, [new]
    if stable:
        yield "a missing line", []
        yield "a new line", [line, "fatal: 3 of them are lost"]
        if below.strip() and _letters(line) != _letters(below):
            yield "two lines exchanged", [below, line]


def _letters(line: str) -> str:
    """Return what is no number and no id."""
    return re.sub(r"\b[0-9a-f]{6,}\b|\d+", "", line)


def _other_ids(printed: Printed) -> Iterator[Planted]:
    """Yield changes of ids that stand on the page before."""
    met: set[str] = set()
    for at, output in enumerate(printed.came.outputs):
        for match in _ID.finditer(output):
            short = match[0][:12]
            if short in met and "\x1b" not in output:
                new = "".join(f"{15 - int(digit, 16):x}" for digit in match[0])
                text = f"{output[: match.start()]}{new}{output[match.end() :]}"
                outputs = (*printed.came.outputs[:at], text, *printed.came.outputs[at + 1 :])
                yield Planted("an id that is not the one above", printed.page, at, match[0], new, outputs)
            met.add(short)


def planted(found_in: Iterable[Printed], what: str) -> None:
    """Print how many of the planted changes are reported, and which are not."""
    chance = random.Random(SEED)  # noqa: S311 - nothing is secret here
    known = {printed.page: printed for printed in found_in}
    kinds: dict[str, list[Planted]] = {}
    for printed in known.values():
        for change in changes(printed):
            kinds.setdefault(change.kind, []).append(change)
    for found in kinds.values():
        chance.shuffle(found)
    chosen: list[Planted] = []
    while len(chosen) < PLANTED and any(kinds.values()):
        chosen += [found.pop() for found in kinds.values() if found]
    missed = []
    for change in chosen[:PLANTED]:
        printed = known[change.page]
        came = dataclasses.replace(printed.came, outputs=change.outputs)
        if not differences(printed.recorded, printed.others, came)[change.at]:
            missed.append(change)
    total = len(chosen[:PLANTED])
    print(f"of {total} changes of {len(kinds)} kinds, planted in {len(known)} {what}, reported: {total - len(missed)}")
    tally = Counter(change.kind for change in missed)
    print("  missed:", ", ".join(f"{kind} ({count})" for kind, count in sorted(tally.items())) or "none")
    for change in missed:
        print(f"    {change.page}, command {change.at + 1}: {change.kind}\n      - {change.old}\n      + {change.new}")


def run_all(site: SiteConfig, folder: Path, runs: int, busy: int) -> None:
    """Run every page so many times, some of these beside busy processes, and save what came out."""
    from snippetrun.runner.page import run_page
    from snippetrun.runner.prepare import live_sandboxes

    jobs = plan(site, files.read_all(site, files.find(site, [site.docs, Path("tests/pages")]))).jobs
    with live_sandboxes(site, say) as start:

        def save(job: Job, number: int) -> None:
            recording = run_page(job, start, Silent())
            file = folder / f"{number:02d}" / f"{job.page.path}.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(dataclasses.asdict(ran(recording)[0]), ensure_ascii=False, indent=1))

        for number in range(runs):
            with ExitStack() as held:
                for _ in range(BUSY if number >= runs - busy else 0):
                    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
                    held.callback(spinning.wait)
                    held.callback(spinning.kill)
                with ThreadPoolExecutor(site.jobs) as at_once:
                    list(at_once.map(lambda job, number=number: save(job, number), jobs))
            say(f"run {number + 1} of {runs}")


def load(folder: Path) -> dict[str, list[Run]]:
    """Return the saved runs of each page; a run that ended early has fewer commands, and is left out."""
    found: dict[str, list[Run]] = {}
    for file in sorted(folder.glob("*/**/*.json")):
        saved = json.loads(file.read_text())
        page = str(file.relative_to(folder / file.relative_to(folder).parts[0]).with_suffix(""))
        found.setdefault(page, []).append(Run(**saved | {"outputs": tuple(saved["outputs"])}))
    most = {page: max(len(run.outputs) for run in runs) for page, runs in found.items()}
    return {page: [run for run in runs if len(run.outputs) == most[page]] for page, runs in found.items()}


def false_drift(saved: dict[str, list[Run]], what: str) -> None:
    """Print how many commands `check` would report although nothing has changed.

    Each run is once the recorded one, the next is the other that was seen, and those that follow are what `check` runs:
    as many as it takes for a difference to count.
    """
    commands, first = 0, 0
    reported: Counter[tuple[str, int]] = Counter()
    for page, runs in saved.items():
        for at in range(len(runs) if len(runs) >= 2 + MOST_RUNS + IN_ORDER else 0):
            recorded, other, *came = (runs[(at + step) % len(runs)] for step in range(2 + MOST_RUNS + IN_ORDER))
            others = seen(recorded, other)
            news = differences(recorded, others, came[0])
            commands += len(news)
            first += sum(map(bool, news))
            for number, run in enumerate(came[1:], 2):
                if number > MOST_RUNS and not all(map(in_order_alone, news)):
                    break
                again = differences(recorded, others, run)
                news = tuple(reproduced(*both, (recorded, came[0], run)) for both in zip(news, again, strict=True))
            reported.update((page, index) for index, each in enumerate(news) if each)
    if not commands:
        print(f"{what}: no page with {2 + MOST_RUNS + IN_ORDER} saved runs")
        return
    total = reported.total()
    print(f"{what}: {total} of {commands} commands reported, {1000 * total / commands:.2f} in 1000")
    print(f"  {first} differed in the first run of {MOST_RUNS}")
    for (page, index), times in reported.most_common():
        print(f"    {page}, command {index + 1}: {times} times")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="where runs are saved")
    parser.add_argument("--runs", type=int, default=0, help="run every page so many times before")
    parser.add_argument("--busy", type=int, default=0, help=f"so many of these beside {BUSY} busy processes")
    given = parser.parse_args()
    site = config.load(Path("mkdocs.yml"))
    planted(recordings(site), "recordings")
    with tempfile.TemporaryDirectory(prefix="snippetrun-") as own:
        folder = given.folder or Path(own)
        if given.runs:
            run_all(site, folder, given.runs, given.busy)
        saved = load(folder)
        if saved:
            planted(of_runs(saved), "pages that ran three times")
            programs = {page: runs for page, runs in saved.items() if Path(page).is_relative_to(NO_RULE)}
            site_pages = {page: runs for page, runs in saved.items() if page not in programs}
            false_drift(site_pages, "pages of the site and of tests/pages in which nothing changed")
            false_drift(programs, "pages with programs that no rule knows")
    files = [file for file in Path(sameness.__file__).parent.glob("*.py") if file.stem not in WRITTEN]
    code = [line for file in files for line in file.read_text().splitlines() if line.strip()]
    print(f"lines of code that tell news from noise: {len(code)}")


if __name__ == "__main__":
    try:
        main()
    except SnippetrunError as error:
        raise SystemExit(str(error)) from None
