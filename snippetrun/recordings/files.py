"""The files of recordings: found by their page, written whole or not at all, checked when they are read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from shlex import quote
from typing import TypeVar

from snippetrun.config import ImageSource, SiteConfig, cache_folder, shown_path
from snippetrun.errors import Problem, RecordingError
from snippetrun.model import ENDINGS, ImageFact, Job, Page, Recording
from snippetrun.recordings.document import StoredRecording, dump, load, load_key, locate
from snippetrun.recordings.format import BadDocumentError
from snippetrun.support import bounded
from snippetrun.support.atomic import write
from snippetrun.support.fingerprint import Fingerprint, digest, fingerprints

_Read = TypeVar("_Read")
_AT_ENGINE = "@"
"""Between a page and another engine than the site's first, as in ports.md@next.json: no page's name ends like that."""
_BASE = re.compile(r"[\w .,:/@-]{1,200}", re.ASCII)
"""E.g. debian:trixie-slim, or Debian trixie, made by mmdebstrap."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the file of a recording says to a job."""

    stored: StoredRecording | None
    """As it was read, whatever it says; None if there is none, or if it is not as we wrote it."""
    fresh: Recording | None = None
    """As it is shown; None if it cannot be used, or if something has changed since it was made."""
    error: RecordingError | None = None
    """Why it cannot be used: it is not as we wrote it, or does not say what its page and its site say."""
    first: StoredRecording | None = None
    """On another engine than the site's first: what was recorded on that one, whatever it says."""

    @property
    def last(self) -> Recording | None:
        """The recording that the page may have been pasted from, whatever the page said then."""
        source = self.first or self.stored
        return source.recording if source else None


class Store:
    """The recordings of one site on one of its engines; of a site that keeps none there never are any."""

    def __init__(self, site: SiteConfig) -> None:
        """Do nothing yet: a site that has no recordings has no folder for them either."""
        self._site, self._folder, self._images = site, site.recordings, site.images
        self._first = Store(site.on(site.engines[0].name)) if site.other_engine else None

    def path(self, page: Page) -> Path | None:
        """Return where a page's recording is, or would be; None for a site that keeps none."""
        if self._folder is None:
            return None
        name = Path(self._site.name_in_docs(page.path))
        inside = name if ".." not in name.parts else Path("outside", digest(self._site.name(page.path))[:12])
        engine = f"{_AT_ENGINE}{self._site.other_engine}" if self._site.other_engine else ""
        return self._folder / inside.with_name(f"{inside.name}{engine}.json")

    def data(self, page: Page) -> bytes:
        """Return what the file of a page's recording has in it, whatever that is; nothing if it cannot be read."""
        file = self.path(page)
        try:
            return bounded.read_bytes(file) if file and not self._leads_out(file) else b""
        except OSError:
            return b""

    def read(self, page: Page) -> StoredRecording | None:
        """Return a page's recording; None if there is none. Raises RecordingError if the file is not as we wrote it."""
        return self._read(page, load)

    def key(self, page: Page) -> str | None:
        """Return the key of a page's recording, of which no more is read: that is quicker. As `read` for the rest."""
        return self._read(page, load_key)

    def _read(self, page: Page, how: Callable[[str], _Read]) -> _Read | None:
        file = self.path(page)
        if file is None:
            return None
        try:
            if self._leads_out(file):
                raise self._unreadable(page, "is a link that leads out of the recordings")
            return how(bounded.read_bytes(file).decode())
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(page, f"cannot be read: {error}") from error
        except BadDocumentError as error:
            raise self._unreadable(page, str(error)) from error

    def seconds(self, page: Page) -> float | None:
        """Return how long a page took when it was recorded, whatever it said then; None if nobody knows.

        It is the same on each of a site's engines, so that all of them share the pages out alike.
        """
        stored = (self._first or self).readable(page)
        return stored.recording.seconds if stored else None

    def look(self, job: Job) -> Reading:
        """Return what there is for a job; each file is read once.

        On another engine than the site's first, what was recorded there counts until the page has its own.
        """
        own = self.own(job)
        if self._first is None:
            return own
        first = self._first.readable(job.page)
        counts = own.stored if own.fresh or own.error else first or own.stored
        return replace(own, stored=counts, first=first)

    def own(self, job: Job) -> Reading:
        """Return what there is for a job on this engine, and nothing of the first; the file is read once."""
        stored = None
        try:
            stored = self.read(job.page)
            return Reading(stored, self._fresh(job, stored))
        except RecordingError as error:
            return Reading(stored, error=error)

    def look_all(self, jobs: Iterable[Job]) -> dict[str, Reading]:
        """Return what there is for several jobs, by their pages."""
        return {job.page.path: self.look(job) for job in jobs}

    def _fresh(self, job: Job, stored: StoredRecording | None) -> Recording | None:
        """Return a recording as it is shown; None if there is none, or if something has changed since it was made.

        Raises RecordingError if it does not say what its page and its site say: then somebody made it by hand.
        """
        if stored is None or stored.recording.key != job.key:
            return None
        shown = self.shown(job, stored)
        if wrong := self._disagreement(job, stored, shown):
            raise self._unreadable(job.page, wrong)
        return shown

    def shown(self, job: Job, stored: StoredRecording, only: tuple[int, int] | None = None) -> Recording:
        """Return a recording as it is shown: with the commands that the page has, and the images that the site has.

        `only` so many snippets of it, and so many commands of the next; all if nothing is said.
        """
        from snippetrun.recordings.retype import retyped  # a build that shows what it has kept must not pay for it

        recording = locate(job.page, stored.recording, only)
        facts = {image.name: image for image in self._images}
        images = tuple(
            replace(image, stand_in=facts[image.name].stand_in)
            for image in recording.environment.images
            if image.name in facts and _is_of(image, facts[image.name])
        )
        return replace(
            recording,
            environment=replace(recording.environment, images=images),
            snippets=retyped(job.page, recording.snippets, job.match),
        )

    def _disagreement(self, job: Job, stored: StoredRecording, shown: Recording) -> str:
        """Return what a recording says that its page does not; "" if it fits."""
        located, page = locate(job.page, stored.recording), job.page
        skipped = [snippet.options.skip is not None for snippet in page.snippets]
        marks = [
            Fingerprint(m.snippet, () if s else m.commands) for m, s in zip(fingerprints(page), skipped, strict=True)
        ]
        if list(stored.fingerprints) != marks:
            return f"does not have the commands of {page.path}"
        for result, own in zip(chain(*located.snippets), chain(*shown.snippets), strict=True):
            if result != own:
                return f"does not say what {page.path} types in line {own.line}"
        here = [image.name for image in self._images if job.hub or image.name in job.images]
        environment = stored.recording.environment
        if environment.network != job.network:
            return "does not have the network of its page"
        if environment.hub != job.hub or not [image.name for image in shown.environment.images] == here == [
            image.name for image in environment.images
        ]:
            return "does not have the images of the site"
        return ""

    def keep(self, job: Job, recording: Recording, *, news: bool) -> Recording:
        """Write a recording, unless the one that is there can be used and says the same; return the one that is there.

        `news` is whether it differs from that one. So a run that says nothing new leaves no trace. A file that cannot
        be used is replaced, and so is one that does not know when its output came.
        """
        file = self.path(job.page)
        if file is None:
            return recording
        if self._leads_out(file.parent):
            message = "its recording would be behind a link that leads out of the recordings"
            raise RecordingError(Problem(message, f"Remove that link: {os.path.relpath(file.parent)}", job.page.path))
        with self._locked():
            old = self.own(job).fresh  # whoever runs it too may just have written it
            known = old and not news and (old.timed or not recording.timed)
            if old and known and old.environment.engine == recording.environment.engine:
                return old
            return self._write(file, job.page, recording)

    def add(self, job: Job, run: Recording) -> None:
        """Add to a recording what one more run has printed; it stays as it is if it is no longer that of the job."""
        file = self.path(job.page)
        if file is None:
            return
        with self._locked():
            old = self.own(job).fresh
            if old is None:
                return
            self._write(file, job.page, joined(old, run))

    def readable(self, page: Page) -> StoredRecording | None:
        """Return a page's recording, whatever it says; None if there is none, or if it is not as we wrote it."""
        try:
            return self.read(page)
        except RecordingError:
            return None

    def _unreadable(self, page: Page, why: str) -> RecordingError:
        hint = f"Record the page again: snippetrun run {self._site.engine_option}{quote(page.path)}"
        file = self.path(page)
        return RecordingError(Problem(f"this recording {why}", hint, shown_path(file) if file else page.path))

    def _leads_out(self, path: Path) -> bool:
        real = Path(os.path.realpath(path))  # raises nothing where a link leads to itself
        return self._folder is not None and not real.is_relative_to(os.path.realpath(self._folder))

    def _locked(self) -> AbstractContextManager[object]:
        from filelock import FileLock  # a build that replays must not pay for it

        lock = cache_folder() / "recordings" / digest(str(self._folder))[:16]
        lock.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(lock)

    def _write(self, file: Path, page: Page, recording: Recording) -> Recording:
        recording = replace(recording, page=self._site.name(page.path))
        text = dump(page, recording, fingerprints(page))
        write(file, text)
        return locate(page, load(text).recording)  # as any replay will have it


def page_and_engine(name: Path) -> tuple[Path, str]:
    """Return a recording's file as it is called on the first engine, and its own engine: next, of a.md@next.json."""
    page, at, engine = name.stem.rpartition(_AT_ENGINE)
    return (name.with_stem(page), engine) if at and not name.stem.endswith(ENDINGS) else (name, "")


def joined(recording: Recording, run: Recording) -> Recording:
    """Return a recording with what one more run of all its commands has printed."""
    snippets = tuple(
        tuple(
            result if result.output == more.output else replace(result, others=(*result.others, more.output))
            for result, more in zip(*both, strict=True)
        )
        for both in zip(recording.snippets, run.snippets, strict=True)
    )
    return replace(recording, snippets=snippets, runs=recording.runs + 1)


def _is_of(image: ImageFact, source: ImageSource) -> bool:
    """Whether an image comes from where the site says; of a Dockerfile a recording tells also what it began with."""
    if source.pull:
        return image.origin == source.pull
    base = image.origin.removeprefix(f"{source.build}/Dockerfile on ")
    return base != image.origin and bool(_BASE.fullmatch(base))
