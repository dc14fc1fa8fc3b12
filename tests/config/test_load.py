from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from irods.session import iRODSSession

from irodsfs.config import MountConfig, Setting, ZoneAccount, load
from irodsfs.user_errors import ConfigurationError
from tests.config.conftest import Iinit

Configure = Callable[..., Path]


def loaded(**options: Any) -> MountConfig:
    values = {"mountpoint": "/mnt/zone"} | options
    return load({key: Setting(value, f"--{key}") for key, value in values.items()})


def refusal(**options: Any) -> str:
    with pytest.raises(ConfigurationError) as refused:
        loaded(**options)
    return refused.value.message


def password(config: MountConfig) -> str:
    assert config.account.password is not None
    return config.account.password.get_secret_value()


def test_without_zone_the_environment_of_the_icommands_is_taken(iinit: Iinit) -> None:
    file = iinit()
    config = loaded()
    account = config.account
    assert (account.host, account.port, account.user, account.zone) == (
        "irods.example.org",
        1247,
        "alice",
        "exampleZone",
    )
    assert account.environment_file == file
    assert password(config) == "secret"
    assert config.collection == "/exampleZone/home/alice"


def test_without_zone_and_environment_file_the_remedy_is_named() -> None:
    message = refusal()
    assert "irods_environment.json does not exist" in message
    assert "run irodsfs login" in message
    assert "irods://user@host:port/zone/path" in message


def test_irods_environment_file_names_another_file(
    iinit: Iinit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = iinit(tmp_path / "elsewhere", password="other")
    monkeypatch.setenv("IRODS_ENVIRONMENT_FILE", str(file))
    config = loaded()
    assert config.account.environment_file == file
    assert password(config) == "other"


def test_zone_may_be_the_path_of_an_environment_file(iinit: Iinit, tmp_path: Path) -> None:
    iinit(password="not this one")
    file = iinit(tmp_path / "lab", irods_host="lab.example.org", password="lab secret")
    config = loaded(zone=str(file))
    assert config.account.host == "lab.example.org"
    assert password(config) == "lab secret"


def test_a_missing_environment_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "none.json") in refusal(zone=str(tmp_path / "none.json"))


def test_variables_of_the_icommands_override_the_environment_file(
    iinit: Iinit, monkeypatch: pytest.MonkeyPatch
) -> None:
    iinit()
    monkeypatch.setenv("IRODS_PORT", "2247")
    monkeypatch.setenv("IRODS_DEFAULT_RESOURCE", "fastResc")
    account = loaded().account
    assert account.port == 2247
    assert account.default_resource == "fastResc"
    assert account.host == "irods.example.org"


def test_variables_alone_describe_a_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"HOST": "h", "USER_NAME": "alice", "ZONE_NAME": "z"}.items():
        monkeypatch.setenv(f"IRODS_{name}", value)
    monkeypatch.setenv("IRODSFS_PASSWORD", "secret")
    config = loaded()
    assert config.account.host == "h"
    assert password(config) == "secret"


def test_an_address_names_account_and_collection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODSFS_PASSWORD", "secret")
    config = loaded(zone="irods://bob@data.example.org:2247/otherZone/projects/a%20b")
    account = config.account
    assert (account.host, account.port, account.user, account.zone) == ("data.example.org", 2247, "bob", "otherZone")
    assert config.collection == "/otherZone/projects/a b"
    assert account.environment_file is None


def test_an_address_of_the_own_account_takes_its_environment(iinit: Iinit) -> None:
    iinit(irods_default_resource="fastResc")
    config = loaded(zone="irods://alice@irods.example.org/exampleZone/home/shared")
    assert config.account.default_resource == "fastResc"
    assert password(config) == "secret"
    assert config.collection == "/exampleZone/home/shared"


def test_an_address_of_another_account_never_gets_the_own_password(iinit: Iinit) -> None:
    iinit(irods_default_resource="fastResc")
    message = refusal(zone="irods://alice@evil.example.org/exampleZone")
    assert message.startswith("There is no password for alice in zone exampleZone on evil.example.org")


def test_a_file_of_the_user_is_weaker_than_the_iRODS_environment_and_that_than_options(  # noqa: N802
    iinit: Iinit, configure: Configure
) -> None:
    iinit(irods_port=1300)
    configure('cache_timeout = 1.5\nconnections = 3\n[account]\nport = 1400\ndefault_resource = "fromToml"\n')
    config = loaded(connections="4")
    assert config.cache_timeout == 1.5
    assert config.connections == 4
    assert config.account.port == 1300
    assert config.account.default_resource == "fromToml"


def test_a_named_mount_adds_its_own_file(configure: Configure, iinit: Iinit) -> None:
    iinit()
    configure("cache_timeout = 1\nread_only = true\n")
    configure('cache_timeout = 2\nmountpoint = "~/lab"\ncollection = "data"\n', name="lab")
    config = load({"name": Setting("lab", "--name")})
    assert config.name == "lab"
    assert config.cache_timeout == 2
    assert config.read_only is True
    assert config.mountpoint == Path.home() / "lab"
    assert config.collection == "/exampleZone/home/alice/data"
    assert config.spool_directory.name == "lab"


def test_a_named_mount_may_name_its_zone(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODSFS_PASSWORD", "secret")
    configure('zone = "irods://bob@h/otherZone/home/bob"\nmountpoint = "/mnt/lab"\n', name="lab")
    config = load({"name": Setting("lab", "--name")})
    assert (config.account.user, config.collection) == ("bob", "/otherZone/home/bob")


def test_a_missing_file_of_a_named_mount_is_an_error(iinit: Iinit) -> None:
    iinit()
    assert "lab.toml does not exist" in refusal(name="lab")


def test_the_option_for_the_collection_is_stronger_than_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IRODSFS_PASSWORD", "secret")
    assert loaded(zone="irods://bob@h/z/home/bob", collection="/").collection == "/"


@pytest.mark.parametrize(
    ("given", "collection"),
    [
        ("/exampleZone//home/./x/../y/", "/exampleZone/home/y"),
        ("data", "/exampleZone/home/alice/data"),
        ("..", "/exampleZone/home"),
        ("//", "/"),
    ],
)
def test_collections_are_absolute_and_normalised(iinit: Iinit, given: str, collection: str) -> None:
    iinit()
    assert loaded(collection=given).collection == collection


@pytest.mark.parametrize(
    ("option", "value", "remedy"),
    [
        ("connections", "many", "give the greatest number of connections"),
        ("connections", "0", "give the greatest number of connections"),
        ("cache_timeout", "-1", "give the seconds that entries may be old"),
        ("timeout", "0", "give the seconds that one request may take"),
        ("umask", "999", "in octal"),
        ("log_level", "loud", "give debug, info, warning or error"),
        ("uid", "alice", "give the number of a local user"),
        ("name", "a/b", "does not exist"),
    ],
)
def test_a_bad_option_is_named_with_its_value_and_remedy(iinit: Iinit, option: str, value: str, remedy: str) -> None:
    iinit()
    message = refusal(**{option: value})
    assert value in message
    assert remedy in message


def test_a_bad_value_in_a_file_is_named_with_file_and_key(iinit: Iinit, configure: Configure) -> None:
    iinit()
    file = configure("cache_timeout = 'long'\n")
    assert refusal() == f"cache_timeout in {file} is 'long': give the seconds that entries may be old."


def test_an_unknown_key_in_a_file_is_named(iinit: Iinit, configure: Configure) -> None:
    iinit()
    file = configure("cache_time = 5\n")
    assert refusal().startswith(f"cache_time in {file} is not a setting: known are ")


def test_an_unknown_key_of_the_account_is_named(iinit: Iinit, configure: Configure) -> None:
    iinit()
    file = configure("[account]\nhostname = 'x'\n")
    assert refusal().startswith(f"hostname in [account] of {file} is not a setting")


def test_a_bad_port_in_the_environment_file_is_named(iinit: Iinit) -> None:
    file = iinit(irods_port="http")
    assert refusal().startswith(f"irods_port in {file} is 'http': give the TCP port")


def test_a_bad_variable_is_named(iinit: Iinit, monkeypatch: pytest.MonkeyPatch) -> None:
    iinit()
    monkeypatch.setenv("IRODS_PORT", "70000")
    assert refusal().startswith("IRODS_PORT in the environment is '70000'")


def test_an_environment_file_without_a_host_says_what_is_missing(iinit: Iinit) -> None:
    iinit(irods_host="")
    assert refusal() == "host is not set: give the name or address of the iRODS server."


@pytest.mark.parametrize("text", ["not TOML", "cache_timeout = "])
def test_a_file_that_is_not_toml_is_named(iinit: Iinit, configure: Configure, text: str) -> None:
    iinit()
    file = configure(text)
    assert refusal().startswith(f"{file} is not valid TOML")


@pytest.mark.parametrize("text", ["password = 'x'\n", "[account]\npassword = 'x'\n"])
def test_a_password_in_a_file_is_refused(iinit: Iinit, configure: Configure, text: str) -> None:
    iinit()
    configure(text)
    message = refusal()
    assert "password" in message
    assert "'x'" not in message


def test_a_password_in_the_environment_file_is_refused(iinit: Iinit) -> None:
    iinit(password=None)
    (Path.home() / ".irods" / "irods_environment.json").write_text('{"password": "x"}')
    assert "must not be there" in refusal()


def test_the_password_in_the_environment_is_stronger_than_that_of_iinit(
    iinit: Iinit, monkeypatch: pytest.MonkeyPatch
) -> None:
    iinit()
    monkeypatch.setenv("IRODSFS_PASSWORD", "given")
    assert password(loaded()) == "given"


def test_without_any_password_the_user_is_asked(iinit: Iinit) -> None:
    iinit(password=None)
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return "typed"

    config = load({"mountpoint": Setting("/mnt/zone", "MOUNTPOINT")}, ask_password=ask)
    assert password(config) == "typed"
    assert questions == ["Password of alice in zone exampleZone on irods.example.org: "]


def test_anonymous_needs_no_password(iinit: Iinit) -> None:
    iinit(password=None, irods_user_name="anonymous")
    assert password(loaded()) == ""


def test_a_damaged_password_file_is_named(iinit: Iinit) -> None:
    iinit()
    secret = Path.home() / ".irods" / ".irodsA"
    secret.write_text("")
    assert refusal() == f"{secret} does not hold a password as a login keeps it: run irodsfs login."


def test_irods_authentication_file_names_another_password_file(
    iinit: Iinit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    iinit()
    other = iinit(tmp_path / "other", password="elsewhere").with_name(".irodsA")
    monkeypatch.setenv("IRODS_AUTHENTICATION_FILE", str(other))
    assert password(loaded()) == "elsewhere"


def test_passwords_are_not_shown(iinit: Iinit) -> None:
    iinit()
    assert "secret" not in repr(loaded())


def test_every_mount_point_has_a_name_of_its_own(iinit: Iinit) -> None:
    iinit()
    names = {loaded(mountpoint=place).name for place in ("/mnt/a-b/c", "/mnt/a/b-c", "/mnt/c", "/", "/mnt/.hidden")}
    assert len(names) == 5
    assert all("/" not in name and not name.startswith(".") for name in names)


def test_a_ticket_comes_from_the_command_line_else_the_environment_else_the_configuration(
    iinit: Iinit, configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    iinit()
    (tmp_path / "ticket").write_text("from a file\n")
    assert loaded().ticket is None
    configure('ticket = "configured"')
    assert loaded().ticket == "configured"
    configure(f'ticket_file = "{tmp_path / "ticket"}"')
    assert loaded().ticket == "from a file"
    monkeypatch.setenv("IRODSFS_TICKET", "of the environment")
    assert loaded().ticket == "of the environment"
    assert loaded(ticket_file=str(tmp_path / "ticket")).ticket == "from a file"
    assert loaded(ticket="said").ticket == "said"
    assert "said" not in repr(loaded(ticket="said"))


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff"])
def test_a_file_without_a_ticket_is_named(iinit: Iinit, tmp_path: Path, content: bytes | None) -> None:
    iinit()
    file = tmp_path / "ticket"
    if content is not None:
        file.write_bytes(content)
    assert str(file) in refusal(ticket_file=str(file))


def test_relative_collections_begin_at_the_working_collection_of_the_environment(iinit: Iinit) -> None:
    iinit(irods_cwd="/exampleZone/home/public/")
    assert loaded().collection == "/exampleZone/home/alice"
    assert loaded(collection="run/7").collection == "/exampleZone/home/public/run/7"


@pytest.mark.parametrize(
    ("threads", "connections"), [("4", 8), (16, 16), ("16", 16), (1000, 128), (-1, 8), ("many", 8)]
)
def test_more_transfer_threads_are_more_connections(iinit: Iinit, threads: object, connections: int) -> None:
    iinit(irods_default_number_of_transfer_threads=threads)
    assert loaded().connections == connections
    assert loaded(connections="3").connections == 3


def test_keys_that_are_not_known_are_no_error_and_do_nothing(iinit: Iinit) -> None:
    known = set(loaded_account(iinit()).session_arguments())
    unknown = {"irods_env_file": "/nowhere", "irods_derived_auth_file": "x", "irods__auth_file": "x", "port": 1}
    arguments = loaded_account(iinit(Path.home() / "other", irods_anything=[1, {"a": None}], **unknown))
    session = iRODSSession(**arguments.session_arguments())
    assert session.port == 1247
    assert set(arguments.session_arguments()) - known == {"irods_anything"}


@pytest.mark.parametrize("policy", ["CS_NEG_DONT_CARE", "cs_neg_dont_care"])
def test_a_policy_that_leaves_it_to_the_server_asks_it(iinit: Iinit, policy: str) -> None:
    account = loaded_account(iinit(irods_client_server_policy=policy))
    assert account.client_server_negotiation == "request_server_negotiation"
    assert "ssl_context" in account.session_arguments()


def loaded_account(environment: Path) -> ZoneAccount:
    return loaded(zone=str(environment)).account
