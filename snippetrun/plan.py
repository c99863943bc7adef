"""Pages and configuration -> the work to do, page by page, each with the key of what will come out."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable

from snippetrun import __version__
from snippetrun.config import SiteConfig, image_name
from snippetrun.errors import PageError, Problem
from snippetrun.model import Job, Page


def plan(site: SiteConfig, pages: Iterable[Page]) -> tuple[Job, ...]:
    """Return a job for every page on which something runs, in the order of the pages.

    Raises PageError, with every problem that there is, if a page asks for an image that the site does not list.
    """
    problems: list[Problem] = []
    jobs = []
    for page in pages:
        if not runs(page):
            continue
        problems += _unlisted(site, page)
        listed = tuple(image.name for image in site.images)
        images = listed if page.options.images is None else tuple(map(image_name, page.options.images))
        timeout = page.options.timeout or site.timeout
        match = page.options.match or site.match
        # Where a page's hub and its network will meet: whoever has a stand-in for Docker Hub must never be given the
        # real network as well, or no reader could tell what came from where.
        hub = page.options.hub
        key = _key(site, page, images, timeout, hub=hub)
        jobs.append(Job(page, key, images, timeout, site.output_limit, match, hub))
    if problems:
        raise PageError(*problems)
    return tuple(jobs)


def runs(page: Page) -> bool:
    """Tell whether anything on the page runs."""
    return page.options.skip is None and any(s.commands and s.options.skip is None for s in page.snippets)


def _unlisted(site: SiteConfig, page: Page) -> Iterable[Problem]:
    listed = {image.name for image in site.images}
    for name in page.options.images or ():
        if image_name(name) not in listed:
            hint = f"Add it under images: in {site.path}, or take it out here."
            yield Problem(f"images: the site lists no image {name}", hint, page.path, page.options.line)


def _key(site: SiteConfig, page: Page, images: tuple[str, ...], timeout: float, *, hub: bool) -> str:
    """Hash what decides what comes out; where on the page a snippet stands does not."""
    snippets = [
        {
            "options": dataclasses.asdict(snippet.options),
            "commands": [(command.text, command.status, command.written) for command in snippet.commands],
            "content": snippet.content if snippet.options.file else "",
        }
        for snippet in page.snippets
    ]
    # With a hub the page has its images, and can pull all others.
    sources = [dataclasses.astuple(image)[:5] for image in site.images if hub or image.name in images]
    parts = [__version__, page.path, snippets, sorted(images), sources, hub, timeout, site.output_limit]
    return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()
