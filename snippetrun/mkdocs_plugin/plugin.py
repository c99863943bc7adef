"""The MkDocs face: runs the pages of a build, and puts what came out where the fences stood."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.config.base import Config, ValidationError
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority, get_plugin_logger

from snippetrun import config, render, report, runner
from snippetrun.config import shown_path
from snippetrun.errors import ConfigError, Problem, SnippetrunError, UsageError
from snippetrun.extract import files
from snippetrun.extract.files import gone
from snippetrun.markdown_extension.embed import all_blocks
from snippetrun.markdown_extension.fences import Fences
from snippetrun.markdown_extension.lines import PutIn
from snippetrun.markdown_extension.marks import LANGUAGE
from snippetrun.model import Page, Result
from snippetrun.plan import Plan, plan
from snippetrun.support import stopping
from snippetrun.support.neutralise import neutralise
from snippetrun.tasks.progress import ShownProgress
from snippetrun.tasks.site_pages import PagesRead

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jinja2 import Environment
    from mkdocs.config.base import ConfigErrors, ConfigWarnings
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import File, Files
    from mkdocs.structure.pages import Page as SitePage

_EARLY, _LATE = 100, -100
_HTML = frozenset({".html", ".htm", ".md", ".txt"})
_WRITTEN = _HTML | {".json", ".xml"}
"""Files of a site that may have a page's text in them."""
_END_SECONDS = 30.0
"""For a page that runs beside a live preview."""

log = get_plugin_logger(__name__)


class NoOptions(Config):  # type: ignore[no-untyped-call] # MkDocs
    """MkDocs wants a schema; ours is `snippetrun.config`, which knows the lines of what it reads."""


class SnippetrunPlugin(BasePlugin[NoOptions]):  # type: ignore[no-untyped-call] # MkDocs
    """One build's worth of state; MkDocs keeps the object while it serves."""

    site: config.SiteConfig

    def __init__(self) -> None:
        """Start with nothing known."""
        self.reads_only = False
        """Whether the build is to end once its pages are read, by raising `PagesRead`."""
        self.pages_read: tuple[Page, ...] | None = None
        """If the site is built once for each language, the pages that are read so far; all of that is to end then."""
        self._serving = False
        self._fences: Fences
        self._source = ("", "")
        """Of the page that MkDocs reads, the path and the text of its file."""
        self._plan: Plan
        self._results: tuple[Result, ...] = ()
        self._reported: list[report.ReportedPage] = []
        self._looking: stopping.Group | None = None
        self._began = 0.0

    def load_config(
        self,
        options: dict[str, Any],  # noqa: ARG002 - MkDocs' signature
        config_file_path: str | None = None,
    ) -> tuple[ConfigErrors, ConfigWarnings]:
        """Read our options from mkdocs.yml itself, where they have lines."""
        self.config = NoOptions()
        try:
            self.site = config.load(Path(config_file_path or "mkdocs.yml"))
        except ConfigError as error:
            return [("snippetrun", ValidationError(neutralise(str(error))))], []
        return [], []

    def on_startup(self, *, command: str, dirty: bool) -> None:  # noqa: ARG002 - MkDocs' signature
        """Learn whether this is a live preview; also makes MkDocs keep us from build to build."""
        self._serving = command == "serve"

    def on_config(self, config: MkDocsConfig) -> None:
        """Add our fence, what finds the fences that extensions put in, our style sheet and our script."""
        self.on_shutdown()
        self._began = time.monotonic()
        self._fences = Fences(self.site, config.mdx_configs.get("pymdownx.snippets", {}))
        self._results, self._reported = (), []
        # Both are for other generators: this plugin does what the extension does, and writes what is watched.
        config.markdown_extensions = [name for name in config.markdown_extensions if name != LANGUAGE]
        config.watch = [path for path in config.watch if Path(path) != self.site.recordings]
        extensions, configs = config.markdown_extensions, config.mdx_configs
        if "pymdownx.superfences" not in extensions:
            extensions.append("pymdownx.superfences")
        fences = configs.setdefault("pymdownx.superfences", {}).setdefault("custom_fences", [])
        if not any(fence.get("name") == LANGUAGE for fence in fences):  # a plugin may build the site more than once
            fences.append({"name": LANGUAGE, "class": LANGUAGE, "format": self._formatter})
            extensions.append(PutIn(self._put_in))  # type: ignore[arg-type] # MkDocs hands it on
            config.extra_css.insert(0, render.STYLE_PATH)
            if self.site.replay_control and render.SCRIPT_PATH not in map(str, config.extra_javascript):
                config.extra_javascript.append(render.SCRIPT_PATH)

    def on_pre_page(self, page: SitePage, *, config: MkDocsConfig, files: Files) -> SitePage:  # noqa: ARG002 - MkDocs' signature
        """Read the page's file before MkDocs does, as a build could not go on from there with a sentence of ours."""
        try:
            self._source = self._read(page.file)
        except UsageError as error:
            raise self._unusable(error) from error
        return page

    @event_priority(_LATE)
    def on_page_markdown(self, markdown: str, *, page: SitePage, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002 - MkDocs' signature
        """Put a fence of ours in place of each that runs, is skipped or is hidden, after all other plugins."""
        path, text = self._source
        return self._fences.take(path, markdown, text, inherited=LANGUAGE in page.meta)

    def on_page_content(self, content: str, /, *, page: SitePage, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002 - MkDocs' signature
        """See that no fence of ours was lost on the way, and mark the page's foot."""
        return self._fences.rendered(content)

    @event_priority(_EARLY)
    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
        """Run the pages, all of which the renderer has read, and put what came out where the marks are."""
        try:
            pages = self._fences.pages()
        except UsageError as error:
            raise self._unusable(error) from error
        if self.pages_read is not None:
            self.pages_read += pages
            return env
        if self.reads_only:
            raise PagesRead(pages)
        pages = (*pages, *gone(self.site, pages))
        try:
            self._plan = plan(self.site, pages)
            _warn(
                "something does not run although it looks so",
                chain(self._fences.findings, *(page.findings for page in pages)),
                strict=config.strict,
            )
            # MkDocs itself would end with 1 after Ctrl-C, and at once after SIGTERM.
            with stopping.exiting(), ShownProgress() as progress:
                # Readers of this build see the first run of what is new; what varies in it is seen once it is shown.
                site = replace(self.site, runs=1)
                # Whoever writes waits for the first run alone.
                site = replace(site, most_runs=1) if self._serving else site
                self._results = runner.run(replace(self._plan, site=site), progress)
            blocks = all_blocks(self._plan, self._results)
        except SnippetrunError as error:
            raise PluginError(neutralise(str(error))) from error
        self._reported = [report.page(result) for result in self._results]
        stale = chain(*map(report.stale, self._reported))
        _warn("a page is not as it was recorded", stale, strict=config.strict)
        self._report_failures()
        self._fences.marks.show(blocks)
        for file in files:
            if file.page is not None and file.page.content:
                file.page.content = self._fences.marks.fill(file.page.content)
        return env

    def on_post_page(self, output: str, *, page: SitePage, config: MkDocsConfig) -> str:  # noqa: ARG002 - MkDocs' signature
        """Fill what other plugins have copied from page to page."""
        return self._fences.marks.fill(output)

    @event_priority(_EARLY)
    def _say(self, *, config: MkDocsConfig) -> None:
        """Say what the build came to, and see what varies in what it has recorded."""
        render.write_assets(Path(config.site_dir), play=self.site.replay_control)
        log.info(report.summary(self._reported, time.monotonic() - self._began))
        if untested := report.untested(sum(not result.page.under_test for result in self._results)):
            log.info(untested)
        log.info("Open it: %s", Path(config.site_dir, "index.html").as_uri())
        shown = [result.page.path for result in self._results if result.runs]
        if self._serving:
            self._looking = stopping.Group(1, lambda: self._look_again(shown))
        else:
            with stopping.exiting():
                self._look_again(shown)

    @event_priority(_LATE)
    def _sweep(self, *, config: MkDocsConfig) -> None:
        """Fill what others have written by themselves, such as a feed or a page for printing."""
        for file in Path(config.site_dir).rglob("*"):
            if file.suffix in _WRITTEN and self._fences.marks.is_in(data := file.read_bytes()):
                text = data.decode(errors="surrogateescape")
                filled = self._fences.marks.fill(text) if file.suffix in _HTML else self._fences.marks.without(text)
                file.write_bytes(filled.encode(errors="surrogateescape"))

    on_post_build = CombinedEvent(_say, _sweep)

    def on_shutdown(self) -> None:
        """End what still runs beside a live preview."""
        if self._looking:
            self._looking.end(_END_SECONDS)

    def _look_again(self, shown: Sequence[str]) -> None:
        """See what varies in what this build has recorded; whoever serves the site ends it with the next build."""
        try:
            if shown:  # a build that replays looks at nothing
                with ShownProgress() as progress:
                    runner.look_again(self._plan.only(shown), progress)
        except SnippetrunError as error:
            log.warning("what varies is not known: %s", neutralise(str(error)))
        except KeyboardInterrupt:
            if not self._serving:
                raise

    def _report_failures(self) -> None:
        failed = [neutralise(str(p)) for page in self._reported for p in report.failures(page)]
        if failed and not self._serving:
            raise PluginError("\n".join(["a command did not do what its page expects", *failed]))
        for problem in failed:
            log.error(problem)

    def _unusable(self, error: UsageError) -> BaseException:
        """Return what ends a build whose pages cannot be used."""
        return PagesRead(wrong=error) if self.reads_only else PluginError(neutralise(str(error)))

    def _formatter(self, source: str, *_args: Any, **_kwargs: Any) -> str:  # noqa: ANN401 - pymdownx's signature
        return self._fences.marks.html(source.strip())

    def _put_in(self, lines: list[str]) -> list[str]:
        return self._fences.put_in(lines)

    def _read(self, file: File) -> tuple[str, str]:
        """Return a page's path and text; its path is its place in the site where another plugin has made it."""
        made, docs = Path(file.abs_src_path or ""), self.site.docs
        if file.abs_src_path and Path(os.path.abspath(made)).is_relative_to(os.path.abspath(docs)):  # noqa: PTH100 - follows no link
            return files.name(self.site, made), files.text(made)
        return shown_path(docs / file.src_uri), file.content_string


def _warn(what: str, problems: Iterable[Problem], *, strict: bool) -> None:
    """Warn of problems; raise PluginError for them in a strict build, as MkDocs counts no warnings if it is quiet."""
    warnings = [neutralise(str(problem)) for problem in problems]
    if warnings and strict:
        raise PluginError("\n".join([what, *warnings]))
    for warning in warnings:
        log.warning(warning)
