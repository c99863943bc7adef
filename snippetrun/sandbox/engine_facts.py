"""What the launcher says of the machine and of the site's images, read as facts.

The parts and their form stand in image/launch. A page may have written any of it: what cannot be read is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from snippetrun.model import Fact

# the 64 digits of a digest
_DIGEST = re.compile(r"[0-9a-f]{64}")
# debian:trixie-slim, registry.example/team/app:1.2
_NAME = re.compile(r"[\w./:@-]{1,255}", re.ASCII)
_SPAN = re.compile(r"[0-9T:-]{19}\+00:00/[0-9T:-]{19}\+00:00", re.ASCII)
"""E.g. 2026-11-25T10:00:00+00:00/2026-11-25T10:10:00+00:00."""
_BUILD = re.compile(r"#\d.*")
"""E.g. #1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20), the end of /proc/version and all of `uname -v`."""
_LONGEST = 500
"""Characters of a fact."""


def facts(answer: str) -> tuple[Fact, ...]:
    """Return what can be read of the launcher's words."""
    parts = dict(_parts(answer))
    info = next(_objects(parts.get("info", ())), {})
    version = "\n".join(parts.get("version", ()))
    build = _BUILD.search(version)
    host = {
        "engine id": info.get("ID"),
        "kernel": info.get("KernelVersion"),
        "kernel build": build[0] if build else "",
        "/proc/version": version,
        "processors": _number(info.get("NCPU")),
        "memory": _number(info.get("MemTotal")),
    }
    images = list(_objects(parts.get("images", ())))
    host |= {"image store built": _span(images[0].get("stored")) if images else ""}
    own = (Fact(name, _text(value)) for name, value in host.items())
    return tuple(fact for fact in (*own, *chain.from_iterable(map(_image, images))) if fact.value)


def _parts(answer: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the parts by name."""
    lines: list[str] = []
    for line in answer.split("\n"):
        if line.startswith("#"):
            yield line[1:], lines
            lines = []
        elif line:
            lines.append(line)


def _objects(lines: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """Yield every JSON object among lines."""
    for line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def _image(image: Mapping[str, Any]) -> Iterator[Fact]:
    """Yield the digests of an image, by their number, and when it was built; empty if it was not."""
    name = _text(image.get("name"))
    if not _NAME.fullmatch(name):
        return
    digests = image.get("digests")
    for number, digest in enumerate(digests if isinstance(digests, list) else (), 1):
        if _DIGEST.fullmatch(_text(digest)):
            yield Fact(f"{name} {number}", digest)
    yield Fact(f"{name} built", _span(image.get("built")))


def _span(value: object) -> str:
    """Return a span of time if it is one."""
    text = _text(value)
    try:
        began, ended = map(datetime.fromisoformat, text.split("/"))
    except ValueError:
        return ""
    return text if _SPAN.fullmatch(text) and began <= ended else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""


def _number(value: object) -> str:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 63 else ""
