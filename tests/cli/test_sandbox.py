from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.conftest import IrodsfsCommand
from tests.zones import EmbeddedZone


def test_prints_its_address_when_it_answers_and_ends_cleanly_on_sigterm(tmp_path: Path) -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "irodsfs", "sandbox", "serve", "--directory", tmp_path / "zone"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        server.send_signal(signal.SIGTERM)
        rest, _ = server.communicate(timeout=20)
    finally:
        server.kill()
        server.wait()
    assert line.startswith(f"zone tempZone in {tmp_path / 'zone'} answers on 127.0.0.1:")
    assert rest == ""
    assert server.returncode == 0


def test_a_zone_is_taken_up_again(tmp_path: Path) -> None:
    with EmbeddedZone.served(tmp_path) as zone:
        with zone.session() as session:
            session.collections.create("/tempZone/home/rods/kept")
        zone.kill()
        zone.start()
        with zone.session() as session:
            assert session.collections.exists("/tempZone/home/rods/kept")


def test_a_port_in_use_is_one_clear_sentence(
    zone_server: EmbeddedZone, tmp_path: Path, irodsfs: IrodsfsCommand
) -> None:
    done = irodsfs("sandbox", "serve", "--directory", tmp_path / "other", "--port", str(zone_server.port))
    assert done.returncode == 1
    assert "Address already in use" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_recording_that_does_not_exist_is_one_clear_sentence(irodsfs: IrodsfsCommand) -> None:
    done = irodsfs("sandbox", "conformance", "missing.jsonl")
    assert done.returncode == 3
    assert done.stderr.startswith("irodsfs: missing.jsonl can't be replayed")
