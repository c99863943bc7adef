"""What runs that were killed left on the host's engine, and what we keep there on purpose."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from snippetrun.engine import session
from snippetrun.engine.client import HostEngine
from snippetrun.engine.labels import KEY, KIND, OURS, PAGE, REPOSITORY, SANDBOX, SESSION, STORE


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
    size: int
    """Bytes that the engine has back without it; what images share is nobody's. 0 if nobody has asked."""


def find(engine: HostEngine, sizes: Mapping[str, int] = MappingProxyType({})) -> list[Leftover]:
    """Return everything that carries our labels or our names; `sizes` is what the engine says of it."""
    ours = engine.ours()
    return [
        *(_leftover("container", item["Id"], item["Labels"], sizes.get(item["Id"], 0)) for item in ours["containers"]),
        *(_leftover("volume", item["Name"], item["Labels"], sizes.get(item["Name"], 0)) for item in ours["volumes"]),
        *(
            _leftover("image", tag, item["Labels"] or {}, 0 if number else sizes.get(item["Id"], 0))
            for item in ours["images"]
            for number, tag in enumerate(_our_tags(item))
        ),
    ]


def remove(engine: HostEngine, leftover: Leftover) -> bool:
    """Remove it; return False if it is in use or gone."""
    if leftover.kind == "container":
        return engine.remove(leftover.name)
    return engine.remove_volume(leftover.name) if leftover.kind == "volume" else engine.remove_image(leftover.name)


def sweep(engine: HostEngine, mark: str) -> bool:
    """Remove what carries the mark of a session, but for the image store that it has filled; tell whether all is gone.

    Raises EngineError if the engine cannot be asked.
    """
    gone = True
    for container in engine.ours(mark)["containers"]:
        gone &= engine.remove(container["Id"])
    for volume in engine.ours(mark)["volumes"]:
        if not is_complete_store(engine, volume["Labels"]):
            gone &= engine.remove_volume(volume["Name"])
    return gone


def sweep_dead(engine: HostEngine, name: str) -> None:
    """Remove what sessions whose processes are gone have left on this engine; `name` is as for `session.begun`."""
    with session.dead(name) as sessions:
        for run in sessions:
            if sweep(engine, run.mark):
                run.forget()


def filled(key: str) -> str:
    """Return the name of the image that says that the store with this key is complete, as no volume can say so."""
    return f"{REPOSITORY}/store:{key[:16]}"


def is_complete_store(engine: HostEngine, labels: dict[str, str]) -> bool:
    """Tell whether a volume with these labels is an image store that has been filled."""
    return labels.get(KIND) == STORE and engine.image(filled(labels.get(KEY, ""))) is not None


def _our_tags(image: dict[str, Any]) -> list[str]:
    """Return our names of an image, which several of a site's images may share and a user may have named too."""
    return [tag for tag in image["RepoTags"] or [] if tag.startswith(f"{REPOSITORY}/")]


def _leftover(kind: str, name: str, labels: dict[str, str], size: int) -> Leftover:
    mark = labels.get(SESSION, "")
    host, pid, *_ = [*mark.split(" "), "", ""]
    what = labels.get(KIND, kind)
    page = f" for {labels[PAGE]}" if what == SANDBOX and PAGE in labels else ""
    detail = f"{what}{page}, made by snippetrun {labels[OURS]} in process {pid} on {host}" if OURS in labels else what
    kept = kind == "image" or what == STORE
    alive = session.is_alive(mark)
    if alive is None:  # of another cache or another machine
        alive = host == platform.node() and _is_there(pid)
    return Leftover(kind, name, detail, kept, not kept and alive, max(size, 0))


def _is_there(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
