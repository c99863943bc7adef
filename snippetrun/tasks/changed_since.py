"""Which pages are no longer what they were at a revision."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from snippetrun import config
from snippetrun.config import SiteConfig
from snippetrun.errors import ConfigError, PageError, RecordingError
from snippetrun.extract import files
from snippetrun.model import Job, Page
from snippetrun.plan import Plan, plan
from snippetrun.recordings import Store
from snippetrun.support import git
from snippetrun.support.paths import path_from


def since(now: Plan, revision: str) -> frozenset[str]:
    """Return the paths of the pages of a plan that are not what they were at a revision of the site's git checkout.

    That is a page whose text or whose recording differs, a new or renamed one, one whose file was no page of the site
    then, and any whose key does: the key is made of all in the repository that decides what comes out, so a change in
    mkdocs.yml or in an image's folder concerns just the pages that it can have an effect on. What may differ on a page
    and what it may take counts like the key. A recording of another key counts as changed as well: where a new
    version of snippetrun has another sandbox, nothing else tells. What is not committed counts too. Where mkdocs.yml
    inherits from a file that is not in the checkout, nobody knows what it said then, and all pages count.
    Raises UsageError if there is no checkout or no such revision, or if git cannot show the files as they were.
    """
    site, pages = now.site, now.pages
    root = git.checkout(site.root)
    commit = git.since(root, revision)
    store = Store(site)
    settings = [path_from(root, file.resolve()) for file in site.files]
    texts = {page.path: path_from(root, page.path) for page in pages}
    recordings = {page.path: path_from(root, file) for page in pages if (file := store.path(page))}
    images = [path_from(root, image.folder) for image in site.images if image.build]
    named = [path_from(root, site.docs / name) for name in site.pages]
    named += [path_from(root, site.baseline.path)] if site.baseline.path else []
    # A README.md is a page only where there is no such file.
    named += {path_from(root, Path(page.path).with_name("index.md")) for page in pages}
    with git.as_of(root, commit, [*settings, *texts.values(), *recordings.values(), *images, *named]) as before:
        jobs = {job.page.path: job for job in now.jobs}
        rewritten = {path for path, text in texts.items() if _differs(root, before, text)}
        same = {} if site.makers else {page.path: page for page in pages if page.path not in rewritten}
        then = _jobs_before(site, before, settings[0], texts, same)
        return frozenset(
            page.path
            for page in pages
            if page.path in rewritten
            or _differs(root, before, recordings.get(page.path))
            or _decided(jobs.get(page.path)) != _decided(then.get(page.path))
            or not _fits(store, page, jobs.get(page.path))
        )


def _fits(store: Store, page: Page, job: Job | None) -> bool:
    """Tell whether a page's recording, if it has one, is that of its key; there is no job where nothing runs."""
    try:
        recorded = store.key(page)
    except RecordingError:
        return False
    return job is None or recorded is None or recorded == job.key


def _decided(job: Job | None) -> tuple[object, ...]:
    """Return all that decides whether a check of a page passes, beside its text and its recording."""
    return (job.key, job.rules, job.limits) if job else ()


def _jobs_before(
    now: SiteConfig, before: Path, settings: str, texts: Mapping[str, str], same: Mapping[str, Page]
) -> dict[str, Job]:
    """Return the jobs of then by the paths of today; none if the site could not be used, or had an image that is gone.

    The pages that are the `same` are not read once more, unless they have to be read otherwise.
    """
    try:
        then = config.load(before / settings)
        if now.other_engine:
            then = then.on(now.other_engine)
        paths = [path for path, text in texts.items() if _was_page(now, path, then, before / text)]
        site = dataclasses.replace(then, root=now.root, docs=now.docs)  # pages have their names of today
        known = {path: page for path, page in same.items() if page.under_test and site.tests(path)}
        known = known if site.dialect == now.dialect else {}
        read = [known.get(path) or _read(site, path, before / texts[path]) for path in paths]
        return {job.page.path: job for job in plan(site, [page for page in read if page]).jobs}
    except (ConfigError, PageError):
        return {}


def _was_page(now: SiteConfig, path: str, then: SiteConfig, file: Path) -> bool:
    """Tell whether what is a page now was one then, when its file was this one."""
    return files.is_page(then, file) and files.is_outside(then, file) == files.is_outside(now, Path(path))


def _read(site: SiteConfig, path: str, file: Path) -> Page | None:
    try:
        return files.parse(site, path, files.text(file)) if site.tests(path) else None
    except PageError:
        return None


def _differs(root: Path, before: Path, name: str | None) -> bool:
    """Tell whether a file says something else than before; None is one that the site does not have."""
    return name is not None and _text(root / name) != _text(before / name)


def _text(file: Path) -> bytes | None:
    """Return what a file says, whatever its line ends; None if it is not there."""
    try:
        return file.read_bytes().replace(b"\r\n", b"\n")
    except OSError:
        return None
