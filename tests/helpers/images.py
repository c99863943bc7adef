"""images.py [all]: makes the images that quick tests need, or all of this site's, so that no test waits for them."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from snippetrun import config, runner
from snippetrun.config import SiteConfig

REPOSITORY = Path(__file__).parents[2]
_OF_PAGES = {"tomcat:latest", "fluentd:latest"}
"""Images that no test names, and that take long to make."""


def site_of_tests() -> SiteConfig:
    """Return the configuration of this repository's own site, but for images that only its pages need.

    It has a store of its own: to build the site and to test it do not fill one in turn.
    """
    site = config.load(REPOSITORY / "mkdocs.yml")
    images = tuple(image for image in site.images if image.name not in _OF_PAGES)
    return replace(site, root=REPOSITORY / "tests", images=images)


if __name__ == "__main__":
    sites = [site_of_tests()]
    if sys.argv[1:] == ["all"]:
        whole = config.load(REPOSITORY / "mkdocs.yml")
        sites += [whole.on(source.name) for source in whole.engines]
    for site in sites:
        with runner.live_sandboxes(site, partial(print, flush=True)):
            pass
