"""images.py [ENGINE...]: makes the images of this site, so that no test waits for them; on all engines, or some."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from snippetrun import config, runner

REPOSITORY = Path(__file__).parents[2]

if __name__ == "__main__":
    site = config.load(REPOSITORY / "mkdocs.yml")
    for name in sys.argv[1:] or [source.name for source in site.engines]:
        with runner.live_sandboxes(site.on(name), partial(print, flush=True)):
            pass
