"""What is replaced in output: golden pages, whose output is first as it came and then as it is shown."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from golden import ROOT, Case, cases, load
from hypothesis import given
from hypothesis import strategies as st

from snippetrun.extract import read
from snippetrun.facts import Event, Facts, Host, Kind, StoredImage, Thing
from snippetrun.model import Command, Options, Page, Recorded, Rule, Snippet, printed
from snippetrun.stable import Ran, names, stabilise

PATH = "p.md"
DAY = datetime(2026, 11, 25, tzinfo=UTC)
ESCAPE = "\N{SYMBOL FOR ESCAPE}"
"""Stands for the character itself, which no editor shows."""


GOLDEN = [load(path) for path in sorted((ROOT / "stable").glob("*.md"))]


def instant(clock: str) -> float:
    """`14:29:57.5` on that day."""
    hours, minutes, seconds = clock.split(":")
    return DAY.timestamp() + int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def facts(text: str) -> Facts:
    """Read facts: things as `KIND ID NAME`, events as `CLOCK ACTION KIND ID NAME`, images as `NAME MADE DIGESTS`."""
    told: dict[str, Any] = tomllib.loads(text)
    events = tuple(event(line) for line in told.get("events", ()))
    return Facts(
        things=(*(thing(*line.split(" ", 2)) for line in told.get("things", ())), *(each.thing for each in events)),
        events=events,
        digests=frozenset(told.get("digests", ())),
        stored=tuple(stored(line) for line in told.get("images", ())),
        host=Host(**told.get("host", {})),
        began=instant(told.get("began", "14:00:00")),
        ended=instant(told.get("ended", "14:10:00")) if told else 0.0,
    )


def thing(kind: str, identifier: str, name: str = "") -> Thing:
    return Thing(Kind(kind), identifier, name)


def event(line: str) -> Event:
    clock, action, *rest = line.split(" ", 4)
    return Event(instant(clock), thing(*rest), action)


def stored(line: str) -> StoredImage:
    name, made, *digests = line.split()
    return StoredImage(name, tuple(digests), (datetime.fromisoformat(made).timestamp(),))


def page_and_runs(case: Case) -> tuple[Page, list[list[Ran]]]:
    """Return a page as if its written output had come out of its commands, a minute after each other."""
    page = read(PATH, case["page"].replace(ESCAPE, "\x1b"))
    told: Mapping[str, Any] = tomllib.loads(case["facts"])
    commands = [command for snippet in page.snippets for command in snippet.commands]
    ends = iter(told.get("ends", [f"14:{number:02}:00" for number in range(1, 60)]))
    seconds = iter(told.get("seconds", [0.5] * len(commands)))
    runs = [
        [
            Ran(
                Recorded(
                    command.line,
                    command.text,
                    printed("".join(f"{line}\n" for line in command.written)),
                    0,
                    next(seconds),
                ),
                instant(next(ends)),
            )
            for command in snippet.commands
        ]
        for snippet in page.snippets
    ]
    # What is written is what came out, and no author wrote it.
    bare = [
        dataclasses.replace(s, commands=tuple(dataclasses.replace(c, written=()) for c in s.commands))
        for s in page.snippets
    ]
    return dataclasses.replace(page, snippets=tuple(bare)), runs


def shown(recorded: Sequence[Sequence[Recorded]]) -> str:
    return "\n".join(
        "".join(["```console\n", *(f"$ {each.command}\n{each.output}" for each in snippet), "```\n"])
        for snippet in recorded
    ).replace("\x1b", ESCAPE)


@cases("stable")
def test_golden(case: Case) -> None:
    page, runs = page_and_runs(case)
    rules = [Rule(**rule) for rule in tomllib.loads(case["rules"]).get("stable", ())]
    assert shown(stabilise(page, runs, [facts(case["facts"])], rules)) == case["shown"]


@cases("stable")
def test_what_is_shown_stays_as_it_is(case: Case) -> None:
    """An author may paste what is shown, and a page may be made stable again."""
    page, runs = page_and_runs(Case(case.path, {"page": case["shown"], "facts": case["facts"]}))
    assert shown(stabilise(page, runs, [Facts()])) == case["shown"]


def stable(output: str, known: Facts = Facts(), command: str = "docker run x") -> str:  # noqa: B008 - frozen
    """Make one output stable."""
    page = Page(PATH, (Snippet("console", Options(), 1, 3, "", "", (Command(command, 2, 2),)),))
    ran = Ran(Recorded(2, command, printed(output), 0, 0.5), known.ended)
    [[recorded]] = stabilise(page, [[ran]], [known])
    return recorded.output


LETTERS = "abcdefghijklmnopqrstuvwxyz .,:;/_-(){}[]<>=\\'\"\n"
IDS = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(st.text(LETTERS))
def test_text_in_which_nothing_is_known_does_not_change(text: str) -> None:
    known = facts("events = ['14:00:59 create container " + "7" * 64 + " web']")
    assert stable(text, known) == text


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(12, 64), st.sampled_from(["", "sha256:", "br-"]))), st.data())
def test_ids_stay_equal_or_different_and_as_long_as_they_were(
    uses: list[tuple[int, int, str]], data: st.DataObject
) -> None:
    known = data.draw(st.lists(IDS, min_size=3, max_size=3, unique_by=lambda word: word[:12]))
    things = tuple(Thing(Kind.CONTAINER, word) for word in known)
    output = "".join(f"{before}{known[which][:length]}\n" for which, length, before in uses)
    lines = stable(output, Facts(things=things)).splitlines()
    wholes: dict[int, str] = {}
    for line, (which, length, before) in zip(lines, uses, strict=True):
        word = line.removeprefix(before)
        assert line.startswith(before)
        assert len(word) == length
        longer, shorter = sorted((word, wholes.get(which, word)), key=len, reverse=True)
        assert longer.startswith(shorter)
        wholes[which] = longer
    assert len({whole[:12] for whole in wholes.values()}) == len(wholes)
    assert not {whole[:12] for whole in wholes.values()} & {word[:12] for word in known}


LINES = sorted({line for case in GOLDEN for line in case["page"].splitlines() if not line.startswith(("#", "`", "$"))})


@given(st.lists(st.sampled_from(LINES)))
def test_lines_in_any_company_stay_as_many(lines: list[str]) -> None:
    known = facts(next(case["facts"] for case in GOLDEN if "ids-that" in case.path.stem))
    assert stable("\n".join(lines), known).count("\n") == "\n".join(lines).count("\n")


@pytest.mark.parametrize(
    "number", ["9" * 99, "9" * 400, "9" * 5000, "\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT THREE}" * 9]
)
@pytest.mark.parametrize(
    "output",
    [
        "real\t{0}m{0}.{0}s\n",
        "{0} bytes (1 MB, 1 MiB) copied, 1 s, 1 MB/s\n",
        '    "Size": {0},\n',
        "process {0}\n",
        "execDuration={0}\n",
        "  PID TTY          TIME CMD\n{0} ?    00:00:00 sh\n",
        "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND\nroot {0} 0.0 0.0 {0} {0} ? Ss 14:00 0:00 x\n",
        "NAME   CPU %     MEM USAGE / LIMIT\nx      {0}.00%   {0}MiB / {0}GiB\n",
    ],
)
def test_no_number_whatever_is_a_traceback(number: str, output: str) -> None:
    known = facts("events = ['14:00:59 create container " + "7" * 64 + " web']")
    for command in ("docker inspect x", "docker stats", "docker exec x ps aux"):
        shown = stable(output.format(number), known, command)
        assert shown == output.format(number) or len(number) < 100


@pytest.mark.parametrize(
    "author", ["", " ".join(names._QUALITIES)], ids=["all names are taken", "all words are the author's"]
)
def test_there_is_a_name_for_every_container(author: str) -> None:
    rows = "\n".join(f"{number:012x}   a{'bcdefghij'[number % 9] * (number // 9 + 1)}_x" for number in range(3300))
    shown = stable(f"CONTAINER ID   NAMES\n{rows}\n", command=f"docker ps # {author}")
    assert "_x\n" not in shown
