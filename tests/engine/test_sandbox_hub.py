"""What a page's throwaway Docker Hub promises, with the host's real engine."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from snippetrun import config, runner
from snippetrun.config import SiteConfig
from snippetrun.engine.client import HostEngine
from snippetrun.errors import SandboxError
from snippetrun.model import Job, Page
from snippetrun.runner.prepare import images_of
from snippetrun.sandbox.image_store import store
from snippetrun.sandbox.interface import Sandbox, TerminalCommand
from snippetrun.sandbox.live import page_specification, sandbox

pytestmark = pytest.mark.engine

PASSWORD = "bees-like-flowers"
REFUSED = "insufficient_scope: authorization failed"


def job(*names: str, hub: bool = True) -> Job:
    return Job(Page("docs/hub.md", ()), "", tuple(map(config.image_name, names)), 60.0, 1_000_000, hub=hub)


def shown(page: Sandbox, command: str, status: int = 0) -> str:
    """Run a command that has to end with this status; return what it left on the screen."""
    ran = page.terminal().run(TerminalCommand(command, 1))
    assert ran.status == status, f"{command}: {ran.output}"
    return ran.output


def login(page: Sandbox, user: str, password: str = PASSWORD, status: int = 0) -> str:
    page.write("password", password)
    return shown(
        page, f"docker login --username {user} --password-stdin < password; s=$?; rm password; (exit $s)", status
    )


@pytest.fixture
def page(sandboxes: runner.OpenSandbox) -> Iterator[Sandbox]:
    """A page whose engine has busybox and debian from the start, and whose Hub has all."""
    with sandboxes(job("busybox", "debian")) as sandbox:
        yield sandbox


def test_an_image_that_is_not_there_is_pulled(page: Sandbox) -> None:
    [digest] = [fact.digest for fact in page.images if fact.name == "hello-world:latest"]
    lines = shown(page, "docker run hello-world").splitlines()
    layer = lines.pop(2)
    assert lines[:5] == [
        "Unable to find image 'hello-world:latest' locally",
        "latest: Pulling from library/hello-world",
        f"Digest: {digest}",
        "Status: Downloaded newer image for hello-world:latest",
        "Hello from Docker!",
    ]
    # Engine 26 says the first with containerd's image store, and the second with its own.
    assert layer.partition(": ")[2] in ("Download complete", "Pull complete")
    assert "dockercloud/haproxy:latest" in shown(page, "docker pull dockercloud/haproxy")


def test_what_is_pulled_is_what_other_pages_have(page: Sandbox, sandboxes: runner.OpenSandbox) -> None:
    shown(page, "docker pull nginx")
    inspect = "docker image inspect --format '{{.Id}} {{.RepoDigests}}' nginx debian"
    with sandboxes(job("nginx", "debian", hub=False)) as other:
        assert shown(page, inspect) == shown(other, inspect)


def test_an_image_that_nobody_has_is_refused_as_on_the_real_hub(page: Sandbox) -> None:
    assert "pull access denied for nosuch, repository does not exist or may require 'docker login'" in shown(
        page, "docker pull nosuch", 1
    )
    assert "docker.io/library/nginx:nosuch: not found" in shown(page, "docker pull nginx:nosuch", 1)


def test_what_is_pushed_can_be_pulled_again(page: Sandbox, sandboxes: runner.OpenSandbox) -> None:
    assert "Login Succeeded" in login(page, "alice")
    shown(page, "docker run --name one busybox touch /made && docker commit one alice/app && docker rm one")
    pushed = shown(page, "docker push alice/app")
    assert "The push refers to repository [docker.io/alice/app]" in pushed
    assert "Mounted from library/busybox" in pushed
    [digest] = [line.split()[2] for line in pushed.splitlines() if line.startswith("latest: digest: ")]
    shown(page, "docker logout && docker rmi alice/app && docker image prune -af")
    pulled = shown(page, "docker run --rm alice/app ls /made")
    assert "Unable to find image 'alice/app:latest' locally" in pulled
    assert f"Digest: {digest}" in pulled
    assert pulled.endswith("/made\n")
    with sandboxes(job("busybox")) as other:
        assert "pull access denied for alice/app" in shown(other, "docker pull alice/app", 1)


def test_a_push_needs_a_login_and_a_namespace_of_ones_own(page: Sandbox) -> None:
    shown(
        page, "docker run --name one busybox touch /made && docker commit one alice/app && docker tag alice/app bob/app"
    )
    shown(page, "docker tag alice/app library/app")
    assert REFUSED in shown(page, "docker push alice/app", 1)
    login(page, "alice")
    assert REFUSED in shown(page, "docker push bob/app", 1)
    assert REFUSED in shown(page, "docker push library/app", 1)
    login(page, "bob", "another")
    assert REFUSED in shown(page, "docker push alice/app", 1)
    assert "latest: digest: sha256:" in shown(page, "docker push bob/app")


def test_a_name_belongs_to_its_first_password(page: Sandbox) -> None:
    login(page, "alice")
    asked = 'Error response from daemon: Get "https://registry-1.docker.io/v2/"'
    for name in ("alice", "library"):
        assert login(page, name, "wrong", 1) == f"{asked}: unauthorized: incorrect username or password\n"
    assert "Login Succeeded" in login(page, "alice")


def test_builds_pull_and_push(page: Sandbox) -> None:
    page.write("app/Dockerfile", "FROM whoami\nCOPY Dockerfile /\n")
    assert "load metadata for docker.io/library/whoami:latest" in shown(page, "docker build -t one app")
    login(page, "alice")
    page.write("app/Dockerfile", "FROM nginx\nCOPY Dockerfile /\n")
    assert "alice/two:pull,push token for registry-1.docker.io" in shown(page, "docker build --push -t alice/two app")
    shown(page, "docker rmi alice/two && docker logout && docker pull alice/two")
    page.write("app/Dockerfile", "FROM ubuntu\nRUN true\n")
    assert "Pulling from library/ubuntu" in shown(page, "DOCKER_BUILDKIT=0 docker build app")


def test_every_port_is_the_pages(page: Sandbox) -> None:
    shown(page, "docker run -d -p 443:80 -p 5000:80 nginx")
    for port in (443, 5000):
        assert "nginx" in shown(page, f"curl --retry 20 --retry-all-errors --retry-delay 1 -s localhost:{port}")
    shown(page, "docker pull hello-world")
    login(page, "alice")


def test_the_registry_wants_a_token_and_curl_believes_it(page: Sandbox) -> None:
    answer = shown(page, "curl -sS --head https://registry-1.docker.io/v2/; curl -sS https://index.docker.io/v2/")
    assert 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"' in answer
    assert '"UNAUTHORIZED"' in answer
    assert shown(page, "curl -sS -o /dev/null -w '%{http_code}' -d grant_type=x https://auth.docker.io/token") == "400"
    assert shown(page, "curl -sS -o /dev/null -w '%{http_code}' https://auth.docker.io/") == "404"


def test_no_password_is_left_anywhere(page: Sandbox) -> None:
    login(page, "alice")
    shown(page, "docker tag busybox alice/app && docker push alice/app")
    login(page, "alice", "not-" + PASSWORD, 1)
    word = PASSWORD[:-1] + "[s]"  # a pattern that does not find itself in the process list
    places = "/etc /home /opt /page /root /run /srv /tmp /usr/local /var /proc/[0-9]*/cmdline /proc/[0-9]*/environ"
    assert shown(page, f"grep -rls '{word}' {places}; true") == ""
    assert "bees" not in shown(page, "ps axww")
    # What the docker command keeps for its next push, as it warns: the only place, and gone with the logout.
    encoded = "$(printf alice:%s bees-like-flowers | base64)"
    assert shown(page, f"grep -rls {encoded} {places} | grep -v ^/proc; true") == "/root/.docker/config.json\n"


def test_the_hub_is_in_the_page_and_nowhere_else(page: Sandbox, sandboxes: runner.OpenSandbox) -> None:
    assert "docker-registry" in shown(page, "ps axww")
    with sandboxes(job("busybox", hub=False)) as without:
        assert "docker-registry" not in shown(without, "ps axww")
        assert "python3" not in shown(without, "ps axww")
        assert "docker.io" not in shown(without, "cat /etc/hosts; iptables -t nat -S; ls /run")
        assert "65443" not in shown(without, "iptables -t nat -S; ss -ltn")
        assert "hub" not in shown(without, "cat /proc/mounts")
        assert "ca-certificates" not in shown(without, "cat /proc/mounts")
        assert "dial" in shown(without, "docker pull hello-world", 1)
        assert "dial" in shown(without, "docker login -u alice -p x", 1)


def test_its_stock_takes_no_room(page: Sandbox) -> None:
    both, one = (int(shown(page, f"du -s {what} | cut -f1")) for what in ("/template", "/template/containerd"))
    assert both < one * 1.02


def test_a_site_without_images_has_a_hub_too(engine: HostEngine, site: SiteConfig, tmp_path: Path) -> None:
    empty = dataclasses.replace(site, root=tmp_path, images=())
    with runner.live_sandboxes(empty, print) as start, start(job()) as page:
        shown(page, "docker import - alice/empty < /dev/null")
        login(page, "alice")
        shown(page, "docker push alice/empty && docker rmi alice/empty && docker pull alice/empty")
        assert "pull access denied" in shown(page, "docker pull debian", 1)
    for volume in engine.ours()["volumes"]:
        if volume["Labels"].get("io.snippetrun.site") == str(tmp_path):
            engine.remove_volume(volume["Name"])


@pytest.mark.usefixtures("sandboxes")
def test_a_hub_that_does_not_start_says_why(engine: HostEngine, site: SiteConfig) -> None:
    image, provided = images_of(engine, site, print)
    volume = store(engine, str(site.root), image, provided, print).volume
    spec = page_specification(engine, image, volume, Job(Page("docs/hub.md", ()), "", (), 60.0, 1_000_000, hub=True))
    broken = dataclasses.replace(spec, scratch=(*spec.scratch, "/files/etc/ssl/certs"))
    with pytest.raises(SandboxError) as caught, sandbox(engine, broken):
        pass
    [problem] = caught.value.problems
    assert problem.message == "the page's sandbox did not start: the Docker Hub did not start"
    # The token server may say below it that nobody reads what it says.
    assert "cat: /etc/ssl/certs/ca-certificates.crt: No such file or directory" in problem.hint
