"""How long to wait for what should be quick: more on a slow host, which SNIPPETRUN_PATIENCE says.

It stretches the bounds within which an engine has to answer, start or remove something. The times that a page may take
are its own: see `timeout` in the site's configuration.
"""

from __future__ import annotations

import math
import os

from snippetrun.errors import Problem, UsageError

VARIABLE = "SNIPPETRUN_PATIENCE"


def seconds(usual: float) -> float:
    """Return a bound in seconds for this host; raise UsageError if the variable is no number above 0."""
    text = os.environ.get(VARIABLE) or "1"
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor < math.inf:
        raise UsageError(
            Problem(f"{VARIABLE} is {text!r}", f"Set it to a number such as 3, or unset it: unset {VARIABLE}")
        )
    return usual * factor
