"""The page of a build that tells what became of all others, and its badge."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

from snippetrun.markdown_extension.marks import Marks
from snippetrun.report import Report, verification

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files


class VerificationPage:
    """A page that is there from the start, for links and the navigation, and written once all others have run."""

    def __init__(self, name: str, files: Files, config: MkDocsConfig) -> None:
        """Add it to the files of a site by its path below docs_dir, in place of one that is there."""
        if known := files.get_file_from_path(name):
            files.remove(known)
        self._file = File.generated(config, name, content=verification.HEAD)
        self._badge = ""
        files.append(self._file)

    def write(self, report: Report, files: Files, config: MkDocsConfig) -> None:
        """Write it, with links as MkDocs knows them."""
        page = self._file.page
        if page is None:  # the site excludes it
            return
        folder, marks, parts = Path(config.docs_dir, self._file.src_uri).parent, Marks(), list[str]()

        def put(part: str) -> str:
            parts.append(part)
            return marks.html(marks.add(self._file.src_uri, len(parts) - 1))

        self._file.content_string = verification.text(report, str(folder), put)
        page.read_source(config)
        page.render(config, files)
        marks.show({self._file.src_uri: parts})
        page.content = marks.fill(page.content or "")
        self._badge = verification.picture(report)

    def write_badge(self, config: MkDocsConfig) -> None:
        """Write the badge beside the page: `verification.svg`, wherever `verification.html` or its folder is."""
        if self._badge:
            file = Path(config.site_dir, PurePosixPath(self._file.src_uri).with_suffix(".svg"))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self._badge, encoding="utf-8")
