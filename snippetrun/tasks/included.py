"""Pages with what pymdownx.snippets puts into them, read from their files: no generator is needed for that.

--8<-- "parts/start.md"        the lines of that file
"""

from __future__ import annotations

from pathlib import Path

from markdown import Markdown
from pymdownx.snippets import SnippetExtension, SnippetMissingError

from snippetrun.config import SiteConfig
from snippetrun.errors import PageError, Problem, UsageError
from snippetrun.extract import files
from snippetrun.extract.front_matter import read_front_matter
from snippetrun.extract.lines import normalised
from snippetrun.markdown_extension.fences import Fences
from snippetrun.model import Page


def stays_in_the_site(site: SiteConfig) -> bool:
    """Tell whether what is put in comes from below the folders that the site names, and from no network."""
    options = site.includes or {}
    return options.get("restrict_base_path", True) is True and options.get("url_download", False) is False


def folders(site: SiteConfig) -> list[Path]:
    """Return the folders with what is put into pages."""
    return [Path(folder) for folder in (site.includes or {}).get("base_path", ())]


def read_all(site: SiteConfig) -> tuple[Page, ...]:
    """Return all pages of a site of which pymdownx.snippets alone puts text into pages.

    Raises UsageError for options that cannot be used, and PageError with all that is wrong with pages.
    """
    options = dict(site.includes or {})
    try:
        put_in = Markdown(extensions=[SnippetExtension(**options)]).preprocessors["snippet"]
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(Problem(f"the options of pymdownx.snippets cannot be used: {error}", "", site.path)) from error
    fences, problems = Fences(site, options), list[Problem]()
    for path in files.find(site):
        try:
            name = files.name(site, path)
            text = files.text(path) if site.tests(name) else ""
            lines = normalised(text)
            fences.take(name, "\n".join(put_in.run(lines[read_front_matter(name, lines).lines :])) + "\n", text)
        except PageError as error:
            problems += error.problems
        except SnippetMissingError as error:
            problems.append(Problem(str(error), "See base_path of pymdownx.snippets.", name))
    try:
        pages = fences.pages()
    except PageError as error:
        problems += error.problems
    if problems:
        raise PageError(*problems)
    return pages
