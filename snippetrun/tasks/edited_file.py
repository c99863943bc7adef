"""A file as it is, and as it is to be: shown before it is written."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from snippetrun.config import SiteConfig, baseline, shown_path
from snippetrun.extract import files
from snippetrun.extract.lines import normalised
from snippetrun.support import atomic


@dataclass(frozen=True, slots=True)
class EditedFile:
    """A file and its new text."""

    path: Path
    before: str | None
    """None for one that is not there."""
    after: str

    @property
    def diff(self) -> str:
        """The change in the form of a unified diff."""
        name = shown_path(self.path)
        old = [] if self.before is None else normalised(self.before)
        names = "/dev/null" if self.before is None else name, name
        return "\n".join(difflib.unified_diff(old, normalised(self.after), *names, lineterm=""))

    def write(self) -> None:
        """Write the new text; raise FileError if that cannot be done."""
        atomic.write(self.path, self.after)

    def undo(self) -> None:
        """Put the file back as it was."""
        if self.before is None:
            self.path.unlink(missing_ok=True)
        else:
            atomic.write(self.path, self.before)


@contextmanager
def written(edits: Iterable[EditedFile]) -> Iterator[None]:
    """Write files, and put all of them back if one cannot be written, or if what is done with them fails."""
    with ExitStack() as undone:
        for edit in edits:
            edit.write()
            undone.callback(edit.undo)
        yield
        undone.pop_all()


def baseline_of(site: SiteConfig, names: Iterable[str]) -> EditedFile:
    """Return the site's baseline with just these pages."""
    assert site.baseline.path  # noqa: S101 - whoever asks has one
    old = files.text(site.baseline.path) if site.baseline.path.is_file() else None
    return EditedFile(site.baseline.path, old, baseline.text(old or "", names))
