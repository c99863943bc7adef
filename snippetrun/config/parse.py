"""The plugin's options -> a SiteConfig, or all that is wrong with them, each with its line."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TypeVar

from snippetrun.config import baseline, values
from snippetrun.config.dialect import Renderer
from snippetrun.config.options import Fault, FaultError, Reader, Where, nearest, parts, read
from snippetrun.config.settings import (
    MOST_RUNS,
    EngineSource,
    ImageSource,
    PageConfig,
    SiteConfig,
    image_name,
    shown_path,
)
from snippetrun.errors import ConfigError, Problem
from snippetrun.model import Match, Mode, Network
from snippetrun.model.page import ENDINGS
from snippetrun.support import masks, units

PLUGIN = "snippetrun"
_Source = TypeVar("_Source", ImageSource, EngineSource)

# redis@sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
# docker:29-dind, registry.example:5000/docker@sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
_VERSIONED = re.compile(r"[a-z0-9][\w.:/-]*(?::[\w.-]+|@sha256:[0-9a-f]{64})", re.ASCII)
# current, next, docker-29
_ENGINE = re.compile(r"(?!all$)[a-z0-9][\w.-]*", re.ASCII)
# forky, sid
_SUITE = re.compile(r"[a-z]+")
# registry.example/team/app:1.2
_NAME = re.compile(r"[a-z0-9]+(?:[._/-][a-z0-9]+)*(?::[\w.-]+)?")
_DEFAULTS = {"recordings": "recordings", "baseline": baseline.NAME}
"""Files and folders that a site has if it says nothing."""


def readers(root: Path, docs: Path) -> dict[str, Reader]:
    """Return what reads each option of a site."""
    return {
        "images": partial(_images, root),
        "engine": partial(_engine, root),
        "engines": partial(_engines, root),
        "languages": values.languages,
        "scripts": partial(values.languages, least=0),
        "prompts": values.prompts,
        "renderer": values.one_of(Renderer),
        "timeout": units.duration,
        "max_timeout": units.duration,
        "output_limit": units.size,
        "limits": values.limits,
        "network": values.one_of(Network),
        "build_network": values.one_of(Network),
        "pages": partial(_pages, docs),
        "jobs": values.count(math.inf, "pages at a time, 1 or more"),
        "replay_control": values.flag,
        "runs": values.count(MOST_RUNS, f"runs that pages are recorded from, 1 to {MOST_RUNS}"),
        "executor": values.executor,
        "match": values.one_of(Match),
        "mode": values.one_of(Mode),
        "secrets": values.secrets,
        "recordings": partial(_recordings, root),
        "baseline": partial(baseline.read, root),
        "verification": _verification,
        "varies": values.regexes,
        "same": values.regexes,
    }


def parse(options: object, *, root: Path, docs: Path, files: Sequence[Path], where: Where) -> SiteConfig:
    """Turn the plugin's options into a SiteConfig; raise ConfigError with every problem that they have."""
    if not isinstance(options, Mapping):
        raise ConfigError(Problem(f"{PLUGIN}: expects keys and values", "", *where([])))
    # Every plugin has `enabled`, which MkDocs itself obeys.
    pairs = _DEFAULTS | {key: value for key, value in options.items() if key != "enabled"}
    site, problems = read(pairs.items(), readers(root, docs), where)
    try:
        if mode := os.environ.get("SNIPPETRUN_MODE"):
            site["mode"] = values.one_of(Mode)(mode)
    except ValueError as error:
        problems.append(Problem(f"SNIPPETRUN_MODE: {error}"))
    if "engine" in site and "engines" in site:
        problems.append(Problem("engine: is the first of engines", "Leave one of them.", *where(["engine"])))
    if problems:
        raise ConfigError(*problems)
    masks.hide(os.environ.get(name, "") for name in site.get("secrets", ()))
    images = site.pop("images", {})
    sources = tuple(_located(image, *where(["images", name])) for name, image in images.items())
    if "engine" in site:
        site["engine"] = _located(site["engine"], *where(["engine"]))
    if "engines" in site:
        named = [_located(engine, *where(["engines", engine.name])) for engine in site["engines"]]
        site |= {"engine": named[0], "engines": tuple(named)}
    return SiteConfig(root=root, docs=docs, path=shown_path(files[0]), files=tuple(files), images=sources, **site)


def _located(source: _Source, path: str, line: int, _column: int) -> _Source:
    return replace(source, path=path, line=line)


def _images(root: Path, value: object) -> dict[str, ImageSource]:
    if not isinstance(value, Mapping):
        raise ValueError("expects image names, each with {build: FOLDER} or {pull: NAME@sha256:...}")
    images = parts(value.items(), {name: partial(_image, root, str(name)) for name in value})
    keys: dict[str, str] = {}
    for key, image in images.items():
        if (other := keys.setdefault(image.name, key)) != key:  # nginx, and nginx:latest
            raise FaultError(Fault(f"is the same image as {other}", "Leave one of them.", (key,)))
    return images


def _image(root: Path, name: str, value: object) -> ImageSource:
    if not _NAME.fullmatch(name):
        raise ValueError("is no image name (lower case, digits and . _ - /, with a :tag or without)")
    if not isinstance(value, Mapping) or ("build" in value) == ("pull" in value):
        raise ValueError("expects either {build: FOLDER} or {pull: NAME@sha256:...}")
    source = parts(value.items(), {"build": partial(_build, root), "pull": _pull, "stand_in": values.text})
    folder = source.pop("build", Path())
    return ImageSource(image_name(name), build=str(value.get("build", "")), folder=folder, **source)


def _engines(root: Path, value: object) -> list[EngineSource]:
    if not isinstance(value, Mapping) or not value:
        raise ValueError("expects names of engines, e.g. {current: {debian: trixie}, next: {debian: forky}}")
    sources = parts(value.items(), {name: partial(_named_engine, root, str(name)) for name in value})
    return list(sources.values())


def _named_engine(root: Path, name: str, value: object) -> EngineSource:
    if not _ENGINE.fullmatch(name):
        raise ValueError("is no name for an engine (lower case, digits and . _ -), or `all`, which means all of them")
    return replace(_engine(root, value), name=name)


def _engine(root: Path, value: object) -> EngineSource:
    if not isinstance(value, Mapping) or ("debian" in value) == ("image" in value):
        raise ValueError("expects either {debian: SUITE} or {image: NAME:VERSION}, e.g. {image: docker:29-dind}")
    of_image: dict[str, Reader] = {"image": _versioned, "archive": partial(_archive, root)}
    source = parts(value.items(), of_image if "image" in value else {"debian": _suite})
    file = source.pop("archive", Path())
    return EngineSource(archive=str(value.get("archive", "")), file=file, **source)


def _suite(value: object) -> str:
    if not isinstance(value, str) or not _SUITE.fullmatch(value):
        raise ValueError("expects the name of a suite of Debian, e.g. forky")
    return value


def _versioned(value: object) -> str:
    reference = values.text(value)
    if not _VERSIONED.fullmatch(reference):
        raise ValueError(f"{reference} is no image with its version or digest, e.g. docker:29-dind")
    return reference


def _archive(root: Path, value: object) -> Path:
    """Return a file below the site's folder. It need not be there where nothing runs."""
    if not values.is_path(value):
        raise ValueError("expects a file that `docker save` has written")
    if not Path(os.path.realpath(root / value)).is_relative_to(root):
        raise ValueError(f"{value} is outside of the site's folder")
    return root / value


def _pull(value: object) -> str:
    reference = values.text(value)
    if not _DIGEST.fullmatch(reference):
        raise ValueError(f"{reference} has no digest; a tag alone may mean something else tomorrow")
    return reference


def _build(root: Path, value: object) -> Path:
    """Return the folder of a Dockerfile, links followed; raise ValueError if it may not or cannot be one."""
    build = values.text(value)
    folder = Path(os.path.realpath(root / build))  # raises nothing where a link leads to itself
    if not folder.is_relative_to(root):
        raise ValueError(f"{build} is outside of the site's folder")
    if folder == root:
        raise ValueError(f"{build} is the whole site, recordings and .git included; give the image a folder")
    if not (folder / "Dockerfile").is_file():
        raise ValueError(f"there is no file {build}/Dockerfile")
    return folder


def _pages(docs: Path, value: object) -> dict[str, PageConfig]:
    if not isinstance(value, Mapping):
        raise ValueError("expects the paths of pages below docs_dir, each with {limits: ..., network: ...}")
    return parts(value.items(), {name: partial(_page, docs, str(name)) for name in value})


def _page(docs: Path, name: str, value: object) -> PageConfig:
    if not isinstance(value, Mapping) or not value:
        raise ValueError("expects {limits: ..., network: ...}, or one of them")
    page = parts(value.items(), {"limits": values.some_limits, "network": values.one_of(Network)})
    if not (docs / name).is_file():
        hint = nearest(name, [file.relative_to(docs).as_posix() for file in docs.rglob("*.md")])
        raise FaultError(Fault("there is no such page", hint or "A page has its path below docs_dir, as in nav."))
    return PageConfig(**page)


def _verification(value: object) -> str:
    """Read the path of a page below docs_dir: `reference/verification.md`; `true` is `verification.md`."""
    if value is False:
        return ""
    name = "verification.md" if value is True else value
    if not values.is_path(name) or PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise ValueError("expects true, false, or the path of a page below docs_dir, e.g. reference/verification.md")
    if not name.endswith(ENDINGS):
        raise ValueError(f"{name} is no page: its name does not end in .md")
    return str(PurePosixPath(name))


def _recordings(root: Path, value: object) -> Path | None:
    """Read a folder below that of mkdocs.yml, or `false`, which is None."""
    if value is False:
        return None
    if not values.is_path(value) or Path(value).is_absolute() or ".." in Path(value).parts:
        raise ValueError("expects a folder below that of mkdocs.yml, or false")
    if not Path(os.path.realpath(root / value)).is_relative_to(root.resolve()):
        raise FaultError(Fault("a link leads out of the site's folder", "Put the folder itself there."))
    return root / value
