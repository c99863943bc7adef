"""The MkDocs face: runs the pages of a build, and puts what came out where the fences stood."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.config.base import Config, ValidationError
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority, get_plugin_logger
from mkdocs.structure.files import File, Files

from snippetrun import config, render, report, runner
from snippetrun.errors import ConfigError, Problem, SnippetrunError
from snippetrun.extract.files import read_all
from snippetrun.extract.files import text as text_of
from snippetrun.mkdocs_plugin.embed import FENCE, embed
from snippetrun.model import Result
from snippetrun.plan import Plan, plan, rules
from snippetrun.support import stopping
from snippetrun.support.neutralise import neutralise
from snippetrun.tasks.progress import ShownProgress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mkdocs.config.base import ConfigErrors, ConfigWarnings
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page as SitePage

_LATE = -100
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
        self._serving = False
        self._plan: Plan
        self._results: dict[str, Result] = {}
        self._reported: list[report.ReportedPage] = []
        self._pending: dict[str, str] = {}
        self._varies = False
        self._looking: stopping.Group | None = None
        self._began = 0.0
        self._word = secrets.token_hex(8)

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
        """Add our fence and our style sheet to the site."""
        self.on_shutdown()
        self._began = time.monotonic()
        self._results.clear()
        if "pymdownx.superfences" not in config.markdown_extensions:
            config.markdown_extensions.append("pymdownx.superfences")
        fences = config.mdx_configs.setdefault("pymdownx.superfences", {}).setdefault("custom_fences", [])
        fences.append({"name": FENCE, "class": FENCE, "format": self._formatter})
        config.extra_css.insert(0, render.STYLE_PATH)

    @event_priority(_LATE)
    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Run every page that will be shown; other plugins have had their say about which those are."""
        sources = {f.src_uri: Path(f.abs_src_path) for f in files.documentation_pages() if f.abs_src_path}
        try:
            self._plan = plan(self.site, read_all(self.site, sources.values()))
            findings = chain(*(page.findings for page in self._plan.pages))
            _warn("something does not run although it looks so", findings, strict=config.strict)
            # MkDocs itself would end with 1 after Ctrl-C, and at once after SIGTERM.
            with stopping.exiting(), ShownProgress() as progress:
                # Readers of this build see the first run of what is new; what varies in it is seen once it is shown.
                site = replace(self.site, runs=1)
                # Whoever writes waits for the first run alone.
                site = replace(site, most_runs=1) if self._serving else site
                results = runner.run(replace(self._plan, site=site), progress)
        except SnippetrunError as error:
            raise PluginError(neutralise(str(error))) from error
        self._results = dict(zip(sources, results, strict=True))
        self._reported = [report.page(result) for result in results]
        stale = chain(*map(report.stale, self._reported))
        _warn("a page is not as it was recorded", stale, strict=config.strict)
        self._report_failures()
        files.append(File.generated(config, render.STYLE_PATH, content=render.style()))
        return files

    @event_priority(_LATE)
    def on_page_markdown(self, markdown: str, *, page: SitePage, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002 - MkDocs' signature
        """Put a fence of ours in place of each that ran, was skipped, or wrote a file."""
        self._pending, self._varies = {}, False
        result = self._results.get(page.file.src_uri)
        if result is None or not result.page.snippets:
            return markdown
        varies = runner.varying(result, rules(self.site, result.page))
        self._varies = any(map(any, varies))
        try:
            source = text_of(Path(page.file.abs_src_path)) if page.file.abs_src_path else ""
            text, self._pending = embed(markdown, result, self.site.languages, source, self._word, varies=varies)
        except SnippetrunError as error:
            raise PluginError(neutralise(str(error))) from error
        return text

    def on_page_content(self, content: str, /, *, page: SitePage, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002 - MkDocs' signature
        """Add what the page ran on at its foot, and see that no fence of ours was lost on the way."""
        if self._pending:
            raise PluginError(
                f"{neutralise(page.file.src_uri)}: the Markdown extensions of this site do not show "
                f"{len(self._pending)} of its fences, though they ran. Please report this with the page."
            )
        result = self._results.get(page.file.src_uri)
        if result is None or result.recording is None:
            return content
        return content + render.footer(result.recording, varies=self._varies)

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Say what the build came to, and see what varies in what it has recorded."""
        log.info(report.summary(self._reported, time.monotonic() - self._began))
        log.info("Open it: %s", Path(config.site_dir, "index.html").as_uri())
        shown = [result.page.path for result in self._results.values() if result.runs]
        if self._serving:
            self._looking = stopping.Group(1, lambda: self._look_again(shown))
        else:
            with stopping.exiting():
                self._look_again(shown)

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

    def _formatter(self, source: str, *_args: Any, **_kwargs: Any) -> str:  # noqa: ANN401 - pymdownx's signature
        return self._pending.pop(source.strip())


def _warn(what: str, problems: Iterable[Problem], *, strict: bool) -> None:
    """Warn of problems; raise PluginError for them in a strict build, as MkDocs counts no warnings if it is quiet."""
    told = [neutralise(str(problem)) for problem in problems]
    if told and strict:
        raise PluginError("\n".join([what, *told]))
    for each in told:
        log.warning(each)
