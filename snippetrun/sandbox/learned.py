"""What the launcher says that the engine knows, read as facts.

The parts and their form stand in image/launch. A page may have written any of it: what cannot be read is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from snippetrun.facts import Event, Facts, Host, Kind, StoredImage, Thing

_ID = re.compile(r"[0-9a-f]{64}|[0-9a-z]{25}")
_CLOCK = re.compile(r"\d{10}\.\d{6}")
_NAME = re.compile(r"[\w./:@-]{1,255}")
_KINDS = {kind.value: kind for kind in (Kind.CONTAINER, Kind.IMAGE, Kind.NETWORK, Kind.VOLUME)}
_LATEST = 32_503_680_000.0
"""The year 3000, in seconds since 1970."""


def facts(said: str, began: float, asked: float, heard: float) -> Facts:
    """Return what can be read of the launcher's words.

    The times are the builder's: of the sandbox's beginning, of the question and of the answer. The engine's clock is
    taken to be the same if it can be.
    """
    parts = dict(_parts(said))
    info = _first(parts.get("info", ()))
    now = float(next((line for line in parts.get("now", ()) if _CLOCK.fullmatch(line)), "0"))
    ahead = max(now - heard, min(0.0, now - asked)) if now else 0.0
    events = sorted(_events(parts.get("events", ())), key=lambda event: event.at)
    things = dict.fromkeys([event.thing for event in events])
    things |= dict.fromkeys([*_things(parts), *_execs(parts.get("events", ()))])
    return Facts(
        things=tuple(things),
        events=tuple(events),
        digests=frozenset(digest for digest in parts.get("digests", ()) if _ID.fullmatch(digest)),
        stored=tuple(_stored(parts.get("images", ()))),
        host=Host(
            id=_text(info.get("ID")),
            kernel=_text(info.get("KernelVersion")),
            build="\n".join(parts.get("version", ())),
            processors=_number(info.get("NCPU")),
            memory=_number(info.get("MemTotal")),
        ),
        began=began + ahead,
        ended=now if info else 0.0,
        ahead=ahead,
    )


def _parts(said: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the parts by name: of an address of the API the last word."""
    lines: list[str] = []
    for line in said.split("\n"):
        if line.startswith("#"):
            yield re.split(r"[/?]", line.removeprefix("#http://docker/").removeprefix("#"))[0], lines
            lines = []
        elif line:
            lines.append(line)


def _objects(lines: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield every JSON object among lines, those of lists too."""
    for line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                yield each


def _first(lines: Sequence[str]) -> dict[str, Any]:
    return next(_objects(lines), {})


def _things(parts: dict[str, Sequence[str]]) -> Iterator[Thing]:
    for each in _objects(parts.get("containers", ())):
        for name in _list(each.get("Names")):
            yield from _thing(Kind.CONTAINER, each.get("Id"), _text(name).removeprefix("/"))
    for each in _objects(parts.get("networks", ())):
        yield from _thing(Kind.NETWORK, each.get("Id"), each.get("Name"))
    for each in _objects(parts.get("volumes", ())):
        for volume in _list(each.get("Volumes")):
            yield from _thing(Kind.VOLUME, volume.get("Name") if isinstance(volume, dict) else None, "")
    for each in _objects(parts.get("system", ())):
        records = [record for record in _list(each.get("BuildCache")) if isinstance(record, dict)]
        for record in sorted(records, key=lambda record: _text(record.get("CreatedAt"))):
            for thing in _thing(Kind.CACHE, record.get("ID"), ""):
                yield Thing(thing.kind, thing.id, _text(record.get("Description"))[:1000])


def _events(lines: Sequence[str]) -> Iterator[Event]:
    for each in _objects(lines):
        actor = each.get("Actor")
        actor = actor if isinstance(actor, dict) else {}
        attributes = actor.get("Attributes")
        name = attributes.get("name") if isinstance(attributes, dict) else ""
        at, action = _number(each.get("timeNano")) / 1e9, _text(each.get("Action")).partition(":")[0]
        for thing in _thing(_KINDS.get(_text(each.get("Type")), Kind.OTHER), actor.get("ID"), name):
            yield Event(at, thing, action)


def _execs(lines: Sequence[str]) -> Iterator[Thing]:
    for each in _objects(lines):
        actor = each.get("Actor")
        attributes = actor.get("Attributes") if isinstance(actor, dict) else None
        if isinstance(attributes, dict):
            yield from _thing(Kind.EXEC, attributes.get("execID"), "")


def _stored(lines: Sequence[str]) -> Iterator[StoredImage]:
    for each in _objects(lines):
        digests = tuple(d for d in map(_text, _list(each.get("digests"))) if _ID.fullmatch(d))
        created = tuple(at for at in map(_seconds, _list(each.get("created"))) if at)
        built = tuple((_seconds(span[0]), _seconds(span[-1])) for span in map(_list, _list(each.get("built"))) if span)
        if digests:
            yield StoredImage(_text(each.get("name")), digests, created, built)


def _thing(kind: Kind, identifier: object, name: object) -> Iterator[Thing]:
    """Yield a thing if its id is one; a volume that has a name of its own has none."""
    whole, called = _text(identifier).removeprefix("sha256:"), _text(name)
    if _ID.fullmatch(whole):
        yield Thing(kind, whole, called if _NAME.fullmatch(called) else "")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 63 else 0


def _seconds(value: object) -> float:
    """Return the seconds since 1970 of an RFC 3339 time; 0 for what is none."""
    text = re.sub(r"(\.\d{6})\d+", r"\1", _text(value))
    try:
        at = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    return at if 0 < at < _LATEST else 0.0
