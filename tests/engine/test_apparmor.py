"""The second wall: our AppArmor profile, where the engine's host has AppArmor, and with the first wall taken away."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.engine.client import HostEngine
from snippetrun.model import Job, Page
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.sandbox.live import APPARMOR_PROFILE, LiveSandbox
from snippetrun.support import patience

pytestmark = pytest.mark.engine

Run = Callable[[str], str]
"""Runs a shell command and returns what it says, whether it succeeds or not."""


def apparmor_parser(*arguments: str) -> None:
    subprocess.run(["apparmor_parser", *arguments, str(APPARMOR_PROFILE)], check=True)


@pytest.fixture(scope="module")
def walled(engine: HostEngine, site: SiteConfig) -> Iterator[LiveSandbox]:
    """A sandbox on a host that has loaded the profile."""
    if "name=apparmor" not in engine.info()["SecurityOptions"] or not shutil.which("apparmor_parser"):
        pytest.skip("this host has no AppArmor")
    apparmor_parser("--replace")
    try:
        job = Job(Page("docs/test.md", ()), "", ("debian:latest",), 60.0, 1_000_000)
        # Only now: a connection to an engine remembers that its host has no such profile.
        with runner.live_sandboxes(site, print) as start, start(job) as sandbox:
            assert isinstance(sandbox, LiveSandbox)
            yield sandbox
    finally:
        apparmor_parser("--remove")


@pytest.fixture
def page(walled: LiveSandbox) -> Run:
    return lambda command: walled.terminal().run(TerminalCommand(command, timeout=patience.seconds(60))).output


@pytest.fixture
def outside(walled: LiveSandbox, engine: HostEngine) -> Run:
    """Root of the outer container, where nothing of a page ever runs."""

    def run(command: str) -> str:
        stream = engine.execute(walled._container, ["sh", "-c", command], {})
        return stream.read_all(timeout=patience.seconds(60)).decode()

    return run


def test_a_page_works_behind_it(page: Run, outside: Run) -> None:
    assert page("cat /proc/self/attr/current") == "snippetrun-sandbox//page (enforce)\n"
    assert outside("cat /proc/self/attr/current") == "snippetrun-sandbox (enforce)\n"
    assert page("docker run --rm --privileged debian echo ran") == "ran\n"
    page("printf 'FROM debian\\nRUN echo made >/made\\n' >Dockerfile; docker build -q -t made .")
    assert page("docker run --rm -p 80:80 made cat /made") == "made\n"
    assert page("sh -c 'sleep 100 & kill $! && echo killed'") == "killed\n"


def test_even_root_outside_of_the_page_changes_nothing_of_the_kernel(outside: Run) -> None:
    fresh = "unshare --mount --pid --fork sh -c 'mount -t proc proc /proc; mount -t sysfs sysfs /sys; {}'"
    assert outside(fresh.format("cat /proc/sys/kernel/core_pattern")) != ""
    for file in (
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/kernel/modprobe",
        "/proc/sys/vm/drop_caches",
        "/proc/sysrq-trigger",
        "/sys/kernel/uevent_helper",
        "/sys/power/state",
    ):
        assert "Permission denied" in outside(fresh.format(f": >>{file}")), file
    binds = "mount --bind /proc/sys/kernel/core_pattern /run/y"
    elsewhere = "mkdir /run/x; mount --bind /proc/sys/kernel /run/x; : >>/run/x/core_pattern"
    assert "Permission denied" in outside(fresh.format(elsewhere))
    assert outside(fresh.format(f"touch /run/y; {binds} 2>&- || echo refused")) == "refused\n"
    assert outside(fresh.format("hostname > /proc/sys/kernel/hostname && echo allowed")) == "allowed\n"


def test_a_page_seizes_no_process_that_is_not_a_pages_even_if_it_can_see_it(
    page: Run, walled: LiveSandbox, engine: HostEngine
) -> None:
    # As `enter`, but for its last step: it stays what it is outside, in full view of the page.
    stays = (
        "read -r pid id < /run/page; exec setpriv --reuid $id --regid $id --clear-groups --inh-caps -all "
        "nsenter --target $pid --user nsenter --target $pid --mount --uts --ipc --net --pid sleep 1234"
    )
    seize = "python3 -c 'import ctypes, sys; print(ctypes.CDLL(None).ptrace(0x4206, int(sys.argv[1]), 0, 0))' "
    stream = engine.execute(walled._container, ["sh", "-c", stays], {})
    try:
        assert page(f"until p=$(pgrep -xf 'sleep 1234'); do sleep 0.1; done; {seize} $p").split()[0] == "-1"
    finally:
        stream.close()
    assert page(f"sleep 1235 & {seize} $!; kill $!").split()[-1] == "0"


def test_nobody_registers_for_events_of_cgroup_v1(page: Run, outside: Run) -> None:
    for run in (page, outside):
        assert "ermission denied" in run("echo x >/run/cgroup.event_control")
