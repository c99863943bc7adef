"""What git knows of the site: the commit, and files as they were."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from snippetrun.errors import Problem, UsageError

_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git tells its hooks, in words that hold in the folder where it starts them and in no other."""


class _GitError(Exception):
    """Git refused; the message is the first line of what it said."""


def commit(folder: Path) -> str | None:
    """Return the commit that is checked out in a folder; None outside of a checkout, or where there is no git."""
    try:
        return _git(folder, "rev-parse", "--verify", "HEAD").strip()
    except _GitError:
        return None


def executables(folder: Path) -> frozenset[Path]:
    """Return the files below a folder that git has as executable; none outside of a checkout."""
    try:
        return frozenset(folder / name for name in _of_mode(folder, "100755"))
    except _GitError:
        return frozenset()


def checkout(folder: Path) -> Path:
    """Return the root of the checkout that a folder is in; raise UsageError if it is in none."""
    try:
        return Path(_git(folder, "rev-parse", "--show-toplevel").removesuffix("\n"))
    except _GitError as error:
        hint = "To tell what has changed we need one: go to where the site was cloned."
        raise UsageError(Problem(f"this is no git checkout: {error}", hint)) from error


def named(root: Path, revision: str) -> str:
    """Return the commit of a revision: a branch, a tag, a commit; raise UsageError if git knows none of that name."""
    try:
        return _git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").strip()
    except _GitError as error:
        hint = "A clone in CI may have the last commit only: fetch the revision first, or clone with all history."
        raise UsageError(Problem(f"git knows no revision {revision}", hint)) from error


def since(root: Path, revision: str) -> str:
    """Return the commit from which a checkout went its own way from a revision on; raise UsageError if git has none.

    That is what a branch and its base have in common, so that what others have done on the base meanwhile is none of
    the branch's changes. Where a shallow clone does not reach that far it is the revision itself.
    """
    known = named(root, revision)
    try:
        return _git(root, "merge-base", known, "HEAD").strip()
    except _GitError:
        return known


@contextmanager
def as_of(root: Path, commit_: str, paths: Iterable[str]) -> Iterator[Path]:
    """Yield a temporary folder with files and folders as a checkout of a commit would have them.

    The paths are relative to the root of the checkout; those that the commit had not are left out. All links of the
    commit are there, as they may be on the way to a file, but for those that lead out of the checkout, to files of
    today. Nothing changes in the checkout, nor in what git keeps about it. Raises UsageError if git cannot do it.
    """
    with tempfile.TemporaryDirectory(prefix="snippetrun-") as scratch:
        folder = Path(os.path.realpath(scratch), "files")
        folder.mkdir()
        try:
            _check_out(root, commit_, paths, folder, {"GIT_INDEX_FILE": str(folder.with_name("index"))})
        except _GitError as error:
            hint = "Some of what git has of it is missing here or cannot be read. Fetch it, or see: git fsck"
            raise UsageError(Problem(f"git cannot show the files of {commit_[:12]}: {error}", hint)) from error
        yield folder


def _check_out(root: Path, commit_: str, paths: Iterable[str], folder: Path, index: dict[str, str]) -> None:
    _git(root, "read-tree", commit_, environment=index)
    inside = sorted(path for path in paths if not path.startswith("../"))
    listed = _git(root, "--literal-pathspecs", "ls-files", "-z", "--", *inside, environment=index)
    links = _of_mode(root, "120000", index)
    given = "\0".join({*listed.split("\0"), *links} - {""})  # what is named twice would be there already, for git
    _git(root, "checkout-index", "-z", "--stdin", f"--prefix={folder}/", environment=index, given=given)
    for link in links:
        if not Path(os.path.realpath(folder / link)).is_relative_to(folder):
            (folder / link).unlink(missing_ok=True)


def _of_mode(folder: Path, mode: str, environment: dict[str, str] | None = None) -> list[str]:
    """Return the files below a folder, from there, that git has in a mode: 100755 is executable, 120000 a link."""
    # 100755 3b18e512dba79e4c8300dd08aeb37f8e728b8dad 0\tbin/start, and a zero byte
    entries = _git(folder, "ls-files", "--stage", "-z", environment=environment).split("\0")
    return [entry.partition("\t")[2] for entry in entries if entry.startswith(f"{mode} ")]


def _git(folder: Path, *arguments: str, environment: dict[str, str] | None = None, given: str = "") -> str:
    inherited = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    try:
        process = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            input=os.fsencode(given),
            capture_output=True,
            check=False,
            env=inherited | {"LC_ALL": "C"} | (environment or {}),
        )
    except OSError as error:
        raise _GitError(f"git cannot be started: {error.strerror}") from error
    if process.returncode:
        complaint = os.fsdecode(process.stderr).strip().removeprefix("fatal: ").splitlines()
        raise _GitError(complaint[0] if complaint else f"git {arguments[0]} failed")
    return os.fsdecode(process.stdout)
