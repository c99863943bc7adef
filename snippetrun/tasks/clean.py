"""What killed runs have left, removed from the engine."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass

from snippetrun import config
from snippetrun.engine import leftovers
from snippetrun.engine.discover import host_engine
from snippetrun.engine.leftovers import Leftover


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What became of all that is ours on an engine."""

    removed: tuple[Leftover, ...]
    kept: tuple[Leftover, ...]


def clean(say: Callable[[str], None], *, everything: bool = False) -> Cleaned:
    """Remove what no run needs any more; `everything`: also images, image stores, and our private engine's data.

    Raises EngineError if no engine answers.
    """
    removed: list[Leftover] = []
    kept: list[Leftover] = []
    with host_engine(say) as engine:
        for item in leftovers.find(engine, engine.sizes()):
            removable = not item.in_use and (everything or not item.kept)
            (removed if removable and leftovers.remove(engine, item) else kept).append(item)
    if everything:
        shutil.rmtree(config.cache_folder(), ignore_errors=True)
    return Cleaned(tuple(removed), tuple(kept))
