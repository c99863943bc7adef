"""The pages of a site, found and read from disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

from pathspec.gitignore import GitIgnoreSpec

from snippetrun import extract
from snippetrun.config import SiteConfig, shown_path
from snippetrun.errors import PageError, Problem, UsageError
from snippetrun.model import ENDINGS, Page
from snippetrun.support import bounded


def find(site: SiteConfig, paths: Sequence[Path] = ()) -> list[Path]:
    """Return the Markdown files among `paths`, each once, folders searched through; without any, all of the site's.

    Raises UsageError for a path that is not there.
    """
    files: list[Path] = []
    for path in paths or [site.docs]:
        if path.is_dir():
            files += sorted(_below(site, path))
        elif path.is_file():
            files.append(path)
        else:
            hint = f"Pages stand below {shown_path(site.docs)}/."
            raise UsageError(Problem("there is no such page or folder", hint, str(path)))
    return list({file.resolve(): file for file in reversed(files)}.values())[::-1]


def _below(site: SiteConfig, folder: Path) -> Iterator[Path]:
    """Yield the Markdown files below a folder, links followed; of the site's pages those that it has."""
    seen = set()
    for name, folders, names in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(name))
        folders[:] = [inner for inner in folders if os.path.realpath(Path(name, inner)) not in seen]
        for file in (Path(name, inner) for inner in names if Path(inner).suffix in ENDINGS):
            if file.is_file() and is_page(site, file):
                yield file


def is_outside(site: SiteConfig, file: Path) -> bool:
    """Tell whether a file stands elsewhere than below the site's pages."""
    return site.name_in_docs(str(file)).startswith("../")


def is_page(site: SiteConfig, file: Path) -> bool:
    """Tell whether a Markdown file below docs_dir is a page for MkDocs; elsewhere each is one.

    README.md is none beside an index.md, and nor is what `exclude_docs` names, or what is hidden, or /templates/: see
    `get_files` and `set_exclusions` in mkdocs/structure/files.py.
    """
    if is_outside(site, file):
        return True
    name = site.name_in_docs(str(file)).encode(errors="replace").decode()
    return not _excluded(site.excluded).match_file(name) and not is_beside_index(file)


def is_beside_index(file: Path) -> bool:
    """Tell whether a file is a README.md whose place on the site an index.md has."""
    return file.name == "README.md" and file.with_name("index.md").is_file()


@cache
def _excluded(patterns: str) -> GitIgnoreSpec:
    return GitIgnoreSpec.from_lines([".*", "/templates/", *patterns.split("\n")])


def read_all(site: SiteConfig, paths: Iterable[Path]) -> tuple[Page, ...]:
    """Read pages; raise PageError with the problems of all of them."""
    pages: list[Page] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            pages.append(read(site, path))
        except PageError as error:
            problems += error.problems
    if problems:
        raise PageError(*problems)
    return tuple(pages)


def read(site: SiteConfig, path: Path) -> Page:
    """Read a page; raise PageError, with the lines, if its name, its bytes or its text cannot be used.

    One that is not under test is not read, and so nothing is wrong with it.
    """
    named = name(site, path)
    return parse(site, named, text(path)) if site.tests(named) else untested(named)


def parse(site: SiteConfig, path: str, written: str) -> Page:
    """Return a page of a site with this text, as it is under test; raise PageError if it cannot be used."""
    return extract.read(path, written, site.dialect)


def untested(path: str) -> Page:
    """Return a page that is not under test."""
    return Page(path, (), under_test=False)


def gone(site: SiteConfig, pages: Iterable[Page]) -> tuple[Page, ...]:
    """Return the baseline as a page of its own, with findings, if it names what is neither a file nor one of the pages.

    So they are told as those of a page are, once, by all who tell of pages.
    """
    if site.baseline.path is None or not site.baseline.lines:
        return ()
    path, known = shown_path(site.baseline.path), {site.name_in_docs(page.path) for page in pages}
    findings = tuple(
        Problem(f"there is no page {name}", "Remove the line. A page with a new name is under test.", path, line)
        for name, line in site.baseline.lines.items()
        if name not in known and not (site.docs / name).is_file()
    )
    return (Page(path, (), findings=findings),) if findings else ()


def name(site: SiteConfig, path: Path) -> str:
    """Return a page's path as the user knows it; raise PageError if it cannot be used.

    A link that leads out of the site's pages is refused: what it leads to would be shown as a part of them.
    """
    inside = Path(os.path.abspath(path)).is_relative_to(os.path.abspath(site.docs))  # noqa: PTH100 - follows no link
    if inside and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(site.docs)):
        hint = f"Put the page itself there, or below {shown_path(site.docs)}/."
        raise PageError(Problem(f"is a link that leads out of {shown_path(site.docs)}/", hint, _named(path)))
    if not shown_path(path).isprintable():  # such as docs/a\nb.md, or bytes that are not UTF-8
        raise PageError(Problem("has a character in its name that cannot be shown", "Rename it.", shown_path(path)))
    return shown_path(path)


def _named(path: Path) -> str:
    """Return a path as the user would type it, links in it as they are."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def text(path: Path) -> str:
    """Return the text of a page as it stands, line ends included; raise PageError if it is not UTF-8."""
    try:
        data = bounded.read_bytes(path)
        return data.decode("utf-8")
    except OSError as error:
        raise PageError(Problem(f"cannot be read: {error.strerror}", "", shown_path(path))) from error
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise PageError(Problem(message, "Save the page as UTF-8.", shown_path(path), line, column)) from error
