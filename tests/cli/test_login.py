"""From a host name, a user name and a password to files that every client reads."""

from __future__ import annotations

import errno
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from irods.session import iRODSSession

from irodsfs.sandbox.catalog import clock
from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.zone_server import Server
from tests.conftest import IrodsfsCommand
from tests.mounts import fails

pytestmark = pytest.mark.embedded_zone

NATIVE, SYSTEM = "native secret", "system;secret="
SCRIPT = [
    {"say": "Look at your telephone."},
    {"ask": "Which colour?", "answer": "blue"},
    {"ask_secretly": "Code:", "answer": "123456"},
]


@contextmanager
def served(directory: Path, negotiation: str) -> Iterator[Server]:
    zone = Zone.create(directory, password=NATIVE, negotiation=negotiation, pam_passwords={"rods": SYSTEM})
    zone.pam_scripts["rods"] = SCRIPT
    zone.tls()
    with Server(zone, "localhost") as server:
        yield server


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("plain") / "zone", "CS_NEG_REFUSE") as server:
        yield server


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("secure") / "zone", "CS_NEG_REQUIRE") as server:
        yield server


class Person:
    """Somebody with a home of its own, who types or pipes."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.home = Path(environment["HOME"])

    @property
    def settings(self) -> dict[str, object]:
        file = self.home / ".irods" / "irods_environment.json"
        assert file.stat().st_mode & 0o777 == 0o600
        found: dict[str, object] = json.loads(file.read_text())
        return found

    @property
    def secret(self) -> Path:
        return self.home / ".irods" / ".irodsA"

    def pipes(self, text: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "irodsfs", *arguments]
        return subprocess.run(
            command, input=text, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def types(self, answers: list[tuple[str, str]], *arguments: str) -> tuple[int, str]:
        """Exit status and what the terminal shows of a conversation of prompts and answers."""
        child, terminal = pty.fork()
        if child == 0:
            command = [sys.executable, "-m", "irodsfs", *arguments]
            os.execve(sys.executable, command, self.environment)  # noqa: S606 - the terminal must be its own
        shown = ""
        for prompt, answer in answers:
            while prompt not in shown.rpartition("\0")[2]:
                shown += os.read(terminal, 1024).decode()
            shown += "\0"
            os.write(terminal, f"{answer}\n".encode())
        try:
            while more := os.read(terminal, 1024):
                shown += more.decode()
        except OSError:  # the other side is closed
            shown += "\0"
        _, status = os.waitpid(child, 0)
        os.close(terminal)
        return os.waitstatus_to_exitcode(status), shown

    def session(self) -> iRODSSession:
        """What python-irodsclient makes of what was left."""
        return iRODSSession(
            irods_env_file=str(self.home / ".irods" / "irods_environment.json"),
            irods_authentication_file=str(self.secret),
        )


@pytest.fixture
def person(user_environment: dict[str, str]) -> Person:
    return Person(user_environment)


def test_a_conversation_leaves_files_that_python_irodsclient_reads(plain: Server, person: Person) -> None:
    status, shown = person.types(
        [("Host", "localhost"), ("Port [1247]", str(plain.port)), ("User", "rods"), ("Zone [tempZone]", ""),
         ("Password of rods", NATIVE)],
        "login",
    )  # fmt: skip
    assert status == 0, shown
    assert "is iRODS 5.0.2, zone tempZone, without TLS (CS_NEG_REFUSE)" in shown
    assert f"irodsfs mount {person.home}/tempZone" in shown
    assert NATIVE not in shown
    assert person.secret.stat().st_mode & 0o777 == 0o600
    with person.session() as session:
        assert session.collections.exists("/tempZone/home/rods")


def test_what_is_known_is_not_asked_for_again(plain: Server, person: Person, tmp_path: Path) -> None:
    address = f"irods://rods@localhost:{plain.port}/tempZone"
    assert person.pipes(f"{NATIVE}\n", "login", address).returncode == 0
    person.secret.unlink()
    (tmp_path / "password").write_text(NATIVE + "\n")
    done = person.pipes("", "login", "--password-file", tmp_path / "password")
    assert done.returncode == 0, done.stderr
    assert person.secret.exists()
    done = person.pipes("", "logout")
    assert (done.returncode, done.stdout) == (0, f"{person.secret} is removed.\n")
    assert person.pipes("", "logout").stdout == "No password is kept.\n"


def test_a_wrong_password_leaves_what_was_there(plain: Server, person: Person) -> None:
    address = f"rods@localhost:{plain.port}"
    assert person.pipes(NATIVE, "login", address).returncode == 0
    kept = person.secret.read_bytes()
    done = person.pipes("wrong secret", "login", address)
    assert done.returncode == 4
    assert "wrong secret" not in done.stdout + done.stderr
    assert person.secret.read_bytes() == kept


def test_without_a_terminal_what_is_missing_is_named(person: Person, plain: Server) -> None:
    done = person.pipes("", "login")
    assert (done.returncode, "to ask for the host" in done.stderr) == (3, True)
    done = person.pipes("", "login", f"localhost:{plain.port}")
    assert (done.returncode, "to ask for the user" in done.stderr) == (3, True)
    done = person.pipes("", "login", f"rods@localhost:{plain.port}")
    assert (done.returncode, "There is no password for rods" in done.stderr) == (3, True)


@pytest.mark.parametrize("options", [(), ("--scheme", "PAM"), ("--scheme", "pam", "--ttl", "2")])
def test_a_pam_password_is_found_out_and_what_the_zone_made_of_it_is_kept(
    secure: Server, person: Person, options: tuple[str, ...]
) -> None:
    authority = secure.zone.directory / "certificate.pem"
    address = f"rods@localhost:{secure.port}"
    done = person.pipes(SYSTEM, "login", address, "--ca-certificate", authority, *options)
    assert done.returncode == 0, done.stderr
    assert "with TLS (CS_NEG_REQUIRE)" in done.stdout
    assert "rods is logged in (pam_password)" in done.stdout
    assert person.settings["irods_authentication_scheme"] == "pam_password"
    with person.session() as session:
        assert session.collections.exists("/tempZone/home/rods")


def test_a_time_to_live_that_the_zone_does_not_allow(secure: Server, plain: Server, person: Person) -> None:
    authority = secure.zone.directory / "certificate.pem"
    for server, password, options in (
        (secure, SYSTEM, ("--scheme", "pam_password", "--ca-certificate", authority)),
        (plain, NATIVE, ()),
    ):
        done = person.pipes(password, "login", f"rods@localhost:{server.port}", "--ttl", "99999", *options)
        assert (done.returncode, "give another --ttl" in done.stderr) == (3, True), done.stderr


def test_a_native_login_for_some_hours_keeps_another_password(plain: Server, person: Person) -> None:
    done = person.pipes(NATIVE, "login", f"rods@localhost:{plain.port}", "--ttl", "1")
    assert done.returncode == 0, done.stderr
    with person.session() as session:
        assert session.pool.account.password != NATIVE
        assert session.collections.exists("/tempZone/home/rods")


def test_a_flow_of_questions_is_shown_and_answered_on_the_terminal(secure: Server, person: Person) -> None:
    status, shown = person.types(
        [("Which colour?", "blue"), ("Code:", "123456")],
        "login", f"rods@localhost:{secure.port}/tempZone", "--scheme", "PAM_INTERACTIVE",
        "--ca-certificate", str(secure.zone.directory / "certificate.pem"),
    )  # fmt: skip
    assert status == 0, shown
    assert "Look at your telephone." in shown
    assert "123456" not in shown
    with person.session() as session:
        assert session.collections.exists("/tempZone/home/rods")


def test_a_flow_that_is_answered_wrongly(secure: Server, person: Person) -> None:
    status, shown = person.types(
        [("Which colour?", "red"), ("Code:", "123456")],
        "login", f"rods@localhost:{secure.port}/tempZone", "--scheme", "pam_interactive",
        "--ca-certificate", str(secure.zone.directory / "certificate.pem"),
    )  # fmt: skip
    assert status == 4, shown
    assert not person.secret.exists()


def test_another_directory_is_told_to_other_clients(plain: Server, person: Person, tmp_path: Path) -> None:
    person.environment["IRODS_ENVIRONMENT_FILE"] = str(tmp_path / "lab" / "environment.json")
    done = person.pipes(NATIVE, "login", f"rods@localhost:{plain.port}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"irodsfs mount {tmp_path}/lab/environment.json {person.home}/tempZone\n")
    settings = json.loads((tmp_path / "lab" / "environment.json").read_text())
    assert settings["irods_authentication_file"] == str(tmp_path / "lab" / ".irodsA")
    with iRODSSession(irods_env_file=str(tmp_path / "lab" / "environment.json")) as session:
        assert session.collections.exists("/tempZone/home/rods")


def test_the_settings_of_another_account_are_kept(plain: Server, person: Person) -> None:
    directory = person.home / ".irods"
    directory.mkdir()
    other = {"irods_host": "other", "irods_port": 1247, "irods_user_name": "a", "irods_zone_name": "b"}
    (directory / "irods_environment.json").write_text(json.dumps(other))
    assert person.pipes(NATIVE, "login", f"rods@localhost:{plain.port}").returncode == 0
    assert json.loads((directory / "irods_environment.json.before").read_text()) == other
    assert person.settings["irods_host"] == "localhost"


def test_a_password_in_the_address_is_refused(person: Person) -> None:
    done = person.pipes("", "login", "irods://rods:secret@localhost/tempZone")
    assert done.returncode == 3
    assert "secret" not in done.stderr


def test_what_a_login_leaves_is_mounted(plain: Server, person: Person, irodsfs: IrodsfsCommand, tmp_path: Path) -> None:
    done = person.pipes(NATIVE, "login", f"rods@localhost:{plain.port}")
    (person.home / "tempZone").mkdir()
    command = done.stdout.splitlines()[-1].split()
    assert irodsfs(*command[1:]).returncode == 0
    assert irodsfs("umount", person.home / "tempZone").returncode == 0


@pytest.mark.parametrize("scheme", ["PAM", "native"])
def test_a_password_that_expires_during_a_mount_is_told_and_renewed_by_a_login(
    person: Person, irodsfs: IrodsfsCommand, tmp_path: Path, scheme: str
) -> None:
    password = SYSTEM if scheme == "PAM" else NATIVE
    directory = person.home / "tempZone"
    directory.mkdir()
    with served(tmp_path / "zone", "CS_NEG_REQUIRE") as server:
        login = ("login", f"rods@localhost:{server.port}", "--ttl", "2", "--scheme", scheme)
        login += ("--ca-certificate", str(tmp_path / "zone" / "certificate.pem"))
        assert person.pipes(password, *login).returncode == 0
        done = irodsfs("mount", "--cache-timeout", "0", directory)
        assert done.returncode == 0, done.stderr
    with (
        clock.replaced_by(lambda: time.time() + 3 * 3600),
        Server(server.zone, "localhost", server.port),  # which has ended the connections that were logged in
    ):
        for _ in range(3):
            with fails(errno.EACCES):
                list(directory.iterdir())
        assert irodsfs("status", directory).stdout.count("run irodsfs login") == 1
        assert person.pipes(password, *login).returncode == 0
        (directory / "file").write_text("content")
        assert "run irodsfs login" not in irodsfs("status", directory).stdout
        assert irodsfs("umount", directory).returncode == 0
    (log,) = (Path(person.environment["XDG_STATE_HOME"]) / "irodsfs").glob("*.log")
    assert log.read_text().count("run irodsfs login") == 1


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("careless") / "zone", "CS_NEG_DONT_CARE") as server:
        yield server


def test_tls_is_used_where_the_server_does_not_care_unless_its_certificate_does_not_hold(
    careless: Server, person: Person
) -> None:
    address = f"rods@localhost:{careless.port}"
    done = person.pipes(NATIVE, "login", address)
    assert done.returncode == 0
    assert "without TLS (CS_NEG_DONT_CARE)" in done.stdout
    assert "authority that is not known here" in done.stderr
    assert person.settings["irods_client_server_policy"] == "CS_NEG_REFUSE"
    authority = careless.zone.directory / "certificate.pem"
    done = person.pipes(NATIVE, "login", address, "--ca-certificate", authority)
    assert (done.returncode, done.stderr) == (0, "")
    assert person.settings["irods_client_server_policy"] == "CS_NEG_REQUIRE"
    with person.session() as session:
        assert session.collections.exists("/tempZone/home/rods")


def test_who_has_required_tls_is_not_talked_out_of_it(plain: Server, careless: Server, person: Person) -> None:
    directory = person.home / ".irods"
    directory.mkdir()
    for server, reason in ((plain, "does without TLS"), (careless, "authority that is not known here")):
        settings = {"irods_host": "localhost", "irods_port": server.port, "irods_user_name": "rods"}
        required = {"irods_zone_name": "tempZone", "irods_client_server_policy": "CS_NEG_REQUIRE"}
        (directory / "irods_environment.json").write_text(json.dumps(settings | required))
        done = person.pipes(NATIVE, "login")
        assert (done.returncode, reason in done.stderr) == (12, True), done.stderr
        assert not person.secret.exists()


@pytest.mark.parametrize(
    ("address", "password", "sentence"),
    [
        ("rods@localhost:{port}", "wrong", "refused rods with this password"),
        ("nobody@localhost:{port}", "wrong", "no password of its own for such a user"),
        ("irods://rods@localhost:{port}/otherZone", NATIVE, "Zone otherZone is not the one that answers"),
    ],
)
def test_what_is_wrong_is_told_where_pam_was_tried_as_well(
    secure: Server, person: Person, address: str, password: str, sentence: str
) -> None:
    authority = secure.zone.directory / "certificate.pem"
    done = person.pipes(password, "login", address.format(port=secure.port), "--ca-certificate", authority)
    assert (done.returncode, sentence in done.stderr) == (4, True), done.stderr
    assert not person.secret.exists()


def test_a_password_for_one_login_is_told_where_pam_could_be_tried_as_well(secure: Server, person: Person) -> None:
    authority = secure.zone.directory / "certificate.pem"
    login = ("login", f"rods@localhost:{secure.port}", "--ca-certificate", authority)
    assert person.pipes(NATIVE, *login).returncode == 0
    with person.session() as session, session.pool.get_connection() as connection:
        once = connection.temp_password()
    done = person.pipes(once, *login)
    assert (done.returncode, "good for one login only" in done.stderr) == (4, True), done.stderr


@pytest.mark.parametrize("holds", [None, "no certificate"])
def test_authorities_that_are_none_are_told_as_a_setting(
    secure: Server, person: Person, tmp_path: Path, holds: str | None
) -> None:
    authority = tmp_path / "ca.pem"
    if holds is not None:
        authority.write_text(holds)
    done = person.pipes(NATIVE, "login", f"rods@localhost:{secure.port}", "--ca-certificate", authority)
    assert (done.returncode, f"The CA certificates in {authority}" in done.stderr) == (3, True), done.stderr
    settings = {"host": "localhost", "port": secure.port, "user_name": "rods", "zone_name": "tempZone"}
    settings |= {"client_server_policy": "CS_NEG_REQUIRE", "ssl_ca_certificate_file": str(authority)}
    file = tmp_path / "irods_environment.json"
    file.write_text(json.dumps({f"irods_{key}": value for key, value in settings.items()}))
    person.environment["IRODSFS_PASSWORD"] = NATIVE
    done = person.pipes("", "doctor", file)
    assert f"✗ TLS and certificate: The CA certificates in {authority}" in done.stdout


def test_a_flow_that_asks_more_than_a_pipe_answers(secure: Server, person: Person) -> None:
    authority = secure.zone.directory / "certificate.pem"
    login = ("login", f"rods@localhost:{secure.port}/tempZone", "--scheme", "pam_interactive")
    done = person.pipes("blue\n", *login, "--ca-certificate", authority)
    assert (done.returncode, "asks rods more than standard input answers" in done.stderr) == (3, True), done.stderr
    done = person.pipes("blue\n123456\n", *login, "--ca-certificate", authority)
    assert (done.returncode, "GetPassWarning" in done.stderr) == (0, False), done.stderr


def test_changing_a_password_logs_in_as_mounting_does(secure: Server, person: Person, tmp_path: Path) -> None:
    settings = {
        "irods_host": "localhost",
        "irods_port": secure.port,
        "irods_user_name": "rods",
        "irods_zone_name": secure.zone.name,
        "irods_ssl_ca_certificate_file": str(secure.zone.directory / "certificate.pem"),
    }
    file = tmp_path / "environment.json"
    person.environment["IRODSFS_PASSWORD"] = NATIVE

    def change(**other: object) -> tuple[int, str]:
        file.write_text(json.dumps(settings | other))
        done = person.pipes(f"{NATIVE}\n", "passwd", "--zone", file)
        return done.returncode, done.stdout + done.stderr

    assert change(irods_client_server_policy="CS_NEG_DONT_CARE") == (0, "The password of rods is changed.\n")
    status, sentence = change(irods_client_server_policy="CS_NEG_REFUSE")
    assert (status, "requires TLS" in sentence) == (12, True)
    status, sentence = change(irods_client_server_policy="CS_NEG_REQUIRE", irods_zone_name="otherZone")
    assert (status, "is not the one that answers" in sentence) == (4, True)
