"""What a page tries against its sandbox, and what must happen: with a real engine."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from snippetrun import runner
from snippetrun.config import Dialect, SiteConfig
from snippetrun.engine.client import HostEngine
from snippetrun.errors import SandboxError
from snippetrun.extract import read
from snippetrun.model import CommandResult, Ending, Job, Outcome, Page
from snippetrun.runner.page import run_page
from snippetrun.runner.prepare import images_of
from snippetrun.sandbox.image_store import store
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.sandbox.live import LiveSandbox, page_specification, sandbox
from snippetrun.support import patience, units
from snippetrun.support.limits import Limits

pytestmark = pytest.mark.engine

ENTRIES = int(os.environ.get("SNIPPETRUN_ENTRIES", "1000"))
"""How often the page may race against what enters it."""
CONTAINERS = int(os.environ.get("SNIPPETRUN_CONTAINERS", "50"))
"""How many containers follow each other on one page."""
SMALL = Limits(memory=300_000_000, processes=300, disk=300_000_000, files=20_000, time=patience.seconds(60))
HOST_VALUES = [Path("/proc/sys/kernel", name) for name in ("core_pattern", "modprobe", "hostname", "panic")]

SEIZES = r"""
import ctypes, os, sys, time
libc = ctypes.CDLL(None, use_errno=True)
own = os.readlink("/proc/self/ns/user")
seized = foreign = 0
last = int(open("/proc/loadavg").read().split()[-1])
print("ready", flush=True)
while not os.path.exists("/page/stop"):
    for pid in range(last + 1, last + 9):
        if libc.ptrace(0x4206, pid, 0, 0):  # PTRACE_SEIZE
            continue
        libc.ptrace(0x4207, pid, 0, 0)  # PTRACE_INTERRUPT: as it is now
        last = max(last, pid)
        seized += 1
        try:
            with open(f"/proc/{pid}/status") as status:
                ids = next(line for line in status if line.startswith("Uid:")).split()[1:]
            if os.readlink(f"/proc/{pid}/ns/user") != own or "65534" in ids:
                foreign += 1
        except OSError:
            pass
    try:
        while (came := os.waitpid(-1, os.WNOHANG | 0x40000000))[0]:
            if os.WIFSTOPPED(came[1]):  # let go, so that what was entered for comes about
                signal = os.WSTOPSIG(came[1])
                libc.ptrace(17, came[0], 0, 0 if signal == 5 else signal)  # PTRACE_DETACH
    except ChildProcessError:
        pass
    last = max(last, int(open("/proc/loadavg").read().split()[-1]) - 4)
print(f"seized {seized} foreign {foreign}", flush=True)
"""

DEEP = """
import os, subprocess
kind = "freezer" if os.path.isdir("/sys/fs/cgroup/freezer") else ""
os.chdir(os.path.join("/sys/fs/cgroup", kind))
for _ in range(20):
    os.mkdir("x" * 240)
    os.chdir("x" * 240)
process = subprocess.Popen(["sleep", "1000"], start_new_session=True)
freeze = ("freezer.state", "FROZEN") if kind else ("cgroup.freeze", "1")
for file, value in ("cgroup.procs", str(process.pid)), freeze:
    with open(file, "w") as opened:
        opened.write(value)
"""
MUTE = """
import json, os, socket, threading
os.unlink("/run/docker.sock")
server = socket.socket(socket.AF_UNIX)
server.bind("/run/docker.sock")
server.listen(64)
kept = []
while True:
    connection, _ = server.accept()
    if b"/containers/json " in connection.recv(65536):
        body = json.dumps([{"Id": f"{number:064x}"} for number in range(1000)], separators=(",", ":")).encode()
        connection.sendall(b"HTTP/1.0 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
        connection.close()
    kept.append(connection)
"""


Watcher = runner.Watcher


def job(page: Page, limits: Limits = Limits()) -> Job:  # noqa: B008 - frozen
    images = ("debian:latest", "busybox:latest")
    return Job(page, "", images, patience.seconds(60), 1_000_000, limits=limits)


EMPTY = Page("docs/attack.md", ())


@pytest.fixture(scope="module")
def page(sandboxes: runner.OpenSandbox) -> Iterator[LiveSandbox]:
    """The sandbox of a page that attacks, which does not harm itself."""
    with sandboxes(job(EMPTY)) as sandbox:
        assert isinstance(sandbox, LiveSandbox)
        yield sandbox


def run(sandbox: LiveSandbox, command: str, *, timeout: float = 60) -> CommandResult:
    return sandbox.terminal().run(TerminalCommand(command, 1, timeout=patience.seconds(timeout)))


def said(sandbox: LiveSandbox, command: str) -> str:
    """Run a command that has to succeed; return what it left on the screen."""
    ran = run(sandbox, command)
    assert ran.status == 0, f"{command}: {ran.output}"
    return ran.output


def verdicts(sandboxes: runner.OpenSandbox, markdown: str, limits: Limits = SMALL) -> list[str]:
    """Run a page; return for each command that did not pass its line and what is wrong."""
    page = read("docs/attack.md", markdown, Dialect(("console",)))
    work = job(page, limits)
    result = runner.result(page, run_page(work, sandboxes, Watcher()))
    return [
        f"{verdict.line}: {verdict.message}"
        for snippet in result.verdicts
        for verdict in snippet
        if verdict.outcome is Outcome.FAILED
    ]


def host_values() -> list[str]:
    return [path.read_text() for path in HOST_VALUES if path.exists()]


# Rights on the host


def raced(page: LiveSandbox, engine: HostEngine, entry: str) -> int:
    """Enter a page that seizes whatever comes; return how many of those it has seized had a foreign right."""
    page.write("seize.py", SEIZES)
    attacker = page.enter(["python3", "/page/seize.py"])
    assert attacker.read(patience.seconds(20)) == b"ready\n"
    again = f"read -r pid _ < /run/page; for n in $(seq {ENTRIES}); do {entry}; done 2>/dev/null; echo all"
    entering = engine.execute(page._container, ["sh", "-c", again], {})
    assert entering.read_all(patience.seconds(600)).endswith(b"all\n")
    for number in range(5):
        page.write(f"file {number}", "x")
        page.facts()
        page.wait_until_listed()
        page.usage()
        page.terminal(f"terminal {number}")
    page.write("stop", "")
    seized, foreign = map(int, re.findall(rb"\d+", attacker.read_all(patience.seconds(60))))
    assert seized > ENTRIES / 10  # the attack did take place
    return foreign


@pytest.mark.slow
def test_nothing_that_enters_a_page_can_be_seized_with_a_right_on_the_host(
    page: LiveSandbox, engine: HostEngine
) -> None:
    before = host_values()
    assert raced(page, engine, "/usr/local/lib/snippetrun/enter true") == 0
    assert host_values() == before


@pytest.mark.slow
@pytest.mark.usefixtures("sandboxes")
def test_whoever_enters_before_it_drops_its_rights_is_seized_with_them(engine: HostEngine, site: SiteConfig) -> None:
    """That the race can be lost: with one more capability, the launcher could enter like that."""
    image, provided = images_of(engine, site, print)
    volume = store(engine, str(site.root), image, provided, print).volume
    spec = page_specification(engine, image, volume, job(EMPTY))
    weak = dataclasses.replace(spec, capabilities=(*spec.capabilities, "SYS_PTRACE"))
    with sandbox(engine, weak) as page:
        early = "nsenter --target $pid --user --pid --preserve-credentials setpriv --reuid 0 --clear-groups true"
        assert raced(page, engine, early) > ENTRIES / 10


def test_below_its_proc_a_page_finds_nothing_but_itself(page: LiveSandbox) -> None:
    uncovered = said(
        page, "unshare --mount sh -c 'while umount /proc 2>/dev/null; do :; done; tail -n +1 /proc/[0-9]*/cmdline'"
    )
    assert "dockerd" in uncovered
    assert "launch" not in uncovered
    between = "unshare --mount sh -c 'while umount /proc 2>/dev/null; do :; done; cat /proc/1/cmdline && {}'"
    for attempt in ("nsenter --target 1 --user true", "cat /proc/1/environ", "ls /proc/1/root"):
        ran = run(page, between.format(attempt))
        assert "world" in ran.output
        assert ran.status != 0


@pytest.mark.parametrize(
    "attempt",
    [
        "echo x > /proc/sys/kernel/core_pattern",
        "echo x > /proc/sysrq-trigger",
        "echo x > /sys/kernel/uevent_helper",
        "echo x > /proc/sys/kernel/modprobe",
        "mount -t securityfs none /mnt",
        "mount -t debugfs none /mnt",
        "mknod /b b 8 0 && head -c 1 /b",
        "mknod /b b 7 0 && head -c 1 /b",
        "cat /dev/loop0",
        "for d in /dev/* /h/dev/*; do [ -b $d ] && head -c 1 $d && exit 0; done; exit 1",
        "mkdir /c && mount -t cgroup -o memory none /c && echo /x > /c/release_agent",
        "dmesg",
        "perl -e 'exit syscall(175, q(), 0, q()) != 0'",  # init_module
        "echo x > /sys/kernel/security/apparmor/.load",
        "mount -o remount,rw /h/template || touch /h/template/x",
        "mount -o remount,rw,bind /h /h && touch /h/usr/x",
        "ls /h/disk",
        "kill -9 $(pgrep -f snippetrun/launch)",
        "find /h/proc/[0-9]* -maxdepth 0 -exec ls {}/root/disk \\; 2>/dev/null | grep image",
    ],
)
def test_a_privileged_container_has_no_right_on_the_host(page: LiveSandbox, attempt: str) -> None:
    before = host_values()
    page.write("attempt", attempt)
    inside = "docker run --rm --privileged --pid=host -v /:/h -v /page/attempt:/a debian sh /a"
    assert run(page, inside).status != 0
    assert run(page, "sh /page/attempt").status != 0
    assert host_values() == before


@pytest.mark.parametrize("family", [40, 40 | 1 << 32, 44, 44 | 1 << 32])
def test_no_socket_leads_to_the_hypervisor_or_has_memory_that_nobody_counts(page: LiveSandbox, family: int) -> None:
    opens = "import ctypes; libc = ctypes.CDLL(None, use_errno=True); long = ctypes.c_long; "
    opens += f"print(libc.syscall(long(41), long({family}), long(3), long(0)), ctypes.get_errno())"
    assert said(page, f'python3 -c "{opens}"') == "-1 1\n"


def test_no_program_of_the_host_is_given_what_has_crashed_on_a_page(page: LiveSandbox) -> None:
    for where in ("", "docker run --rm --privileged busybox "):
        assert said(page, f"{where}grep core /proc/self/limits").split()[4:6] == ["1", "1"]  # which the kernel obeys
        assert run(page, f"{where}sh -c 'ulimit -c unlimited'").status != 0


def test_nothing_of_the_builders_environment_comes_into_a_page(
    page: LiveSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "canary-value")
    everywhere = "cat /proc/[0-9]*/environ; env; docker info; docker run --rm --pid=host --privileged debian env"
    assert "canary" not in said(page, everywhere).lower()


# What the kernel keeps for each user


def test_pages_are_users_of_their_own_for_the_host(page: LiveSandbox, sandboxes: runner.OpenSandbox) -> None:
    with sandboxes(job(EMPTY)) as other:
        assert isinstance(other, LiveSandbox)
        if page.user == other.user == 100_000:
            pytest.skip("this kernel cannot show the image store to different owners")
        assert page.user != other.user
        # Root of one fills its quota of keys; root of the other does not notice.
        adds = (
            "import ctypes, os\nlibc, me, n = ctypes.CDLL(None), os.getpid(), 0\n"
            "while libc.syscall(248, b'user', b'%d %d' % (me, n), b'x' * 4096, 4096, -4) > 0: n += 1\n"
            "print(n, 'keys')\n"
        )
        page.write("keys.py", adds)
        other.write("keys.py", adds)
        count = said(page, "python3 keys.py")
        assert int(count.split()[0]) > 0
        assert said(page, "python3 keys.py") == "0 keys\n"
        assert said(other, "python3 keys.py") == count


def test_namespaces_are_limited_where_the_page_cannot_change_it(page: LiveSandbox) -> None:
    said(page, "echo 100000 > /proc/sys/user/max_net_namespaces")
    made = said(
        page,
        "mkdir /tmp/namespaces && cd /tmp/namespaces\n"
        "n=0; while [ $n -lt 400 ] && touch $n && unshare --net=$n true 2>/dev/null; do n=$((n+1)); done; echo $n\n"
        "rm $n; umount ./*; cd /page",
    )
    assert 100 < int(made.split()[0]) < 260


# The end of a page


@pytest.mark.parametrize(
    "leaves",
    [
        "docker run -d --name box busybox sleep 1000 && docker pause box",
        "kill -STOP $(pgrep -x dockerd)",
        "docker run -d --init --restart always busybox sh -c 'trap \"\" TERM; sleep 1000'",
        "nohup setsid sleep 1000 > /dev/null 2>&1 &",
    ],
)
def test_a_page_ends_whatever_it_leaves(sandboxes: runner.OpenSandbox, engine: HostEngine, leaves: str) -> None:
    with sandboxes(job(EMPTY)) as sandbox:
        assert isinstance(sandbox, LiveSandbox)
        container = sandbox._container
        said(sandbox, leaves)
        began = time.monotonic()
    assert time.monotonic() - began < patience.seconds(30)
    with contextlib.suppress(Exception):
        engine._api.inspect_container(container)
        pytest.fail("the container is still there")


def test_an_engine_that_the_page_has_ended_is_not_taken_for_the_hosts(sandboxes: runner.OpenSandbox) -> None:
    with sandboxes(job(EMPTY)) as sandbox:
        assert isinstance(sandbox, LiveSandbox)
        run(sandbox, "kill 1")
        assert sandbox.wait(patience.seconds(20))
        with pytest.raises(SandboxError, match="^the page's engine has ended$"):
            sandbox.write("app/file", "x")


def test_an_engine_that_the_page_ends_is_the_commands_fault(sandboxes: runner.OpenSandbox) -> None:
    page = "```console\n$ docker ps\n$ kill 1; sleep 5000\n```\n"
    assert verdicts(sandboxes, page) == ["3: the page's engine has ended"]


# Limits


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("python3 -c 'x = b\"x\" * 10**9'", "the page ran out of memory, of which it has 300 MB"),
        (
            'docker run --rm debian sh -c "head -c 400M /dev/zero | tail -c 390M > /dev/null"',
            "the page ran out of memory, of which it has 300 MB",
        ),
        ("head -c 1G /dev/zero > /run/file", "the page ran out of memory, of which it has 300 MB"),
        ("head -c 1G /dev/zero > file", "the page's disk is full: it has 300 MB"),
        (
            "docker run --name full debian sh -c 'head -c 1G /dev/zero > /file'",
            "the page's disk is full: it has 300 MB",
        ),
        ("seq 30000 | xargs touch", "the page has more files than it may: 20000"),
        (
            # Of Python so many would take all the memory, where that of the kernel counts too.
            "perl -e 'while (1) { defined(my $child = fork) or die; last unless $child } sleep 3'",
            "the page has more processes than it may: 300",
        ),
        (
            "docker run --rm debian sh -c 'for i in $(seq 400); do sleep 30 & done; wait'",
            "the page has more processes than it may: 300",
        ),
        ("sleep 5000", "the page's time is up: it has {time}"),
    ],
)
def test_a_limit_is_the_verdict_of_the_command_that_comes_to_it(
    sandboxes: runner.OpenSandbox, command: str, message: str
) -> None:
    limits = dataclasses.replace(SMALL, time=patience.seconds(5)) if "{time}" in message else SMALL
    message = message.format(time=units.duration_text(limits.time))
    text = "\n> ".join(command.split("\n"))
    assert verdicts(sandboxes, f"```console\n$ docker ps\n```\n\n```console\n$ {text}\n```\n", limits) == [
        f"6: {message}"
    ]


def test_a_page_does_not_change_its_limits(page: LiveSandbox) -> None:
    for file in ("memory/memory.limit_in_bytes", "pids/pids.max", "cpu/cpu.cfs_quota_us", "cpu/cpu.shares"):
        assert run(page, f"echo 1000000 > /sys/fs/cgroup/{file}").status != 0
    for file in ("memory.max", "pids.max", "cpu.max", "cpu.weight", "cgroup.max.descendants"):
        assert run(page, f"echo 1000 > /sys/fs/cgroup/{file}").status != 0
    if Path("/sys/fs/cgroup/cgroup.controllers").exists():
        assert said(page, "cat /sys/fs/cgroup/cgroup.max.descendants") == "2000\n"


def test_a_page_goes_first_if_the_hosts_memory_is_used_up(page: LiveSandbox) -> None:
    assert said(page, "cat /proc/self/oom_score_adj") == "500\n"
    assert said(page, "docker run --rm --oom-score-adj=-500 busybox cat /proc/self/oom_score_adj") == "500\n"
    may = int(re.findall(r"CapEff:\t(\w+)", Path("/proc/self/status").read_text())[0], 16) >> 24 & 1
    if may:  # CAP_SYS_RESOURCE: what such an engine says is for good
        assert run(page, "echo 499 > /proc/self/oom_score_adj").status != 0


def test_a_containers_own_limit_is_not_the_pages(sandboxes: runner.OpenSandbox) -> None:
    asks = "docker run --rm -m 20m debian sh -c 'head -c 100M /dev/zero | tail -c 90M > /dev/null'"
    assert verdicts(sandboxes, f"```console\n$ {asks}\n```\n") == ["2: exit status 137, expected 0"]


@pytest.mark.slow
def test_short_containers_leave_no_zombie(page: LiveSandbox) -> None:
    many = run(page, f"seq {CONTAINERS} | xargs -P 4 -I N docker run --rm busybox true", timeout=60 + CONTAINERS)
    assert many.status == 0, many.output
    assert "defunct" not in said(page, "ps ax")


@pytest.mark.parametrize(
    "command",
    [
        "python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(4).randbytes(30000))'",
        "printf 'a\\0b\\rc\\n\\377\\376\\200\\n\\r\\r\\nend\\n'",
        "head -c 900000 /dev/zero | tr '\\0' x; echo; echo end",
    ],
)
def test_output_that_is_no_text_is_the_same_in_each_run(page: LiveSandbox, command: str) -> None:
    first, second = (said(page, command) for _ in range(2))
    assert first == second
    assert first.endswith("end\n" if "end" in command else "")
    assert len(first) > 3


# What the launcher itself asks for


def test_the_launcher_takes_no_settings_from_a_page(sandboxes: runner.OpenSandbox) -> None:
    settings = "url = http://docker/version\nnext\nurl = file:///proc/self/status\noutput = /root/stolen\nnext"
    with sandboxes(job(EMPTY)) as sandbox:
        assert isinstance(sandbox, LiveSandbox)
        said(sandbox, f"printf '{settings}\\n' > /root/.curlrc")
        sandbox.wait_until_listed()
        assert "engine id" in {fact.name for fact in sandbox.facts()}
        assert said(sandbox, "ls /root/stolen 2>/dev/null || echo nothing") == "nothing\n"
        outside = ["sh", "-c", "ls -A /page /tmp /var/tmp; cat /root/.curlrc"]
        assert b"docker/version" not in sandbox._engine.execute(sandbox._container, outside, {}).read_all(20)


def test_no_page_makes_others_wait_for_a_file_that_they_share(page: LiveSandbox) -> None:
    lease = "import fcntl; fcntl.fcntl(open('/template/images'), fcntl.F_SETLEASE, fcntl.F_WRLCK)"
    assert "Operation not permitted" in run(page, f'python3 -c "{lease}"').output
    said(page, "python3 -c 'import fcntl; fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 9); fcntl.fcntl(0, fcntl.F_GETFL)'")


def test_what_enters_a_page_goes_into_no_cgroup_of_its_making(page: LiveSandbox) -> None:
    made = "test ! -d /sys/fs/cgroup/freezer || mkdir /sys/fs/cgroup/freezer/engine"
    said(page, f"{made} && cd /sys/fs/cgroup/freezer/engine && echo FROZEN > freezer.state; cd /page")
    try:
        page.write("entered", "x")
        assert said(page, "cat /page/entered") == "x"
    finally:
        run(page, "echo THAWED > /sys/fs/cgroup/freezer/engine/freezer.state; rmdir /sys/fs/cgroup/freezer/engine")


def test_a_page_that_freezes_what_has_a_long_path_and_holds_up_the_launcher_ends(
    sandboxes: runner.OpenSandbox,
) -> None:
    with sandboxes(job(EMPTY)) as sandbox:
        assert isinstance(sandbox, LiveSandbox)
        said(sandbox, "docker run -d --name held busybox sleep 1000 && docker pause held")
        sandbox.write("deep.py", DEEP)
        sandbox.write("mute.py", MUTE)
        said(sandbox, "python3 /page/deep.py && nohup python3 /page/mute.py >/dev/null 2>&1 & sleep 1")
        sandbox.wait_until_listed()
        container = sandbox._container
    assert container not in [each["Id"] for each in sandbox._engine.ours()["containers"]]
    assert not list(Path("/sys/fs/cgroup").glob(f"*/*/{container}"))


def test_programs_that_a_page_has_replaced_keep_nobody_waiting_for_a_file(sandboxes: runner.OpenSandbox) -> None:
    with sandboxes(job(EMPTY)) as sandbox:
        assert isinstance(sandbox, LiveSandbox)
        said(sandbox, "mount -t tmpfs t /usr/local/sbin && printf '#!/bin/sh\nexec yes\n' > /usr/local/sbin/mkdir")
        said(sandbox, "chmod +x /usr/local/sbin/mkdir")
        with pytest.raises(SandboxError, match="does not end"):
            sandbox.write("app/file", "x")
        said(sandbox, "printf '#!/bin/sh\nexec sleep 1000\n' > /usr/local/sbin/mkdir")
        with pytest.raises(SandboxError, match="does not end"):
            sandbox.feed(["mkdir"], [bytes(10_000_000)], seconds=1)


@pytest.mark.slow
def test_a_terminal_that_takes_nothing_keeps_nobody_waiting(sandboxes: runner.OpenSandbox) -> None:
    with sandboxes(job(EMPTY)) as sandbox:
        assert isinstance(sandbox, LiveSandbox)
        said(sandbox, "true")
        assert sandbox.terminal("other").run(TerminalCommand("pkill -STOP -o -x script", 1)).status == 0
        assert run(sandbox, ": " + "x" * 20_000_000, timeout=3).ending is Ending.TIMED_OUT
