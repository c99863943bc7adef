"""What the command line makes of a report, on the real engine: nothing that a page prints steers who reads it."""

from __future__ import annotations

import json
import os
from xml.etree import ElementTree as ET

import pytest
from conftest import ONE_RUN, MakeSite
from helpers.command_line import actions, snippetrun

pytestmark = pytest.mark.engine


@pytest.mark.usefixtures("engine")
def test_what_a_page_prints_is_inert_in_the_log_and_in_every_report(make_site: MakeSite) -> None:
    typed = [
        "docker ps",
        "printf '::error::%s\\n  ::set-output name=a::b\\n##[error]x\\n' y",
        "printf '\\033]0;title\\007::add-mask::a\\n</failure>\\n```\\n'; false",
    ]
    fence = "\n".join(f"$ {command}" for command in typed)
    folder = make_site({"a.md": f"```console\n{fence}\n```\n"}, ONE_RUN)
    files = {form: folder / f"report.{form}" for form in ("junit", "json", "markdown")}
    asked = [f"--report={form}={file}" for form, file in files.items()]
    ran = snippetrun("run", *asked, **os.environ | actions(folder))
    assert ran.returncode == 1, ran.stderr
    lines = (ran.stdout + ran.stderr).split("\n")
    assert {"       : :error::y", "         : :set-output name=a::b", "       : :add-mask::a"} <= set(lines)
    [annotation] = [line for line in lines if line.lstrip().startswith("::")]
    assert annotation.startswith("::error title=exit status 1%2C expected 0,file=docs/a.md,line=4::$ printf")
    assert "##[" not in ran.stdout
    assert not set(ran.stdout + ran.stderr) & {"\x1b", "\x07"}
    [_, shown, last] = [case.findtext("system-out", "") for case in ET.parse(files["junit"]).getroot().iter("testcase")]
    assert shown == ": :error::y\n  : :set-output name=a::b\n# #[error]x\n"
    assert "</failure>\n```" in last
    assert json.loads(files["json"].read_text())["summary"]["failed"] == 1
    assert "\n````text\n" in files["markdown"].read_text()
    assert files["markdown"].read_text() == (folder / "summary.md").read_text()
