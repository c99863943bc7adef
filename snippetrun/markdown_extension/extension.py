"""One conversion of Python-Markdown: a page's Markdown -> its HTML, with what recordings say of its fences.

The page is found by the path that a generator gives, or by its text. No generator is imported.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextvars import ContextVar
from copy import copy
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown.extensions import Extension
from pymdownx.snippets import SnippetExtension
from pymdownx.superfences import SuperFencesCodeExtension

from snippetrun import render, report, runner
from snippetrun.config import PREVIEW, SiteConfig
from snippetrun.config.options import read
from snippetrun.config.values import is_path
from snippetrun.errors import ConfigError, PageError, SnippetrunError
from snippetrun.markdown_extension.embed import problem_box, shown_pages
from snippetrun.markdown_extension.fences import Fences
from snippetrun.markdown_extension.lines import AS_WRITTEN, BEFORE_SUPERFENCES, LinesSeen
from snippetrun.markdown_extension.marks import LANGUAGE
from snippetrun.markdown_extension.page_file import PageFile, file_of, given, site_of
from snippetrun.model import Mode
from snippetrun.plan import plan

if TYPE_CHECKING:
    from markdown import Markdown

    from snippetrun.model import Page

_fences: ContextVar[Fences | None] = ContextVar("fences", default=None)
"""Those of the page that is converted now. Texts within it, such as docstrings, are converted by other instances."""

log = logging.getLogger("snippetrun")

_NO = frozenset(["", "0", "false", "n", "no", "none", "off"])
_YES = frozenset(["1", "on", "true", "y", "yes"])


def _unless_no(value: object) -> bool:
    """Read what may be that of the variable CI, in which some services say their name."""
    return str(value).lower() not in _NO


def _style(value: object) -> bool:
    if (word := str(value).lower()) not in _YES | _NO:
        raise ValueError("expects true or false")
    return word in _YES


def _config_file(value: object) -> str:
    path = os.fspath(value) if isinstance(value, os.PathLike) else value
    if path != "" and not is_path(path):
        raise ValueError("expects the path of a file")
    return path


_WHERE = f"markdown_extensions: {LANGUAGE}"
_READERS = {"config_file": _config_file, "strict": _unless_no, "style": _style}


class SnippetrunExtension(Extension):
    """Shows what recordings say of the page that is converted.

    Options: `config_file`, the site's configuration, a path, if it is not that of the site's folder, which is the one
    where the generator runs if it does not say, or the nearest above. `strict`, whether to raise SnippetrunError for
    what no reader should see: a page that cannot be used, a failure, something stale; if not, the page itself says it,
    and the log. If nothing is said, it is so where CI is set in the environment; it is never so beside `snippetrun
    serve`, where a page is stale as soon as somebody saves it. `style`, whether pages bring our style sheet along; a
    site that lists it under `extra_css` says no.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - Python-Markdown's signature
        """Take the options; nothing is read before there is a page. Raises ConfigError for what is no option."""
        values, problems = read(options.items(), _READERS, lambda _: (_WHERE, 0, 0), "option")
        if problems:
            raise ConfigError(*problems)
        self.config = {
            "config_file": ["", "The site's configuration"],
            "strict": [_unless_no(os.environ.get("CI", "")), "Whether what no reader should see ends the build"],
            "style": [True, "Whether pages bring the style sheet along"],
        }
        super().__init__(**values)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Python-Markdown's name
        """Extend an instance of Python-Markdown, of which several may be given the same extension."""
        copy(self).extend(md)

    def extend(self, md: Markdown) -> None:
        """Take the place around a whole conversion, and those at which we see its lines."""
        self._md, self._file = md, PageFile()
        self._convert_all, md.convert = md.convert, self._convert  # type: ignore[method-assign] # there is no hook
        md.registerExtension(self)
        md.preprocessors.register(LinesSeen(md, self._take), "snippetrun-page", AS_WRITTEN)
        md.preprocessors.register(LinesSeen(md, self._put_in), "snippetrun", BEFORE_SUPERFENCES)

    def reset(self) -> None:
        """Add our fence to superfences; every extension is there by now, in whatever order a site lists them."""
        others = (
            other for other in reversed(self._md.registeredExtensions) if isinstance(other, SuperFencesCodeExtension)
        )
        options: dict[str, Any] = next((other.getConfigs() for other in others), {})
        fences = options.get("custom_fences", [])
        if not any(fence["name"] == LANGUAGE for fence in fences):
            ours = {"name": LANGUAGE, "class": LANGUAGE, "format": self._formatter}
            # The one that is there has read its options already; this one takes its places.
            SuperFencesCodeExtension(**options | {"custom_fences": [*fences, ours]}).extendMarkdown(self._md)

    def _strict(self) -> bool:
        return self.getConfig("strict") and PREVIEW not in os.environ

    def _convert(self, source: str) -> str:
        if _fences.get():
            return self._convert_all(source)
        site = SiteConfig(Path(), Path(), "mkdocs.yml")
        try:
            page = given(self._md)
            site = site_of(self.getConfig("config_file"), page.root)
            self._file = file_of(site, page, source)
            included = (e.getConfigs() for e in self._md.registeredExtensions if isinstance(e, SnippetExtension))
            return self._within(Fences(site, next(included, None)), source, site)
        except SnippetrunError as error:
            if self._strict():
                raise error.with_traceback(None) from None
            # A build that serves goes on, and says it where the contributor looks.
            log.error(report.diagnostics(error.problems))  # noqa: TRY400 - no traceback for what somebody has written
            self._file = PageFile()
            self._md.reset()
            return f"{problem_box(error.problems)}{self._within(Fences(site), source)}"

    def _within(self, fences: Fences, text: str, site: SiteConfig | None = None) -> str:
        """Convert a text with these fences; without a site they are shown as they are written, hidden ones not."""
        token = _fences.set(fences)
        try:
            html = fences.rendered(self._convert_all(text))
        finally:
            _fences.reset(token)
        return self._filled(fences, html, site) if site else html

    def _filled(self, fences: Fences, html: str, site: SiteConfig) -> str:
        pages = fences.pages()
        if not any(page.snippets for page in pages):  # such as a docstring: no image's folder is read for it
            self._tell(fences, pages, ())
            return html
        work = plan(site, pages).in_mode(Mode.REPLAY)
        shown = shown_pages(work, partial(runner.run, watcher=runner.Watcher()))
        self._tell(fences, pages, [page.reported for page in shown.values()])
        fences.marks.show({path: page.blocks for path, page in shown.items()})
        filled = fences.marks.fill(html)
        if filled == html or not self.getConfig("style"):
            return filled
        return f"{filled}\n<style>{render.style()}</style>"

    def _tell(self, fences: Fences, read: Sequence[Page], pages: Sequence[report.ReportedPage]) -> None:
        """Say what no reader should see; raise it for a strict build."""
        findings = chain(fences.findings, *(page.findings for page in read))
        problems = [*findings, *chain(*map(report.failures, pages)), *chain(*map(report.stale, pages))]
        if problems and self._strict():
            raise PageError(*problems)
        for problem in problems:
            log.warning(report.diagnostic(problem))

    def _take(self, lines: list[str]) -> list[str]:
        fences, file = _fences.get(), self._file
        if fences is None or not file.path:
            return lines
        self._file = PageFile()  # once: another instance may convert a text within the page
        return fences.take(file.path, "\n".join(lines) + "\n", file.text, inherited=file.inherited).split("\n")

    def _put_in(self, lines: list[str]) -> list[str]:
        fences = _fences.get()
        return fences.put_in(lines) if fences else lines

    def _formatter(self, source: str, *_args: Any, **_kwargs: Any) -> str:  # noqa: ANN401 - pymdownx's signature
        fences = _fences.get()
        if fences is None:
            raise KeyError(source)  # superfences shows it as any other
        return fences.marks.html(source.strip())
