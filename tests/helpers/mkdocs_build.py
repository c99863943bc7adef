"""A site that the real `mkdocs` command builds, and what its pages show."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

MKDOCS = Path(sys.executable).with_name("mkdocs")
FAILING = """# Bad

```console
$ docker run --rm busybox true
$ docker run --rm busybox sh -c 'echo last words; exit 4'
$ docker ps
```
"""
"""A page on which the second command fails."""


@dataclass(frozen=True)
class Built:
    """An ended `mkdocs build`."""

    pid: int
    returncode: int
    output: str


def build(*options: str, **environment: str) -> Built:
    """Build the site of the current folder, strictly unless options say otherwise."""
    running = subprocess.Popen(
        [MKDOCS, "build", *(options or ["--strict"])],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"} | environment,
    )
    output, _ = running.communicate()
    return Built(running.pid, running.returncode, output)


class Blocks(HTMLParser):
    """The text of every element of a class, with the elements that it stands in."""

    def __init__(self, css_class: str) -> None:
        super().__init__()
        self.css_class, self.open = css_class, [""]
        self.texts: list[str] = []
        self.inside: list[list[str]] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if tag not in ("br", "img", "input", "meta", "link", "hr"):
            self.open.append(tag)
        if self.css_class in classes:
            self.texts.append("")
            self.inside.append([*self.open])
            self.depth = len(self.open)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass
        if len(self.open) < self.depth:
            self.depth = 0

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.texts[-1] += data


def blocks(page: Path, css_class: str = "snippetrun") -> Blocks:
    """The elements of a class on a built page."""
    parser = Blocks(css_class)
    parser.feed(page.read_text())
    return parser
