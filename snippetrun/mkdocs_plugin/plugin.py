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
from snippetrun.markdown_extension.embed import ShownPage, shown_pages
from snippetrun.markdown_extension.fences import Fences
from snippetrun.markdown_extension.lines import PutIn
from snippetrun.markdown_extension.marks import LANGUAGE
from snippetrun.mkdocs_plugin.verification import VerificationPage
from snippetrun.model import Page, Result
from snippetrun.plan import Plan, plan
from snippetrun.support import stopping
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
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page as SitePage

    from snippetrun.mkdocs_plugin.preview import Preview
    from snippetrun.mkdocs_plugin.server import BuiltSite, Server

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
        self._preview: Preview | None = None
        """Of a site that is served."""
        self._server: Server
        """The same."""
        self._nav: Navigation
        self._fences: Fences
        self._source = ("", "")
        """Of the page that MkDocs reads, the path and the text of its file."""
        self._plan: Plan
        self._shown: dict[str, ShownPage] = {}
        """The pages as they are shown, by their paths."""
        self._reported: list[report.ReportedPage] = []
        self._untested = 0
        self._verification: VerificationPage | None = None
        self._began = 0.0
        self._filled: dict[str, str] = {}
        """The HTML of pages with our blocks, by their files below docs_dir."""
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
        if command == "serve":
            from snippetrun.mkdocs_plugin.preview import Preview  # a build must not pay for it
            from snippetrun.mkdocs_plugin.server import Server

            self._server = Server()
            self._preview = Preview(self._server.reload)

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
        self._reported, self._untested = [], 0
        if self._preview:
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

    def on_nav(self, nav: Navigation, /, *, config: MkDocsConfig, files: Files) -> Navigation:  # noqa: ARG002 - MkDocs' signature
        """Keep what a page is made of."""
        self._nav = nav
        return nav

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
            pages = self._fences.readable() if self._preview else self._fences.pages()
        except UsageError as error:
            raise self._unusable(error) from error
        if self.pages_read is not None:
            self.pages_read += pages
            return env
        if self.reads_only:
            raise PagesRead(pages)
        pages = (*pages, *gone(self.site, pages))
        strict = config.strict and not self._preview
        findings = (*self._fences.findings, *chain.from_iterable(page.findings for page in pages))
        _warn("something does not run although it looks so", findings, strict=strict)
        try:
            self._show(pages)
        except SnippetrunError as error:
            raise PluginError(report.diagnostics(error.problems)) from error
        self._reported = [self._shown[page.path].reported for page in self._plan.pages]
        self._untested = sum(not page.under_test for page in self._plan.pages)
        if self._preview:
            self._server.keep(config, files, self._nav, env)
        else:
            stale = chain(*map(report.stale, self._reported))
            _warn("a page is not as it was recorded", stale, strict=strict)
            failed = [report.diagnostic(problem) for page in self._reported for problem in report.failures(page)]
            if failed:
                raise PluginError("\n".join(["a command did not do what its page expects", *failed]))
        for file in files:
            if file.page is not None and file.page.content:
                self._fill(file)
        if self._verification:
            self._verification.write(as_shown(self._plan, self._shown), files, config)
        return env

    def _show(self, pages: Sequence[Page]) -> None:
        """Run pages, or have them run, and know what is shown of them. Raises a SnippetrunError."""
        if self._preview:
            self._preview.build(self.site, pages, self._fences)
            self._plan, self._shown = self._preview.plan, self._preview.shown
        else:
            self._plan = plan(self.site, pages)
            self._shown = shown_pages(self._plan, _run)
            self._fences.marks.show({path: page.blocks for path, page in self._shown.items()})

    def _fill(self, file: File) -> None:
        """Put the blocks into a page."""
        if page := file.page:
            path, content = self._paths.get(file.src_uri, ""), page.content or ""
            page.content = self._preview.content(path, content) if self._preview else self._fences.marks.fill(content)
            self._filled[file.src_uri] = page.content

    def on_post_page(self, output: str, *, page: SitePage, config: MkDocsConfig) -> str:  # noqa: ARG002 - MkDocs' signature
        """Fill what other plugins have copied from page to page, and what runs beside a live preview."""
        if self._preview:
            if page.content != self._filled.get(page.file.src_uri):
                self._server.finished_later.add(page.file.src_uri)
            return self._preview.fill(Path(page.file.abs_dest_path), output)
        return self._fences.marks.fill(output)

    @event_priority(_LATE)  # other plugins may still hand it the builder that it has
    def on_serve(self, server: LiveReloadServer, /, **_: object) -> LiveReloadServer:
        """Watch what pages depend on, beside their files, and show a page that is saved before the site is built."""
        if self._preview:
            self._server.serve(server, self._show_page)
            self._watch(self._preview)
        return server

    def _watch(self, preview: Preview) -> None:
        self._server.watch(image.folder for image in self.site.images if image.folder)
        self._server.watch_files(self.site.recordings, preview.has_new_recording)

    def _show_page(self, built: BuiltSite, page: File) -> bool:
        preview, path = self._preview, self._paths.get(page.src_uri, "")
        if preview is None:
            return False
        with preview.reading(path):
            if not self._fences.forget(path):
                return False
            try:
                built.read(page)
                pages = self._fences.readable()
                self._show((*pages, *gone(self.site, pages)))
                self._fill(page)
                built.write(page)
            except Exception:  # noqa: BLE001 - of any plugin; the build of the whole site comes to it too, and tells
                return False
        return True

    @event_priority(_EARLY)
    def _say(self, *, config: MkDocsConfig) -> None:
        """Say what the build came to, and see what varies in what it has recorded."""
        render.write_assets(Path(config.site_dir), play=self.site.replay_control)
        if self._verification:
            self._verification.write_badge(config)
        log.info(report.summary(self._reported, time.monotonic() - self._began))
        if untested := report.untested(self._untested):
            log.info(untested)
        if not self._preview:
            log.info("Open it: %s", Path(config.site_dir, "index.html").as_uri())
        ran = [page.path for page in self._reported if page.runs]
        if ran and not self._preview:  # a build that replays looks at nothing
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

        if self._preview:
            self._preview.end_build()
            self._watch(self._preview)

    on_post_build = CombinedEvent(_say, _sweep)

    def on_shutdown(self) -> None:
        """End what still runs beside a live preview."""
        if self._preview:
            self._preview.close()

    def _look_again(self, ran: Sequence[str]) -> None:
        """See what varies in what this build has recorded."""
        try:
            with ShownProgress() as progress:
                runner.look_again(self._plan.only(ran), progress)
        except SnippetrunError as error:
            log.warning("what varies is not known: %s", report.diagnostics(error.problems))

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
