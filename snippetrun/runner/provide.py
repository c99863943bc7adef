"""What all pages of a build stand on: the host's engine, with the site's images in a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from snippetrun.config import SiteConfig, cache_folder
from snippetrun.model import Job

if TYPE_CHECKING:
    from snippetrun.engine.host import HostEngine
    from snippetrun.engine.images import HostImage
    from snippetrun.sandbox.interface import Sandbox

OpenSandbox: TypeAlias = "Callable[[Job], AbstractContextManager[Sandbox]]"
"""Starts the sandbox of a page."""


@contextmanager
def live_sandboxes(site: SiteConfig, say: Callable[[str], None]) -> Iterator[OpenSandbox]:
    """Prepare the host's engine and the site's images, and yield what starts a page's sandbox on them.

    Raises EngineError, ImageError or SandboxError if that cannot be done.
    """
    # Imported here: a build that replays what was recorded must not pay for the docker SDK.
    from snippetrun.engine.find import host_engine
    from snippetrun.sandbox.live import page_specification, sandbox
    from snippetrun.sandbox.store import store, used

    with host_engine(say) as engine, ExitStack() as held:
        sandbox_image, provided = images_of(engine, site, say)
        with _alone(say):
            filled = store(engine, str(site.root), sandbox_image, provided, say)
            held.enter_context(used(filled.volume))

        def start(job: Job) -> AbstractContextManager[Sandbox]:
            facts = [fact for fact in filled.facts if job.hub or fact.name in job.images]
            spec = page_specification(engine, sandbox_image, filled.volume, job)
            return sandbox(engine, spec, facts)

        yield start


def images_of(engine: HostEngine, site: SiteConfig, say: Callable[[str], None]) -> tuple[str, list[HostImage]]:
    """Return the name of the sandbox's image, and the site's images, built or pulled where the engine has none.

    Raises ImageError or SandboxError if that cannot be done. Whoever else wants that meanwhile waits.
    """
    from snippetrun.engine import images
    from snippetrun.engine.base import base
    from snippetrun.sandbox.builder import Builder
    from snippetrun.sandbox.live import IMAGE_FOLDER

    with _alone(say):
        debian = base(engine, say)
        sandbox_image = images.build(engine, IMAGE_FOLDER, debian, say, what="sandbox")
        limits = replace(site.limits, time=4 * site.limits.time)  # what it needs comes over the network
        builder = Builder(engine, sandbox_image, debian, limits, site.build_network, say)
        return sandbox_image, [images.provide(engine, source, debian, builder, say) for source in site.images]


def _alone(say: Callable[[str], None]) -> AbstractContextManager[object]:
    """Return a lock on what is prepared, which two runs must not do at once."""
    from snippetrun.engine.locks import locked

    return locked(cache_folder() / "preparing", waiting=lambda: say("waiting for another run to prepare the images"))
