"""The site's images on the host's engine: built or pulled once, and found again by content."""

from __future__ import annotations

import hashlib
import textwrap
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from snippetrun.config import ImageSource
from snippetrun.engine.base_image import Base
from snippetrun.engine.client import HostEngine
from snippetrun.engine.labels import REPOSITORY, SANDBOX
from snippetrun.errors import ImageError
from snippetrun.support.build_context import build_context


@dataclass(frozen=True, slots=True)
class HostImage:
    """An image as the host's engine has it."""

    name: str
    """What pages call it, with its tag."""
    tag: str
    """What we call it on the host, where no other name is touched."""
    id: str
    origin: str
    stand_in: str
    built: bool = False
    """Whether it comes from a Dockerfile of the site's."""


Build: TypeAlias = Callable[[bytes, str], None]
"""Builds an image from a context (a tar archive with a Dockerfile), and gives it to the host's engine under a tag."""

_making: dict[str, threading.Lock] = {}
"""A lock for each tag: several names may be of one image, which is made once."""


def provide(
    engine: HostEngine, source: ImageSource, base: Base, builder: Build, say: Callable[[str], None]
) -> HostImage:
    """Return the image, built or pulled if the engine has not got it yet.

    Raises ImageError, which names the line of mkdocs.yml, if that fails.
    """
    try:
        tag, origin = _pulled(engine, source, say) if source.pull else _built(engine, source, base, builder)
    except ImageError as error:
        raise ImageError(*(source.problem(p.message, p.hint) for p in error.problems)) from error
    image = engine.image(tag)
    if image is None:
        raise ImageError(source.problem(f"the image {source.name} is gone again", "Type the same command once more."))
    return HostImage(source.name, tag, image["Id"], origin, source.stand_in, built=not source.pull)


def build(
    engine: HostEngine,
    folder: Path,
    bases: Mapping[str, Base],
    say: Callable[[str], None],
    *,
    check: Callable[[str], None] = lambda _: None,
) -> str:
    """Build a Dockerfile of the sandbox on the host's engine itself, unless that has been done; return the image's tag.

    `bases` has what it builds on, by the names of its build arguments. The image gets its tag only if `check`, which is
    told another one, raises nothing.
    """
    context, tag = _context(folder, SANDBOX, *bases.values())
    if engine.image(tag) is None:
        unchecked = f"{tag}-unchecked"
        arguments = {name: base.name for name, base in bases.items()}
        for line in engine.build(context, tag=unchecked, arguments=arguments):
            say_step(line, SANDBOX, say)
        check(unchecked)
        engine.tag(unchecked, tag)
        engine.remove_image(unchecked)
    return tag


def say_step(line: str, what: str, say: Callable[[str], None]) -> bool:
    """Tell of a line of a builder, if it begins a step: `Step 2/5 : RUN make`; return whether it does."""
    begins = line.startswith("Step ")
    if begins:
        say(f"{what}: {textwrap.shorten(line, 100, placeholder=' ...')}")
    return begins


def _built(engine: HostEngine, source: ImageSource, base: Base, builder: Build) -> tuple[str, str]:
    context, tag = _context(source.folder, source.name.split(":")[0].replace("/", "-"), base)
    with _making.setdefault(tag, threading.Lock()):
        if engine.image(tag) is None:
            builder(context, tag)
    return tag, f"{source.build}/Dockerfile on {base.origin}"


def _pulled(engine: HostEngine, source: ImageSource, say: Callable[[str], None]) -> tuple[str, str]:
    if engine.image(source.pull) is None:
        say(f"pulling {source.pull}")
        engine.pull(source.pull)
    return source.pull, source.pull


def _context(folder: Path, what: str, *bases: Base) -> tuple[bytes, str]:
    """Return a build context, and the tag of what is built from it on some bases."""
    context = build_context(folder)
    key = hashlib.sha256("".join(base.id for base in bases).encode() + context).hexdigest()
    return context, f"{REPOSITORY}/{what}:{key[:16]}"
