"""What hatchling asks when it builds the package: the README as a registry's page shows it.

A registry has none of the repository's files. So links lead to the repository that the checkout came from, if that is
on the web; else they are text, and pictures are left out.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

# [The threat model](docs/reference/threat-model.md), ![A snippet](docs/assets/snippet.png)\n
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)]+)\)(\n\n)?", re.DOTALL)


class ReadmeHook(MetadataHookInterface):
    """Gives the package its README."""

    def update(self, metadata: dict[str, Any]) -> None:
        """As hatchling has it."""
        root = Path(self.root)
        text = for_registry((root / "README.md").read_text(encoding="utf-8"), _repository(root))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def for_registry(text: str, repository: str) -> str:
    """Return a README without links to files beside it; `repository` is the address of the repository, or empty."""

    def link(match: re.Match[str]) -> str:
        mark, words, path, gap = match.groups(default="")
        if not repository:
            return "" if mark else f"{words}{gap}"
        return f"{mark}[{words}]({repository}/{'raw' if mark else 'blob'}/HEAD/{path}){gap}"

    return _LINK.sub(link, text)


def _repository(root: Path) -> str:
    """Return the address of the page that the checkout's repository has on the web; empty if it has none."""
    try:
        command = ["git", "-C", str(root), "remote", "get-url", "origin"]
        address = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
    # git@forge.example:docs/snippetrun.git, https://forge.example/docs/snippetrun
    web = re.fullmatch(r"(?:git@([\w.-]+):|https://(?:[^@/]*@)?([\w.-]+)/)([\w./-]+?)(?:\.git)?/?", address)
    return f"https://{web[1] or web[2]}/{web[3]}" if web else ""
