"""The files of recordings: found by their page, written whole or not at all, checked when they are read."""

from __future__ import annotations

import dataclasses
import os
from collections import defaultdict, deque
from itertools import chain
from pathlib import Path

from snippetrun.atomic import write
from snippetrun.config import SiteConfig, cache_folder, shown_path
from snippetrun.engine.locks import locked
from snippetrun.errors import Problem, RecordingError
from snippetrun.fingerprint import digest, fingerprints
from snippetrun.model import Job, Page, Recorded, Recording
from snippetrun.store.document import BadDocumentError, Stored, dump, load, place


class Store:
    """The recordings of one site; of a site that keeps none there never are any."""

    def __init__(self, site: SiteConfig) -> None:
        """Do nothing yet: a site that has no recordings has no folder for them either."""
        self._docs, self._folder = site.docs, site.recordings

    def path(self, page: Page) -> Path | None:
        """Return where a page's recording is, or would be; None for a site that keeps none."""
        if self._folder is None:
            return None
        place_of = Path(os.path.relpath(Path.cwd() / page.path, self._docs))
        inside = place_of if ".." not in place_of.parts else Path("outside", digest(page.path)[:12])
        return self._folder / inside.with_name(f"{inside.name}.json")

    def read(self, page: Page) -> Stored | None:
        """Return a page's recording; None if there is none. Raises RecordingError if the file is not as we wrote it."""
        file = self.path(page)
        if file is None:
            return None
        try:
            return load(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(page, file, f"cannot be read: {error}") from error
        except BadDocumentError as error:
            raise _unreadable(page, file, str(error)) from error

    def seconds(self, page: Page) -> float | None:
        """Return how long a page took when it was recorded, whatever it said then; None if nobody knows."""
        last = self._last(page)
        return last.seconds if last else None

    def fresh(self, job: Job) -> Recording | None:
        """Return the recording of a job; None if it has none, or if something has changed since it was made."""
        stored = self.read(job.page)
        return place(job.page, stored.recording) if stored and stored.recording.key == job.key else None

    def usable(self, job: Job) -> Recording | None:
        """Return the same, and None also for a file that is not as we wrote it."""
        try:
            return self.fresh(job)
        except RecordingError:
            return None

    def keep(self, job: Job, recording: Recording) -> Recording:
        """Write a recording, unless the one that is there says the same; return the one that is there now.

        So a run of what has not changed leaves no trace: durations, the date and the digests of what a machine has
        built for itself are no news. A file that cannot be used is replaced.
        """
        file = self.path(job.page)
        if file is None:
            return recording
        with locked(cache_folder() / "recordings" / digest(str(self._folder))[:16]):
            old = self.usable(job)
            if old and _says(old) == _says(recording):
                return old
            text = dump(job.page, _as_long(recording, self._last(job.page)), fingerprints(job.page))
            write(file, text)
        return place(job.page, load(text).recording)  # as any replay will have it

    def _last(self, page: Page) -> Recording | None:
        try:
            stored = self.read(page)
        except RecordingError:
            return None
        return stored.recording if stored else None


def _unreadable(page: Page, file: Path, why: str) -> RecordingError:
    hint = f"Record the page again: snippetrun run {page.path}"
    return RecordingError(Problem(f"this recording {why}", hint, shown_path(file)))


def _says(recording: Recording) -> object:
    """Return what a recording tells its readers about the commands."""
    return [[_told(ran) for ran in snippet] for snippet in recording.snippets], recording.environment.engine


def _told(ran: Recorded) -> Recorded:
    """Return what a command tells, wherever it stands and however long it took."""
    pieces = tuple(dataclasses.replace(piece, line=0) for piece in ran.pieces)
    return dataclasses.replace(ran, line=0, seconds=0.0, pieces=pieces)


def _as_long(recording: Recording, last: Recording | None) -> Recording:
    """Return a recording whose commands took as long as last time where they tell the same: the diff shows the rest."""
    before: defaultdict[Recorded, deque[float]] = defaultdict(deque)
    for ran in chain.from_iterable(last.snippets if last else ()):
        before[_told(ran)].append(ran.seconds)

    def same(ran: Recorded) -> Recorded:
        took = before[_told(ran)]
        return dataclasses.replace(ran, seconds=took.popleft()) if took else ran

    return dataclasses.replace(recording, snippets=tuple(tuple(map(same, snippet)) for snippet in recording.snippets))
