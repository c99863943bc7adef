"""A site's images on their way from the engine that has made them to those of other machines.

An image travels under a name that is made of its digest, so that an engine which has that name has the image. One that
lacks it takes it from its registry, by digest, and else out of an archive of all images that some engine lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

from snippetrun.config import SiteConfig
from snippetrun.engine.client import HostEngine
from snippetrun.engine.discover import host_engine
from snippetrun.engine.images import HostImage
from snippetrun.engine.labels import REPOSITORY
from snippetrun.errors import ImageError
from snippetrun.runner.prepare import Images, OpenSandbox, alone, images_of, live_sandboxes

_PIECE = 16_000_000
"""Bytes that travel at once: no machine needs the memory for a whole archive."""

Say = Callable[[str], None]


class LackingError(Exception):
    """An engine lacks images, and cannot get them."""

    def __init__(self, names: frozenset[str], pieces: tuple[str, ...]) -> None:
        """Hold their names, and the pieces of the archive that was known, in which they are not or which is gone."""
        super().__init__(names, pieces)
        self.names, self.pieces = names, pieces


@dataclass(frozen=True, slots=True)
class Carried:
    """The images of a site, to be taken by an engine that may lack them. It is a `Sandboxes` for other machines."""

    sandbox: HostImage
    images: tuple[HostImage, ...]
    """With the names that they travel under."""
    pulled: frozenset[str]
    """The names among them that come from a registry; `origin` says which one."""
    fetch: Callable[[str], bytes]
    """Returns a piece of the archive; raises LookupError if it is gone."""
    archived: frozenset[str] = frozenset()
    """The names in the archive."""
    pieces: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What tells apart which images there are, in their order."""
        return " ".join(image.tag for image in (self.sandbox, *self.images))

    def __call__(self, site: SiteConfig, say: Say) -> AbstractContextManager[OpenSandbox]:
        """As `live_sandboxes`; also raises LackingError."""
        return live_sandboxes(site, say, self._take)

    def _take(self, engine: HostEngine, _site: SiteConfig, say: Say) -> Images:
        with alone(say):
            every = (self.sandbox, *self.images)
            lacking = frozenset(image.tag for image in every if not self._has(engine, image, say))
            if not lacking <= self.archived:
                raise LackingError(lacking, self.pieces)
            if lacking:
                say("taking in the images")
                try:
                    engine.load(map(self.fetch, self.pieces))
                except LookupError as error:
                    raise LackingError(lacking, self.pieces) from error
            return self.sandbox.tag, [replace(image, id=_id(engine, image.tag)) for image in self.images]

    def _has(self, engine: HostEngine, image: HostImage, say: Say) -> bool:
        """Tell whether an engine has an image, pulled if it comes from a registry that answers."""
        if engine.image(image.tag):
            return True
        name = image.id
        if engine.image(name) is None:
            if image.tag not in self.pulled:
                return False
            name = image.origin
            say(f"pulling {name}")
            try:
                engine.pull(name)
            except ImageError:
                return False
        engine.tag(name, image.tag)
        return True


@contextmanager
def carried(
    site: SiteConfig, say: Say, fetch: Callable[[str], bytes]
) -> Iterator[tuple[Carried, Callable[[Collection[str]], Iterator[bytes]]]]:
    """Prepare the images of a site on the engine of this machine, and yield them with what saves some by name.

    Raises EngineError, ImageError or SandboxError if that cannot be done.
    """
    with host_engine(say) as engine:
        name, provided = images_of(engine, site, say)
        sandbox = _renamed(HostImage("sandbox", name, _id(engine, name), "", ""))
        images = tuple(map(_renamed, provided))

        def save(names: Collection[str]) -> Iterator[bytes]:
            for here, there in zip((name, *(image.tag for image in provided)), (sandbox, *images), strict=True):
                if there.tag in names:
                    engine.tag(here, there.tag)
            return _pieces(engine.save(sorted(names)))

        yield Carried(sandbox, images, frozenset(image.tag for image in images if not image.built), fetch), save


def _renamed(image: HostImage) -> HostImage:
    return replace(image, tag=f"{REPOSITORY}/carried:{image.id.removeprefix('sha256:')[:32]}")


def _id(engine: HostEngine, name: str) -> str:
    image = engine.image(name)
    return image["Id"] if image else ""


def _pieces(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces of the size that travels."""
    piece = bytearray()
    for part in parts:
        piece += part
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)
