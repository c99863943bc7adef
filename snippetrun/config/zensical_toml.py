"""zensical.toml, as far as it says which text pages have.

[project.markdown_extensions]
pymdownx.snippets.base_path = ["parts"]
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from snippetrun.config.settings import shown_path
from snippetrun.errors import ConfigError, Problem
from snippetrun.support import bounded

NAME = "zensical.toml"
SNIPPETS = "pymdownx.snippets"
"""The Markdown extension that puts files into pages."""


def includes(root: Path) -> dict[str, Any]:
    """Return pymdownx.snippets and its options, if the file of a folder names it. Raises ConfigError for no TOML."""
    path = root / NAME
    if not path.is_file():
        return {}
    import tomllib  # few sites have this file

    try:
        document: Any = tomllib.loads(bounded.read_bytes(path).decode())
        return {SNIPPETS: document["project"]["markdown_extensions"]["pymdownx"]["snippets"]}
    except (LookupError, TypeError):  # it does not
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(Problem(f"is not valid TOML: {error}", "", shown_path(path))) from error
