"""What a replaying build costs: this site from its recordings, against the same Markdown without snippetrun.

Prints medians and their ratio, all measured in one run, the two builds in turn. Run it with `make bench`.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROUNDS = 11
MKDOCS = Path(sys.executable).with_name("mkdocs")
# A site has snippetrun installed as pip does it, compiled; so the first build, which is not counted, compiles ours.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | {
    "NO_MKDOCS_2_WARNING": "1",
    "SNIPPETRUN_MODE": "replay",
}


def build(config: Path, site: str) -> float:
    """Build a site, and return the seconds that it took."""
    began = time.monotonic()
    command: list[str | Path] = [MKDOCS, "build", "--quiet", "--config-file", config, "--site-dir", site]
    subprocess.run(command, check=True, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def main() -> None:
    """Measure, and print a table."""
    settings = yaml.safe_load(Path("mkdocs.yml").read_text())
    [own] = [plugin for plugin in settings["plugins"] if "snippetrun" in plugin]
    with_plugin, without = [], []
    with tempfile.TemporaryDirectory(prefix="snippetrun-") as folder:
        for part in ("docs", "images", "recordings"):
            shutil.copytree(part, Path(folder, part))
        # Other plugins take their time in both, and would hide what ours takes.
        ours, theirs = Path(folder, "mkdocs.yml"), Path(folder, "theirs.yml")
        ours.write_text(yaml.safe_dump(settings | {"plugins": ["search", own]}, sort_keys=False))
        # Without the plugin the Markdown extension of the same site would show its recordings.
        extensions = [entry for entry in settings["markdown_extensions"] if "snippetrun" not in entry]
        off = {"plugins": ["search"], "markdown_extensions": extensions}
        theirs.write_text(yaml.safe_dump(settings | off, sort_keys=False))
        build(ours, f"{folder}/ours")
        for number in range(1, ROUNDS + 1):
            with_plugin.append(build(ours, f"{folder}/ours"))
            without.append(build(theirs, f"{folder}/theirs"))
            sys.stderr.write(
                f"round {number} of {ROUNDS}: replayed {with_plugin[-1]:.2f} s, snippetrun off {without[-1]:.2f} s\n"
            )
    replayed, plain = statistics.median(with_plugin), statistics.median(without)
    print(f"building this site, median of {ROUNDS}")
    print(f"  replayed from recordings  {replayed:6.2f} s")
    print(f"  snippetrun off            {plain:6.2f} s")
    print(f"  ratio                     {replayed / plain:6.2f}")


if __name__ == "__main__":
    main()
