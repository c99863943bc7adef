"""`snippetrun doctor`: a look at everything that a run stands on."""

from __future__ import annotations

import dataclasses

from snippetrun import config
from snippetrun.cli.group import JSON, cli, echo, print_json, with_site
from snippetrun.errors import ExitStatus
from snippetrun.report import json_
from snippetrun.tasks.progress import ShownProgress


@cli.command()
@JSON
@with_site
def doctor(site: config.SiteConfig, *, as_json: bool) -> int:
    """Look at the engine, its host, and what isolates pages from them. A problem comes with its fix."""
    from snippetrun.tasks.doctor import State, examine

    with ShownProgress() as progress:
        findings = examine(site, progress.say)
    if as_json:
        rows = [dataclasses.asdict(finding) for finding in findings]
        print_json({"schema": json_.SCHEMA, "command": "doctor", "findings": rows})
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            echo(f"{finding.state.upper():8} {finding.name:{width}}  {finding.message}")
            if finding.fix:
                echo(f"{'':8} {'':{width}}  -> {finding.fix}")
    broken = any(finding.state is State.PROBLEM for finding in findings)
    return ExitStatus.BROKEN if broken else ExitStatus.GOOD
