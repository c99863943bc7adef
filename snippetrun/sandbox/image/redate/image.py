"""Makes images older than they are, and tells what they are made of; an image is an OCI manifest or index.

https://github.com/opencontainers/image-spec/blob/main/manifest.md and image-index.md there
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

LABELS = "io.snippetrun."
"""What the labels begin with that tell who made an image; they are another machine's tomorrow."""
_STEP = timedelta(minutes=10)
"""What the first step of a build may have taken: only its end is known."""
_BUILD = timedelta(days=1)
"""Longer ago was not the build, but that of what it began with."""
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"

# /bin/sh -c #(nop) COPY dir:901c4614ba8b6d5be... in /
_COPIED = re.compile(r"\b(?:file|dir|multi):([0-9a-f]{64})\b")

Put = Callable[[bytes], str]
"""Takes a new blob, and returns its digest."""


def aged(blobs: Path, digest: str, made: datetime, put: Put) -> tuple[str, str, int]:
    """Make an image that is older, and else the same; return its manifest's media type, digest and size."""
    content = _read(blobs, digest)
    if "manifests" in content:
        for descriptor in content["manifests"]:
            if _path(blobs, descriptor["digest"]).exists():
                _, descriptor["digest"], descriptor["size"] = aged(blobs, descriptor["digest"], made, put)
    else:
        config = as_bytes(_older(_read(blobs, content["config"]["digest"]), made))
        content["config"] |= {"digest": put(config), "size": len(config)}
    data = as_bytes(content)
    return content.get("mediaType", INDEX if "manifests" in content else _MANIFEST), put(data), len(data)


def _older(config: dict[str, Any], made: datetime) -> dict[str, Any]:
    """Return a configuration with another date, and without our labels."""
    when = f"{made:%Y-%m-%dT%H:%M:%SZ}"
    config["created"] = when
    for step in config.get("history") or []:
        step["created"] = when
    for part in (config.get("config"), config.get("container_config")):
        if part and part.get("Labels"):
            part["Labels"] = {name: value for name, value in part["Labels"].items() if not name.startswith(LABELS)}
    return config


def facts(blobs: Path, name: str, digest: str, before: str) -> dict[str, Any]:
    """Return what an image is made of, and when."""
    digests = dict.fromkeys(word for _, words in _parts(blobs, digest) for word in words)
    now = datetime.now(UTC)
    record = {"name": name, "digests": list(digests), "stored": _span(now - _STEP, now)}
    dates = [_date(when) for config, _ in _parts(blobs, before) for when in _dates(config)] if before != "-" else []
    if dates:
        last = max(dates)
        record["built"] = _span(
            min(date for date in dates if last - date < _BUILD) - _STEP, last + timedelta(minutes=1)
        )
    return record


def _span(began: datetime, ended: datetime) -> str:
    return f"{began.isoformat(timespec='seconds')}/{ended.isoformat(timespec='seconds')}"


def _parts(blobs: Path, digest: str) -> Iterator[tuple[dict[str, Any], list[str]]]:
    """Yield an image's configurations, each with the digests that belong to it, as 64 digits."""
    content = _read(blobs, digest)
    for descriptor in content.get("manifests", []):
        if _path(blobs, descriptor["digest"]).exists():
            for config, words in _parts(blobs, descriptor["digest"]):
                yield config, [_word(digest), *words]
    if "config" in content:
        config = _read(blobs, content["config"]["digest"])
        layers = [layer["digest"] for layer in content["layers"]]
        unpacked = config.get("rootfs", {}).get("diff_ids", [])
        own = [_word(text) for text in (digest, content["config"]["digest"], *layers, *unpacked)]
        yield config, [*own, *(word for step in config.get("history") or [] for word in _copied(step))]


def _copied(step: dict[str, Any]) -> list[str]:
    """Return the digests of what a step of the old builder has copied: they depend on when its files were made."""
    return _COPIED.findall(step.get("created_by") or "")


def _dates(config: dict[str, Any]) -> list[str]:
    return [
        when for when in (config.get("created"), *(step.get("created") for step in config.get("history") or [])) if when
    ]


def _date(when: str) -> datetime:
    """Read a time with any fraction of a second."""
    return datetime.fromisoformat(when[:19]).replace(tzinfo=UTC)


def _read(blobs: Path, digest: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_path(blobs, digest).read_bytes())
    return content


def _path(blobs: Path, digest: str) -> Path:
    return blobs / digest.replace(":", "/")


def _word(digest: str) -> str:
    return digest.partition(":")[2]


def as_bytes(value: object) -> bytes:
    """Return a value as compact JSON."""
    return json.dumps(value, separators=(",", ":")).encode()
