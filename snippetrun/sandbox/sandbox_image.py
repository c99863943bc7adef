"""The image of the sandboxes: a Debian, with its own engine or the one that the site chooses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec

from snippetrun.config import DEBIAN, EngineSource
from snippetrun.engine import images
from snippetrun.engine.base_image import Base, base
from snippetrun.engine.client import HostEngine
from snippetrun.engine.labels import REPOSITORY
from snippetrun.errors import ImageError, Problem, SandboxError
from snippetrun.model import Network
from snippetrun.sandbox.live import IMAGE_FOLDER, build_specification, sandbox
from snippetrun.sandbox.saved import only
from snippetrun.support.limits import Limits

_SUITE_FOLDER = Path(__file__).with_name("suite")
"""The Dockerfile that adds to a suite of Debian what is elsewhere in trixie."""
_ENGINE_FOLDER = Path(__file__).with_name("engine")
"""The Dockerfile that puts another image's engine into a sandbox."""
_NO_PACKAGE = re.compile(r"Unable to locate package (\S+)|Package '(\S+)' has no installation candidate")
"""E.g. E: Unable to locate package docker-buildx, of which the classic builder makes three lines."""
# lacks dockerd runc
_LACKS = re.compile(r"^lacks (.+)$", re.MULTILINE)
# Step 6/7 : COPY --from=engine /usr/local/bin/docker[d] /usr/local/bin/run[c] /usr/local/bin/
_PATTERN = re.compile(r"([\w-]+)\[(\w)\]")
_INFO = "[{{json .DriverStatus}},{{json .RuncCommit.ID}},{{json .ClientInfo.Plugins}}]"
_PART = 1 << 20


def sandbox_image_of(engine: HostEngine, source: EngineSource, say: Callable[[str], None]) -> str:
    """Return the name of the sandbox's image, built if the host's engine has not got it yet.

    Raises ImageError or SandboxError, with the line of mkdocs.yml, if it cannot be built, or if the engine in it does
    not start or lacks what sandboxes need.
    """
    build = partial(images.build, engine, say=say)
    check = partial(_check, engine, source)
    try:
        debian = base(engine, source.debian, say)
        if source.debian != DEBIAN:
            debian = _base(engine, build(_SUITE_FOLDER, {"BASE": debian}))
        own = build(IMAGE_FOLDER, {"BASE": debian}, check=check)
        if not source.image:
            return own
        other = _archived(engine, source, say) if source.archive else _pulled(engine, source, say)
        return build(_ENGINE_FOLDER, {"BASE": _base(engine, own), "ENGINE": _base(engine, other)}, check=check)
    except (ImageError, SandboxError) as error:
        raise type(error)(*(_explained(source, problem) for problem in error.problems)) from error


def _pulled(engine: HostEngine, source: EngineSource, say: Callable[[str], None]) -> str:
    if engine.image(source.image) is None:
        say(f"pulling {source.image}")
        try:
            engine.pull(source.image)
        except ImageError as error:
            hint = f"Without a registry: engine: {{image: {source.image}, archive: a file of docker save's}}"
            raise ImageError(Problem(error.problems[0].message, hint)) from error
    return source.image


def _archived(engine: HostEngine, source: EngineSource, say: Callable[[str], None]) -> str:
    """Return the name of the image of an archive, loaded under no other name than ours."""
    try:
        with source.file.open("rb") as file:
            tag = f"{REPOSITORY}/engine:{hashlib.file_digest(file, 'sha256').hexdigest()[:16]}"
            if engine.image(tag) is None:
                say(f"loading {source.archive}")
                file.seek(0)
                with only(tag, _read(file), Limits(), engine.scratch) as archive:
                    engine.load(archive)
    except (OSError, ImageError) as error:
        reason = error.problems[0].message if isinstance(error, ImageError) else str(error.strerror)
        hint = f"Where there is that image: docker save --output {source.archive} {source.image}"
        raise ImageError(Problem(f"{source.archive} cannot be used: {reason}", hint)) from error
    return tag


def _read(file: IO[bytes]) -> Iterator[bytes]:
    return iter(partial(file.read, _PART), b"")


def _base(engine: HostEngine, name: str) -> Base:
    image = engine.image(name)
    if image is None:
        raise ImageError(Problem(f"the image {name} is gone again", "Type the same command once more."))
    if image["Config"].get("OnBuild"):
        hint = "It would run on the host's engine, outside of any sandbox. Choose an image without ONBUILD."
        raise ImageError(Problem(f"the image {name} has steps for whatever is built on it", hint))
    return Base(name, image["Id"], name)


def _check(engine: HostEngine, source: EngineSource, image: str) -> None:
    """Raise ImageError if an engine lacks what sandboxes need, and SandboxError if it does not start."""
    try:
        with sandbox(engine, build_specification(engine, image, Limits(), Network.NONE)) as live:
            lacks = lacking(live.feed(["docker", "info", "--format", _INFO]))
    except SandboxError as error:
        message = f"no sandbox starts with the engine of {source}: {error.problems[0].message}"
        raise SandboxError(Problem(message, error.problems[0].hint)) from error
    if lacks:
        raise ImageError(_lack(f"{source}, with Docker Engine {live.engine_version},", lacks))


def lacking(info: bytes) -> list[str]:
    """Return what an engine has not got of what sandboxes need, by what it and its command line say."""
    try:
        store, runc, plugins = msgspec.json.decode(info, type=tuple[list[list[str]], str, list[dict[str, Any]]])
    except msgspec.MsgspecError:
        return ["a docker command that tells of its engine"]
    versions = {plugin.get("Name"): plugin.get("Version") for plugin in plugins}
    has = {
        "the containerd image store": ["driver-type", "io.containerd.snapshotter.v1"] in store,
        "a runc that runs": runc != "N/A",
        "buildx": versions.get("buildx"),
        "compose": versions.get("compose"),
    }
    return [name for name, answer in has.items() if not answer]


def _explained(source: EngineSource, problem: Problem) -> Problem:
    """Return a problem with the line of mkdocs.yml; of a step of a build that has failed, what it is that lacks."""
    lacks = ["".join(names) for names in _NO_PACKAGE.findall(problem.hint)]
    if match := _LACKS.search(problem.hint):
        lacks += match[1].split()
    if "no source files" in problem.message:  # none of those that the last step names
        lacks += ["".join(name) for name in _PATTERN.findall(problem.hint.rpartition("Step ")[2])]
    shown = _lack(str(source), lacks) if lacks else problem
    return source.problem(shown.message, shown.hint)


def _lack(source: str, lacks: Sequence[str]) -> Problem:
    hint = "Choose a newer suite of Debian, or an image with the whole engine, such as docker:29-dind."
    return Problem(f"a sandbox needs what {source} has not got: {', '.join(lacks)}", hint)
