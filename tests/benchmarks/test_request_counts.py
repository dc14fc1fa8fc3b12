"""What a mount asks of its zone for the work that users do: requests, and flights that somebody waits for.

A collection is listed with two requests (collections, data objects) in one flight. iRODS has no read at an
offset, so a random read is a seek and a read in one flight.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from irods.api_number import api_number

from benchmarks.measuring import Cost
from benchmarks.places import ZonePlace, embedded_zone
from benchmarks.sizes import MEGABYTE, Sizes
from benchmarks.trees import Sources
from benchmarks.workloads import WORKLOADS
from tests.proxy import Proxy

SIZES = Sizes(files=60, collections=12, large_bytes=32 * MEGABYTE, stats=1_000, annotated=150, many=2_500)
DELAY = 0.01
"""Seconds: a flight is written long before the answer to its first request arrives, so flights are counted exactly."""

LISTING = 2
MADE = SIZES.collections + 1
WALK = 3 * LISTING

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module", params=[False, True], ids=["as an ordinary user", "as an administrator"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZonePlace]:
    directory = tmp_path_factory.mktemp("zone")
    with embedded_zone(directory, as_administrator=request.param) as environment:
        address = ZonePlace.address(environment)
        with Proxy.before(*address, DELAY) as proxy:
            yield ZonePlace(environment, directory, Sources(directory, SIZES), SIZES, proxy)


def cost(place: ZonePlace, name: str) -> Cost:
    return place.on_mount(next(workload for workload in WORKLOADS if workload.name == name))


@pytest.mark.parametrize(
    ("name", "requests", "flights"),
    [
        pytest.param("copy", 3 * SIZES.files + MADE + LISTING, SIZES.files + MADE + 1, id="cp -r"),
        pytest.param("list", WALK, 3, id="ls -lR"),
        pytest.param("find", WALK, 3, id="find"),
        pytest.param("du", WALK, 3, id="du"),
        pytest.param("cat", 3 * SIZES.files + WALK, SIZES.files + 3, id="cat of all"),
        pytest.param("stat", 0, 0, id="warm stat"),
        pytest.param("getattr", 0, 0, id="warm getattr"),
        pytest.param("missing", LISTING, 1, id="lookups of missing names"),
        # The file is closed behind the back of the program that has read it.
        pytest.param("random", 2 * SIZES.random_reads + LISTING + 4, SIZES.random_reads + 3, id="random reads"),
        pytest.param("attributes", SIZES.attributes + LISTING + 1, SIZES.attributes + 2, id="setxattr and getxattr"),
        pytest.param("rename", SIZES.renames + LISTING, SIZES.renames + 1, id="renames"),
        # Each file's time is set when the zone has said that the file is new, each directory's at the end, with a stat
        # that tells whether it is there.
        pytest.param("tar", 4 * SIZES.files + 3 * MADE + LISTING, 2 * SIZES.files + 2 * MADE + 1, id="tar -x"),
        pytest.param("remove", SIZES.files + MADE + WALK, SIZES.files + MADE + 3, id="rm -r"),
        pytest.param("dump", 2 * LISTING + 3, 5, id="getfattr -R -d of many objects"),
        # Each of these processes asks whether the name is free in a directory that another one has made.
        pytest.param("parallel-cp", 5 * SIZES.files + 1 + LISTING, 2 * SIZES.files + 2, id="16 cp side by side"),
        pytest.param("many", 2 * LISTING + 1, 3, id="ls -l of many entries"),
    ],
)
def test_work_costs_no_more_than(place: ZonePlace, name: str, requests: int, flights: int) -> None:
    found = cost(place, name)
    assert found.requests is not None
    assert found.requests.total() <= requests, found
    assert found.flights <= flights, found


def test_random_reads_fetch_little_more_than_they_ask_for(place: ZonePlace) -> None:
    assert cost(place, "random").bytes <= SIZES.random_reads * 70 * 1024


def test_a_large_file_is_written_in_large_requests_that_wait_for_little(place: ZonePlace) -> None:
    found = cost(place, "write")
    assert found.requests is not None
    # Two are for the empty file that `dd` closes a first descriptor of, before it writes.
    assert found.requests.total() <= SIZES.large_bytes // (4 * MEGABYTE) + 8, found


def test_a_large_file_is_read_once_and_in_large_requests(place: ZonePlace) -> None:
    found = cost(place, "read")
    assert found.requests is not None
    # Only the first ones are smaller. On a machine that is slow, a second connection may help.
    assert found.requests[api_number["DATA_OBJ_READ_AN"]] <= SIZES.large_bytes // (4 * MEGABYTE) + 5, found
    assert found.bytes <= SIZES.large_bytes + MEGABYTE, found
