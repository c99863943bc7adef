"""Lines that come in any order, put into one.

The engine keeps much of what it lists in maps, and goes through changed files as the kernel has them. Some lists it
sorts by ids, so that they come in another order for each engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from snippetrun.stable import maps
from snippetrun.stable.ids import Ids
from snippetrun.stable.lives import Lives
from snippetrun.stable.sizes import whole
from snippetrun.stable.tables import Table, tables
from snippetrun.stable.text import Edit, Line

Rank = Callable[[re.Match[str]], Any]
"""Returns what a line is sorted by."""

_CHANGED = re.compile(r"[ACD] (?P<path>/.*)")
_LINKED = re.compile(
    r"(?P<alias>[A-Z0-9_]{1,100}?)_(?:PORT(?:_\d+_[A-Z]{3,4}(?:_ADDR|_PORT|_PROTO)?)?|NAME|ENV_\w{1,100})=.*"
)
_LAYER = re.compile(r"(?P<id>[0-9a-f]{12}): (?P<what>\w.*)")
_PRUNED = re.compile(r"(?:deleted|untagged): .*")
_CACHED = re.compile(
    r"(?P<id>[0-9a-z]{25})\*? +\t(?P<what>true|false)(?P<gap> *\t+)(?P<size>[^\s*]+)(?P<shared>\*?)\s.*"
)
_CACHE = re.compile(r"ID:\t+[0-9a-z]{25}")
"""Begins what `docker buildx du --verbose` has to say of one."""
_TOLD = re.compile(r"(Size|Created at):\t+(.*)")
_SEVERAL_LOGS = re.compile(r"\bdocker(?:-compose| compose| service) (?:.* )?logs\b")
_LOGGED = re.compile(r"(?P<name>[\w.-]{1,200}(?:@\S{1,200})?) *\| .*")
"""A line of the logs of several containers."""
_SERVICE = re.compile(r" (?:✔|✘|⠿) Container (?P<name>\S+) .*")
_OF_A_CACHE = re.compile(r"(?P<id>[0-9a-z]{25})")
_TASK = re.compile(r"(?P<service>.+)\.(?P<number>\d+)\.[0-9a-z]{25}")
_ADDRESS = re.compile(r"(?P<address>[0-9a-f.:]+) +(?:STREAM|DGRAM|RAW)\b(?P<name>.*)")
"""getent ahosts; docker's name server turns round the addresses of a name each time."""
_HOST = re.compile(r"(?P<address>[0-9a-f.:]+) +\S+")
_ONLY_AN_ID = re.compile(r"(?:sha256:)?(?P<id>[0-9a-f]{12,64})")
_IN_ANY_ORDER = re.compile(r"\b(?:images|image|volume|prune)\b")
"""A command whose list of ids has no order of its own."""
_MEMBER = re.compile(r'(?P<indent> +)"[0-9a-f]{64}": \{')
_LONGEST_MEMBER = 100
"""Lines."""
_HEX = re.compile(r"[0-9a-f]{12,64}")


def before(lines: Sequence[Line], ids: Ids, lives: Lives, command: str) -> list[Line]:
    """Put lines into an order in which what turns up first is the same in every run."""
    ordered = [maps.in_order(line, command) for line in lines]
    if _SEVERAL_LOGS.search(command):
        ordered = _logs(ordered)
    ordered = _sorted(ordered, _CHANGED, lambda found: found["path"].split("/"))
    ordered = _sorted(ordered, _LINKED, lambda found: found["alias"])
    ordered = _sorted(ordered, _SERVICE, lambda found: found["name"])
    ordered = _sorted(ordered, _LAYER, lambda found: (ids.rank(found["id"]), found["what"]))
    ordered = _caches(_blocks(ordered, _cache, _oldest_first), ids)
    if "getent" in command:
        ordered = (
            _addresses(ordered) if "ahosts" in command else _sorted(ordered, _HOST, lambda found: found["address"])
        )
    ordered = _members(ordered, lambda block: _HEX.sub("", block))
    if _IN_ANY_ORDER.search(command):
        ordered = _sorted(ordered, _ONLY_AN_ID, lambda found: _age(lives, ids, found["id"]))
    for start, table in tables([line.plain for line in ordered]):
        end = start + 1 + len(table.rows)
        if "NAMES" in table.headings:
            ordered[start + 1 : end] = _containers(table, ordered[start + 1 : end], lives)
            continue
        ranked = [_rank(table, row, ids, lives) for row in table.rows]
        if all(ranked):
            rows = sorted(zip(ranked, ordered[start + 1 : end], strict=True), key=lambda row: row[0])
            ordered[start + 1 : end] = [line for _, line in rows]
    return ordered


def after(lines: Sequence[Line], command: str) -> list[Line]:
    """Put lines into the order in which the engine lists what they say now."""
    ordered = _sorted(list(lines), _LAYER, lambda found: found["id"])
    ordered = _sorted(ordered, _PRUNED, lambda found: found[0])
    if "prune" in command:
        ordered = _sorted(ordered, _OF_A_CACHE, lambda found: found["id"])
    ordered = _members(ordered, lambda block: block)
    if "volume" in command:
        ordered = _sorted(ordered, _ONLY_AN_ID, lambda found: found["id"])
    for start, table in tables([line.plain for line in ordered]):
        at = table.column("VOLUME NAME")
        if at >= 0:
            rows = sorted(zip(table.rows, ordered[start + 1 :], strict=False), key=lambda row: row[0][at])
            ordered[start + 1 : start + 1 + len(rows)] = [line for _, line in rows]
    return ordered


def _sorted(lines: list[Line], pattern: re.Pattern[str], rank: Rank) -> list[Line]:
    """Sort each run of lines that match."""
    result: list[Line] = []
    for matches, group in groupby(lines, key=lambda line: bool(pattern.fullmatch(line.plain))):
        run = list(group)
        result += sorted(run, key=lambda line: _ranked(pattern, line, rank)) if matches else run
    return result


def _ranked(pattern: re.Pattern[str], line: Line, rank: Rank) -> Any:  # noqa: ANN401 - whatever can be compared
    found = pattern.fullmatch(line.plain)
    return rank(found) if found else ""


def _caches(lines: list[Line], ids: Ids) -> list[Line]:
    """Sort the lines of a build cache; which of them the engine printed first is seen by a tab, and stays so."""
    ordered = _sorted(lines, _CACHED, lambda found: _cached(found, ids))
    for index, (line, before) in enumerate(zip(ordered, lines, strict=True)):
        found, there = _CACHED.fullmatch(line.plain), _CACHED.fullmatch(before.plain)
        if found and there:
            ordered[index] = line.edited([Edit(*found.span("gap"), there["gap"])])
    return ordered


def _cache(lines: Sequence[Line], start: int) -> list[Line]:
    """Return the lines of the cache that begins here, with the blank one below; none if there is none."""
    if not _CACHE.fullmatch(lines[start].plain):
        return []
    end = next((at for at in range(start, len(lines)) if not lines[at].plain), len(lines))
    return list(lines[start : end + 1])


def _oldest_first(blocks: Sequence[Sequence[Line]]) -> Iterator[Line]:
    """Yield the lines of such caches, the largest first, as they come, and equal ones as they were made."""
    for block in sorted(blocks, key=_making):
        yield from block


def _making(block: Sequence[Line]) -> tuple[int, str]:
    told = {found[1]: found[2] for line in block if (found := _TOLD.fullmatch(line.plain))}
    return -whole(told.get("Size", "")), told.get("Created at", "")


def _cached(found: re.Match[str], ids: Ids) -> tuple[Any, ...]:
    """Return what a line of `docker buildx du` is sorted by: the size as it is shown, and then what else differs."""
    return -whole(found["size"]), found["what"], found["shared"], *ids.made(found["id"])


def _rank(table: Table, row: Sequence[str], ids: Ids, lives: Lives) -> tuple[Any, ...]:
    """Return what a row of a table of images or of a build cache is sorted by; nothing in any other table."""
    fields = dict(zip(table.headings, row, strict=True))
    if "REPOSITORY" in fields and lives.knows_images:
        name, tag = fields["REPOSITORY"], fields.get("TAG", "latest")
        digest = fields.get("IMAGE ID") or lives.image_named(f"{name}:{tag}")
        age = lives.image(digest, name)
        return -1 if age is None else age, -ids.rank(digest.removeprefix("sha256:")), name, tag, fields.get("SIZE", "")
    if "CACHE ID" in fields:
        what = (fields.get(heading, "") for heading in ("CACHE TYPE", "USAGE", "SHARED"))
        return -whole(fields.get("SIZE", "")), *what, *ids.made(fields["CACHE ID"])
    return ()


def _containers(table: Table, lines: Sequence[Line], lives: Lives) -> Iterator[Line]:
    """Yield the lines of `docker ps`: containers that were made together in the order of their names, backwards."""
    at = table.headings.index("NAMES")
    rows = [(row[at], line) for row, line in zip(table.rows, lines, strict=True)]
    for together, group in groupby(rows, key=lambda row: lives.made_together(row[0]) or _service(row[0])):
        run = list(group)
        yield from (line for _, line in (run if together is None else sorted(run, key=_name, reverse=True)))


def _name(row: tuple[str, Line]) -> str:
    return row[0]


def _service(name: str) -> str | None:
    found = _TASK.fullmatch(name)
    return found["service"] if found else None


def _age(lives: Lives, ids: Ids, digest: str) -> tuple[object, ...]:
    age = lives.image(digest, "")
    return -1 if age is None else age, -ids.rank(digest)


def _addresses(lines: list[Line]) -> list[Line]:
    """Sort the addresses of a name; the name stands in the first line alone."""
    ordered = _sorted(lines, _ADDRESS, lambda found: found["address"])
    for index, (line, before) in enumerate(zip(ordered, lines, strict=True)):
        found, named = _ADDRESS.fullmatch(line.plain), _ADDRESS.fullmatch(before.plain)
        if found and named and found["name"] != named["name"]:
            ordered[index] = line.edited([Edit(*found.span("name"), named["name"])])
    return ordered


def _members(lines: list[Line], rank: Callable[[str], str]) -> list[Line]:
    """Sort the members of JSON objects whose keys are ids, as `docker network inspect` has them."""
    return _blocks(lines, _member, lambda blocks: _joined(blocks, rank))


def _blocks(
    lines: list[Line],
    block_at: Callable[[Sequence[Line], int], list[Line]],
    ordered: Callable[[Sequence[Sequence[Line]]], Iterable[Line]],
) -> list[Line]:
    """Put blocks of lines that follow each other into an order."""
    result: list[Line] = []
    blocks: list[list[Line]] = []
    at = 0
    while at < len(lines):
        block = block_at(lines, at)
        if block:
            blocks.append(block)
        else:
            result += [*ordered(blocks), lines[at]]
            blocks = []
        at += len(block) or 1
    return result + list(ordered(blocks))


def _member(lines: Sequence[Line], start: int) -> list[Line]:
    """Return the lines of the member that begins here; none if there is none."""
    found = _MEMBER.fullmatch(lines[start].plain)
    if not found:
        return []
    closing = {found["indent"] + "}", found["indent"] + "},"}
    near = lines[start : start + _LONGEST_MEMBER]
    end = next((at for at, line in enumerate(near) if line.plain in closing), None)
    return list(near[: end + 1]) if end is not None else []


def _joined(blocks: Sequence[Sequence[Line]], rank: Callable[[str], str]) -> Iterator[Line]:
    """Yield the lines of sorted members, with a comma after each but the last."""
    ordered = sorted(blocks, key=lambda block: rank("\n".join(line.plain.rstrip(",") for line in block)))
    for number, block in enumerate(ordered, 1):
        *lines, last = block
        yield from lines
        yield Line(last.plain.rstrip(",") + ("," if number < len(ordered) else ""), last.colours)


def _logs(lines: list[Line]) -> list[Line]:
    """Sort the logs of several containers by their names, which have colours in the order in which they come."""
    ordered = _sorted(lines, _LOGGED, lambda found: found["name"])
    colours, names = [], []
    for before, line in zip(lines, ordered, strict=True):
        colours += [colour for at, colour in before.colours[:1] if not at and colour not in colours]
        found = _LOGGED.fullmatch(line.plain)
        names += [found["name"]] if found and found["name"] not in names else []
    given = dict(zip(names, colours, strict=False))
    return [_coloured(line, given) for line in ordered]


def _coloured(line: Line, given: Mapping[str, str]) -> Line:
    found = _LOGGED.fullmatch(line.plain)
    if not found or found["name"] not in given or not line.colours or line.colours[0][0]:
        return line
    return Line(line.plain, ((0, given[found["name"]]), *line.colours[1:]))
