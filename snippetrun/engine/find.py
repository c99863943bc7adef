"""Where the host's Docker engine is: the one that the docker command would use, else one of our own."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import docker.context
import docker.errors
import docker.utils

from snippetrun.engine import private
from snippetrun.engine.host import HostEngine
from snippetrun.errors import EngineError, Problem

DEFAULT = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that the user's settings lead to."""

    url: str
    said_by: str
    """Who named it, in the user's words; empty for the default that nobody named."""
    tls: Any = None


def endpoint() -> Endpoint:
    """Return where the docker command would look: DOCKER_HOST, the current context, or the default socket."""
    if os.environ.get("DOCKER_HOST"):
        settings = docker.utils.kwargs_from_env()
        return Endpoint(settings["base_url"], "DOCKER_HOST", settings.get("tls"))
    name = os.environ.get("DOCKER_CONTEXT", "")
    try:
        contexts = docker.context.ContextAPI
        context = contexts.get_context(name) if name else contexts.get_current_context()
    except (docker.errors.DockerException, OSError, ValueError) as error:
        raise EngineError(
            Problem(f"the current docker context cannot be read: {error}", "Type: docker context use default")
        ) from error
    if context is None and name:
        raise EngineError(Problem(f"there is no docker context {name!r}", "DOCKER_CONTEXT says so. Unset it."))
    if context is None or context.Name == "default":
        return Endpoint(DEFAULT, "")
    return Endpoint(str(context.Host), f"the docker context {context.Name!r}", context.TLSConfig)


@contextlib.contextmanager
def host_engine() -> Iterator[HostEngine]:
    """Yield the host's engine; one of our own is stopped again in the end.

    An engine that the user named is used or reported, never replaced in silence. Raises EngineError if there is none.
    """
    named = endpoint()
    try:
        engine = HostEngine(named.url, tls=named.tls)
    except EngineError as error:
        if named.said_by:
            hint = f"{named.said_by} says so. Start that engine, or unset it to use another."
            raise EngineError(Problem(error.problems[0].message, hint)) from error
        why_not = private.why_not()
        if why_not:
            raise EngineError(Problem("no Docker engine answers, and none can be started", why_not)) from error
        with private.running() as url:
            engine = HostEngine(url)
            with contextlib.closing(engine):
                yield engine
        return
    with contextlib.closing(engine):
        yield engine


def main() -> int:
    """Tell a script whether there is an engine, or a way to start one: 0, or 3 with the reason on standard error."""
    try:
        HostEngine(endpoint().url, tls=endpoint().tls).close()
    except EngineError as error:
        if endpoint().said_by or private.why_not():
            sys.stderr.write(f"{error}\n")
            return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
