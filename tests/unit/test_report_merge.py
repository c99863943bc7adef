"""The reports of several machines as one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from helpers.reported import BUILD, PS, VARIED, made, result

from snippetrun import report
from snippetrun.errors import Problem, UsageError
from snippetrun.report import Report, Share
from snippetrun.report.merge import merge

WHOLE = ("docs/a.md", "docs/b.md", "docs/c.md")


def shard(number: int, *paths: str, of: int = 2, **more: object) -> Report:
    pages = [result(PS, BUILD, path=path) for path in paths]
    whole = made(*pages, shard=Share(number, of, paths, WHOLE), commit="c", exit_status=1 if paths else 0)
    return dataclasses.replace(whole, **more)  # type: ignore[arg-type]


AGAIN = dataclasses.replace(shard(1, "docs/b.md"), pages=(dataclasses.replace(report.page(VARIED), path="docs/b.md"),))
FIRST, SECOND = shard(1, "docs/b.md"), shard(2, "docs/a.md", "docs/c.md")


def test_pages_stand_in_the_order_of_a_single_run() -> None:
    for reports in ({"1": FIRST, "2": SECOND}, {"2": SECOND, "1": FIRST}):
        merged = merge(reports)
        assert [page.path for page in merged.pages] == list(WHOLE)
        assert (merged.shard, merged.seconds, merged.command) == (None, 6.0, "check")


def test_how_often_pages_ran_and_what_varied_is_merged_too() -> None:
    pages = [
        (page.runs, [command.varied for command in page.commands]) for page in merge({"1": AGAIN, "2": SECOND}).pages
    ]
    assert pages == [(0, [False] * 3), (2, [True, True, False]), (0, [False] * 3)]


def test_the_exit_status_is_the_worst() -> None:
    dead = dataclasses.replace(SECOND, exit_status=3, problems=(Problem("no engine"),))
    assert merge({"1": FIRST, "2": dead}).exit_status == 3


def test_what_all_machines_suffer_from_is_said_once() -> None:
    dead = [dataclasses.replace(each, problems=(Problem("no engine"),)) for each in (FIRST, SECOND)]
    assert merge({"1": dead[0], "2": dead[1]}).problems == (Problem("no engine"),)


def test_findings_stand_in_the_order_of_the_pages() -> None:
    found = [Problem("a finding", "", path) for path in WHOLE]
    first, second = (
        shard(1, WHOLE[1], findings=(found[1],)),
        shard(2, WHOLE[0], WHOLE[2], findings=(found[0], found[2])),
    )
    assert list(merge({"1": first, "2": second}).findings) == found


def test_findings_in_files_that_pages_include_come_last_and_once_as_on_one_machine() -> None:
    run, up, own, of_a_page = (
        Problem("a finding", "", path, line)
        for path, line in (("run.md", 3), ("up.md", 1), (WHOLE[2], 5), (WHOLE[0], 7))
    )
    first, second = (up, run, of_a_page), (run, own)  # docs/b.md includes all of docs/a.md
    reports = zip((FIRST, SECOND), (first, second), strict=True)
    merged = merge({str(at): dataclasses.replace(one, findings=of) for at, (one, of) in enumerate(reports)})
    assert merged.findings == (of_a_page, own, run, up)
    assert merged.findings == report.in_order([*second, *first], WHOLE)


def with_share(report: Report, **changes: object) -> Report:
    assert report.shard
    return dataclasses.replace(report, shard=dataclasses.replace(report.shard, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda _: shard(1, "docs/b.md"), "two.json: shard 1/2 is there twice: one.json has it too"),
        (lambda two: dataclasses.replace(two, commit="d"), "two.json: its commit is not that of one.json"),
        (lambda two: dataclasses.replace(two, commit="d"), "It says d, and one.json says c"),
        (lambda two: dataclasses.replace(two, version="0.2"), "its version of snippetrun is not"),
        (lambda two: dataclasses.replace(two, command="run"), "its command is not"),
        (lambda two: dataclasses.replace(two, changed_since="main"), "its --changed-since is not"),
        (lambda two: with_share(two, of=3), "its number of shards is not"),
        (lambda two: with_share(two, whole=WHOLE[:2]), "the shards are not parts of the same whole"),
        (lambda _: shard(2, "docs/a.md"), "the shards are not parts of the same whole"),
        (lambda _: shard(2, *WHOLE), "the shards are not parts of the same whole"),
        (lambda two: with_share(two, pages=()), "two.json: contradicts itself"),
        (lambda two: with_share(two, number=0), "two.json: contradicts itself"),
        (lambda two: dataclasses.replace(two, shard=None), "two.json: is no report of a shard"),
        (
            lambda two: dataclasses.replace(two, shard=None, problems=(Problem("no such page"),)),
            "two.json: its machine could not begin: no such page",
        ),
    ],
)
def test_what_does_not_belong_together_is_an_error_that_says_why(
    change: Callable[[Report], Report], complaint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        merge({"one.json": FIRST, "two.json": change(SECOND)})
    assert complaint in str(caught.value)


def test_missing_shards_are_named() -> None:
    with pytest.raises(UsageError, match=r"shards not there: 1/5, 3/5, 4/5"):
        merge({"2": with_share(shard(2, of=5), whole=()), "5": with_share(shard(5, of=5), whole=())})
    with pytest.raises(UsageError, match=r"shard not there: 2/2"):
        merge({"1": FIRST})


def test_nothing_to_do_on_all_machines_is_said_as_on_one() -> None:
    note = "no page changed since main"
    empty = [with_share(shard(number, note=note), whole=()) for number in (1, 2)]
    assert merge({"1": empty[0], "2": empty[1]}).note == note
    full = with_share(shard(1, *WHOLE), pages=WHOLE)
    assert merge({"1": full, "2": shard(2, note="shard 2/2 has nothing to run")}).note == ""
