"""A site of one page, in a folder, with an engine that is played."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from snippetrun import report, runner
from snippetrun.config import SiteConfig
from snippetrun.extract import files
from snippetrun.model import Job, Page
from snippetrun.plan import plan
from snippetrun.sandbox.fake import Answer, FakeSandbox
from snippetrun.tasks import check, update
from snippetrun.tasks.page_edits import Allow


class Site:
    """A site of one page in a folder of its own, with an engine that knows its answers."""

    def __init__(self, folder: Path) -> None:
        self.config = SiteConfig(folder, folder / "docs", "mkdocs.yml", recordings=folder / "recordings")
        self.page = folder / "docs" / "p.md"
        self.page.parent.mkdir(exist_ok=True)
        self.answers: Mapping[str, Answer] = {}

    @contextmanager
    def sandboxes(self, _site: SiteConfig, _say: object) -> Iterator[runner.OpenSandbox]:
        @contextmanager
        def start(_job: Job) -> Iterator[FakeSandbox]:
            yield FakeSandbox(self.answers)

        yield start

    def write(self, text: str) -> None:
        self.page.write_bytes(text.encode())

    def text(self) -> str:
        return self.page.read_bytes().decode()

    def update(self, *pages: Page, allow: Allow = lambda _: False) -> update.UpdatedPages:
        work = plan(self.config, pages or self._read())
        return update.update(work, runner.Watcher(), self.sandboxes, allow=allow)

    def check(self) -> list[str]:
        results = check.check(plan(self.config, self._read()), runner.Watcher(), self.sandboxes)
        return [f"{p.path}:{p.line} {p.message}" for result in results for p in report.failures(result)]

    def _read(self) -> tuple[Page, ...]:
        return files.read_all(self.config, [self.page])
