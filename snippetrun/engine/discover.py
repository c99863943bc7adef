"""Where the host's Docker engine is: the one that the docker command would use, else one of our own."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import docker.context
import docker.errors
import docker.utils

from snippetrun.engine import embedded
from snippetrun.engine.client import HostEngine
from snippetrun.engine.guard import guarded
from snippetrun.errors import EngineError, Problem, UnfitEngineError

DEFAULT = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that the user's settings lead to."""

    url: str
    said_by: str
    """Who named it, in the user's words; empty for the default that nobody named."""
    tls: Any = None
    for_this_run: bool = False
    """Named by the environment, and not by a setting that may be from another day."""


def endpoint() -> Endpoint:
    """Return where the docker command would look: DOCKER_HOST, the current context, or the default socket."""
    if os.environ.get("DOCKER_HOST"):
        try:
            settings = docker.utils.kwargs_from_env()
        except docker.errors.TLSParameterError as error:
            hint = (
                "Set DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem, or unset it and DOCKER_TLS_VERIFY."
            )
            raise EngineError(Problem(f"the certificates for DOCKER_HOST cannot be used: {error.msg}", hint)) from error
        return Endpoint(settings["base_url"], "DOCKER_HOST", settings.get("tls"), for_this_run=True)
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
    said_by = f"the docker context {context.Name!r}"
    return Endpoint(str(context.Host), said_by, context.TLSConfig, for_this_run=bool(name))


@contextlib.contextmanager
def host_engine(say: Callable[[str], None] = lambda _: None) -> Iterator[HostEngine]:
    """Yield the host's engine, on which nothing is left in the end; one of our own is stopped again.

    An engine named for this run is used or reported, never replaced. If it is the current docker context whose engine
    does not answer, `say` is told that one of our own takes its place. Raises EngineError if there is none.
    """
    with contextlib.ExitStack() as held:
        named = endpoint()
        name, keep = named.url, list[int]()
        try:
            engine = HostEngine(named.url, tls=named.tls)
        except UnfitEngineError:
            raise
        except EngineError as error:
            no_other = _why_no_other(named)
            if no_other:
                nobody = "no Docker engine answers, and none can be started"
                raise EngineError(Problem(error.problems[0].message if named.said_by else nobody, no_other)) from error
            if named.said_by:
                say(f"no engine answers at {named.url}, which {named.said_by} names: starting one of our own")
            running = held.enter_context(embedded.running())
            engine = HostEngine(running.url)
            name, keep = embedded.NAME, [running.users]
            if running.fresh:
                engine.clear()
        held.enter_context(contextlib.closing(engine))
        held.enter_context(guarded(engine, name, say, keep))
        yield engine


def known(url: str) -> tuple[str, Any]:
    """Return the address of an engine that was found before, and what its TLS needs."""
    named = endpoint()
    return url, named.tls if named.url == url else None


def _why_no_other(named: Endpoint) -> str:
    """Return what to do where an engine does not answer and none of our own may or can take its place; "" if it can."""
    if named.for_this_run:
        return f"{named.said_by} says so. Start that engine, or unset it to use another."
    return embedded.why_not()


def main() -> int:
    """Tell a script whether there is an engine, or a way to start one: 0, or 3 with the reason on standard error."""
    problem = ""
    try:
        named = endpoint()
        try:
            HostEngine(named.url, tls=named.tls).close()
        except UnfitEngineError:
            raise
        except EngineError as error:
            if no_other := _why_no_other(named):
                problem = f"{error}\n{no_other}"
    except EngineError as error:
        problem = str(error)
    if problem:
        sys.stderr.write(f"{problem}\n")
    return 3 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
