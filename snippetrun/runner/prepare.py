"""What all pages of a build stand on: the host's engine, with the site's images in a store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeAlias

from snippetrun.config import DEBIAN, SiteConfig, cache_folder
from snippetrun.errors import EngineError, InfrastructureError, Problem
from snippetrun.model import Job
from snippetrun.support import stopping

if TYPE_CHECKING:
    from snippetrun.engine.client import HostEngine
    from snippetrun.engine.images import HostImage
    from snippetrun.sandbox.interface import Sandbox

OpenSandbox: TypeAlias = "Callable[[Job], AbstractContextManager[Sandbox]]"
"""Starts the sandbox of a page."""
Images: TypeAlias = "tuple[str, list[HostImage]]"
"""The name of the sandbox's image, and the site's images."""
Sandboxes = Callable[[SiteConfig, Callable[[str], None]], AbstractContextManager[OpenSandbox]]
"""Prepares what sandboxes stand on, and tells of its progress."""

_in_this_process = threading.Lock()
"""Whoever waits for another thread is not told of another run."""


def images_of(engine: HostEngine, site: SiteConfig, say: Callable[[str], None]) -> Images:
    """Return the sandbox's image and the site's, built or pulled where the engine has none.

    Raises ImageError or SandboxError if that cannot be done. Whoever else wants that meanwhile waits.
    """
    from snippetrun.engine import images
    from snippetrun.engine.base_image import base
    from snippetrun.sandbox.builder import Builder
    from snippetrun.sandbox.sandbox_image import sandbox_image_of

    with alone(say):
        sandbox_image = sandbox_image_of(engine, site.engine, say)
        debian = base(engine, DEBIAN, say)
        limits = replace(site.limits, time=4 * site.limits.time)  # what it needs comes over the network
        builder = Builder(engine, sandbox_image, debian, limits, site.build_network, say)
        calls = [partial(images.provide, engine, source, debian, builder, say) for source in site.images]
        made = {image.name: image for image in stopping.at_once(calls, site.jobs)}
        return sandbox_image, [made[source.name] for source in site.images]


@contextmanager
def live_sandboxes(
    site: SiteConfig,
    say: Callable[[str], None],
    images: Callable[[HostEngine, SiteConfig, Callable[[str], None]], Images] = images_of,
) -> Iterator[OpenSandbox]:
    """Prepare the host's engine and the site's images, and yield what starts a page's sandbox on them.

    `images` brings them to the engine. Raises EngineError, ImageError or SandboxError if that cannot be done.
    """
    if find_spec("fcntl") is None:
        hint = (
            "Type it in WSL, with Docker Desktop's WSL integration. A site is built from recordings without an engine."
        )
        raise EngineError(Problem("pages do not run on Windows itself", hint))
    # Imported here: a build that replays what was recorded must not pay for the docker SDK.
    from snippetrun.engine.discover import host_engine
    from snippetrun.sandbox.image_store import store, used
    from snippetrun.sandbox.live import page_specification, sandbox

    with host_engine(say) as engine, ExitStack() as held:
        sandbox_image, provided = images(engine, site, say)
        with alone(say):
            owner = f"{site.root} {site.other_engine}".rstrip()  # each of a site's engines has a store
            filled = store(engine, owner, sandbox_image, provided, say)
            held.enter_context(used(filled.volume))

        def start(job: Job) -> AbstractContextManager[Sandbox]:
            facts = [fact for fact in filled.facts if job.hub or fact.name in job.images]
            spec = page_specification(engine, sandbox_image, filled.volume, job)
            return sandbox(engine, spec, facts)

        yield start


@contextmanager
def alone(say: Callable[[str], None]) -> Iterator[None]:
    """Hold a lock on what is prepared, which two runs must not do at once."""
    from snippetrun.support.locks import locked

    told = partial(say, "waiting for another run to prepare the images")
    with _in_this_process, locked(cache_folder() / "preparing", waiting=told):
        yield


class SharedSandboxes:
    """Prepared when the first page needs it, and once: if that fails, it has failed for all pages."""

    def __init__(self, sandboxes: Sandboxes, say: Callable[[str], None]) -> None:
        """Do nothing yet; `say` will be told of the preparations."""
        self._sandboxes, self._say = sandboxes, say
        self._held = ExitStack()
        self._ready: OpenSandbox | InfrastructureError | None = None

    def start(self, site: SiteConfig) -> OpenSandbox:
        """Return what starts a page's sandbox; raise the same InfrastructureError whenever that cannot be had."""
        if self._ready is None:
            try:
                self._ready = self._held.enter_context(self._sandboxes(site, self._say))
            except InfrastructureError as error:
                self._ready = error
        if isinstance(self._ready, InfrastructureError):
            raise self._ready
        return self._ready

    def close(self) -> None:
        """Let go of it; closing what was never needed does no harm."""
        self._held.close()
