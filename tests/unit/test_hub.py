"""The throwaway Docker Hub's own logic; what an engine makes of it stands in test_sandbox_hub.py."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from snippetrun.sandbox.image.hub import seed
from snippetrun.sandbox.image.hub.access import Scope, granted, scopes
from snippetrun.sandbox.image.hub.request import from_form, from_query
from snippetrun.sandbox.image.hub.tokens import Signer, raw_signature, token
from snippetrun.sandbox.image.hub.users import Users

BOTH = ("pull", "push")


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def may(user: str, repository: str, *wanted: str) -> tuple[str, ...]:
    """What is granted where `library/debian` and `bob/app` are all that there is."""
    scope = Scope("repository", repository, wanted)
    return granted(scope, user, {"library/debian", "bob/app"}.__contains__).actions


def test_scopes_come_one_by_one_or_in_a_row() -> None:
    assert list(scopes(["repository:a/b:pull,push repository:c:pull", "repository:d:1/e:pull", "nonsense"])) == [
        Scope("repository", "a/b", BOTH),
        Scope("repository", "c", ("pull",)),
        Scope("repository", "d:1/e", ("pull",)),
    ]


@pytest.mark.parametrize("user", ["", "alice", "bob"])
def test_anyone_may_pull_what_there_is(user: str) -> None:
    assert may(user, "library/debian", "pull") == ("pull",)
    assert may(user, "bob/app", "pull") == ("pull",)
    assert may(user, "bob/other", "pull") == ()


def test_a_user_may_push_to_repositories_of_his_own() -> None:
    assert may("alice", "alice/app", *BOTH) == BOTH
    assert may("bob", "bob/app", *BOTH) == BOTH


@pytest.mark.parametrize(
    ("user", "repository"),
    [
        ("", "bob/app"),
        ("alice", "bob/app"),
        ("alice", "library/debian"),
        ("library", "alice/debian"),
        ("alice", "alice"),
        ("alice", "alice/"),
        ("alice", "alice/app/deeper"),
        ("alice", "alice2/app"),
    ],
)
def test_nobody_may_push_to_others(user: str, repository: str) -> None:
    assert "push" not in may(user, repository, *BOTH)


def test_nothing_but_pull_and_push_is_granted() -> None:
    assert may("bob", "bob/app", "delete", "*", "push") == ("push",)
    assert granted(Scope("registry", "bob/app", BOTH), "bob", lambda _: True).actions == ()


def test_the_first_login_makes_the_account() -> None:
    users = Users()
    assert users.admit("alice", "one")
    assert users.admit("alice", "one")
    assert not users.admit("alice", "two")
    assert users.admit("bob", "two")


@pytest.mark.parametrize(("name", "password"), [("library", "x"), ("", "x"), ("Alice", "x"), ("a/b", "x"), ("a", "")])
def test_some_names_are_nobodys(name: str, password: str) -> None:
    assert not Users().admit(name, password)


def test_passwords_are_not_kept() -> None:
    users = Users()
    users.admit("alice", "bees-like-flowers")
    assert "bees-like-flowers" not in repr(vars(users))


def test_a_get_has_its_password_in_a_header() -> None:
    asked = from_query("service=registry.docker.io&scope=repository%3Aa%2Fb%3Apull&scope=x", basic("alice:p:w"))
    assert asked.login == ("alice", "p:w")
    assert asked.scopes == ("repository:a/b:pull", "x")
    assert "p:w" not in repr(asked)
    assert from_query("", "").login is None


@pytest.mark.parametrize("header", ["Bearer abc", "Basic %%%", "Basic " + base64.b64encode(b"\xff:").decode()])
def test_another_header_is_an_error(header: str) -> None:
    with pytest.raises(ValueError, match="."):
        from_query("", header)


def test_a_post_has_its_password_in_a_form() -> None:
    asked = from_form("grant_type=password&username=alice&password=p%26w&scope=a+b&client_id=x")
    assert (asked.login, asked.scopes) == (("alice", "p&w"), ("a b",))


@pytest.mark.parametrize("body", ["", "grant_type=refresh_token&refresh_token=x", "username=alice&password=x"])
def test_another_grant_is_an_error(body: str) -> None:
    with pytest.raises(ValueError, match="only a password"):
        from_form(body)


def test_a_form_without_a_name_is_not_anonymous() -> None:
    asked = from_form("grant_type=password")
    assert asked.login == ("", "")


def test_a_token_says_who_may_do_what_and_until_when() -> None:
    certificate = "-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n"
    signed: list[bytes] = []

    def sign(data: bytes) -> bytes:
        signed.append(data)
        return bytes([0x30, 6, 2, 1, 5, 2, 1, 6])

    given = [Scope("repository", "alice/app", BOTH), Scope("repository", "bob/none", ())]
    text = token("alice", given, Signer(certificate, sign), now=1000, identity="id")
    head, claims, signature = (base64.urlsafe_b64decode(part + "==") for part in text.split("."))
    assert signed == [text.rpartition(".")[0].encode()]
    assert signature == (5).to_bytes(32, "big") + (6).to_bytes(32, "big")
    assert json.loads(head) == {"typ": "JWT", "alg": "ES256", "x5c": ["QUJDREVG"]}
    assert json.loads(claims) == {
        "iss": "auth.docker.io",
        "sub": "alice",
        "aud": "registry.docker.io",
        "iat": 1000,
        "nbf": 999,
        "exp": 1300,
        "jti": "id",
        "access": [{"type": "repository", "name": "alice/app", "actions": ["pull", "push"]}],
    }


@pytest.mark.parametrize(("r", "s"), [(1, 2**255), (2**256 - 1, 2**127), (2**248, 2**240 - 1)])
def test_signatures_have_32_bytes_for_each_number(r: int, s: int) -> None:
    numbers = [n.to_bytes(n.bit_length() // 8 + 1, "big") for n in (r, s)]  # DER has a zero before a set first bit
    content = b"".join(bytes([2, len(n)]) + n for n in numbers)
    assert raw_signature(bytes([0x30, len(content)]) + content) == r.to_bytes(32, "big") + s.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("hello-world:latest", ("library/hello-world", "latest")),
        ("dockercloud/haproxy:1.2", ("dockercloud/haproxy", "1.2")),
        ("docker.io/alice/app:latest", ("alice/app", "latest")),
        ("ghcr.io/x/y:latest", None),
        ("localhost/x:latest", None),
        ("registry:5000/x:latest", None),
    ],
)
def test_names_lead_to_the_hub_unless_they_name_another_registry(name: str, place: tuple[str, str] | None) -> None:
    assert seed.on_hub(name) == place


class Content:
    """Blobs as containerd keeps them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "sha256").mkdir(parents=True)

    def add(self, digest: str, content: object) -> str:
        (self.folder / digest.replace(":", "/")).write_text(json.dumps(content))
        return digest

    def manifest(self, digest: str, config: str, *layers: str) -> str:
        for blob in (config, *layers):
            self.add(blob, blob)
        return self.add(digest, {"config": {"digest": config}, "layers": [{"digest": layer} for layer in layers]})


@pytest.fixture
def content(tmp_path: Path) -> Content:
    return Content(tmp_path / "blobs")


def test_the_stock_is_laid_out_as_the_registry_does_it(content: Content, tmp_path: Path) -> None:
    one = content.manifest("sha256:aa1", "sha256:cc1", "sha256:ee1")
    two = content.manifest("sha256:aa2", "sha256:cc2", "sha256:ee1", "sha256:ee2")
    images = [("debian:latest", one), ("alice/app:v1", two), ("ghcr.io/x/y:latest", two)]
    sources = seed.seed(content.folder, tmp_path / "registry", images)

    root = tmp_path / "registry/docker/registry/v2"
    files = {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}
    links = {name: path.read_text() for name, path in files.items() if path.name == "link"}
    debian, app = "repositories/library/debian", "repositories/alice/app"
    assert links == {
        f"{debian}/_manifests/revisions/sha256/aa1/link": one,
        f"{debian}/_manifests/tags/latest/current/link": one,
        f"{debian}/_manifests/tags/latest/index/sha256/aa1/link": one,
        f"{debian}/_layers/sha256/cc1/link": "sha256:cc1",
        f"{debian}/_layers/sha256/ee1/link": "sha256:ee1",
        f"{app}/_manifests/revisions/sha256/aa2/link": two,
        f"{app}/_manifests/tags/v1/current/link": two,
        f"{app}/_manifests/tags/v1/index/sha256/aa2/link": two,
        f"{app}/_layers/sha256/cc2/link": "sha256:cc2",
        f"{app}/_layers/sha256/ee1/link": "sha256:ee1",
        f"{app}/_layers/sha256/ee2/link": "sha256:ee2",
    }
    assert set(files) - set(links) == {
        f"blobs/sha256/{n[:2]}/{n}/data" for n in ("aa1", "aa2", "cc1", "cc2", "ee1", "ee2")
    }
    assert files["blobs/sha256/ee/ee1/data"].samefile(content.folder / "sha256/ee1")
    assert sources == {
        "sha256:cc1": "library/debian",
        "sha256:ee1": "library/debian",
        "sha256:cc2": "alice/app",
        "sha256:ee2": "alice/app",
    }
    assert seed.manifests(tmp_path / "registry", "alice/app").is_dir()
    assert not seed.manifests(tmp_path / "registry", "alice").is_dir()


def test_of_an_index_the_platforms_that_are_there_are_in_stock(content: Content, tmp_path: Path) -> None:
    content.manifest("sha256:aa1", "sha256:cc1", "sha256:ee1")
    content.add("sha256:aa2", {"config": {"digest": "sha256:cc1"}, "layers": [{"digest": "sha256:not-here"}]})
    children = [{"digest": digest} for digest in ("sha256:aa1", "sha256:aa2", "sha256:not-here")]
    index = content.add("sha256:dd1", {"manifests": children})
    seed.seed(content.folder, tmp_path / "registry", [("debian:latest", index)])
    revisions = seed.manifests(tmp_path / "registry", "library/debian") / "revisions/sha256"
    assert sorted(path.name for path in revisions.iterdir()) == ["aa1", "dd1"]


def test_there_is_a_registry_without_images_too(content: Content, tmp_path: Path) -> None:
    assert seed.seed(content.folder, tmp_path / "registry", []) == {}
    assert (tmp_path / "registry").is_dir()
