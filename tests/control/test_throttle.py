from __future__ import annotations

import pytest
from irods.exception import CAT_INVALID_AUTHENTICATION

from irodsfs.control.http_errors import ControlError
from irodsfs.control.throttle import IN_ALL, OF_ADDRESS, OF_USER, Throttle
from irodsfs.grid.errors import ZoneUnreachable

HERE = "10.0.0.1"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def guess(throttle: Throttle, address: str, user: str, password: str = "wrong") -> bool:
    """One wrong guess; whether the zone was asked."""
    try:
        with throttle.attempt(address, user, f"{user}:{password}"):
            raise CAT_INVALID_AUTHENTICATION
    except CAT_INVALID_AUTHENTICATION:
        return True
    except ControlError as error:
        return int(error.headers["Retry-After"]) <= 0


def guesses(throttle: Throttle, number: int, address: str = HERE, user: str = "alice") -> int:
    """How many of so many wrong guesses reach the zone."""
    return sum(guess(throttle, address, user) for _ in range(number))


def log_in(throttle: Throttle, user: str, address: str = HERE) -> None:
    with throttle.attempt(address, user, f"{user}:right"):
        pass


def test_some_failures_are_free_and_then_one_now_and_then(throttle: Throttle, clock: Clock) -> None:
    assert guesses(throttle, 100) == OF_USER.attempts
    clock.now += OF_USER.seconds * 3
    assert guesses(throttle, 100) == 3


def test_an_attempt_counts_before_its_answer_is_known(throttle: Throttle) -> None:
    for _ in range(OF_USER.attempts):
        throttle.attempt(HERE, "alice", "wrong").__enter__()
    assert not guess(throttle, HERE, "alice")


@pytest.mark.parametrize("address", [HERE, "2001:db8::1"])
def test_other_names_from_one_address_are_no_way_round(throttle: Throttle, address: str) -> None:
    assert sum(guess(throttle, address, f"user{number}") for number in range(100)) == OF_ADDRESS.attempts


def test_other_addresses_of_one_network_are_no_way_round(throttle: Throttle) -> None:
    asked = sum(guess(throttle, f"2001:db8::{number:x}", f"user{number}") for number in range(100))
    assert asked == OF_ADDRESS.attempts
    assert guess(throttle, "2001:db8:0:1::1", "somebody")


def test_other_addresses_and_names_are_no_way_round_in_the_end(throttle: Throttle) -> None:
    asked = sum(guess(throttle, f"10.0.{number}.1", f"user{number}") for number in range(250))
    assert asked == IN_ALL.attempts


def test_credentials_that_were_right_are_let_in_whatever_others_try(throttle: Throttle) -> None:
    log_in(throttle, "alice")
    assert guesses(throttle, 100) == OF_USER.attempts
    assert guesses(throttle, 100, user="bob") <= OF_ADDRESS.attempts
    log_in(throttle, "alice")
    with pytest.raises(ControlError):
        log_in(throttle, "carol")


def test_credentials_that_are_right_no_more_are_guesses_again(throttle: Throttle) -> None:
    log_in(throttle, "alice")
    assert guess(throttle, HERE, "alice", "right")
    assert guesses(throttle, 100) == OF_USER.attempts - 1
    assert not guess(throttle, HERE, "alice", "right")


def test_an_account_of_ones_own_pays_for_no_guesses_about_others(throttle: Throttle) -> None:
    asked = 0
    for _ in range(100):
        asked += guess(throttle, HERE, "alice")
        log_in(throttle, "mallory")
    assert asked == OF_USER.attempts


def test_what_is_no_answer_of_the_zone_is_no_failure(throttle: Throttle) -> None:
    for _ in range(100):
        with pytest.raises(ZoneUnreachable), throttle.attempt(HERE, "alice", "right"):
            raise ZoneUnreachable("away")
    log_in(throttle, "alice")
