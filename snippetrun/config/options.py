"""The plugin's options -> a SiteConfig, or all that is wrong with them, each with its line."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from snippetrun.config.site import MOST_RUNS, ImageSource, PageConfig, SiteConfig, image_name, shown_path
from snippetrun.errors import ConfigError, Problem
from snippetrun.model import Match, Mode, Network
from snippetrun.support import masks, regex, units
from snippetrun.support.limits import Limits

PLUGIN = "snippetrun"
Where = Callable[[Sequence[str | int]], tuple[str, int]]
"""Where a value stands: the keys that lead to it -> its file and its line; 0 if that is unknown."""

# redis@sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# registry.example/team/app:1.2
_NAME = re.compile(r"[a-z0-9]+(?:[._/-][a-z0-9]+)*(?::[\w.-]+)?")


def is_path(value: object) -> bool:
    """Tell whether a value can be the path of a file."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


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


def unknown(key: object, known: Sequence[str]) -> str:
    """Return what to say about a key that does not exist."""
    near = difflib.get_close_matches(str(key), known, 1)
    return (
        f"there is no such key; did you mean {near[0]}?"
        if near
        else f"there is no such key; there are {', '.join(known)}"
    )


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
        _limits_named(value["limits"]) if "limits" in value else {},
        _network(value["network"]) if "network" in value else None,
    )


def _limits(value: Any) -> Limits:  # noqa: ANN401 - from YAML
    return replace(Limits(), **_limits_named(value))  # type: ignore[arg-type] # each reader returns its field's type


def _limits_named(value: Any) -> dict[str, float]:  # noqa: ANN401 - from YAML
    if not isinstance(value, Mapping):
        raise ValueError(f"expects some of {', '.join(_LIMITS)}, e.g. {{memory: 2GB, time: 15m}}")
    found = {}
    for key, entry in value.items():
        if key not in _LIMITS:
            raise ValueError(f"{key}: {unknown(key, [*_LIMITS])}")
        try:
            found[key] = _LIMITS[key](entry)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
    return found


def _at_least(least: float, whole: Callable[[Any], float]) -> Callable[[Any], float]:
    """Return a reader for a number; less than `least` is refused, as no page could do with it."""

    def read(value: Any) -> float:  # noqa: ANN401 - from YAML
        number = whole(value)
        if not least <= number < 1e15:
            raise ValueError(f"{value!r} is less than any page needs, which is {least}, or more than there can be")
        return number

    return read


def _whole(value: Any) -> int:  # noqa: ANN401 - from YAML
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no whole number")
    return value


def _amount(value: Any) -> float:  # noqa: ANN401 - from YAML
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no number")
    return float(value)


_LIMITS: dict[str, Callable[[Any], float]] = {
    "memory": _at_least(200_000_000, units.size),
    "cpus": _at_least(0.1, _amount),
    "processes": _at_least(100, _whole),
    "disk": _at_least(200_000_000, units.size),
    "files": _at_least(10_000, _whole),
    "time": _at_least(1, units.duration),
}


def _network(value: Any) -> Network:  # noqa: ANN401 - from YAML
    if not isinstance(value, str) or value not in set(Network):
        raise ValueError(f"expects one of {', '.join(Network)}")
    return Network(value)


def _languages(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - from YAML
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise ValueError("expects a list of fence languages, e.g. [console, shell-session]")
    return tuple(value)


def _jobs(value: Any) -> int:  # noqa: ANN401 - from YAML
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError("expects a number of pages at a time, 1 or more")
    return value


def _runs(value: Any) -> int:  # noqa: ANN401 - from YAML
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_RUNS:
        raise ValueError(f"expects a number of runs that pages are recorded from, 1 to {MOST_RUNS}")
    return value


def _match(value: Any) -> Match:  # noqa: ANN401 - from YAML
    if not isinstance(value, str) or value not in set(Match):
        raise ValueError(f"expects one of {', '.join(Match)}")
    return Match(value)


def _mode(value: Any) -> Mode:  # noqa: ANN401 - from YAML
    if not isinstance(value, str) or value not in set(Mode):
        raise ValueError(f"expects one of {', '.join(Mode)}")
    return Mode(value)


def _asked() -> dict[str, Mode]:
    """Return the mode that was asked for this once, if any was."""
    asked = os.environ.get("SNIPPETRUN_MODE")
    return {"mode": _mode(asked)} if asked else {}


def _recordings(value: Any) -> str:  # noqa: ANN401 - from YAML
    if value is False:
        return ""
    if not is_path(value) or Path(value).is_absolute() or ".." in Path(value).parts:
        raise ValueError("expects a folder below that of mkdocs.yml, or false")
    return str(value)


_PARTS: dict[str, Callable[[Any, Path, Where], Any]] = {
    "images": _images,
    "pages": _pages,
    "varies": partial(_regexes, "varies"),
    "same": partial(_regexes, "same"),
}
"""What reads the keys whose parts have lines of their own."""


def _secrets(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - from YAML
    if not isinstance(value, list) or not all(isinstance(name, str) and _VARIABLE.fullmatch(name) for name in value):
        raise ValueError("expects a list of names of environment variables, e.g. [REGISTRY_TOKEN]")
    for name in value:
        if 0 < len(os.environ.get(name, "").strip()) < masks.SHORTEST:
            raise ValueError(f"the value of {name} is shorter than {masks.SHORTEST} characters, and cannot be masked")
    return tuple(value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "languages": _languages,
    "timeout": units.duration,
    "max_timeout": units.duration,
    "output_limit": units.size,
    "jobs": _jobs,
    "runs": _runs,
    "limits": _limits,
    "network": _network,
    "build_network": _network,
    "match": _match,
    "mode": _mode,
    "recordings": _recordings,
    "secrets": _secrets,
}
