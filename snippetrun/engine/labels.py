"""The labels and names by which leftovers of ours can be told from what is other people's."""

from __future__ import annotations

from snippetrun.support.version import __version__

REPOSITORY = "snippetrun"
"""What the names of our images begin with; a label in an image would be seen by readers of `docker history`."""
PREFIX = "io.snippetrun"
OURS = f"{PREFIX}.version"
"""Stands on everything of ours; its value is the version that made it."""
SESSION = f"{PREFIX}.session"
"""The run that made it, by the mark of its session; the engine's connection adds it."""
PAGE = f"{PREFIX}.page"
"""The page that a sandbox is for."""
SITE = f"{PREFIX}.site"
"""The folder of the site that a store was filled for."""
KIND = f"{PREFIX}.kind"
"""What it is: one of the constants below."""
KEY = f"{PREFIX}.key"
"""What an image or a store was made from: hex SHA-256."""
ORIGIN = f"{PREFIX}.origin"
"""Where an image came from, in a reader's words."""

SANDBOX = "sandbox"
IMAGE = "image"
STORE = "store"


def labels(kind: str, **more: str) -> dict[str, str]:
    """Return the labels of something of this kind; `page`, `site`, `key`, `origin` may be added by name."""
    names = {"page": PAGE, "site": SITE, "key": KEY, "origin": ORIGIN}
    return {OURS: __version__, KIND: kind} | {names[k]: v for k, v in more.items()}
