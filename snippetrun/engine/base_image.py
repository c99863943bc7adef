"""The Debian that every image of ours starts from: pulled where a registry answers, else made on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from snippetrun.engine.client import HostEngine
from snippetrun.engine.labels import IMAGE, ORIGIN, labels
from snippetrun.errors import ImageError, Problem

REFERENCE = "debian:trixie-slim"
_SUITE = "trixie"
_MADE_HERE = f"snippetrun/base:{_SUITE}"
# What the -slim images leave out as well: nobody reads manuals in a container.
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*/LC_MESSAGES/*")
# As in the official images: installing a package starts no service, and leaves no archives behind.
_HOOK = """
printf '#!/bin/sh\\nexit 101\\n' > "$1/usr/sbin/policy-rc.d"
chmod 0755 "$1/usr/sbin/policy-rc.d"
printf 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };\\n' \\
  > "$1/etc/apt/apt.conf.d/docker-clean"
"""
# It ends with us, however we end, and with it all that it has started and mounted.
_ALONE = ["setpriv", "--pdeathsig", "KILL"]
if os.geteuid() == 0:  # else it makes such namespaces for itself
    _ALONE += ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


@dataclass(frozen=True, slots=True)
class Base:
    """The image that Dockerfiles get as the build argument BASE."""

    name: str
    id: str
    """`sha256:...`, which stands in the content key of whatever is built on it."""
    origin: str
    """In a reader's words."""


def base(engine: HostEngine, say: Callable[[str], None]) -> Base:
    """Return the base, fetched or made if the engine has not got it yet.

    `say` is told what goes on, a line each. Raises ImageError if neither way is open.
    """
    for name in (REFERENCE, _MADE_HERE):
        image = engine.image(name)
        if image:
            made = (image["Config"].get("Labels") or {}).get(ORIGIN)
            return Base(name, image["Id"], made or REFERENCE)
    try:
        say(f"pulling {REFERENCE}")
        engine.pull(REFERENCE)
    except ImageError as refusal:
        say(f"no registry answers: making Debian {_SUITE} with mmdebstrap (half a minute)")
        _make(engine, refusal)
    return base(engine, say)


def _make(engine: HostEngine, refusal: ImageError) -> None:
    reason = refusal.problems[0].message
    if shutil.which("mmdebstrap") is None:
        raise ImageError(Problem(reason, "Without a registry, mmdebstrap can make it: sudo apt-get install mmdebstrap"))
    with tempfile.TemporaryDirectory(prefix="snippetrun-", dir=engine.scratch, ignore_cleanup_errors=True) as folder:
        archive = Path(folder) / "base.tar"
        command = [*_ALONE, "mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates"]
        command.append(f"--customize-hook={_HOOK}")
        command += [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
        made = subprocess.run(
            [*command, _SUITE, str(archive)],
            capture_output=True,
            text=True,
            check=False,
            # The same packages give the same bytes.
            env=os.environ | {"SOURCE_DATE_EPOCH": "0", "TMPDIR": folder},
        )
        if made.returncode:
            raise ImageError(Problem(f"{reason}; mmdebstrap failed too", made.stderr.strip()[-1000:]))
        origin = f"Debian {_SUITE}, made by mmdebstrap"
        engine.import_rootfs(str(archive), tag=_MADE_HERE, labels=labels(IMAGE, origin=origin))
