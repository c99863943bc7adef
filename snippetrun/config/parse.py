"""The plugin's options -> a SiteConfig, or all that is wrong with them, each with its line."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from snippetrun.config.settings import ImageSource, PageConfig, SiteConfig, image_name, shown_path
from snippetrun.config.values import (
    jobs,
    languages,
    limits,
    limits_named,
    match,
    mode,
    network,
    recordings,
    runs,
    secrets,
    unknown,
)
from snippetrun.errors import ConfigError, Problem
from snippetrun.model import Mode
from snippetrun.support import masks, regex, units

PLUGIN = "snippetrun"
Where = Callable[[Sequence[str | int]], tuple[str, int]]
"""Where a value stands: the keys that lead to it -> its file and its line; 0 if that is unknown."""

# redis@sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
# registry.example/team/app:1.2
_NAME = re.compile(r"[a-z0-9]+(?:[._/-][a-z0-9]+)*(?::[\w.-]+)?")


def parse(options: Any, *, root: Path, docs: Path, files: Sequence[Path], where: Where) -> SiteConfig:  # noqa: ANN401 - from YAML
    """Turn the plugin's options into a SiteConfig; raise ConfigError with every problem that they have."""
    if not isinstance(options, Mapping):
        raise ConfigError(Problem(f"{PLUGIN}: expects keys and values", "", *where([])))
    problems: list[Problem] = []
    known: dict[str, Any] = {}
    for key, value in options.items():
        try:
            if key in _PARTS:
                known[key] = _PARTS[key](value, root, lambda keys, key=key: where([key, *keys]))  # type: ignore[misc] # mypy knows no default there
            elif key in _READERS:
                known[key] = _READERS[key](value)
            elif key == "stable":
                raise ValueError(GONE)
            else:
                raise ValueError(unknown(key, [*_PARTS, *_READERS]))
        except ConfigError as error:
            problems += error.problems
        except ValueError as error:
            problems.append(Problem(f"{key}: {error}", "", *where([key])))
    problems += _misplaced(known, root, docs, where)
    try:
        known |= _asked()
    except ValueError as error:
        problems.append(Problem(f"SNIPPETRUN_MODE: {error}"))
    if problems:
        raise ConfigError(*problems)
    folder = known.get("recordings", "recordings")
    known["recordings"] = root / folder if folder else None
    masks.hide(os.environ.get(name, "") for name in known.get("secrets", ()))
    return SiteConfig(root=root, docs=docs, path=shown_path(files[0]), files=tuple(files), **known)


def _misplaced(known: Mapping[str, Any], root: Path, docs: Path, where: Where) -> Iterator[Problem]:
    """Complain of recordings that would be somewhere else, and of settings for pages that are not there."""
    if not Path(os.path.realpath(root / known.get("recordings", "recordings"))).is_relative_to(root.resolve()):
        hint = "Put the folder itself there."
        yield Problem("recordings: a link leads out of the site's folder", hint, *where(["recordings"]))
    for name in known.get("pages", ()):
        if not (docs / name).is_file():
            near = difflib.get_close_matches(name, [str(file.relative_to(docs)) for file in docs.rglob("*.md")], 1)
            hint = f"Did you mean {near[0]}?" if near else "A page has its path below docs_dir, as in nav."
            yield Problem(f"pages: {name}: there is no such page", hint, *where(["pages", name]))


def _images(value: Any, root: Path, where: Where) -> tuple[ImageSource, ...]:  # noqa: ANN401 - from YAML
    if not isinstance(value, Mapping):
        raise ValueError("expects image names, each with {build: FOLDER} or {pull: NAME@sha256:...}")
    problems: list[Problem] = []
    found = []
    for name, source in value.items():
        try:
            found.append(_image(str(name), source, root, *where([name])))
        except ValueError as error:
            problems.append(Problem(f"images: {name}: {error}", "", *where([name])))
    if problems:
        raise ConfigError(*problems)
    return tuple(found)


def _image(name: str, source: Any, root: Path, path: str, line: int) -> ImageSource:  # noqa: ANN401 - from YAML
    if not _NAME.fullmatch(name):
        raise ValueError("is no image name (lower case, digits and . _ - /, with a :tag or without)")
    if not isinstance(source, Mapping) or ("build" in source) == ("pull" in source):
        raise ValueError("expects either {build: FOLDER} or {pull: NAME@sha256:...}")
    for key, said in source.items():
        if key not in ("build", "pull", "stand_in"):
            raise ValueError(f"{key}: {unknown(key, ['build', 'pull', 'stand_in'])}")
        if not isinstance(said, str | int | float):
            raise ValueError(f"{key}: expects a text")
    stand_in = str(source.get("stand_in", ""))
    if "pull" in source:
        reference = str(source["pull"])
        if not _DIGEST.fullmatch(reference):
            raise ValueError(f"pull: {reference} has no digest; a tag alone may mean something else tomorrow")
        return ImageSource(image_name(name), pull=reference, stand_in=stand_in, path=path, line=line)
    build = str(source["build"])
    folder = _folder(build, root)
    return ImageSource(image_name(name), build=build, folder=folder, stand_in=stand_in, path=path, line=line)


def _folder(build: str, root: Path) -> Path:
    """Return the folder of a Dockerfile, links followed; raise ValueError if it may not or cannot be one."""
    folder = Path(os.path.realpath(root / build))  # raises nothing where a link leads to itself
    if not folder.is_relative_to(root):
        raise ValueError(f"build: {build} is outside of the site's folder")
    if folder == root:
        raise ValueError(f"build: {build} is the whole site, recordings and .git included; give the image a folder")
    if not (folder / "Dockerfile").is_file():
        raise ValueError(f"build: there is no file {build}/Dockerfile")
    return folder


def _regexes(key: str, value: Any, _root: Path, where: Where) -> tuple[str, ...]:  # noqa: ANN401 - from YAML
    if not isinstance(value, list):
        raise ValueError("expects a list of regular expressions, e.g. ['session [0-9a-f]+']")
    problems: list[Problem] = []
    for index, entry in enumerate(value):
        try:
            pattern(entry)
        except ValueError as error:
            problems.append(Problem(f"{key}: {error}", "", *where([index])))
    if problems:
        raise ConfigError(*problems)
    return tuple(value)


def pattern(value: Any) -> str:  # noqa: ANN401 - from YAML
    """Read one entry of `varies` or `same`; raise ValueError if it is no regular expression that finds something."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.40} is no text; quote it")
    try:
        compiled = regex.compile(value)
    except regex.PatternError as error:
        raise ValueError(f"{value!r} is no regular expression: {error} {regex.LACKS}") from None
    if compiled.search(""):
        raise ValueError(f"{value!r} also matches where nothing is")
    return value


GONE = "output is no longer replaced; write what may differ from run to run: varies: ['session [0-9a-f]+']"
"""What to say about `stable`, which replaced it."""


def _pages(value: Any, _root: Path, where: Where) -> dict[str, PageConfig]:  # noqa: ANN401 - from YAML
    if not isinstance(value, Mapping):
        raise ValueError("expects the paths of pages below docs_dir, each with {limits: ..., network: ...}")
    problems: list[Problem] = []
    found = {}
    for name, entry in value.items():
        try:
            found[str(name)] = _page(entry)
        except ValueError as error:
            problems.append(Problem(f"pages: {name}: {error}", "", *where([name])))
    if problems:
        raise ConfigError(*problems)
    return found


def _page(value: Any) -> PageConfig:  # noqa: ANN401 - from YAML
    if not isinstance(value, Mapping) or not value:
        raise ValueError("expects {limits: ..., network: ...}, or one of them")
    for key in value:
        if key not in ("limits", "network"):
            raise ValueError(f"{key}: {unknown(key, ['limits', 'network'])}")
    return PageConfig(
        limits_named(value["limits"]) if "limits" in value else {},
        network(value["network"]) if "network" in value else None,
    )


def _asked() -> dict[str, Mode]:
    """Return the mode that was asked for this once, if any was."""
    asked = os.environ.get("SNIPPETRUN_MODE")
    return {"mode": mode(asked)} if asked else {}


_PARTS: dict[str, Callable[[Any, Path, Where], Any]] = {
    "images": _images,
    "pages": _pages,
    "varies": partial(_regexes, "varies"),
    "same": partial(_regexes, "same"),
}
"""What reads the keys whose parts have lines of their own."""


_READERS: dict[str, Callable[[Any], Any]] = {
    "languages": languages,
    "timeout": units.duration,
    "max_timeout": units.duration,
    "output_limit": units.size,
    "jobs": jobs,
    "runs": runs,
    "limits": limits,
    "network": network,
    "build_network": network,
    "match": match,
    "mode": mode,
    "recordings": recordings,
    "secrets": secrets,
}
