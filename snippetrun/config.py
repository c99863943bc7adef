"""The site's configuration: the `snippetrun` entry under `plugins` in mkdocs.yml.

    plugins:
      - snippetrun:
          images:
            nginx: {build: images/nginx}              # a folder with a Dockerfile, relative to mkdocs.yml
            redis: {pull: "redis@sha256:..."}         # from a registry, by digest
            ubuntu: {build: images/ubuntu, stand_in: "Debian's userland"}
          languages: [console, shell-session]         # the fences that run
          timeout: 60s                                # for each command
          max_timeout: 10m                            # the most that a page may ask for
          output_limit: 1MB                           # for each command
          limits: {memory: 2GB, time: 15m}            # for each page; also cpus, processes, disk, files
          network: none                               # or internet; what pages reach
          build_network: internet                     # or none; what the builds of images reach
          pages:                                      # what holds for some pages alone, by their path below docs_dir
            big.md: {limits: {memory: 6GB}, network: internet}
          jobs: 2                                     # pages at a time
          match: pattern                              # how written output is held against what comes out
          mode: auto                                  # or run, replay; SNIPPETRUN_MODE comes before it
          secrets: [REGISTRY_TOKEN]                   # environment variables whose values are masked everywhere
          recordings: recordings                      # the folder for what came out, relative to mkdocs.yml; or false
          varies: ['session [0-9a-f]+']               # what may differ although two runs do not show it: regular
          same: ['version [0-9.]+']                   # expressions; and what must not

Every key may be left out. Reading it needs no MkDocs: the command line reads the same file.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from snippetrun.errors import ConfigError, Problem
from snippetrun.model import Match, Mode, Network
from snippetrun.support import bounded, masks, regex, units
from snippetrun.support.limits import Limits

PLUGIN = "snippetrun"
FILE = "mkdocs.yml"
Line = Callable[[Sequence[str | int]], int]
"""Where a value stands: the keys that lead to it -> its line, 0 if unknown."""

_NAME_IT = "name it: --config-file PATH (with pytest: --snippetrun-config PATH)"
_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NAME = re.compile(r"[a-z0-9]+(?:[._/-][a-z0-9]+)*(?::[\w.-]+)?")


MOST_RUNS = 4
"""Of one page: two lines that come in either order agree by chance in three runs once in four times."""


@dataclass(frozen=True, slots=True)
class ImageSource:
    """Where one of the site's images comes from."""

    name: str
    """What pages call it, always with a tag."""
    build: str = ""
    """The folder of its Dockerfile, as the site owner wrote it."""
    folder: Path = Path()
    """The same, ready to be opened."""
    pull: str = ""
    """Its reference by digest, if it comes from a registry."""
    stand_in: str = ""
    """How it differs from what the name promises."""
    path: str = ""
    line: int = 0

    def problem(self, message: str, hint: str = "") -> Problem:
        """Return a problem with this image, at its line."""
        return Problem(message, hint, self.path, self.line)


@dataclass(frozen=True, slots=True)
class PageConfig:
    """What a site allows one of its pages, beside what it allows all."""

    limits: Mapping[str, float] = field(default_factory=dict)
    """Fields of `Limits`."""
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class SiteConfig:
    """Everything that a site can set."""

    root: Path
    """The folder of mkdocs.yml."""
    docs: Path
    """The folder of the pages."""
    path: str
    """mkdocs.yml, as the user knows it."""
    images: tuple[ImageSource, ...] = ()
    languages: tuple[str, ...] = ("console", "shell-session")
    timeout: float = 60.0
    max_timeout: float = 600.0
    """Seconds that a page may ask for, for a command or to repeat one; as many as `timeout` it always may."""
    output_limit: int = 1_000_000
    match: Match = Match.PATTERN
    mode: Mode = Mode.AUTO
    recordings: Path | None = Path("recordings")
    """The folder of the recordings; None for a site that keeps none."""
    varies: tuple[str, ...] = ()
    """What may differ from run to run on every page although two runs do not show it: regular expressions."""
    same: tuple[str, ...] = ()
    """What must not differ on any page: regular expressions."""
    limits: Limits = field(default_factory=Limits)
    """What each page may take."""
    network: Network = Network.NONE
    """What pages reach."""
    build_network: Network = Network.INTERNET
    """What the builds of images reach."""
    pages: Mapping[str, PageConfig] = field(default_factory=dict)
    """What holds for some pages alone, by their path below `docs`."""
    secrets: tuple[str, ...] = ()
    """Environment variables whose values nobody must see."""
    jobs: int = field(default_factory=lambda: max(1, 3 * (os.cpu_count() or 1) // 2))
    """Pages at a time: more than there are processors, as a page waits about as long as it works."""
    runs: int = 2
    """Runs that a page is recorded from: all but the first are to see what varies."""
    most_runs: int = MOST_RUNS
    """How often a page may run that fails, as a failure counts only if it reproduces."""

    def page(self, path: str) -> tuple[Limits, Network]:
        """Return what a page may take and reach; its path is as the user knows it."""
        own = self.pages.get(os.path.relpath(Path.cwd() / path, self.docs), PageConfig())
        return replace(self.limits, **own.limits), own.network or self.network  # type: ignore[arg-type] # read by us


def cache_folder() -> Path:
    """Return where we keep what can be made again: SNIPPETRUN_CACHE, or `snippetrun` in the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("SNIPPETRUN_CACHE") or user_cache_path("snippetrun"))


def find(folder: Path) -> Path:
    """Return the mkdocs.yml of a folder, or of the nearest one above it; raise ConfigError if there is none."""
    for place in (folder, *folder.parents):
        if (place / FILE).is_file():
            return place / FILE
    hint = f"If it is somewhere else, {_NAME_IT}"
    raise ConfigError(Problem(f"there is no {FILE} in {folder}, nor above it", hint))


def load(path: Path) -> SiteConfig:
    """Read a site's mkdocs.yml; raise ConfigError, with the lines, if it cannot be used."""
    shown = shown_path(path)
    try:
        text = bounded.read_bytes(path).decode("utf-8-sig")
    except OSError as error:
        hint = f"Stand in the folder of your mkdocs.yml, or {_NAME_IT}"
        raise ConfigError(Problem(f"cannot be read: {error.strerror}", hint, shown)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(Problem("is not UTF-8", "Save it as UTF-8.", shown)) from error
    try:
        bounded.check(text)
        node = yaml.compose(text, _Loader)
        raw = _Loader(text).get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise ConfigError(Problem(f"is no valid YAML: {getattr(error, 'problem', error)}", "", shown, line)) from error
    except (ValueError, AttributeError) as error:  # PyYAML's, for a date such as 2026-99-99
        raise ConfigError(Problem(f"holds a value that YAML cannot read: {error}", "Quote it.", shown)) from error
    raw = raw if isinstance(raw, dict) else {}
    plugins = raw.get("plugins") or []
    at: list[str | int] = ["plugins"]
    options: Any = None
    for index, entry in enumerate(plugins if isinstance(plugins, list) else [plugins]):
        if isinstance(entry, dict) and PLUGIN in entry:
            options = entry[PLUGIN] or {}
            at += [index, PLUGIN] if isinstance(plugins, list) else [PLUGIN]
            break
        if entry == PLUGIN:
            options = {}
    if options is None:
        hint = f"Add to it:\nplugins:\n  - search\n  - {PLUGIN}"
        raise ConfigError(Problem(f"does not name the plugin {PLUGIN}", hint, shown))
    root, docs = path.resolve().parent, raw.get("docs_dir", "docs")
    if not _is_path(docs):
        raise ConfigError(Problem("docs_dir: expects a folder", "", shown, _lines(node, ["docs_dir"])([])))
    return parse(options, root=root, docs=root / docs, path=shown, line=_lines(node, at))


def shown_path(path: Path) -> str:
    """Return a path as the user would type it: relative to where they stand, if it is below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, RuntimeError):  # elsewhere, or links in a circle
        return str(path)


def _is_path(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def parse(options: Any, *, root: Path, docs: Path, path: str, line: Line) -> SiteConfig:  # noqa: ANN401 - from YAML
    """Turn the plugin's options into a SiteConfig; raise ConfigError with every problem that they have."""
    if not isinstance(options, Mapping):
        raise ConfigError(Problem(f"{PLUGIN}: expects keys and values", "", path, line([])))
    problems: list[Problem] = []
    known: dict[str, Any] = {}
    for key, value in options.items():
        at = line([key])
        try:
            if key in _PARTS:
                known[key] = _PARTS[key](value, root, path, lambda keys, key=key: line([key, *keys]))  # type: ignore[misc] # mypy knows no default there
            elif key in _READERS:
                known[key] = _READERS[key](value)
            elif key == "stable":
                raise ValueError(GONE)
            else:
                raise ValueError(unknown(key, [*_PARTS, *_READERS]))
        except ConfigError as error:
            problems += error.problems
        except ValueError as error:
            problems.append(Problem(f"{key}: {error}", "", path, at))
    problems += _misplaced(known, root, docs, path, line)
    try:
        known |= _asked()
    except ValueError as error:
        problems.append(Problem(f"SNIPPETRUN_MODE: {error}"))
    if problems:
        raise ConfigError(*problems)
    folder = known.get("recordings", "recordings")
    known["recordings"] = root / folder if folder else None
    masks.hide(os.environ.get(name, "") for name in known.get("secrets", ()))
    return SiteConfig(root=root, docs=docs, path=path, **known)


def _misplaced(known: Mapping[str, Any], root: Path, docs: Path, path: str, line: Line) -> Iterator[Problem]:
    """Complain of recordings that would be somewhere else, and of settings for pages that are not there."""
    if not Path(os.path.realpath(root / known.get("recordings", "recordings"))).is_relative_to(root.resolve()):
        hint = "Put the folder itself there."
        yield Problem("recordings: a link leads out of the site's folder", hint, path, line(["recordings"]))
    for name in known.get("pages", ()):
        if not (docs / name).is_file():
            near = difflib.get_close_matches(name, [str(file.relative_to(docs)) for file in docs.rglob("*.md")], 1)
            hint = f"Did you mean {near[0]}?" if near else "A page has its path below docs_dir, as in nav."
            yield Problem(f"pages: {name}: there is no such page", hint, path, line(["pages", name]))


def unknown(key: object, known: Sequence[str]) -> str:
    """Return what to say about a key that does not exist."""
    near = difflib.get_close_matches(str(key), known, 1)
    return (
        f"there is no such key; did you mean {near[0]}?"
        if near
        else f"there is no such key; there are {', '.join(known)}"
    )


def image_name(name: str) -> str:
    """Return an image's name with its tag, as an engine would complete it."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def _images(value: Any, root: Path, path: str, line: Line) -> tuple[ImageSource, ...]:  # noqa: ANN401 - from YAML
    if not isinstance(value, Mapping):
        raise ValueError("expects image names, each with {build: FOLDER} or {pull: NAME@sha256:...}")
    problems: list[Problem] = []
    found = []
    for name, source in value.items():
        try:
            found.append(_image(str(name), source, root, path, line([name])))
        except ValueError as error:
            problems.append(Problem(f"images: {name}: {error}", "", path, line([name])))
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


def _regexes(key: str, value: Any, _root: Path, path: str, line: Line) -> tuple[str, ...]:  # noqa: ANN401 - from YAML
    if not isinstance(value, list):
        raise ValueError("expects a list of regular expressions, e.g. ['session [0-9a-f]+']")
    problems: list[Problem] = []
    for index, entry in enumerate(value):
        try:
            pattern(entry)
        except ValueError as error:
            problems.append(Problem(f"{key}: {error}", "", path, line([index])))
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


def _pages(value: Any, _root: Path, path: str, line: Line) -> dict[str, PageConfig]:  # noqa: ANN401 - from YAML
    if not isinstance(value, Mapping):
        raise ValueError("expects the paths of pages below docs_dir, each with {limits: ..., network: ...}")
    problems: list[Problem] = []
    found = {}
    for name, entry in value.items():
        try:
            found[str(name)] = _page(entry)
        except ValueError as error:
            problems.append(Problem(f"pages: {name}: {error}", "", path, line([name])))
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
    if not _is_path(value) or Path(value).is_absolute() or ".." in Path(value).parts:
        raise ValueError("expects a folder below that of mkdocs.yml, or false")
    return str(value)


_PARTS: dict[str, Callable[[Any, Path, str, Line], Any]] = {
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


_SafeLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where PyYAML has it


class _Loader(_SafeLoader):  # type: ignore[misc, valid-type] # mypy wants a class that it knows
    """Reads any mkdocs.yml: tags such as `!ENV` and `!!python/name` concern MkDocs, not us."""


def _ignore_tag(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:  # noqa: ANN401 - from YAML
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True) if isinstance(node, yaml.MappingNode) else None


_Loader.add_multi_constructor("!", _ignore_tag)
_Loader.add_multi_constructor("tag:yaml.org,2002:python/", _ignore_tag)


def _lines(node: yaml.Node | None, start: Sequence[str | int]) -> Line:
    """Return a function that finds the line of a value below `start` in a composed YAML document."""

    def line(keys: Sequence[str | int]) -> int:
        at, here = node, 0
        for key in (*start, *keys):
            if isinstance(at, yaml.MappingNode):
                pair = next(((k, v) for k, v in at.value if k.value == key), None)
                if pair is None:
                    break
                here, at = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(at, yaml.SequenceNode) and isinstance(key, int) and key < len(at.value):
                at = at.value[key]
                here = at.start_mark.line + 1
            else:
                break
        return here

    return line
