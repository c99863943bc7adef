"""What a page with the internet does not reach, also if it tries: a real sandbox, with services that would answer."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator

import pytest

from snippetrun import runner
from snippetrun.engine.client import HostEngine
from snippetrun.model import Job, Network, Page
from snippetrun.sandbox.interface import TerminalCommand
from snippetrun.sandbox.live import LiveSandbox

pytestmark = pytest.mark.engine

PUBLIC = "8.8.8.8"
OF_THE_HOST = "9.9.9.9"
REFUSED = (
    "169.254.169.254", "168.63.129.16", "100.100.100.200",  # where clouds tell a machine about itself
    "10.1.2.3", "172.30.1.2", "192.168.7.7", "100.64.1.1", "198.18.0.9",
    OF_THE_HOST,
)  # fmt: skip
# It asks for no name of itself, as http.server does.
SERVER = """python3 -c '
import http.server, socketserver
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(204); self.end_headers()
class Server(socketserver.ThreadingTCPServer): allow_reuse_address = True
Server(("", 8080), Answer).serve_forever()' >/dev/null 2>&1 </dev/null &"""
# The world outside of a page's outer container: a network namespace behind it that has all of these addresses.
WORLD = f"""set -e
ip netns add world
ip link add world type veth peer name eth0 netns world
ip address add 192.0.0.129/30 dev world
ip link set world up
ip -n world address add 192.0.0.130/30 dev eth0
ip -n world link set eth0 up
ip -n world link set lo up
ip -n world route add default via 192.0.0.129
for address in {PUBLIC} {" ".join(REFUSED)}; do
  ip -n world address add $address/32 dev lo
  ip route add $address via 192.0.0.130
done
nsenter --net=/run/netns/world {SERVER}
"""


ANSWERS = "curl --silent --max-time 3 --output /dev/null {options} http://$a:8080/ && echo $a"
IN_A_CONTAINER = "docker run --rm --privileged --network host --pid host debian bash -c"


def outside(sandbox: LiveSandbox, script: str) -> str:
    """Run a script as root of the outer container; return what it says."""
    stream = sandbox._engine.execute(sandbox._container, ["bash", "-c", f"({script}) 2>&1"], {})
    return stream.read_all(60).decode()


def said(sandbox: LiveSandbox, command: str) -> str:
    return sandbox.terminal().run(TerminalCommand(command, 1, timeout=90, limit=100_000)).output


def which_answer(*addresses: str, options: str = "") -> str:
    """Return a script that says which of these addresses answer a request."""
    return f"for a in {' '.join(addresses)}; do {ANSWERS.format(options=options)}; done"


def job() -> Job:
    images = ("debian:latest", "nginx:latest")
    return Job(Page("docs/test.md", ()), "", images, 60.0, 1_000_000, network=Network.INTERNET)


@pytest.fixture(scope="module")
def start(sandboxes: runner.OpenSandbox) -> Iterator[runner.OpenSandbox]:
    with pytest.MonkeyPatch.context() as patch:
        known = HostEngine.addresses.func  # type: ignore[attr-defined] # mypy takes it for what it returns
        patch.setattr(HostEngine, "addresses", property(lambda engine: (*known(engine), OF_THE_HOST)))
        yield sandboxes


@pytest.fixture(scope="module")
def page(start: runner.OpenSandbox) -> Iterator[LiveSandbox]:
    """A page with the internet, behind whose outer container all of these addresses answer."""
    with start(job()) as sandbox:
        assert isinstance(sandbox, LiveSandbox)
        assert outside(sandbox, WORLD) == ""
        patient = "--retry 20 --retry-connrefused --retry-delay 1"
        answered = outside(sandbox, which_answer(PUBLIC, *REFUSED, options=patient))
        assert answered.split() == [PUBLIC, *REFUSED]
        yield sandbox


def test_a_page_with_the_internet_reaches_public_addresses_and_names(page: LiveSandbox) -> None:
    assert said(page, which_answer(PUBLIC)) == f"{PUBLIC}\n"
    assert said(page, f"docker run --rm debian bash -c ': < /dev/tcp/{PUBLIC}/8080 && echo reached'") == "reached\n"
    assert said(page, "getent hosts deb.debian.org >/dev/null && echo found") == "found\n"


ATTEMPTS = (
    "true",
    "iptables -F; iptables -t nat -F; iptables -P FORWARD ACCEPT; iptables -P OUTPUT ACCEPT",
    "for net in 10 169.254 192.168; do ip route replace $net.0.0/8 via 192.0.0.1; done",
    "ip route replace default via 192.0.0.2",
)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_private_addresses_and_those_of_clouds_and_of_the_host_are_refused(page: LiveSandbox, attempt: str) -> None:
    gateway = outside(page, "ip route show default | awk '{ print $3 }'").strip()
    everything = (*REFUSED, gateway, "192.0.0.1", "192.0.0.2", "192.0.0.130")
    assert said(page, f"{{ {attempt}; }} 2>/dev/null") == ""
    assert said(page, which_answer(*everything)) == ""
    ports = f'for a in {" ".join(everything)}; do timeout 3 bash -c ": < /dev/tcp/$a/8080" 2>/dev/null && echo $a; done'
    assert said(page, f"{IN_A_CONTAINER} '{ports}'") == ""
    assert said(page, which_answer(PUBLIC)) == f"{PUBLIC}\n"


def test_services_of_this_machine_are_refused(page: LiveSandbox) -> None:
    with socketserver.TCPServer(("0.0.0.0", 0), socketserver.StreamRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        gateway = outside(page, "ip route show default | awk '{ print $3 }'").strip()
        for address in ("127.0.0.1", "10.0.2.2", gateway, *page._engine.addresses):
            assert said(page, f"timeout 3 bash -c ': < /dev/tcp/{address}/{port}' 2>/dev/null && echo reached") == ""
        server.shutdown()


def test_a_page_cannot_pretend_to_be_another_address(page: LiveSandbox) -> None:
    assert said(page, "ip address add 8.8.4.4/32 dev eth0") == ""
    assert said(page, which_answer(PUBLIC, options="--interface 8.8.4.4")) == ""


@pytest.mark.slow
def test_another_page_is_refused(page: LiveSandbox, start: runner.OpenSandbox) -> None:
    with start(job()) as other:
        assert isinstance(other, LiveSandbox)
        assert "Error" not in said(other, "docker run -d --name web -p 8080:80 nginx")
        address = outside(other, "hostname --ip-address; " + SERVER).strip()
        patient = "--retry 20 --retry-connrefused --retry-delay 1"
        assert outside(page, which_answer(address, options=patient)) == f"{address}\n"  # not so its page
        assert said(page, which_answer(address)) == ""
        by_way_of_it = f"ip route add 192.0.0.6 via {address}; {which_answer('192.0.0.6')}; ip route del 192.0.0.6"
        assert outside(page, by_way_of_it) == ""


def test_it_is_our_filter_that_refuses(page: LiveSandbox) -> None:
    """Without it, all would be within reach."""
    assert outside(page, "iptables-save > /run/rules; iptables --flush FORWARD; iptables --policy FORWARD ACCEPT") == ""
    assert said(page, which_answer(*REFUSED)).split() == [*REFUSED]
    assert outside(page, "iptables-restore /run/rules") == ""  # other tests may follow
    assert said(page, which_answer(*REFUSED)) == ""
