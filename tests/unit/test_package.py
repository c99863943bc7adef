"""The package as a stranger gets it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import REPOSITORY
from helpers.checkout import git

from hatch_build import ReadmeHook, for_registry

README = (REPOSITORY / "README.md").read_text()
RELATIVE = re.compile(r"\]\((?!https?:|#)")


def test_a_registry_gets_no_link_to_a_file_that_it_has_not() -> None:
    assert RELATIVE.search(README)
    for repository in ("", "https://forge.example/docs/snippetrun"):
        text = for_registry(README, repository)
        assert not RELATIVE.search(text)
        assert ("![" in text, "The threat model" in text.replace("\n", " ")) == (bool(repository), True)


def test_a_link_leads_to_its_file_in_the_repository() -> None:
    text = for_registry("See [the guide](docs/a.md) and\n\n![a b](docs/a.png)\n\nMore.\n", "https://forge.example/a/b")
    assert text == (
        "See [the guide](https://forge.example/a/b/blob/HEAD/docs/a.md) and\n\n"
        "![a b](https://forge.example/a/b/raw/HEAD/docs/a.png)\n\nMore.\n"
    )
    assert for_registry("See [the guide](docs/a.md).\n\n![a](b.png)\n\nMore.\n", "") == "See the guide.\n\nMore.\n"


@pytest.mark.parametrize(
    ("remote", "leads"),
    [
        ("git@forge.example:docs/snippetrun.git", "https://forge.example/docs/snippetrun/blob/HEAD/docs/index.md"),
        (
            "https://me:secret@forge.example/docs/snippetrun",
            "https://forge.example/docs/snippetrun/blob/HEAD/docs/index.md",
        ),
        ("/srv/git/snippetrun", ""),
    ],
)
def test_the_repository_is_that_of_the_checkout(
    remote: str, leads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("README.md").write_text("[docs](docs/index.md)")
    git("init", "--quiet")
    git("remote", "add", "origin", remote)
    metadata: dict[str, dict[str, str]] = {}
    ReadmeHook(str(tmp_path), {}).update(metadata)
    assert metadata["readme"]["text"] == (f"[docs]({leads})" if leads else "docs")


def test_pythons_that_are_said_to_be_supported_are_those_that_may_install_it() -> None:
    text = (REPOSITORY / "pyproject.toml").read_text()
    [oldest] = re.findall(r'requires-python = ">=3\.(\d+)"', text)
    assert re.findall(r'"Programming Language :: Python :: 3\.(\d+)"', text)[0] == oldest
