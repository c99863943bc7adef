"""Which page of a site a text is that Python-Markdown converts, and what its file says.

What is read is kept, as a page after the other asks for it. A preview lives long, so a file that has changed is read
again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snippetrun import config
from snippetrun.config import SiteConfig, shown_path
from snippetrun.errors import PageError
from snippetrun.extract import files
from snippetrun.extract.front_matter import read_front_matter
from snippetrun.extract.lines import normalised
from snippetrun.markdown_extension.marks import LANGUAGE

if TYPE_CHECKING:
    from markdown import Markdown

_sites: dict[tuple[Path, str], tuple[SiteConfig, list[int]]] = {}
"""By the folder where the generator runs and the file that it names, the site, and when its files were written."""
_bodies: dict[Path, tuple[int, frozenset[int]]] = {}
"""Of each file, when it was written, and the hashes of its text with front matter and without."""


@dataclass(frozen=True, slots=True)
class GivenPage:
    """What a generator says of a page."""

    path: str = ""
    """From the folder of the pages; empty if it does not say."""
    meta: Mapping[str, Any] = field(default_factory=dict)
    root: str = ""
    """The folder of the site; empty for that in which the generator runs."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """The file of a page."""

    path: str = ""
    """As the user knows it; empty for a text that is none of the site's pages."""
    text: str = ""
    """What it says; empty if a generator has made the page."""
    inherited: bool = False
    """Whether the page's metadata has options of ours, wherever they come from."""


def given(md: Markdown) -> GivenPage:
    """Return what the generator says of the page that it converts.

    Zensical adds a preprocessor with a `page` that has a `path`, from the folder of the pages, and `meta`; and with its
    own `config`, which has the folder of the site.
    """
    for processor in md.preprocessors:
        page = getattr(processor, "page", None)
        if isinstance(path := getattr(page, "path", None), str):
            settings = getattr(processor, "config", None)
            root = settings.get("root_dir", "") if isinstance(settings, Mapping) else ""
            return GivenPage(path, getattr(page, "meta", None) or {}, root)
    return GivenPage()


def site_of(config_file: str, root: str) -> SiteConfig:
    """Return the configuration of the site in a folder, or of the folder where the generator runs.

    Raises ConfigError.
    """
    key = Path.cwd() / root, config_file
    site, written = _sites.get(key, (None, []))
    if site is None or written != [_written(file) for file in site.files]:
        site = config.load(key[0] / config_file if config_file else config.find(key[0]))
        _sites[key] = site, [_written(file) for file in site.files]
    return site


def file_of(site: SiteConfig, page: GivenPage, text: str) -> PageFile:
    """Return the file of the page that a generator says it converts, or else the first with this text.

    Raises UsageError for a file that cannot be read.
    """
    path = site.docs / page.path if page.path else _with_text(site, text)
    if path is None or files.is_beside_index(path):  # which Zensical converts, and does not show
        return PageFile()
    if not path.is_file():
        return PageFile(shown_path(path), inherited=LANGUAGE in page.meta)
    return PageFile(files.name(site, path), files.text(path), inherited=LANGUAGE in page.meta)


def _with_text(site: SiteConfig, text: str) -> Path | None:
    """Return the first file of a site with a text, with its front matter or without; None if there is none."""
    body = _hash(normalised(text))
    for file in files.find(site):
        written, bodies = _bodies.get(file, (0, frozenset()))
        if written != _written(file):
            bodies = _hashes(file)
            _bodies[file] = _written(file), bodies
        if body in bodies:
            return file
    return None


def _hashes(file: Path) -> frozenset[int]:
    """Return the hashes of a file's text; of one that cannot be read none, as a page that is converted is another."""
    try:
        lines = normalised(files.text(file))
    except PageError:
        return frozenset()
    return frozenset(map(_hash, (lines, lines[read_front_matter(str(file), lines).lines :])))


def _hash(lines: list[str]) -> int:
    return hash("\n".join(lines).strip())


def _written(file: Path) -> int:
    """Return when a file was written, in nanoseconds; 0 if it is not there."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
