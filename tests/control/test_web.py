"""`irodsfs serve`: the same over TCP, for everybody with credentials."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from irods.session import iRODSSession

from irodsfs.sandbox.protocol.certificates import make_certificate
from tests.conftest import AddUser
from tests.control.serving import served
from tests.zones import AnyZone

Serve = Callable[..., str]
Credentials = tuple[str, str]


@pytest.fixture(scope="module")
def serve(zone_server: AnyZone, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Serves the zone with the options given; answers the URL."""
    directory = tmp_path_factory.mktemp("web")
    with ExitStack() as stack:

        def start(*options: str) -> str:
            return stack.enter_context(served(zone_server.environment_file(), directory, *options))

        yield start


@pytest.fixture(scope="module")
def url(serve: Serve) -> str:
    options = ("--allow-cors", "--cors-origin", "https://portal.example", "--cors-allow-credentials", "--anonymous")
    return serve(*options)


@pytest.fixture
def credentials(zone_server: AnyZone) -> Credentials:
    """Name and password of the zone's user."""
    return zone_server.user, zone_server.password


@pytest.mark.parametrize("prefix", ["", "STANDARD*", "STANDARD:"])
def test_credentials_of_the_zone_are_accepted_with_the_prefix_of_the_guide(
    url: str, prefix: str, credentials: Credentials, home: str
) -> None:
    name, password = credentials
    # httpx forbids no colon in names, but the header's first colon ends the name.
    answer = httpx.get(f"{url}/collection{home}", auth=(prefix.replace(":", "-") + name, password))
    assert answer.json()["collectionOwnerName"] == name
    assert url.startswith("http://127.0.0.1:")


def test_wrong_credentials_are_refused_without_telling_which_part(url: str, credentials: Credentials) -> None:
    name, password = credentials
    answers = [httpx.get(f"{url}/server", auth=auth) for auth in ((name, "wrong"), ("ghost", password))]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].content == answers[1].content
    assert answers[0].headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "header", ["Basic", "Basic !", "Bearer x", "Basic cm9kcw==", "Basic OnJvZHM=", b"Basic cm9kczpy\x80"]
)
def test_broken_credentials_are_refused(url: str, header: str | bytes) -> None:
    assert httpx.get(f"{url}/server", headers={"Authorization": header}).status_code == 401


@pytest.mark.readable_line
def test_a_pam_password_is_not_sent_to_a_zone_without_tls(url: str, credentials: Credentials) -> None:
    name, password = credentials
    answer = httpx.get(f"{url}/server", auth=(f"PAM*{name}", password))
    assert (answer.status_code, answer.json()["field"]) == (400, "Authorization")
    assert "TLS" in answer.json()["message"]


def test_guessing_is_made_slow(url: str, add_user: AddUser, credentials: Credentials) -> None:
    guessed = add_user(password="right")
    codes = [httpx.get(f"{url}/server", auth=(guessed.name, f"no{number}")).status_code for number in range(7)]
    assert codes == [401] * 6 + [429]
    held_back = httpx.get(f"{url}/server", auth=(guessed.name, "right"))
    assert held_back.status_code == 429
    assert int(held_back.headers["retry-after"]) >= 1
    assert httpx.get(f"{url}/server", auth=credentials).status_code == 200


def test_users_see_what_they_may(url: str, add_user: AddUser, home: str, credentials: Credentials) -> None:
    visitor = add_user()
    theirs = (visitor.name, visitor.password)
    assert httpx.get(f"{url}/collection{home}", auth=theirs).status_code == 404
    acl = f"{url}/collection{home}/acl/{visitor.name}"
    assert httpx.put(acl, params={"permission": "READ"}, auth=credentials).status_code == 204
    assert httpx.get(f"{url}/collection{home}", auth=theirs).status_code == 200
    refused = httpx.put(f"{url}/collection{home}/sub", auth=theirs)
    assert (refused.status_code, refused.json()["field"]) == (403, "path")
    assert httpx.put(f"{url}/user/{credentials[0]}/temppassword?admin=true", auth=theirs).status_code == 403


@pytest.mark.embedded_zone
def test_anonymous_reads_with_a_ticket_only(
    url: str, session: iRODSSession, add_user: AddUser, home: str, credentials: Credentials
) -> None:
    add_user(name="anonymous", password="")
    with session.data_objects.open(f"{home}/object", "w") as file:
        file.write(b"for all")
    request = {"mode": "read", "object_path": home, "ticket_string": f"open{home[-8:]}"}
    assert httpx.post(f"{url}/ticket", json=request, auth=credentials).status_code == 200
    ticket = {"ticket": request["ticket_string"]}
    assert httpx.get(f"{url}/collection{home}").status_code == 404
    assert httpx.get(f"{url}/collection{home}", params=ticket).status_code == 200
    assert httpx.get(f"{url}/fileContents{home}/object", params=ticket).content == b"for all"


def test_pages_of_other_origins_get_the_headers_of_chapter_2(url: str, credentials: Credentials) -> None:
    origin = {"Origin": "https://portal.example"}
    answer = httpx.get(f"{url}/server", headers=origin, auth=credentials)
    assert answer.headers["access-control-allow-origin"] == "https://portal.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    preflight = httpx.options(f"{url}/server", headers=origin | {"Access-Control-Request-Method": "PUT"})
    assert preflight.status_code == 200
    assert set(preflight.headers["access-control-allow-methods"].split(", ")) == {"GET", "POST", "DELETE", "PUT"}
    other = httpx.get(f"{url}/server", headers={"Origin": "https://evil.example"}, auth=credentials)
    assert "access-control-allow-origin" not in other.headers


def test_tls_and_neither_cors_nor_anonymous_unless_told(serve: Serve, tmp_path: Path, credentials: Credentials) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make_certificate(certificate, key)
    url = serve("--tls-certificate", str(certificate), "--tls-key", str(key))
    assert url.startswith("https://")
    trusted = ssl.create_default_context(cafile=str(certificate))
    trusted.check_hostname = False
    with httpx.Client(verify=trusted, base_url=url) as client:
        answer = client.get("/server", auth=credentials, headers={"Origin": "https://portal.example"})
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers
        assert client.get("/server").status_code == 401


@pytest.mark.parametrize(("lifetime", "status"), [("0", 401), ("3600", 200)])
def test_a_password_is_checked_again_when_the_lifetime_of_the_session_is_over(
    serve: Serve, administrator: iRODSSession, add_user: AddUser, lifetime: str, status: int
) -> None:
    url = serve("--session-lifetime", lifetime)
    name = add_user(password="before").name
    assert httpx.get(f"{url}/server", auth=(name, "before")).status_code == 200
    administrator.users.modify(name, "password", "after")
    assert httpx.get(f"{url}/server", auth=(name, "before")).status_code == status
    assert httpx.get(f"{url}/server", auth=(name, "after")).status_code == 200
