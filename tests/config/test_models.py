from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from irodsfs.config import MountConfig, ZoneAccount
from irodsfs.config.environment import read_environment_file
from irodsfs.config.settings import build
from irodsfs.user_errors import ConfigurationError
from tests.config.conftest import Iinit


def account(**values: object) -> ZoneAccount:
    return ZoneAccount.model_validate({"host": "h", "user": "alice", "zone": "z", "password": SecretStr("x")} | values)


def test_session_arguments_are_those_of_the_environment_file() -> None:
    arguments = account(default_resource="r", environment={"irods_log_level": 5}).session_arguments()
    assert arguments["irods_host"] == "h"
    assert arguments["irods_port"] == 1247
    assert arguments["irods_user_name"] == "alice"
    assert arguments["irods_zone_name"] == "z"
    assert arguments["irods_authentication_scheme"] == "native"
    assert arguments["irods_default_resource"] == "r"
    assert arguments["irods_log_level"] == 5
    assert arguments["password"] == "x"
    assert "ssl_context" not in arguments


def test_what_iinit_kept_of_a_pam_login_logs_in_natively() -> None:
    kept = account(authentication_scheme="PAM", password_made_by_server=True)
    assert kept.session_arguments()["irods_authentication_scheme"] == "native"


def test_requiring_tls_asks_for_negotiation_and_verifies_the_server() -> None:
    arguments = account(client_server_policy="CS_NEG_REQUIRE").session_arguments()
    assert arguments["irods_client_server_negotiation"] == "request_server_negotiation"
    context = arguments["ssl_context"]
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname is True
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(("verify", "mode"), [("none", ssl.CERT_NONE), ("cert", ssl.CERT_REQUIRED)])
def test_verification_is_as_strict_as_configured(verify: str, mode: ssl.VerifyMode) -> None:
    context = account(client_server_policy="CS_NEG_REQUIRE", ssl_verify_server=verify).session_arguments()[
        "ssl_context"
    ]
    assert context.check_hostname is False
    assert context.verify_mode is mode


def test_ca_certificates_that_are_none_are_named(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    for content in (None, "no certificate"):
        if content is not None:
            file.write_text(content)
        with pytest.raises(ConfigurationError, match=f"CA certificates in {file} can't be used"):
            account(client_server_policy="CS_NEG_REQUIRE", ssl_ca_certificate_file=file).session_arguments()


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValidationError):
        account(client_server_policy="CS_NEG_WHATEVER")


def test_what_the_environment_file_holds_beyond_our_fields_is_kept(iinit: Iinit) -> None:
    settings = read_environment_file(iinit(irods_log_level=5, schema_name="service"))
    assert settings["environment"].value == {"irods_log_level": 5}


@pytest.mark.parametrize(
    ("given", "meant"), [("auto", "auto"), ("ON", "on"), (True, "on"), (False, "off"), ("off", "off")]
)
def test_redirecting_may_be_given_as_a_word_or_as_a_truth(iinit: Iinit, given: object, meant: str) -> None:
    values = {"mountpoint": "/m", "collection": "/z", "spool_directory": "/s", "account": account(), "redirect": given}
    assert MountConfig.model_validate(values).redirect == meant
    with pytest.raises(ValidationError):
        MountConfig.model_validate(values | {"redirect": "sometimes"})


def test_umask_is_octal() -> None:
    config = MountConfig(
        account=account(), mountpoint=Path("/mnt"), collection="/z", spool_directory=Path("/tmp/s"), umask="027"
    )
    assert config.umask == 0o027


@pytest.mark.parametrize(
    ("spelt", "scheme"),
    [("SHA256", "sha256"), ("sha2", "sha256"), ("SHA-256", "sha256"), ("MD5", "md5"), ("Md5", "md5"), ("", None),
     ("sha512", "sha512"), ("SHA1", "sha1"), ("ADLER32", "adler32")],
)  # fmt: skip
def test_schemes_of_checksums_may_be_spelt_as_in_old_files(spelt: str, scheme: str | None) -> None:
    assert account(default_hash_scheme=spelt).default_hash_scheme == scheme


@pytest.mark.parametrize("spelt", ["Strict", "STRICT", "strict "])
def test_the_policy_of_checksums_may_be_spelt_as_in_old_files(spelt: str) -> None:
    assert account(match_hash_policy=spelt).match_hash_policy == "strict"
    assert account().match_hash_policy == "compatible"


@pytest.mark.parametrize(("key", "value"), [("irods_default_hash_scheme", "CRC7"), ("irods_match_hash_policy", "lax")])
def test_what_is_no_scheme_or_policy_of_checksums_is_named(iinit: Iinit, key: str, value: str) -> None:
    settings = read_environment_file(iinit(**{key: value}))
    with pytest.raises(ConfigurationError, match=key):
        build(ZoneAccount, settings)
