"""The pages of a site as it shows them: read from files and what these include, or from MkDocs where plugins are."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from snippetrun.config import SiteConfig, shown_path
from snippetrun.errors import Problem, UsageError
from snippetrun.extract import files
from snippetrun.model import Page
from snippetrun.plan import runs
from snippetrun.support.neutralise import plain


class PagesRead(BaseException):
    """A build has read its pages, and nobody needs the rest; nothing on the way is to take it for an error."""

    def __init__(self, pages: tuple[Page, ...] = (), wrong: UsageError | None = None) -> None:
        """Hold the pages, or what is wrong with them."""
        self.pages, self.wrong = pages, wrong


class _Errors(logging.Handler):
    """What MkDocs says of its errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


class SitePages:
    """The pages of a site. MkDocs is asked at most once, when the first page is wanted."""

    def __init__(self, site: SiteConfig) -> None:
        """Read nothing yet."""
        self._site = site

    def read(self, paths: Sequence[Path] = ()) -> tuple[Page, ...]:
        """As `read`."""
        site = self._site
        if not site.makers:
            pages = files.read_all(site, files.find(site, paths))
            return pages if paths else (*pages, *files.gone(site, pages))
        if not paths:
            return (*self._rendered, *files.gone(site, self._rendered))
        asked = [path.resolve() for path in paths]
        shown = [page for page in self._rendered if any(Path(page.path).resolve().is_relative_to(at) for at in asked)]
        # A file that is named, or that is no page of the site's, is what it says.
        names = {page.path for page in self._rendered}
        named = [path for path in paths if shown_path(path) not in names]
        others = [file for file in files.find(site, named) if shown_path(file) not in names] if named else []
        wanted = (file for file in others if file in named or files.is_outside(site, file))
        return (*shown, *files.read_all(site, wanted))

    def page(self, path: Path) -> Page | None:
        """Return the page of a file; None for a file below docs_dir that is no page of the site. Raises as `read`."""
        if self._site.makers and not files.is_outside(self._site, path):
            return next((page for page in self._rendered if Path(page.path).resolve() == path.resolve()), None)
        return self.read([path])[0] if files.is_page(self._site, path) else None

    def without_file(self) -> tuple[Page, ...]:
        """Return the pages of plugins' making that run something and have no file. Raises as `read`."""
        made = self._rendered if self._site.makers else ()
        return tuple(page for page in made if runs(page) and not Path(page.path).is_file())

    @cached_property
    def _rendered(self) -> tuple[Page, ...]:
        forbidden = os.environ.get("SNIPPETRUN_PLUGINS") == "no"
        if self._site.includes is not None:
            from snippetrun.tasks import included  # a site without it has nothing to do with Markdown extensions

            if included.stays_in_the_site(self._site) or not forbidden:
                return included.read_all(self._site)
        if forbidden:
            makers = ", ".join(self._site.makers)
            message = f"MkDocs has to read the pages, because of: {makers}; SNIPPETRUN_PLUGINS=no forbids it"
            hint = "Check this site where its plugins and hooks may run."
            raise UsageError(Problem(message, hint, self._site.path))
        return _rendered(self._site)


def read(site: SiteConfig, paths: Sequence[Path] = ()) -> tuple[Page, ...]:
    """Return the pages among `paths`, folders searched through; without any, all of the site's, and its baseline.

    The baseline is among them if there is something to say of it: see `files.gone`. Raises UsageError for a path that
    is not there, or a site that MkDocs cannot or may not read, and PageError for pages.
    """
    return SitePages(site).read(paths)


def _rendered(site: SiteConfig) -> tuple[Page, ...]:
    """Return the pages that MkDocs has read for a build, which ends before it writes anything."""
    build, load_config = _mkdocs(site)
    log, errors = logging.getLogger("mkdocs"), _Errors()
    log.addHandler(errors)
    hint = f"See what it says of it: mkdocs build. It reads the pages because of: {', '.join(site.makers)}."
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
        try:
            # What is watched for another generator has to be there for MkDocs, such as the first recordings.
            settings = load_config(str(site.files[0]), site_dir=folder, strict=False, watch=[])
            _start_in(site.root, settings)
            plugin: Any = settings.plugins["snippetrun"]
            plugin.reads_only, plugin.pages_read = True, () if "i18n" in site.makers else None
            settings.plugins.on_startup(command="build", dirty=False)
            try:
                build(settings)
            finally:
                settings.plugins.on_shutdown()
            if plugin.pages_read:
                return tuple({page.path: page for page in reversed(plugin.pages_read)}.values())[::-1]
        except PagesRead as read:
            if read.wrong:
                raise read.wrong from None
            return read.pages
        except Exception as error:  # plugins, hooks and extensions raise whatever they like
            why = "; ".join(errors.texts) or f"{type(error).__name__}: {error}"
            raise UsageError(Problem(f"MkDocs cannot read this site: {plain(why)}", hint, site.path)) from error
        finally:
            log.removeHandler(errors)
    raise UsageError(Problem("MkDocs has not asked the plugin for any page", "Is it enabled?", site.path))


def _mkdocs(site: SiteConfig) -> tuple[Any, Any]:
    """Return what builds a site and what loads its configuration, of MkDocs or of ProperDocs, which is the same."""
    try:
        if find_spec("mkdocs") is None:
            import_module("properdocs.replacement")
        from mkdocs.commands.build import build
        from mkdocs.config import load_config
    except ImportError as error:
        message = (
            f"MkDocs or ProperDocs has to read the pages, because of: {', '.join(site.makers)}; neither is installed"
        )
        raise UsageError(Problem(message, "Type: pip install 'snippetrun[mkdocs]'", site.path)) from error
    return build, load_config


def _start_in(root: Path, settings: Any) -> None:  # noqa: ANN401 - MkDocs' own
    """Have extensions find files from below a site's folder as from the folder itself, where MkDocs is started."""
    if not Path.cwd().is_relative_to(root):
        return
    for name in settings.markdown_extensions:
        options = settings.mdx_configs.get(name, {})
        paths = options.get("base_path", ["."] if name == "pymdownx.snippets" else None)
        if paths:
            found = [str(root / path) for path in ([paths] if isinstance(paths, str) else paths)]
            settings.mdx_configs[name] = options | {"base_path": found if isinstance(paths, list) else found[0]}
