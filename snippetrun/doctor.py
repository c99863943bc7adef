"""Looks at everything that a run stands on, and says what is wrong with it and what would mend it."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from snippetrun.config import SiteConfig
from snippetrun.errors import SnippetrunError
from snippetrun.model import Job, Page
from snippetrun.runner import live_sandboxes
from snippetrun.sandbox.interface import Order

_FIRST_KERNEL = (5, 11)
"""The first with overlay file systems in a user namespace."""
_BOOTS = 3


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
        findings.append(_sandbox(site, say))
    return findings


def _kernel() -> Finding:
    release = platform.release()
    numbers = tuple(int(part) for part in release.split("-")[0].split(".")[:2] if part.isdigit())
    if numbers < _FIRST_KERNEL:
        return Finding("kernel", State.PROBLEM, f"Linux {release}", "Use a host with Linux 5.11 or newer.")
    return Finding("kernel", State.OK, f"Linux {release}")


def _engine(say: Callable[[str], None]) -> list[Finding]:
    from snippetrun.engine import leftovers
    from snippetrun.engine.find import host_engine

    try:
        with host_engine(say) as engine:
            info = engine.info()
            found = leftovers.find(engine)
    except SnippetrunError as error:
        problem = error.problems[0]
        return [Finding("engine", State.PROBLEM, problem.message, problem.hint)]
    inside = [option for option in info.get("SecurityOptions") or [] if "rootless" in option or "userns" in option]
    findings = [
        Finding("engine", State.OK, f"Docker Engine {info['ServerVersion']} at {engine.base_url}"),
        Finding("cgroups", State.OK, f"version {info.get('CgroupVersion', '1')}, {info.get('CgroupDriver')} driver"),
    ]
    if inside:
        fix = "Set DOCKER_HOST to an engine that runs as root without userns-remap."
        findings.append(Finding("user namespace", State.PROBLEM, "the engine already runs inside one", fix))
    stores = [item for item in found if item.kind == "volume" and item.kept]
    findings.append(
        Finding("store", State.OK, f"{len(stores)} image stores, {sum(item.kind == 'image' for item in found)} images")
    )
    left = [item for item in found if not item.kept and not item.in_use]
    findings.append(
        Finding("leftovers", State.WARNING, f"{len(left)} remains of runs that are gone", "snippetrun clean")
        if left
        else Finding("leftovers", State.OK, "none")
    )
    return findings


def _sandbox(site: SiteConfig, say: Callable[[str], None]) -> Finding:
    page = Page("(doctor)", ())
    job = Job(page, "", tuple(image.name for image in site.images), site.timeout, site.output_limit)
    seconds = []
    try:
        with live_sandboxes(site, say) as start:
            for _ in range(_BOOTS):
                with start(job) as sandbox:
                    answer = sandbox.terminal().run(Order("docker version", timeout=30))
                    seconds.append(sandbox.boot_seconds + answer.seconds)
                    if answer.status != 0:
                        message = "the engine inside does not answer: " + answer.output
                        return Finding("sandbox", State.PROBLEM, message, "Please report this.")
    except SnippetrunError as error:
        problem = error.problems[0]
        return Finding("sandbox", State.PROBLEM, problem.message, problem.hint)
    median = statistics.median(seconds)
    message = f"first docker command has run after {median:.2f} s (median of {_BOOTS}, {len(job.images)} images)"
    return Finding("sandbox", State.OK, message)
