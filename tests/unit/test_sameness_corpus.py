"""What programs print again and again, and what would be news in it: the corpus in tests/sameness/*.toml."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from conftest import REPOSITORY
from hypothesis import given, settings
from hypothesis import strategies as st

from snippetrun.model import Difference
from snippetrun.sameness import Run, differences, reproduced
from snippetrun.sameness.lines import Line, Meeting
from snippetrun.support import sgr

RAN = [dt.datetime(2026, 11, 26, 10, minute, tzinfo=dt.UTC) for minute in (0, 1)]
LATER_RAN = [dt.datetime(2026, 12, 3, 14, minute, tzinfo=dt.UTC) for minute in (20, 21)]
# Words that are part of no date, age, duration or size.
WORD = st.from_regex(r"q[a-z]{3,8}", fullmatch=True)
patient = settings(deadline=None)  # a busy machine is no fault
LINE = st.lists(st.text("abXY0123456789#.:-", min_size=1, max_size=8), min_size=1, max_size=6).map(" ".join)
OUTPUT = st.lists(LINE, max_size=6).map(lambda lines: "".join(f"{line}\n" for line in lines))


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    recorded: Run
    others: tuple[tuple[str, ...], ...]
    came: Run
    news: bool = False


def run(program: dict[str, Any], what: str, before: str = "") -> Run:
    outputs = program.get(what, program["recorded"])
    began, ended = program.get(f"{before}ran", LATER_RAN if before else RAN)
    known = program.get(f"{before}known") or program.get("known", {})
    printed = (outputs,) if isinstance(outputs, str) else tuple(outputs)
    return Run(printed, began.timestamp(), ended.timestamp(), known)


def changed(ran: Run, old: str, new: str) -> Run:
    """Change the last place where something stands."""
    text = "\0".join(ran.outputs)
    at = text.rindex(old)
    return replace(ran, outputs=tuple(f"{text[:at]}{new}{text[at + len(old) :]}".split("\0")))


def cases() -> Iterator[Case]:
    for file in sorted((REPOSITORY / "tests" / "sameness").glob("*.toml")):
        for program in tomllib.loads(file.read_text(encoding="utf-8"))["program"]:
            name, recorded, other = program["name"], run(program, "recorded"), run(program, "other")
            pairs = zip(recorded.outputs, other.outputs, strict=True)
            others = tuple((b,) if a != b else () for a, b in pairs)
            later = run(program, "later", "later_")
            yield Case(f"{name}: the recorded run itself", recorded, others, recorded)
            yield Case(f"{name}: the other run", recorded, others, other)
            yield Case(f"{name}: a later run", recorded, others, later)
            for news in (False, True):
                for what, (old, new) in program.get("news" if news else "same", {}).items():
                    yield Case(f"{name}: {what}", recorded, others, changed(later, old, new), news)


CANNOT_TELL = {
    "a map in any order: a later run": "blocks of lines change places; the next run has them elsewhere",
    "docker top: a later run": "process numbers are of another order; the next run has others, and no failure counts",
    "uname, nproc and free: a later run": "how much of the memory is free is no fact of the host; see `varies:`",
    "docker compose up: ready before it starts": "among lines that were seen in two orders every order is the same",
    "12-hour clock: another half of the day": "a time of day is in any zone",
}
"""What one look cannot tell, and why."""


def marked(case: Case) -> Any:  # noqa: ANN401 - pytest's own
    why = CANNOT_TELL.get(case.name)
    return pytest.param(case, id=case.name, marks=[pytest.mark.xfail(reason=why, strict=True)] if why else [])


@pytest.mark.parametrize("case", list(map(marked, cases())))
def test_news_is_told_from_noise(case: Case) -> None:
    found = differences(case.recorded, case.others, case.came)
    assert any(found) is case.news, found
    assert len(found) == len(case.recorded.outputs)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases() if case.news])
def test_a_difference_quotes_both_runs(case: Case) -> None:
    found = differences(case.recorded, case.others, case.came)
    for recorded, came, places in zip(case.recorded.outputs, case.came.outputs, found, strict=True):
        for place in places:
            lines, its = (
                [sgr.spelt(line) if place.colours else sgr.uncoloured(line) for line in sgr.lines(text)]
                for text in (recorded, came)
            )
            assert tuple(lines[place.at : place.at + len(place.recorded)]) == place.recorded
            assert set(place.came) <= set(its)
            assert place.recorded != place.came


def found_in(recorded: str, came: str, *others: str) -> tuple[Difference, ...]:
    ran, later = run({"recorded": recorded}, "recorded"), run({"recorded": came}, "recorded", "later_")
    [found] = differences(ran, (others,), later)
    return found


@pytest.mark.parametrize(("colour", "counts"), [(31, True), (33, False)])
def test_a_colour_counts_if_it_reproduces_whatever_the_words(colour: int, counts: bool) -> None:  # noqa: FBT001 - from pytest
    ran = run({"recorded": "\x1b[32m3f2a1b4c5d6e ok\x1b[0m\n"}, "recorded")
    runs = [
        run({"recorded": f"\x1b[{number}m{name} ok\x1b[0m\n"}, "recorded", "later_")
        for number, name in ((31, "aaaabbbb1111"), (colour, "ccccdddd2222"))
    ]
    others = (("\x1b[32m9c8b7a6f5e4d ok\x1b[0m\n",),)
    first, second = (differences(ran, others, came)[0] for came in runs)
    assert [each.colours for each in (*first, *second)] == [True, True]
    assert bool(reproduced(first, second, (ran, runs[0], runs[1]))) is counts


@pytest.mark.parametrize(
    ("came", "counts"),
    [
        (("9b0c1d2e3f4a   web   [::]:80->80/tcp", "77aa88bb99cc   web   [::]:80->80/tcp"), True),
        (("9b0c1d2e3f4a   web   :::80->80/tcp", "77aa88bb99cc   web   :::80->80/tcp"), False),
        (("9b0c1d2e3f4a   web   :::81->81/tcp", "77aa88bb99cc   web   :::81->81/tcp"), False),
        (("9b0c1d2e3f4a   web   [::]:80->80/tcp", "77aa88bb99cc   nothing else is like it"), False),
    ],
)
def test_what_is_new_in_a_line_counts_also_where_its_id_is_another_one(came: tuple[str, str], counts: bool) -> None:  # noqa: FBT001 - from pytest
    ran = run({"recorded": "3f2a1b4c5d6e   web   :::80->80/tcp\n"}, "recorded")
    runs = [run({"recorded": f"{line}\n"}, "recorded", "later_") for line in came]
    first, second = (differences(ran, ((),), later)[0] for later in runs)
    assert first
    assert second
    assert bool(reproduced(first, second, (ran, runs[0], runs[1]))) is counts


@patient
@given(OUTPUT)
def test_any_output_is_the_same_as_itself(output: str) -> None:
    assert found_in(output, output) == ()


@patient
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_the_same_as_itself(output: str) -> None:
    assert found_in(output, output) == ()


@patient
@given(OUTPUT, OUTPUT)
def test_what_another_run_printed_is_the_same(output: str, other: str) -> None:
    assert found_in(output, other, other) == ()


@patient
@given(OUTPUT, st.text("aZ09#", min_size=1, max_size=12))
def test_a_line_more_is_news(output: str, line: str) -> None:
    assert found_in(output, f"{output}{line}\n")
    assert found_in(f"{output}{line}\n", output)


@patient
@given(OUTPUT, LINE, LINE, WORD, WORD)
def test_another_word_is_news(output: str, before: str, after: str, old: str, new: str) -> None:
    recorded, came = (f"{output}{before} {word} {after}\n{output}" for word in (old, new))
    assert bool(found_in(recorded, came)) is (old != new)


def lines(count: int, seed: str) -> list[str]:
    return [
        f"took {(n * len(seed)) % 50} s, {hashlib.sha256(f'{seed}{n}'.encode()).hexdigest()[: n % 7]}"
        for n in range(count)
    ]


@pytest.mark.parametrize("others", [[], ["other"], ["one"]])
@pytest.mark.parametrize("count", [1, 3000])
def test_thousands_of_lines_are_not_all_held_against_each_other(
    monkeypatch: pytest.MonkeyPatch, others: list[str], count: int
) -> None:
    held = 0
    meets = Line.meets

    def counted(self: Line, other: Line) -> Meeting | None:
        nonlocal held
        held += 1
        return meets(self, other)

    monkeypatch.setattr(Line, "meets", counted)
    found_in(
        "\n".join(lines(count, "was")), "\n".join(lines(3000, "came")), *("\n".join(lines(3000, o)) for o in others)
    )
    assert held < 200_000  # 9,000,000 pairs


def test_a_line_of_thousands_of_equal_words_is_read_in_no_time() -> None:
    assert found_in("a:" * 1999, "c:" * 1999, "b:" * 1998) == ()  # it took minutes


def test_colours_that_are_never_reset_make_no_line_much_longer() -> None:
    text = "".join(f"\x1b[38;5;{number % 250}mx\x1b[39m" for number in range(5_000)) + "\nend"
    assert sum(map(len, sgr.lines(text))) < 5 * len(text)
    assert [sgr.uncoloured(line) for line in sgr.lines(text)] == ["x" * 5_000, "end"]
