"""Jobs -> recordings: the sandboxes of several pages at a time, and in each the page's commands in order.

- `pool`: the pages of a build, and what is kept of them
- `executor`: where they run, so many at a time; `cluster`, `on_worker`: on a Dask cluster, and imported only then
- `carried`: the site's images on their way to other engines
- `reproduced`: a page that fails, run again; `varied`: what such runs have shown to vary
- `page`: one page, from its first command to its last; imported only where pages run
- `head_start`: a page that waits where its author writes; imported only by a live preview
- `replay`: what recordings tell of pages that do not run; `judge`: a page with the verdicts on it
- `prepare`: the host's engine and the site's images, made ready for both
- `drift`: what came out against what was recorded
- `elsewhere`: pages on the site's other engines, against its first
- `watcher`: who is told how far it has come
"""

from typing import TYPE_CHECKING

from snippetrun.runner.prepare import OpenSandbox, Sandboxes, SharedSandboxes, live_sandboxes
from snippetrun.runner.watcher import Telling, Watcher
from snippetrun.support.lazy import lazily

if TYPE_CHECKING:
    from snippetrun.runner.elsewhere import Elsewhere, OtherEngines, all_as_recorded, as_recorded, recorded_elsewhere
    from snippetrun.runner.judge import before, result, varying
    from snippetrun.runner.pool import Aim, look_again, run
else:
    __getattr__ = lazily(
        __name__,
        {
            "elsewhere": "Elsewhere OtherEngines all_as_recorded as_recorded recorded_elsewhere",
            "judge": "before result varying",
            "pool": "Aim look_again run",
        },
    )

__all__ = [
    "Aim",
    "Elsewhere",
    "OpenSandbox",
    "OtherEngines",
    "Sandboxes",
    "SharedSandboxes",
    "Telling",
    "Watcher",
    "all_as_recorded",
    "as_recorded",
    "before",
    "live_sandboxes",
    "look_again",
    "recorded_elsewhere",
    "result",
    "run",
    "varying",
]
