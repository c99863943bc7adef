"""Pages in the styles that are found in the wild: what runs on each, what is noticed, and what is refused.

The pages are ours. A section `site` holds the options of the site that such a page belongs to, as in mkdocs.yml.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from helpers.golden import Case, cases
from helpers.listing import listing, text_of

from snippetrun.config import Dialect
from snippetrun.config.parse import parse
from snippetrun.errors import PageError
from snippetrun.extract import read

PATH = "p.md"


def dialect(case: Case) -> Dialect:
    options = yaml.safe_load(case["site"] or "{}")
    return parse(options, root=Path(), docs=Path(), files=[Path("mkdocs.yml")], where=lambda _: ("", 0, 0)).dialect


def outcome(case: Case) -> dict[str, str]:
    try:
        page = read(PATH, case["page"], dialect(case))
    except PageError as error:
        return {"errors": text_of(error.problems)}
    findings = {"findings": text_of(page.findings)} if page.findings else {}
    return {"snippets": listing(page) or "none\n", **findings}


@cases("corpus")
def test_a_page_of_the_wild(case: Case) -> None:
    comes_out = {name: text for name, text in case.sections.items() if name not in {"page", "site"}}
    assert outcome(case) == comes_out
