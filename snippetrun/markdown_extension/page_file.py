"""Which page of a site a text is that Python-Markdown converts, and what its file says.

What is read is kept, as a page after the other asks for it. A preview lives long, so a file that has changed is read
again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snippetrun import config
from snippetrun.config import SiteConfig, shown_path
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
class PageFile:
    """The file of a page."""

    path: str = ""
    """As the user knows it; empty for a text that is none of the site's pages."""
    text: str = ""
    """What it says; empty if a generator has made the page."""
    inherited: bool = False
    """Whether the page's metadata has options of ours, wherever they come from."""


def site_of(config_file: str) -> SiteConfig:
    """Return a site's configuration. Raises ConfigError."""
    key = Path.cwd(), config_file
    site, written = _sites.get(key, (None, []))
    if site is None or written != [_written(file) for file in site.files]:
        site = config.load(Path(config_file) if config_file else None)
        _sites[key] = site, [_written(file) for file in site.files]
    return site


def file_of(site: SiteConfig, md: Markdown, text: str) -> PageFile:
    """Return the file of the page that a generator says it converts, or else the first with this text.

    Raises UsageError for a file that cannot be read.
    """
    given, meta = _given(md)
    path = site.docs / given if given else _with_text(site, text)
    if path is None:
        return PageFile()
    if not path.is_file():
        return PageFile(shown_path(path), inherited=LANGUAGE in meta)
    return PageFile(files.name(site, path), files.text(path), inherited=LANGUAGE in meta)


def _with_text(site: SiteConfig, text: str) -> Path | None:
    """Return the first file of a site with a text, with its front matter or without; None if there is none."""
    body = _hash(normalised(text))
    for file in files.find(site):
        written, bodies = _bodies.get(file, (0, frozenset()))
        if written != _written(file):
            lines = normalised(files.text(file))
            below = read_front_matter(str(file), lines).lines
            bodies = frozenset(map(_hash, (lines, lines[below:])))
            _bodies[file] = _written(file), bodies
        if body in bodies:
            return file
    return None


def _hash(lines: list[str]) -> int:
    return hash("\n".join(lines).strip())


def _written(file: Path) -> int:
    """Return when a file was written, in nanoseconds; 0 if it is not there."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _given(md: Markdown) -> tuple[str, Any]:
    """Return the path and the metadata of the page as a generator gives them; "" if it does not.

    Zensical adds a preprocessor with a `page` that has a `path`, from the folder of the pages, and `meta`.
    """
    pages = (getattr(processor, "page", None) for processor in md.preprocessors)
    for page in pages:
        if isinstance(path := getattr(page, "path", None), str):
            return path, getattr(page, "meta", None) or {}
    return "", {}
