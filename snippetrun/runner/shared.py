"""What sandboxes stand on, for a host that asks for one page after the other and may ask for none."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from snippetrun.config import SiteConfig
from snippetrun.errors import InfrastructureError
from snippetrun.runner.pool import Sandboxes
from snippetrun.runner.provide import OpenSandbox


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
