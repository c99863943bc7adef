"""What a real sandbox promises, with the host's real engine and all images of this repository's site."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import REPOSITORY, sandboxes_of

from snippetrun import runner
from snippetrun.config import SiteConfig
from snippetrun.engine.client import HostEngine
from snippetrun.engine.labels import SITE, STORE, labels
from snippetrun.errors import SandboxError
from snippetrun.model import CommandResult, Ending, Job, Page
from snippetrun.runner.prepare import images_of
from snippetrun.sandbox.image_store import Store, store
from snippetrun.sandbox.interface import Sandbox, TerminalCommand
from snippetrun.sandbox.live import LiveSandbox
from snippetrun.support import patience
from snippetrun.support.limits import HIGHEST_USER, beyond_users

pytestmark = pytest.mark.engine


def job(site: SiteConfig, *images: str) -> Job:
    names = images or tuple(image.name for image in site.images)
    return Job(Page("docs/test.md", ()), "", names, 60.0, 1_000_000)


@pytest.fixture(scope="module")
def shared(sandboxes: runner.OpenSandbox, site: SiteConfig) -> Iterator[Sandbox]:
    """One sandbox for tests that leave nothing behind in it that the next one minds."""
    with sandboxes(job(site)) as sandbox:
        yield sandbox


def run(sandbox: Sandbox, command: str, *, timeout: float = 60, limit: int = 1_000_000) -> CommandResult:
    return sandbox.terminal().run(TerminalCommand(command, 1, timeout=patience.seconds(timeout), limit=limit))


def said(sandbox: Sandbox, command: str) -> str:
    """Run a command that has to succeed; return what it left on the screen."""
    ran = run(sandbox, command)
    shown = ran.output
    assert ran.status == 0, f"{command}: {shown}"
    return shown


def ours(engine: HostEngine) -> list[str]:
    return sandboxes_of(engine, os.getpid())


def test_sudo_runs_docker_without_a_word_of_its_own(shared: Sandbox) -> None:
    assert said(shared, "sudo docker version --format '{{.Server.Os}}'") == "linux\n"
    assert said(shared, "sudo -u nobody id -un; sudo HOME=/ sh -c 'echo $HOME $1' sh 'a b'; sudo -inu root pwd") == (
        "nobody\n/ a b\n/root\n"
    )


def test_the_images_of_the_site_are_there_with_their_digests(shared: Sandbox, site: SiteConfig) -> None:
    listed = said(shared, "docker images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}'").split("\n")
    assert {f"{fact.name} {fact.digest}" for fact in shared.images} == set(filter(None, listed))
    assert {fact.name for fact in shared.images} == {image.name for image in site.images}
    assert all("Dockerfile on " in fact.origin for fact in shared.images)


def test_process_1_is_the_pages_own_engine(shared: Sandbox) -> None:
    tree = said(shared, "docker run --rm --privileged --pid=host debian nsenter -t 1 -m -u -n -i ps axf")
    [first] = [line for line in tree.splitlines() if line.split()[0] == "1"]
    assert "dockerd" in first
    assert "launch" not in tree


def test_nothing_of_the_host_is_in_reach(shared: Sandbox, tmp_path: Path) -> None:
    canary = tmp_path / "CANARY"
    canary.write_text("canary")
    inside = "docker run --rm --privileged --pid=host -v /:/h debian"
    assert run(shared, f"{inside} nsenter -t 1 -m -u -n -i cat {canary}").status != 0
    assert run(shared, f"{inside} cat /h{canary}").status != 0
    inner, outer, count = map(int, said(shared, f"{inside} cat /proc/self/uid_map").split())
    assert (inner, count) == (0, HIGHEST_USER + 1)
    assert outer >= 100_000
    assert said(shared, f"{inside} sh -c 'find / /h -xdev -name docker.sock 2>/dev/null || true'") in (
        "",
        "/h/run/docker.sock\n",
    )
    assert run(shared, f"{inside} sh -c 'mknod /b b 8 0 && head -c1 /b'").status != 0
    assert run(shared, f"{inside} sh -c 'echo x > /proc/sys/kernel/core_pattern'").status != 0


def test_there_is_no_network_but_the_pages_own(shared: Sandbox) -> None:
    assert said(shared, "ls /sys/class/net").split() == ["docker0", "lo"]
    assert run(shared, "curl -sS --max-time 2 http://192.0.2.1").status != 0


def test_the_outer_container_has_no_network_card(shared: Sandbox, engine: HostEngine) -> None:
    assert isinstance(shared, LiveSandbox)
    cards = engine.execute(shared.inspect()["Id"], ["cat", "/proc/net/dev"], {}).read_all(patience.seconds(20))
    assert re.findall(rb"(\S+):", cards) == [b"lo"]


def test_no_file_that_the_hosts_engine_makes_is_on_a_page(shared: Sandbox) -> None:
    assert said(shared, "cat /etc/hostname /etc/resolv.conf") == "docker\nnameserver 192.0.0.1\n"
    assert said(shared, "getent ahostsv4 localhost").startswith("127.0.0.1 ")


def test_containers_publish_ports_and_build_and_limit_memory(shared: Sandbox) -> None:
    said(shared, "docker run -d --name web -p 80:80 nginx")
    assert "nginx" in said(shared, "curl --retry 20 --retry-all-errors --retry-delay 1 -s localhost:80")
    limit = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"
    assert said(shared, f"docker run --rm -m 64m debian sh -c '{limit}'").strip() == str(64 * 2**20)
    assert "web" in said(shared, "docker stats --no-stream --format '{{.Name}}'")
    shared.write("app/Dockerfile", "FROM debian\nRUN echo made > /made\n")
    said(shared, "docker build -q -t made app")
    assert said(shared, "docker run --rm made cat /made") == "made\n"
    said(shared, "docker rm -f web")


def test_a_folder_that_is_not_there_is_made_for_a_container(shared: Sandbox) -> None:
    said(
        shared,
        "docker run --rm -v /HOST/PATH:/x -v /var/lib/new:/y -v /srv/web:/z busybox touch /x/here /y/here /z/here",
    )
    assert said(shared, "ls /HOST/PATH /var/lib/new /srv/web").split().count("here") == 3


def test_a_page_has_the_users_that_it_says(shared: Sandbox) -> None:
    assert said(shared, f"docker run --rm --user {HIGHEST_USER} busybox id -u") == f"{HIGHEST_USER}\n"
    said(shared, "docker run --rm busybox chown 200000:200000 /tmp")
    said(shared, "docker build -q - <<< $'FROM busybox\nRUN touch /a && chown 300000 /a'")
    for command in (f"--user {HIGHEST_USER + 1} busybox id", "busybox chown 1000620000 /tmp"):
        ran = run(shared, f"docker run --rm {command}")
        assert (ran.status != 0, beyond_users(ran.output) != "") == (True, True)


def test_an_ended_container_leaves_no_zombie(shared: Sandbox) -> None:
    said(shared, "for n in 1 2 3; do docker run --rm busybox true; done")
    assert "defunct" not in said(shared, "ps ax")


def test_files_are_written_as_they_are(shared: Sandbox) -> None:
    content = "one\n\ttwo 'quoted' $HOME \u00e9\nno line end"
    shared.write("deep/er/file name", content)
    assert run(shared, "cat 'deep/er/file name'").output == content


def test_a_file_that_cannot_be_written_is_an_error(shared: Sandbox) -> None:
    with pytest.raises(SandboxError, match="cannot be written"):
        shared.write("../usr/x", "x")


def test_one_page_cannot_change_what_another_uses(sandboxes: runner.OpenSandbox, site: SiteConfig) -> None:
    with sandboxes(job(site)) as one, sandboxes(job(site)) as two:
        assert run(one, "touch /template/x").status != 0
        assert run(one, "mount -o remount,rw /template").status != 0
        said(one, "docker tag busybox debian && docker rmi -f nginx busybox")
        assert "nginx" not in said(one, "docker images")
        said(two, "docker run --rm nginx true")
        assert "Debian" in said(two, "docker run --rm debian cat /etc/os-release")


@pytest.mark.slow
def test_a_swarm_needs_no_address(sandboxes: runner.OpenSandbox, site: SiteConfig) -> None:
    with sandboxes(job(site)) as sandbox:
        assert "docker swarm join --token" in said(sandbox, "docker swarm init")
        said(sandbox, "docker service create --quiet --name web --replicas 2 nginx")
        assert said(sandbox, "docker service ls --format '{{.Name}} {{.Replicas}}'") == "web 2/2\n"


def test_pages_may_use_the_same_name_and_port(sandboxes: runner.OpenSandbox, site: SiteConfig) -> None:
    with contextlib.ExitStack() as stack:
        for sandbox in [stack.enter_context(sandboxes(job(site))) for _ in range(3)]:
            said(sandbox, "docker run -d --name web -p 80:80 whoami")


def test_a_page_gets_the_images_that_it_asks_for(sandboxes: runner.OpenSandbox, site: SiteConfig) -> None:
    with sandboxes(job(site, "busybox:latest", "dockercloud/haproxy:latest")) as sandbox:
        names = said(sandbox, "docker images --format '{{.Repository}}'").split()
        assert sorted(names) == ["busybox", "dockercloud/haproxy"]
        assert {fact.name for fact in sandbox.images} == {"busybox:latest", "dockercloud/haproxy:latest"}
        said(sandbox, "docker run --rm busybox true")


@pytest.mark.slow
def test_an_image_may_have_several_tags(engine: HostEngine, site: SiteConfig, tmp_path: Path) -> None:
    [debian] = [image for image in site.images if image.name == "debian:latest"]
    both = (debian, dataclasses.replace(debian, name="debian:13"))
    tagged = dataclasses.replace(site, root=tmp_path, images=both)
    with runner.live_sandboxes(tagged, print) as start, start(job(tagged, *(image.name for image in both))) as page:
        assert sorted(said(page, "docker images --format '{{.Repository}}:{{.Tag}}'").split()) == [
            "debian:13",
            "debian:latest",
        ]
        said(page, "docker run --rm debian:13 true")
    for volume in engine.ours()["volumes"]:
        if volume["Labels"].get(SITE) == str(tmp_path):
            engine.remove_volume(volume["Name"])


def test_an_image_is_unpacked_without_the_others_that_share_its_layers(
    shared: Sandbox, sandboxes: runner.OpenSandbox, site: SiteConfig
) -> None:
    with sandboxes(job(site, "debian:latest", "ubuntu:latest")) as alone:
        said(alone, "ctr --namespace moby images delete --sync nosuch")  # now whatever nothing holds is gone
        for name in ("debian", "ubuntu"):
            listed = f"docker image ls --format '{{{{.Size}}}}' {name}"  # less if it is not unpacked
            assert said(alone, listed) == said(shared, listed)
            said(alone, f"docker rmi {name}")


def test_nothing_is_left_after_an_error(sandboxes: runner.OpenSandbox, site: SiteConfig, engine: HostEngine) -> None:
    before = ours(engine)
    with pytest.raises(ZeroDivisionError), sandboxes(job(site)) as sandbox:
        said(sandbox, "docker run -d debian sleep infinity")
        assert len(ours(engine)) == len(before) + 1
        raise ZeroDivisionError
    assert ours(engine) == before


def test_nothing_is_left_after_a_time_out(sandboxes: runner.OpenSandbox, site: SiteConfig, engine: HostEngine) -> None:
    before = ours(engine)
    with sandboxes(job(site)) as sandbox:
        stubborn = "trap '' TERM INT HUP; nohup sleep 1000 & docker run --rm debian sleep infinity"
        assert run(sandbox, stubborn, timeout=2).ending is Ending.TIMED_OUT
    assert ours(engine) == before


@pytest.mark.slow
def test_an_engine_that_the_page_ends_does_not_hang_the_build(sandboxes: runner.OpenSandbox, site: SiteConfig) -> None:
    with sandboxes(job(site)) as sandbox:
        assert run(sandbox, "kill 1; sleep 3000", timeout=30).ending is Ending.SHELL_GONE


@pytest.mark.slow
def test_a_builder_that_is_killed_leaves_nothing(engine: HostEngine, tmp_path: Path) -> None:
    """The sandbox lives as long as its standard input: it needs nobody to clean up after it."""
    script = tmp_path / "builder.py"
    script.write_text(
        "import time\nfrom pathlib import Path\nfrom snippetrun import config, runner\n"
        "from snippetrun.model import Job, Page\nfrom snippetrun.sandbox.interface import TerminalCommand\n"
        f"site = config.load(Path({str(REPOSITORY / 'mkdocs.yml')!r}))\n"
        "with runner.live_sandboxes(site, print) as start:\n"
        "    with start(Job(Page('killed.md', ()), '', ('debian:latest',), 60.0, 1000)) as sandbox:\n"
        "        started = TerminalCommand('docker run -d debian sleep infinity', 1)\n"
        "        print('up', sandbox.terminal().run(started), flush=True)\n"
        "        time.sleep(600)\n"
    )
    builder = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert builder.stdout
    assert "up CommandResult" in next(line for line in builder.stdout if line.startswith("up"))

    assert len(sandboxes_of(engine, builder.pid)) == 1
    os.kill(builder.pid, signal.SIGKILL)
    builder.communicate()
    deadline = time.monotonic() + patience.seconds(20)
    while sandboxes_of(engine, builder.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert sandboxes_of(engine, builder.pid) == []


@pytest.mark.slow
@pytest.mark.usefixtures("sandboxes")
def test_an_image_store_stays_for_as_long_as_a_run_needs_it(
    engine: HostEngine, site: SiteConfig, tmp_path: Path
) -> None:
    small = [image for image in site.images if image.name in {"busybox:latest", "hello-world:latest"}]
    one = dataclasses.replace(site, root=tmp_path, images=tuple(small))
    changed = dataclasses.replace(one, images=tuple(reversed(small)))
    with runner.live_sandboxes(one, print) as start:
        with runner.live_sandboxes(changed, print):
            pass  # takes the place of the site's last store
        with start(job(one)) as sandbox:
            said(sandbox, "docker run --rm busybox true")
    left = [volume for volume in engine.ours()["volumes"] if volume["Labels"].get(SITE) == str(tmp_path)]
    assert len(left) == 2
    for volume in left:
        engine.remove_volume(volume["Name"])


@pytest.mark.slow
@pytest.mark.usefixtures("sandboxes")
def test_a_store_that_was_full_once_and_whose_new_filling_is_interrupted_is_filled_again(
    engine: HostEngine, site: SiteConfig, tmp_path: Path
) -> None:
    image, provided = images_of(engine, site, print)

    def filled(say: Callable[[str], None] = print) -> Store:
        return store(engine, str(tmp_path), image, provided[2:0:-1], say)

    def interrupt(line: str) -> None:
        raise KeyboardInterrupt(line)

    own = filled()
    engine.remove_volume(own.volume)
    with pytest.raises(KeyboardInterrupt, match="filling the image store"):
        filled(interrupt)
    # As far as a filling may have come.
    engine.create_volume(own.volume, labels(STORE, key=own.key, site=str(tmp_path)))
    heard: list[str] = []
    assert filled(heard.append) == own
    assert heard == ["filling the image store with 2 images"]
    engine.remove_volume(own.volume)
