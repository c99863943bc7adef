"""Everything that a site can set, as values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from snippetrun.config.dialect import Dialect, Renderer
from snippetrun.errors import ConfigError, Problem
from snippetrun.model import Match, Mode, Network
from snippetrun.support.limits import Limits
from snippetrun.support.paths import path_from

MOST_RUNS = 4
"""Runs of one page. Three are too few: two lines in no order have the same one in three runs once in four times."""
DEBIAN = "trixie"
"""The suite of Debian that images start from, and whose engine pages have if nothing is said."""
LOCAL = "local"
"""The executor that is this machine."""
PREVIEW = "SNIPPETRUN_PREVIEW"
"""The environment variable that the program beside `snippetrun serve` has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """Something that stands in a line of mkdocs.yml."""

    path: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)

    def problem(self, message: str, hint: str = "") -> Problem:
        """Return a problem with it, at its line."""
        return Problem(message, hint, self.path, self.line)


@dataclass(frozen=True, slots=True)
class EngineSource(_Written):
    """Where the Docker engine of the pages comes from."""

    debian: str = DEBIAN
    """The suite of Debian that a sandbox is, and whose engine it has, unless there is an image."""
    image: str = ""
    """The image laid out like the official one that the engine is taken from, by version or digest."""
    archive: str = ""
    """The file of `docker save` that the image is in, as the site owner wrote it; "" for a registry."""
    file: Path = Path()
    """The same, ready to be opened."""
    name: str = ""
    """What the site calls it; "" where it names none."""

    def __str__(self) -> str:
        return self.image or f"Debian {self.debian}"


@dataclass(frozen=True, slots=True)
class ImageSource(_Written):
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


@dataclass(frozen=True, slots=True)
class PageConfig:
    """What a site allows one of its pages, beside what it allows all."""

    limits: Mapping[str, float] = field(default_factory=dict)
    """Fields of `Limits`."""
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class Baseline:
    """The pages that are not under test yet."""

    path: Path | None = None
    """The file that names them; None for a site that has none."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Each page, by its path below `docs`, with its line in that file."""


@dataclass(frozen=True, slots=True)
class SiteConfig:
    """Everything that a site can set."""

    root: Path
    """The folder of mkdocs.yml."""
    docs: Path
    """The folder of the pages."""
    path: str
    """mkdocs.yml, or snippetrun.yml, as the user knows it."""
    images: tuple[ImageSource, ...] = ()
    engine: EngineSource = field(default_factory=EngineSource)
    """That of the pages."""
    engines: tuple[EngineSource, ...] = ()
    """Those that the site names; recordings are of the first."""
    languages: tuple[str, ...] = Dialect.languages
    scripts: tuple[str, ...] = ()
    """More languages of fences that run, and have no prompts."""
    prompts: tuple[str, ...] = Dialect.prompts
    renderer: Renderer = Dialect.renderer
    timeout: float = 60.0
    max_timeout: float = 600.0
    """Seconds that a page may ask for, to run a command or to repeat one. It may always ask for `timeout`."""
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
    """Pages, or images that are made, at a time: more than there are processors, as each waits as long as it works."""
    executor: str = LOCAL
    """Where pages run: `local`, or the scheduler of a Dask cluster, `dask://HOST:PORT`."""
    runs: int = 2
    """Runs that a page is recorded from. All but the first tell what varies."""
    most_runs: int = MOST_RUNS
    """Runs of a page that fails, at most: a failure counts only if it reproduces."""
    replay_control: bool = True
    """Whether blocks have a control that plays them as they happened."""
    files: tuple[Path, ...] = ()
    """mkdocs.yml, and those that it inherits from, the nearest first."""
    excluded: str = ""
    """Patterns of files below `docs` that are no pages, as `exclude_docs` in mkdocs.yml has them."""
    baseline: Baseline = field(default_factory=Baseline)
    extensions: tuple[str, ...] | None = None
    """The Markdown extensions that mkdocs.yml names; None where others may be added to them."""
    verification: str = ""
    """The page about all others that a build makes, by its path below `docs`; "" for none."""
    makers: tuple[str, ...] = ()
    """What in mkdocs.yml may make pages, or put text into them: plugins, Markdown extensions, hooks."""
    includes: Mapping[str, Any] | None = None
    """The options of pymdownx.snippets, if it is all that puts text into pages; its `base_path` is a list."""

    @property
    def dialect(self) -> Dialect:
        """How its pages are written."""
        scripts = (*Dialect.scripts, *self.scripts)
        return Dialect((*self.languages, *self.scripts), scripts, self.prompts, self.renderer, self.extensions)

    @property
    def other_engine(self) -> str:
        """The name of the engine of the pages; "" for the one that recordings are of."""
        return self.engine.name if self.engines and self.engine != self.engines[0] else ""

    @property
    def engine_option(self) -> str:
        """What a command of ours needs to run on the engine of the pages, with a space behind; "" for the first."""
        return f"--engine {self.other_engine} " if self.other_engine else ""

    def on(self, engine: str) -> SiteConfig:
        """Return the same with the engine of that name; raise ConfigError if there is none."""
        for source in self.engines:
            if source.name == engine:
                return replace(self, engine=source)
        names = ", ".join(source.name for source in self.engines)
        hint = f"Known: {names}, all." if names else "To name some: engines: {current: {...}, next: {debian: forky}}"
        raise ConfigError(Problem(f"the site names no engine {engine}", hint, self.path))

    def name(self, path: str) -> str:
        """Return a page's path from the folder of mkdocs.yml, wherever the user stands, whose path it is."""
        return path_from(self.root, path)

    def name_in_docs(self, path: str) -> str:
        """Return the same from the folder of the pages; it begins with `..` for a page that is elsewhere."""
        return path_from(self.docs, path)

    def tests(self, path: str) -> bool:
        """Tell whether a page is under test; its path is as the user knows it."""
        return not self.baseline.lines or self.name_in_docs(path) not in self.baseline.lines

    def page(self, path: str) -> tuple[Limits, Network]:
        """Return what a page may take and reach; its path is as the user knows it."""
        own = self.pages.get(self.name_in_docs(path), PageConfig())
        return replace(self.limits, **own.limits), own.network or self.network  # type: ignore[arg-type] # read by us


def cache_folder() -> Path:
    """Return where we keep what can be made again: SNIPPETRUN_CACHE, or `snippetrun` in the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("SNIPPETRUN_CACHE") or user_cache_path("snippetrun"))


def image_name(name: str) -> str:
    """Return an image's name with its tag, as an engine would complete it."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def shown_path(path: Path) -> str:
    """Return a path as the user would type it: relative to where they stand, if it is below."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except (ValueError, RuntimeError):  # elsewhere, or links in a circle
        return str(path)
