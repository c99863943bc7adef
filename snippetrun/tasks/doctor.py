"""Looks at everything that a run stands on, and says what is wrong with it and what would mend it."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from snippetrun.config import SiteConfig
from snippetrun.errors import SnippetrunError
from snippetrun.model import Job, Page
from snippetrun.runner import live_sandboxes
from snippetrun.sandbox.interface import Sandbox, TerminalCommand
from snippetrun.support.units import counted, duration_text, size_text

_FIRST_KERNEL = (5, 11)
"""The first with overlay file systems in a user namespace."""
_BOOTS = 3
_OWN_IDS = "Use Linux 5.19 or newer, with the engine's data on a file system that can show other owners, such as ext4."
_LOOK_INSIDE = "grep ^Seccomp: /proc/self/status; cat /proc/self/attr/apparmor/current 2>&-"
_CGROUP_2 = "Use a host with cgroup version 2 for pages of strangers."


class State(StrEnum):
    """How a finding bears on a run."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: State
    message: str
    fix: str = ""
    """What to type or change; empty when all is well."""


def examine(site: SiteConfig, say: Callable[[str], None]) -> list[Finding]:
    """Return what there is to say, most basic first; the last one starts sandboxes with all of the site's images."""
    findings = [_kernel()]
    findings += _engine(say)
    if all(finding.state is not State.PROBLEM for finding in findings):
        findings += _sandbox(site, say)
    return findings


def _kernel() -> Finding:
    release = platform.release()
    numbers = tuple(int(part) for part in release.split("-")[0].split(".")[:2] if part.isdigit())
    if numbers < _FIRST_KERNEL:
        return Finding("kernel", State.PROBLEM, f"Linux {release}", "Use a host with Linux 5.11 or newer.")
    return Finding("kernel", State.OK, f"Linux {release}")


def _engine(say: Callable[[str], None]) -> list[Finding]:
    from snippetrun.engine import leftovers
    from snippetrun.engine.discover import host_engine

    try:
        with host_engine(say) as engine:
            info = engine.info()
            items = leftovers.find(engine)
    except SnippetrunError as error:
        problem = error.problems[0]
        return [Finding("engine", State.PROBLEM, problem.message, problem.hint)]
    cgroups = f"version {info.get('CgroupVersion', '1')}, {info.get('CgroupDriver')} driver"
    findings = [
        Finding("engine", State.OK, f"Docker Engine {info['ServerVersion']} at {engine.base_url}"),
        Finding("cgroups", State.OK, cgroups)
        if info.get("CgroupVersion") == "2"
        else Finding("cgroups", State.WARNING, f"{cgroups}: with 1, root of a page can stall the kernel", _CGROUP_2),
    ]
    stores = [item for item in items if item.kind == "volume" and item.kept]
    findings.append(
        Finding("store", State.OK, f"{len(stores)} image stores, {sum(item.kind == 'image' for item in items)} images")
    )
    left = [item for item in items if not item.kept and not item.in_use]
    findings.append(
        Finding("leftovers", State.WARNING, f"{len(left)} remains of runs that are gone", "snippetrun clean")
        if left
        else Finding("leftovers", State.OK, "none")
    )
    return findings


def _sandbox(site: SiteConfig, say: Callable[[str], None]) -> list[Finding]:
    images = tuple(image.name for image in site.images)
    job = Job(Page("(doctor)", ()), "", images, site.timeout, site.output_limit, limits=site.limits)
    seconds, isolation, engine = [], list[Finding](), ""
    try:
        with live_sandboxes(site, say) as start:
            for _ in range(_BOOTS):
                with start(job) as sandbox:
                    answer = sandbox.terminal().run(TerminalCommand("docker version", timeout=30))
                    seconds.append(sandbox.boot_seconds + answer.seconds)
                    if answer.status != 0:
                        message = "the engine inside does not answer: " + answer.output
                        return [Finding("sandbox", State.PROBLEM, message, "Please report this.")]
                    engine = sandbox.engine_version
                    isolation = isolation or _isolation(sandbox, site)
    except SnippetrunError as error:
        problem = error.problems[0]
        return [Finding("sandbox", State.PROBLEM, problem.message, problem.hint)]
    median = statistics.median(seconds)
    message = (
        f"first docker command has run after {median:.2f} s (median of {_BOOTS}, {counted(len(job.images), 'image')})"
    )
    own = Finding("pages' engine", State.OK, f"Docker Engine {engine}, of {site.engine}")
    return [own, Finding("sandbox", State.OK, message), *isolation]


def _isolation(sandbox: Sandbox, site: SiteConfig) -> list[Finding]:
    """Return what keeps a page apart, as the engine and a process of the page say that it is."""
    from snippetrun.sandbox.live import LiveSandbox

    if not isinstance(sandbox, LiveSandbox):
        raise TypeError
    host: dict[str, Any] = sandbox.inspect()["HostConfig"]
    own = [f"{path}: {page.network}" for path, page in site.pages.items() if page.network]
    limits = site.limits
    taken = (
        f"{size_text(limits.memory)} of memory, {limits.cpus:g} processors, {limits.processes} processes, "
        f"{size_text(limits.disk)} and {limits.files} files of disk, {duration_text(limits.time)}"
    )
    return [
        *_seen_inside(sandbox.user, sandbox.feed(["sh", "-c", _LOOK_INSIDE]).decode()),
        Finding("capabilities", State.OK, f"none for pages; what starts them has {', '.join(sorted(host['CapAdd']))}"),
        Finding("file systems", State.OK, f"root cannot be written, {len(host['MaskedPaths'])} paths are masked")
        if host["ReadonlyRootfs"] and host["MaskedPaths"]
        else Finding("file systems", State.PROBLEM, "root can be written, or nothing is masked", "Please report this."),
        Finding("devices", State.OK, f"loop devices ({host['DeviceCgroupRules'][0]}), of which a page reaches none"),
        Finding("limits", State.OK, taken),
        Finding("network", State.OK, ", ".join([site.network, *own])),
    ]


def _seen_inside(user: int, answer: str) -> Iterator[Finding]:
    """Tell of who the page is outside, and of what its process says: `Seccomp: 2`, and its AppArmor profile."""
    from snippetrun.sandbox.live import APPARMOR_PROFILE, FIRST_OWN_ID

    seccomp, *profile = answer.splitlines()
    if user >= FIRST_OWN_ID:
        yield Finding("users", State.OK, f"root of a page is user {user} outside, and no other page's")
    else:
        yield Finding(
            "users", State.WARNING, f"root of every page is user {user} outside: they share its keys", _OWN_IDS
        )
    if seccomp.split() == ["Seccomp:", "2"]:
        yield Finding("seccomp", State.OK, "Docker's profile, with add_key, keyctl, pivot_root and request_key")
    else:
        yield Finding("seccomp", State.PROBLEM, "off", "Use an engine that was built with seccomp.")
    match profile:
        case []:
            yield Finding("AppArmor", State.OK, "this host has none")
        case ["snippetrun-sandbox//page (enforce)"]:
            yield Finding("AppArmor", State.OK, "snippetrun-sandbox")
        case _:
            fix = f"On the engine's host: sudo apparmor_parser --replace {APPARMOR_PROFILE}"
            yield Finding("AppArmor", State.WARNING, "its profile for sandboxes is not loaded: no second wall", fix)
