"""What runs that were killed left on the host's engine, and what we keep there on purpose."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import Any

from snippetrun.engine.host import HostEngine
from snippetrun.engine.labels import KIND, OURS, PAGE, REPOSITORY, SANDBOX, SESSION


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something of ours on the engine."""

    kind: str
    """`container`, `volume` or `image`."""
    name: str
    """What the engine calls it."""
    detail: str
    """Who made it and what for."""
    kept: bool
    """Kept on purpose, because the next build is faster with it: images and image stores."""
    in_use: bool
    """Made by a run on this machine that is still going on."""


def find(engine: HostEngine) -> list[Leftover]:
    """Return everything that carries our labels or our names."""
    ours = engine.ours()
    return [
        *(_leftover("container", item["Id"], item["Labels"]) for item in ours["containers"]),
        *(_leftover("volume", item["Name"], item["Labels"]) for item in ours["volumes"]),
        *(_leftover("image", tag, item["Labels"] or {}) for item in ours["images"] for tag in _our_tags(item)),
    ]


def remove(engine: HostEngine, leftover: Leftover) -> bool:
    """Remove it; return False if it is in use or gone."""
    if leftover.kind == "container":
        engine.remove(leftover.name)
        return True
    return engine.remove_volume(leftover.name) if leftover.kind == "volume" else engine.remove_image(leftover.name)


def _our_tags(image: dict[str, Any]) -> list[str]:
    """Return our names of an image, which several of a site's images may share and a user may have named too."""
    return [tag for tag in image["RepoTags"] or [] if tag.startswith(f"{REPOSITORY}/")]


def _leftover(kind: str, name: str, labels: dict[str, str]) -> Leftover:
    host, pid, *_ = [*labels.get(SESSION, "").split(" "), "", ""]
    what = labels.get(KIND, kind)
    page = f" for {labels[PAGE]}" if what == SANDBOX and PAGE in labels else ""
    detail = f"{what}{page}, made by snippetrun {labels[OURS]} in process {pid} on {host}" if OURS in labels else what
    kept = kind != "container"
    return Leftover(kind, name, detail, kept, in_use=not kept and host == platform.node() and _alive(pid))


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
