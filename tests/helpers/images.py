"""Make the images of this site, on each of its engines, so that no test has to wait for them: make images."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from snippetrun import config, runner

REPOSITORY = Path(__file__).parents[2]

if __name__ == "__main__":
    site = config.load(REPOSITORY / "mkdocs.yml")
    for source in site.engines:
        with runner.live_sandboxes(site.on(source.name), partial(print, flush=True)):
            pass
