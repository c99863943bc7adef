"""Pages and configuration -> the work to do, page by page, each with the key of what will come out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from snippetrun.config import DEBIAN, SiteConfig, image_name
from snippetrun.errors import PageError, Problem
from snippetrun.model import Job, Match, Mode, Network, Page, Rules
from snippetrun.support import regex
from snippetrun.support.build_context import digest_of
from snippetrun.support.fingerprint import digest, fingerprints

SANDBOX = Path(__file__).with_name("sandbox") / "image"
"""The Dockerfile and the scripts of the sandbox's image."""
SUITE, ENGINE = (Path(__file__).with_name("sandbox") / name for name in ("suite", "engine"))
"""The Dockerfiles that make it of another suite of Debian, and that put another image's engine into it."""
_PROMPT = re.compile(r"[#$>%:?\])] ")
"""What a line has that is typed, as in `/ # echo $((`."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a run's sandboxes are made of, as digests. They are read once for it: the folders of images may be large."""

    sandbox: str
    images: Mapping[str, str]
    """By the name of an image, the digest that the site names, or that of its folder."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do for the pages of a site."""

    site: SiteConfig
    pages: tuple[Page, ...]
    jobs: tuple[Job, ...]
    """One for every page on which something runs, in the order of the pages."""
    sources: Sources

    def only(self, paths: Collection[str]) -> Plan:
        """Return it for some of its pages."""
        pages = tuple(page for page in self.pages if page.path in paths)
        return replace(self, pages=pages, jobs=tuple(job for job in self.jobs if job.page.path in paths))

    def in_mode(self, mode: Mode) -> Plan:
        """Return it for another mode of the site, which decides nothing about what comes out."""
        return replace(self, site=replace(self.site, mode=mode))


def sources_of(site: SiteConfig) -> Sources:
    """Read the folders of a site's images, and the sandbox's own; raise ConfigError for one that is too large."""
    images = {image.name: image.pull or digest_of(image.folder) for image in site.images}
    return Sources(digest_of(SANDBOX), images)


def plan(site: SiteConfig, pages: Sequence[Page], sources: Sources | None = None) -> Plan:
    """Return what there is to do for pages, with the sources that the run has, or with those of now.

    Raises PageError, with every problem that there is, if a page asks for an image that the site does not list or for
    more time than the site gives, or if a line is no regular expression where it has to be one.
    """
    problems: list[Problem] = []
    jobs = []
    sources = sources or sources_of(site)
    engine = _engine(site)
    for page in pages:
        if not runs(page):
            continue
        problems += _unlisted(site, page)
        problems += _two_hubs(site, page)
        problems += [*_too_long(site, page), *_no_patterns(site, page)]
        listed = tuple(image.name for image in site.images)
        images = listed if page.options.images is None else tuple(map(image_name, page.options.images))
        timeout = page.options.timeout or site.timeout
        match = page.options.match or site.match
        hub = page.options.hub
        limits, network = site.page(page.path)
        # All that decides what comes out stands in the repository, so that a machine without an engine comes to the
        # same key. With a hub the page has its images, and can pull all others.
        used = {name: source for name, source in sources.images.items() if hub or name in images}
        commands = [(fingerprint.snippet, fingerprint.commands) for fingerprint in fingerprints(page)]
        key = digest(
            site.name(page.path),
            commands,
            sorted(images),
            used,
            sources.sandbox,
            hub,
            timeout,
            match,
            site.output_limit,
            network,
            *engine,
        )
        jobs.append(Job(page, key, images, timeout, site.output_limit, match, hub, rules(site, page), limits, network))
    if problems:
        raise PageError(*problems)
    return Plan(site, tuple(pages), tuple(jobs), sources)


def rules(site: SiteConfig, page: Page) -> Rules:
    """Return what may differ from run to run of a page, and what must not: the site's rules, then its own."""
    return Rules((*site.varies, *page.options.varies), (*site.same, *page.options.same))


def _engine(site: SiteConfig) -> list[str]:
    """Return what decides about the site's engine, beside the sandbox's own Dockerfile."""
    if site.engine.image:
        return [site.engine.image, digest_of(ENGINE)]
    return [] if site.engine.debian == DEBIAN else [site.engine.debian, digest_of(SUITE)]


def runs(page: Page) -> bool:
    """Tell whether anything on the page runs."""
    return page.options.skip is None and any(s.commands and s.options.skip is None for s in page.snippets)


def _two_hubs(site: SiteConfig, page: Page) -> Iterable[Problem]:
    """Complain of a page with a stand-in for Docker Hub and the real one: no reader could tell what came from where."""
    if page.options.hub and site.page(page.path)[1] is Network.INTERNET:
        hint = f"Take hub: out here, or network: internet out of {site.path}."
        yield Problem("hub: the page reaches the real Docker Hub", hint, page.path, page.options.line)


def _unlisted(site: SiteConfig, page: Page) -> Iterable[Problem]:
    listed = {image.name for image in site.images}
    for name in page.options.images or ():
        if image_name(name) not in listed:
            hint = f"Add it under images: in {site.path}, or take it out here."
            yield Problem(f"images: the site lists no image {name}", hint, page.path, page.options.line)


def _too_long(site: SiteConfig, page: Page) -> Iterable[Problem]:
    most = max(site.timeout, site.max_timeout)
    asked = [("timeout", page.options.timeout, page.options.line)]
    for snippet in page.snippets:
        options = snippet.options
        asked += [("timeout", options.timeout, snippet.line), ("retry", options.retry, snippet.line)]
    for key, seconds, line in asked:
        if seconds is not None and seconds > most:
            hint = f"Write less, or set max_timeout: in {site.path}."
            yield Problem(f"{key}: {seconds:g} s, and the site allows {most:g} s", hint, page.path, line)


def _no_patterns(site: SiteConfig, page: Page) -> Iterable[Problem]:
    """Find written lines that have to be regular expressions and are none; what is typed need not be one."""
    for snippet in page.snippets:
        if (snippet.options.match or page.options.match or site.match) is not Match.REGEX:
            continue
        for command in snippet.commands:
            for number, line in enumerate(command.written, command.end_line + 1):
                try:
                    regex.compile(line.rstrip())
                except regex.PatternError as error:
                    if not _PROMPT.search(line):
                        message = f"this line is no regular expression: {error}"
                        yield Problem(message, regex.SYNTAX, page.path, number)
