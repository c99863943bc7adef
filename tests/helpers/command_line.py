"""The command line, started as a user starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PAGE = """# A

```console
$ docker ps
$ docker run x \\
    y
```

```console {skip="needs a GPU"}
$ docker run z
```
"""
"""A page that runs two commands, and shows one more."""


def snippetrun(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `snippetrun` to its end, with nothing in its environment but PATH and what is given."""
    return subprocess.run(
        [Path(sys.executable).with_name("snippetrun"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


def actions(folder: Path, **more: str) -> dict[str, str]:
    """The variables of a job on GitHub Actions, as far as they concern us."""
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(folder),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        **more,
    }
