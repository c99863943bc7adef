"""The reports of several machines as the one that a single machine would have made.

Machines do parts of the pages, or have different engines of the site, or both.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from snippetrun.errors import Problem, UsageError
from snippetrun.report.engines import joined, split
from snippetrun.report.reported import Report, Share, in_order

_MOST = 10_000
"""Shards, so that a report from who knows where cannot keep us busy for ever."""
_ALIKE: tuple[tuple[str, Callable[[Report], object]], ...] = (
    ("command", lambda report: report.command),
    ("version of snippetrun", lambda report: report.version),
    ("commit", lambda report: report.commit),
    ("--changed-since", lambda report: report.changed_since),
    ("engines", lambda report: report.engines),
)
"""What the reports have to agree on, and where they say it."""
_SHARDS: tuple[str, Callable[[Report], object]] = (
    "number of shards",
    lambda report: report.shard and report.shard.of,
)
"""The same, of those of one engine."""


def merge(reports: Mapping[str, Report]) -> Report:
    """Return one report out of those of all shards and engines, given by the names of their files.

    Its pages stand in the order in which one machine would have come to them, its seconds are those of all machines
    together, and its exit status is the worst of theirs. Raises UsageError if a shard or an engine is missing or there
    twice, or if the reports are not of the same work.
    """
    by_engine: dict[str, dict[str, Report]] = {}
    for file, report in reports.items():
        for part in split(report):
            by_engine.setdefault(part.engine, {})[file] = part
    if len(by_engine) == 1:
        return _merge(reports)
    for file, report in reports.items():
        if not report.engine and report.problems:
            raise _not_begun(file, report.problems[0])
    _agree(reports, _ALIKE)
    [names, *_] = [report.engines for report in reports.values()]
    _all_there("engine", [name for name in names if name not in by_engine])
    return joined([_of_engine(by_engine[name]) for name in names])


def _of_engine(reports: Mapping[str, Report]) -> Report:
    """Return one report out of those of an engine: of a single machine, or of shards."""
    [first, *others] = reports.values()
    return first if first.shard is None and not others else _merge(reports)


def _merge(reports: Mapping[str, Report]) -> Report:
    """Return one report out of those of all shards, which are of the same engine."""
    shares = {file: _share(file, report) for file, report in reports.items()}
    _agree(reports, (*_ALIKE, _SHARDS))
    _complete(shares)
    whole = _whole(shares)
    files = sorted(reports, key=lambda file: shares[file].number)
    pages = [page for file in files for page in reports[file].pages]
    findings = [finding for file in files for finding in reports[file].findings]
    first = reports[files[0]]
    return dataclasses.replace(
        first,
        pages=tuple(sorted(pages, key=lambda page: whole[page.path])),
        findings=in_order(findings, whole),
        problems=tuple(dict.fromkeys(problem for file in files for problem in reports[file].problems)),
        note="" if pages else first.note,
        untested=sum(report.untested for report in reports.values()),
        seconds=sum(report.seconds or 0.0 for report in reports.values()),
        exit_status=max(report.exit_status for report in reports.values()),
        shard=None,
    )


def _share(file: str, report: Report) -> Share:
    share = report.shard
    if share is None and report.problems:
        raise _not_begun(file, report.problems[0])
    if share is None:
        hint = "Each machine makes one of its part of the work: snippetrun check --shard 1/5 --report json=FILE"
        raise UsageError(Problem("is no report of a shard", hint, file))
    pages = {page.path for page in report.pages}
    if not 1 <= share.number <= share.of <= _MOST or not pages <= set(share.pages):
        raise UsageError(Problem("contradicts itself: it is not as snippetrun wrote it", "", file))
    return share


def _not_begun(file: str, problem: Problem) -> UsageError:
    return UsageError(Problem(f"its machine could not begin: {problem.message}", problem.hint, file))


def _agree(reports: Mapping[str, Report], alike: Sequence[tuple[str, Callable[[Report], object]]]) -> None:
    """Raise UsageError if the reports are not of the same work."""
    (first, model), *others = reports.items()
    for file, report in others:
        for what, value_in in alike:
            if value_in(report) != value_in(model):
                hint = f"It says {value_in(report)}, and {first} says {value_in(model)}. Merge the reports of one run."
                raise UsageError(Problem(f"its {what} is not that of {first}", hint, file))


def _complete(shares: Mapping[str, Share]) -> None:
    """Raise UsageError unless each shard is there once."""
    seen: dict[int, str] = {}
    for file, share in shares.items():
        if share.number in seen:
            message = f"shard {share.number}/{share.of} is there twice: {seen[share.number]} has it too"
            raise UsageError(Problem(message, "", file))
        seen[share.number] = file
    of = max(share.of for share in shares.values())
    _all_there("shard", [f"{number}/{of}" for number in range(1, of + 1) if number not in seen])


def _all_there(what: str, missing: Sequence[str]) -> None:
    """Raise UsageError if the reports of some shards or engines are missing."""
    if missing:
        message = f"{what}{'' if len(missing) == 1 else 's'} not there: {', '.join(missing)}"
        raise UsageError(Problem(message, "A machine that left no report has failed: its log says why."))


def _whole(shares: Mapping[str, Share]) -> dict[str, int]:
    """Return the position of each page; raise UsageError unless each is in just one shard."""
    [whole, *others] = {share.whole for share in shares.values()}
    dealt = Counter(path for share in shares.values() for path in share.pages)
    if others or dealt != Counter(whole):
        hint = "Pages are dealt out by the times in their recordings: all machines need the same files."
        raise UsageError(Problem("the shards are not parts of the same whole", hint))
    return {path: position for position, path in enumerate(whole)}
