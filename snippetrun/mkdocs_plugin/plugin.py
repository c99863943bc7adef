"""The MkDocs face: runs the pages of a build, and puts what came out where the fences stood."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.config.base import Config, ValidationError
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority, get_plugin_logger

from snippetrun import config, render, report, runner
from snippetrun.config import shown_path
from snippetrun.errors import ConfigError, PageError, Problem, SnippetrunError, UsageError
from snippetrun.extract import files
from snippetrun.extract.files import gone
from snippetrun.markdown_extension.embed import ShownPage, problem_box, shown, shown_pages
from snippetrun.markdown_extension.fences import Fences
from snippetrun.markdown_extension.lines import PutIn
from snippetrun.markdown_extension.marks import LANGUAGE
from snippetrun.mkdocs_plugin.preview import Preview
from snippetrun.mkdocs_plugin.verification import VerificationPage
from snippetrun.model import Page, Result
from snippetrun.plan import Plan, plan
from snippetrun.support import stopping
from snippetrun.tasks.live import Live
from snippetrun.tasks.progress import ShownProgress
from snippetrun.tasks.site_pages import PagesRead
from snippetrun.tasks.verification import as_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jinja2 import Environment
    from mkdocs.config.base import ConfigErrors, ConfigWarnings
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.livereload import LiveReloadServer
    from mkdocs.structure.files import File, Files
    from mkdocs.structure.pages import Page as SitePage

_EARLY, _LATE = 100, -100
_HTML = frozenset({".html", ".htm", ".md", ".txt"})
_WRITTEN = _HTML | {".json", ".xml"}
"""Files of a site that may have a page's text in them."""

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
        self._shown: dict[str, ShownPage] = {}
        """The pages as they are shown, by their paths."""
        self._reported: list[report.ReportedPage] = []
        self._untested = 0
        self._verification: VerificationPage | None = None
        self._began = 0.0
        self._preview = Preview()
        self._live = Live(self)
        self._paths: dict[str, str] = {}
        """The paths of pages, by those of their files below docs_dir."""

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
            return [("snippetrun", ValidationError(report.diagnostics(error.problems)))], []
        return [], []

    def on_startup(self, *, command: str, dirty: bool) -> None:  # noqa: ARG002 - MkDocs' signature
        """Learn whether this is a live preview; also makes MkDocs keep us from build to build."""
        self._serving = command == "serve"

    @event_priority(_EARLY)
    def _take_over(self, config: MkDocsConfig) -> None:
        """Take away what is for other generators, before plugins such as mkdocstrings copy it."""
        # This plugin does what the extension does, and writes what is watched.
        config.markdown_extensions = [name for name in config.markdown_extensions if name != LANGUAGE]
        config.watch = [path for path in config.watch if Path(path) != self.site.recordings]

    def _add(self, config: MkDocsConfig) -> None:
        """Add our fence, what finds the fences that extensions put in, and our style sheet and our script."""
        self._began = time.monotonic()
        self._fences = Fences(self.site, config.mdx_configs.get("pymdownx.snippets", {}))
        self._results, self._reported, self._untested = (), [], 0
        self._wrong: dict[str, list[Problem]] = {}
        """What is wrong with pages that are shown all the same, by their paths."""
        self._preview.begin(self._fences.marks)
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

    on_config = CombinedEvent(_take_over, _add)

    @event_priority(_EARLY)
    def on_files(self, files: Files, /, *, config: MkDocsConfig) -> Files:
        """Add the page about all others, if the site wants one."""
        name = self.site.verification
        self._verification = VerificationPage(name, files, config) if name else None
        return files

    def on_pre_page(self, page: SitePage, *, config: MkDocsConfig, files: Files) -> SitePage:  # noqa: ARG002 - MkDocs' signature
        """Read the page's file before MkDocs does, as a build could not go on from there with a sentence of ours."""
        try:
            self._source = self._read(page.file)
            self._paths[page.file.src_uri] = self._source[0]
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
            pages = self._fences.readable() if self._serving else self._fences.pages()
        except UsageError as error:
            raise self._unusable(error) from error
        if self.pages_read is not None:
            self.pages_read += pages
            return env
        if self.reads_only:
            raise PagesRead(pages)
        pages = (*pages, *gone(self.site, pages))
        findings = (*self._fences.findings, *chain.from_iterable(page.findings for page in pages))
        _warn("something does not run although it looks so", findings, strict=config.strict and not self._serving)
        try:
            with self._preview.asking():
                self._preview.show(self._live_blocks(pages) if self._serving else self._blocks(pages))
        except SnippetrunError as error:
            raise PluginError(report.diagnostics(error.problems)) from error
        self._reported = [self._shown[page.path].reported for page in self._plan.pages]
        self._untested = sum(not page.under_test for page in self._plan.pages)
        if not self._serving:
            stale = chain(*map(report.stale, self._reported))
            _warn("a page is not as it was recorded", stale, strict=config.strict)
            self._report_failures(self._reported)
        for file in files:
            if file.page is not None and file.page.content:
                self._fill(file.page, self._paths.get(file.src_uri, ""))
        if self._verification:
            self._verification.write(as_shown(self._plan, self._shown), files, config)
        return env

    def _blocks(self, pages: Sequence[Page]) -> dict[str, tuple[str, ...]]:
        """Run the pages of a build, and return the blocks of each. Raises a SnippetrunError."""
        self._plan = plan(self.site, pages)
        return self._take_shown(shown_pages(self._plan, _run))

    def _take_shown(self, pages: dict[str, ShownPage]) -> dict[str, tuple[str, ...]]:
        self._shown |= pages
        return {path: page.blocks for path, page in pages.items()}

    def _live_blocks(self, pages: Sequence[Page]) -> dict[str, tuple[str, ...]]:
        """Return the blocks of pages as they can be shown now; they run meanwhile. Raises a SnippetrunError."""
        self._wrong = wrong = dict(self._fences.problems)
        try:
            self._plan = plan(self.site, [page for page in pages if page.path not in wrong])
        except PageError as error:
            wrong |= {path: list(own) for path, own in groupby(error.problems, lambda problem: problem.path)}
            self._plan = plan(self.site, [page for page in pages if page.path not in wrong])
        for problem in dict.fromkeys(chain.from_iterable(wrong.values())):
            log.error(report.diagnostic(problem))
        self._results = self._live.results(self._plan)
        results = (*self._results, *(runner.result(page, None) for page in pages if page.path in wrong))
        running = {page.path for page in pages if self._live.runs(page.path)}
        changed = self._preview.changed(self.site, results, running)
        return self._take_shown(shown(self._plan, changed, running))

    def _fill(self, page: SitePage, path: str) -> None:
        """Put the blocks into a page, but for those of pages that run, and say at its top what is wrong with it."""
        content = page.content or ""
        if not any(map(self._live.runs, self._fences.marks.pages(content))):
            content = self._fences.marks.fill(content)
        page.content = problem_box(self._wrong.get(path, ())) + content

    def on_post_page(self, output: str, *, page: SitePage, config: MkDocsConfig) -> str:  # noqa: ARG002 - MkDocs' signature
        """Fill what other plugins have copied from page to page, and what runs beside a live preview."""
        return self._preview.fill(Path(page.file.abs_dest_path), output, self._live.runs)

    def on_serve(self, server: LiveReloadServer, /, **_: object) -> LiveReloadServer:
        """Watch what pages depend on, beside their files."""
        self._preview.serve(server)
        self._watch()
        return server

    def _watch(self) -> None:
        self._preview.watch(image.folder for image in self.site.images if image.folder)
        self._preview.watch_files(self.site.recordings, lambda file: not self._live.wrote(file))

    def show(self, result: Result) -> None:
        """Show what has become of a page that has run beside a live preview."""
        with self._preview.asking():
            self._preview.show(self._take_shown(shown(self._plan, [result])))
        self._results = tuple(result if old.page.path == result.page.path else old for old in self._results)
        self._report_failures([report.page(result)])

    def tell(self, problems: Iterable[Problem]) -> None:
        """Say why pages beside a live preview could not run, and show them as they were recorded."""
        log.error(report.diagnostics(problems))
        with self._preview.asking():
            self._preview.show(self._take_shown(shown(self._plan, self._results)))

    def end(self) -> None:
        """Say what the pages came to that have run beside a live preview."""
        log.info(report.summary(self._results, time.monotonic() - self._began))

    @event_priority(_EARLY)
    def _say(self, *, config: MkDocsConfig) -> None:
        """Say what the build came to, and see what varies in what it has recorded."""
        render.write_assets(Path(config.site_dir), play=self.site.replay_control)
        if self._verification:
            self._verification.write_badge(config)
        log.info(report.summary(self._reported, time.monotonic() - self._began))
        if untested := report.untested(self._untested):
            log.info(untested)
        if not self._serving:
            log.info("Open it: %s", Path(config.site_dir, "index.html").as_uri())
        ran = [page.path for page in self._reported if page.runs]
        if ran and not self._serving:  # a build that replays looks at nothing
            with stopping.exiting():
                self._look_again(ran)

    @event_priority(_LATE)
    def _sweep(self, *, config: MkDocsConfig) -> None:
        """Fill what others have written by themselves, such as a feed or a page for printing."""
        for file in Path(config.site_dir).rglob("*"):
            if file.suffix in _WRITTEN and self._fences.marks.is_in(data := file.read_bytes()):
                text = data.decode(errors="surrogateescape")
                filled = self._fences.marks.fill(text) if file.suffix in _HTML else self._fences.marks.without(text)
                file.write_bytes(filled.encode(errors="surrogateescape"))

        self._preview.end()
        self._watch()

    on_post_build = CombinedEvent(_say, _sweep)

    def on_shutdown(self) -> None:
        """End what still runs beside a live preview."""
        self._live.end()

    def _look_again(self, ran: Sequence[str]) -> None:
        """See what varies in what this build has recorded."""
        try:
            with ShownProgress() as progress:
                runner.look_again(self._plan.only(ran), progress)
        except SnippetrunError as error:
            log.warning("what varies is not known: %s", report.diagnostics(error.problems))

    def _report_failures(self, pages: Iterable[report.ReportedPage]) -> None:
        failed = [report.diagnostic(problem) for page in pages for problem in report.failures(page)]
        if failed and not self._serving:
            raise PluginError("\n".join(["a command did not do what its page expects", *failed]))
        for problem in failed:
            log.error(problem)

    def _unusable(self, error: UsageError) -> BaseException:
        """Return what ends a build whose pages cannot be used."""
        return PagesRead(wrong=error) if self.reads_only else PluginError(report.diagnostics(error.problems))

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


def _run(work: Plan) -> tuple[Result, ...]:
    """Run the pages of a build. Readers of it see the first run of what is new; what varies is seen after that."""
    # MkDocs itself would end with 1 after Ctrl-C, and at once after SIGTERM.
    with stopping.exiting(), ShownProgress() as progress:
        return runner.run(replace(work, site=replace(work.site, runs=1)), progress)


def _warn(what: str, problems: Iterable[Problem], *, strict: bool) -> None:
    """Warn of problems; raise PluginError for them in a strict build, as MkDocs counts no warnings if it is quiet."""
    warnings = [report.diagnostic(problem) for problem in problems]
    if warnings and strict:
        raise PluginError("\n".join([what, *warnings]))
    for warning in warnings:
        log.warning(warning)
