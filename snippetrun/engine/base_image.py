"""The Debian that images start from: pulled where a registry answers, else made on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from snippetrun.engine.client import HostEngine
from snippetrun.engine.labels import IMAGE, ORIGIN, REPOSITORY, labels
from snippetrun.errors import ImageError, Problem

# What the -slim images leave out as well: nobody reads manuals in a container.
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*/LC_MESSAGES/*")
# As in the official images: installing a package starts no service, and leaves no archives behind.
_HOOK = """
printf '#!/bin/sh\\nexit 101\\n' > "$1/usr/sbin/policy-rc.d"
chmod 0755 "$1/usr/sbin/policy-rc.d"
printf 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };\\n' \\
  > "$1/etc/apt/apt.conf.d/docker-clean"
"""
# E: Release file for .../dists/forky/InRelease is expired (invalid since 21d 10h 8min 30s). Updates for ...
_EXPIRED = re.compile(r"^E: Release file for .* is expired", re.MULTILINE)
_TAKE_EXPIRED = '--aptopt=Acquire::Check-Valid-Until "false"'
"""It holds in the image as well, where packages are installed from the same files."""
# It ends with us, however we end, and with it all that it has started and mounted.
_ALONE = ["setpriv", "--pdeathsig", "KILL"]
if os.geteuid() == 0:  # else it makes such namespaces for itself
    _ALONE += ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


@dataclass(frozen=True, slots=True)
class Base:
    """An image that Dockerfiles get as a build argument, such as BASE."""

    name: str
    id: str
    """`sha256:...`, which stands in the content key of whatever is built on it."""
    origin: str
    """In a reader's words."""


def base(engine: HostEngine, suite: str, say: Callable[[str], None]) -> Base:
    """Return the base that is a suite of Debian, fetched or made if the engine has not got it yet.

    `say` is told what goes on, a line each. Raises ImageError if neither way is open.
    """
    reference, made_here = f"debian:{suite}-slim", f"{REPOSITORY}/base:{suite}"
    if found := _found(engine, reference, made_here):
        return found
    try:
        say(f"pulling {reference}")
        engine.pull(reference)
    except ImageError as refusal:
        say(f"no registry answers: making Debian {suite} with mmdebstrap (half a minute)")
        _make(engine, suite, made_here, refusal, say)
    if found := _found(engine, reference, made_here):
        return found
    raise ImageError(Problem(f"the engine has taken {made_here} in, and does not know it by that name"))


def _found(engine: HostEngine, reference: str, made_here: str) -> Base | None:
    for name in (reference, made_here):
        if image := engine.image(name):
            made = (image["Config"].get("Labels") or {}).get(ORIGIN)
            return Base(name, image["Id"], made or reference)
    return None


def _make(engine: HostEngine, suite: str, tag: str, refusal: ImageError, say: Callable[[str], None]) -> None:
    reason = refusal.problems[0].message
    if shutil.which("mmdebstrap") is None:
        raise ImageError(Problem(reason, "Without a registry, mmdebstrap can make it: sudo apt-get install mmdebstrap"))
    with tempfile.TemporaryDirectory(prefix="snippetrun-", dir=engine.scratch, ignore_cleanup_errors=True) as folder:
        archive = Path(folder) / "base.tar"
        why = _mmdebstrap(suite, archive)
        if _EXPIRED.search(why):
            say(f"the Release file of Debian {suite} is past its date: taking it all the same")
            why = _mmdebstrap(suite, archive, _TAKE_EXPIRED)
        if why:
            raise ImageError(Problem(f"{reason}; mmdebstrap failed too", why[-1000:]))
        origin = f"Debian {suite}, made by mmdebstrap"
        engine.import_rootfs(str(archive), tag=tag, labels=labels(IMAGE, origin=origin))


def _mmdebstrap(suite: str, archive: Path, *options: str) -> str:
    """Make a suite's root file system; return why that failed, or ""."""
    command = [*_ALONE, "mmdebstrap", "--variant=minbase", "--include=ca-certificates", *options]
    command.append(f"--customize-hook={_HOOK}")
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT]
    made = subprocess.run(
        [*command, suite, str(archive)],
        capture_output=True,
        text=True,
        check=False,
        # The same packages give the same bytes.
        env=os.environ | {"SOURCE_DATE_EPOCH": "0", "TMPDIR": str(archive.parent)},
    )
    return "" if made.returncode == 0 else _faults(made.stderr)


def _faults(log: str) -> str:
    """Return what is wrong, of all that apt and mmdebstrap say: lines such as `E: ...`, else the last ones."""
    lines = log.strip().splitlines()
    return "\n".join([line for line in lines if line.startswith("E: ")] or lines[-5:])
