from __future__ import annotations

from tests.sandbox.conformance.normalise import Bijection, Timeline, Variables


def test_bound_values_are_held_to_in_both_directions() -> None:
    pairs = Bijection()
    assert pairs.agree("10014", "10020")
    assert pairs.agree("10014", "10020")
    assert not pairs.agree("10014", "10021")
    assert not pairs.agree("10015", "10020")


def test_times_are_equal_when_they_come_in_the_recorded_order() -> None:
    times = Timeline()
    assert times.agree(100, 1)
    assert times.agree(100, 2)
    assert times.agree(103, 9)
    assert times.agree(102, 8)


def test_one_time_of_ours_cannot_stand_for_times_apart() -> None:
    times = Timeline()
    assert times.agree(100, 1)
    assert not times.agree(102, 1)


def test_only_one_request_can_have_gone_on_past_the_end_of_a_second() -> None:
    times = Timeline()
    assert times.agree(100, 1)
    assert times.agree(101, 1)
    assert not times.agree(102, 1)
    assert times.agree(101, 2)
    assert not times.agree(100, 2)


def test_a_later_time_of_ours_cannot_stand_for_an_earlier_recorded_one() -> None:
    times = Timeline()
    assert times.agree(100, 5)
    assert not times.agree(99, 6)
    assert not times.agree(101, 4)


def test_numbers_below_the_first_object_id_are_not_variables() -> None:
    assert not Variables().agree("id", "0", "1")


def test_times_of_another_length_differ() -> None:
    assert not Variables().agree("time", "01795309151", "1795309151")


def test_paths_of_the_vault_are_the_same_file_in_both_vaults() -> None:
    variables = Variables()
    variables.paths["/var/lib/irods/Vault"] = "/home/me/vault"
    assert variables.agree("text", "/var/lib/irods/Vault/home/a", "/home/me/vault/home/a")
    assert not variables.agree("text", "/var/lib/irods/Vault/home/a", "/home/me/vault/home/b")


def test_a_checksum_may_differ_only_for_content_that_was_made_up() -> None:
    recorded, ours = "sha2:" + "A" * 43 + "=", "sha2:" + "B" * 43 + "="
    assert not Variables().agree("text", recorded, ours)
    variables = Variables()
    variables.our_checksums.add(ours)
    assert variables.agree("text", recorded, ours)
    assert not variables.agree("text", "sha2:" + "C" * 43 + "=", ours)


def test_an_access_time_may_lag_behind_but_not_run_ahead() -> None:
    variables = Variables()
    assert variables.agree("time", "01795310829", "01795300005")
    assert variables.agree("access time", "01795310827", "01795300004")
    assert not variables.agree("access time", "01795310830", "01795300004")
