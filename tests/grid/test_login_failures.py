"""Each login that fails, with the embedded zone or another server at the other end, and how it is told."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import trio
from irods.password_obfuscation import encode

from irodsfs.config import Setting, load
from irodsfs.grid.irods_sessions import entered
from irodsfs.grid.login_failures import LOGIN_FAILURES
from irodsfs.sandbox.catalog.database import now
from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.zone_server import Server
from irodsfs.user_errors import IrodsfsError
from tests.certificates import DAY, make_certificate

pytestmark = pytest.mark.embedded_zone

REQUIRED = {"irods_client_server_policy": "CS_NEG_REQUIRE"}
EXPIRED = "expired long ago"
TIMEOUT = 5.0

Environment = dict[str, object]
Refusal = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def as_this_user(user_directories: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("IRODS")]:
        monkeypatch.delenv(name)
    for name, value in user_directories.items():
        monkeypatch.setenv(name, value)


@contextmanager
def served(directory: Path, negotiation: str = "CS_NEG_REFUSE", **options: int) -> Iterator[Server]:
    zone = Zone.create(directory, password="rods", negotiation=negotiation, pam_passwords={"rods": "pam password"})
    if negotiation != "CS_NEG_REFUSE":
        zone.tls()
    with Server(zone, "localhost", **options) as server:
        yield server


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("plain") / "zone") as server:
        catalog = server.zone.connect()
        catalog.execute(
            "INSERT INTO R_USER_PASSWORD SELECT user_id, ?, '3600', ?, ? FROM R_USER_MAIN WHERE user_name = 'rods'",
            EXPIRED,
            f"{int(now()) - 7200:011}",
            f"{int(now()) - 7200:011}",
        )
        catalog.close()
        yield server


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("secure") / "zone", "CS_NEG_REQUIRE") as server:
        yield server


@pytest.fixture
def refusal(tmp_path: Path) -> Refusal:
    """Exit status and sentence of logging in with an environment file, which must fail."""

    def refused(port: int, password: str = "rods", uid: int | None = None, **changes: object) -> tuple[int, str]:
        file = tmp_path / "irods_environment.json"
        account: Environment = {
            "irods_host": "localhost",
            "irods_port": port,
            "irods_user_name": "rods",
            "irods_zone_name": "tempZone",
        }
        file.write_text(json.dumps(account | changes))
        (tmp_path / ".irodsA").write_text(encode(password, uid=os.getuid() if uid is None else uid))
        with pytest.raises(IrodsfsError) as caught:
            trio.run(log_in, file)
        assert password not in caught.value.message or password == "rods"
        assert "\n" not in caught.value.message
        return caught.value.exit_code, caught.value.message

    return refused


async def log_in(file: Path) -> None:
    config = load({"zone": Setting(str(file), "ZONE"), "mountpoint": Setting("/mnt", "MOUNTPOINT")})
    failures: list[IrodsfsError] = []
    async with trio.open_nursery() as background:
        try:
            async with entered(config.account, background, connections=1, request_timeout=TIMEOUT):
                pass
        except IrodsfsError as error:
            failures.append(error)
        background.cancel_scope.cancel()
    for failure in failures:
        raise failure


def authority(server: Server) -> Environment:
    return REQUIRED | {"irods_ssl_ca_certificate_file": str(server.zone.directory / "certificate.pem")}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"password": "wrong"}, "refused rods with this password"),
        ({"password": EXPIRED}, "whose password has expired"),
        ({"irods_user_name": "nobody"}, "refused nobody, whom it does not know"),
        ({"irods_zone_name": "otherZone"}, "the zone there is tempZone"),
        ({"irods_zone_name": "otherZone", "irods_user_name": "nobody"}, "the zone there is tempZone"),
    ],
)
def test_whom_the_zone_does_not_let_in(plain: Server, refusal: Refusal, changes: Environment, told: str) -> None:
    status, message = refusal(plain.port, **changes)
    assert status == 4
    assert told in message


def test_a_wrong_pam_password(secure: Server, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODSFS_PASSWORD", "no such password")
    status, message = refusal(secure.port, irods_authentication_scheme="PAM", **authority(secure))
    assert status == 4
    assert "refused rods with this password" in message


def test_a_name_that_nobody_knows(refusal: Refusal) -> None:
    status, message = refusal(1247, irods_host="irods.invalid")
    assert status == 5
    assert message.startswith("The name irods.invalid is not known")


def test_a_port_at_which_nobody_listens(refusal: Refusal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        status, message = refusal(taken.getsockname()[1], irods_host="127.0.0.1")
    assert status == 5
    assert message.startswith("No server at all answers")


def test_an_address_to_which_no_way_leads(refusal: Refusal) -> None:
    status, message = refusal(1247, irods_host="224.0.0.1")  # a group's, to which there are no connections
    assert status == 5
    assert message.startswith("There is no way from here to 224.0.0.1:1247")


@contextmanager
def something(says: bytes, *, stays: bool = True) -> Iterator[int]:
    """The port of a server of another kind."""
    with socket.create_server(("localhost", 0)) as listener, ExitStack() as open_ones:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                open_ones.callback(client.close)
                with suppress(OSError):  # who has seen enough is gone
                    client.sendall(says)
                if not stays:
                    client.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    "says",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x15\x03\x03\x00\x02\x02\x0a",
        b"\xff\xff",
        b"\0\0\0\x0bnot so long",
    ],
    ids=["ssh", "http", "tls", "bytes", "no message"],
)
def test_a_port_at_which_something_else_answers(refusal: Refusal, says: bytes) -> None:
    with something(says) as port:
        status, message = refusal(port)
    assert status == 5
    assert "is no iRODS server" in message


def test_a_port_at_which_somebody_hangs_up(refusal: Refusal) -> None:
    with something(b"", stays=False) as port:
        status, message = refusal(port)
    assert status == 5
    assert message.startswith("No iRODS server answers")


def test_a_server_that_says_nothing(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.TIMEOUT", 0.5)
    with something(b"") as port:
        status, message = refusal(port)
    assert status == 5
    assert "in time" in message


def test_a_server_that_is_full(tmp_path: Path, refusal: Refusal) -> None:
    with (
        served(tmp_path / "zone", most_connections=1) as server,
        socket.create_connection(("localhost", server.port)) as other,
    ):
        other.sendall(b"\0")
        for negotiation in ("", "request_server_negotiation"):
            status, message = refusal(server.port, irods_client_server_negotiation=negotiation)
            assert status == 13
            assert "is full" in message


@pytest.mark.parametrize("negotiation", ["", "request_server_negotiation"])
def test_a_zone_that_requires_tls(secure: Server, refusal: Refusal, negotiation: str) -> None:
    status, message = refusal(secure.port, irods_client_server_negotiation=negotiation)
    assert status == 12
    assert "requires TLS: set irods_client_server_policy to CS_NEG_REQUIRE" in message


def test_a_zone_that_refuses_tls(plain: Server, refusal: Refusal) -> None:
    status, message = refusal(plain.port, **REQUIRED)
    assert status == 12
    assert "does without TLS" in message


def test_a_certificate_of_an_unknown_authority(secure: Server, refusal: Refusal) -> None:
    status, message = refusal(secure.port, **REQUIRED)
    assert status == 12
    assert "authority that is not known here" in message
    assert "irods_ssl_ca_certificate_file" in message


@pytest.mark.parametrize(
    ("host", "begins", "ends", "told"),
    [
        ("data.example.org", -DAY, DAY, "is for another host"),
        ("localhost", -2 * DAY, -DAY, "has expired"),
        ("localhost", DAY, 2 * DAY, "is not valid yet"),
    ],
)
def test_a_certificate_that_does_not_hold(
    tmp_path: Path, refusal: Refusal, host: str, begins: object, ends: object, told: str
) -> None:
    make_certificate(tmp_path / "zone", host, begins=begins, ends=ends)
    with served(tmp_path / "zone", "CS_NEG_REQUIRE") as server:
        status, message = refusal(server.port, **authority(server))
        assert status == 12
        assert told in message
        assert message.startswith("The certificate of localhost:")
        if told == "is for another host":
            status, message = refusal(server.port, irods_host="127.0.0.1", **authority(server))
            assert told in message


def test_certificates_of_authorities_that_can_not_be_read(secure: Server, refusal: Refusal, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").touch()
    for place in ("missing.pem", "empty.pem", "."):
        file = tmp_path / place
        status, message = refusal(secure.port, irods_ssl_ca_certificate_file=str(file), **REQUIRED)
        assert status == 3
        assert f"CA certificates in {file} can't be used" in message
    status, message = refusal(secure.port, irods_ssl_ca_certificate_path=str(tmp_path / "missing"), **REQUIRED)
    assert (status, "it is no directory" in message) == (3, True)


@pytest.mark.parametrize("scheme", ["pam_password", "PAM", "pam", "PAM_PASSWORD"])
def test_a_pam_password_without_tls(
    plain: Server, refusal: Refusal, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("IRODSFS_PASSWORD", "pam password")
    status, message = refusal(plain.port, irods_authentication_scheme=scheme)
    assert status == 3
    assert "needs TLS" in message


def test_a_scheme_that_asks_questions(secure: Server, refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODSFS_PASSWORD", "pam password")
    status, message = refusal(secure.port, irods_authentication_scheme="PAM_Interactive", **authority(secure))
    assert status == 3
    assert "run irodsfs login" in message


def test_an_unknown_scheme(plain: Server, refusal: Refusal) -> None:
    status, message = refusal(plain.port, irods_authentication_scheme="gsi")
    assert status == 3
    assert "irods_authentication_scheme" in message
    assert "give native, pam_password or pam_interactive" in message


def test_the_password_file_of_another_user(plain: Server, refusal: Refusal, tmp_path: Path) -> None:
    status, message = refusal(plain.port, uid=os.getuid() + 1)
    assert status == 3
    assert f"{tmp_path / '.irodsA'} was made by another local user" in message


def test_each_failure_has_a_sentence_of_its_own() -> None:
    sentences = [failure.sentence for failure in LOGIN_FAILURES]
    assert len(set(sentences)) == len(sentences)
