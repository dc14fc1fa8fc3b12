from __future__ import annotations

from irods.password_obfuscation import create_temp_password

from tests.sandbox.conformance.replay_credentials import WRONG, Credentials, digest_of, obfuscated

CHALLENGE = "a1fd5601ee91a553740cacd986dd22ed6aa87687f34074ba9bdb3d434e609a9d"
RECORDED = "EmXPtjsRVocjgQWdWLvXbA=="


def test_the_digest_is_the_one_a_real_client_sent() -> None:
    assert digest_of(CHALLENGE, "rods") == RECORDED


def test_a_right_password_stays_right_for_our_challenge() -> None:
    assert Credentials().digest(RECORDED, CHALLENGE, "ours") == digest_of("ours", "rods")


def test_a_wrong_password_stays_wrong() -> None:
    assert Credentials().digest(digest_of(CHALLENGE, "nope"), CHALLENGE, "ours") == digest_of("ours", WRONG)


def test_a_temporary_password_becomes_the_one_of_our_zone() -> None:
    credentials = Credentials()
    credentials.learn_temporary("recorded", "ours")
    sent = digest_of(CHALLENGE, create_temp_password("recorded", "rods"))
    assert credentials.digest(sent, CHALLENGE, "c") == digest_of("c", create_temp_password("ours", "rods"))


def test_a_password_obfuscated_without_the_challenge_is_sent_as_recorded() -> None:
    assert obfuscated("8L8m7HcNlr%2elTZll&E", CHALLENGE, "ours") == "8L8m7HcNlr%2elTZll&E"
