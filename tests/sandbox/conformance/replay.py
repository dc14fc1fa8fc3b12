"""Replaying: the recorded requests go to an empty zone of ours, over real connections, and each answer is compared."""

from __future__ import annotations

import tempfile
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

from irodsfs.sandbox.catalog import clock
from irodsfs.sandbox.protocol.error_numbers import ProtocolError
from irodsfs.sandbox.protocol.wire import Message
from irodsfs.sandbox.served_zone import Zone
from irodsfs.sandbox.zone_server import Server
from tests.sandbox.conformance.compare import Difference, differences
from tests.sandbox.conformance.document import document
from tests.sandbox.conformance.normalise import Variables
from tests.sandbox.conformance.recording import Event, read
from tests.sandbox.conformance.replay_client import Client, DisconnectedError
from tests.sandbox.conformance.replay_credentials import ADMINISTRATOR, Credentials
from tests.sandbox.conformance.report import Exchange, Report, Step
from tests.sandbox.conformance.rewrite import Dialogue, rewrite

VAULT, HOST, SECOND_VAULT = "/var/lib/irods/Vault", "irods1", "/tmp/resc2vault"
VAULT_LENGTH = 24  # of the path when the column widths were recorded; it is shortened in the recordings
TEMPORARY = "/tmp"
RANDOM = 8  # characters that tempfile makes up
EPOCH = 1795300000  # seconds since 1970, a little before the recordings: what they set to expire is still ahead


class TickingClock:
    """A clock that goes on by one second for each request."""

    def __init__(self) -> None:
        self.time = float(EPOCH)

    def __call__(self) -> float:
        return self.time

    def tick(self) -> None:
        self.time += 1


def run(recording: Path) -> Report:
    """Replays a recording; raises OSError or ValueError when it cannot be read.

    A fresh zone is all it needs: three of the recordings began with one, as their ids show, and the fourth
    (``pipelined``) asks for nothing that was there before.
    """
    events = read(recording)
    ticking = TickingClock()
    with (
        directory(VAULT_LENGTH - len("/vault")) as home,
        directory(len(SECOND_VAULT)) as second_vault,
        clock.replaced_by(ticking),
        Server(Zone.create(home, password=ADMINISTRATOR, registrable=[second_vault])) as server,
    ):
        replay = Replay(server, ticking)
        replay.variables.paths |= {VAULT: str(server.zone.vault), SECOND_VAULT: str(second_vault)}
        replay.variables.hosts.bind(HOST, server.zone.host)
        return Report(recording.name.partition(".")[0], list(replay.steps(events)))


@contextmanager
def directory(length: int) -> Iterator[Path]:
    """A temporary directory whose path is that long: the width of a query's columns depends on it."""
    prefix = "z" * (length - len(TEMPORARY) - len("/") - RANDOM)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=TEMPORARY) as path:
        yield Path(path)


class Replay:
    """A replay under way."""

    def __init__(self, server: Server, ticking: TickingClock) -> None:
        self.server = server
        self.clock = ticking
        self.variables = Variables()
        self.credentials = Credentials()
        self.clients: dict[int, Client] = {}
        self.dialogues: dict[int, Dialogue] = defaultdict(Dialogue)
        self.unanswered: dict[int, deque[Event]] = defaultdict(deque)

    def steps(self, events: list[Event]) -> Iterator[Step]:
        """The steps as they come about."""
        try:
            for name, group in groupby(events, key=lambda event: event.step):
                yield Step(name, [exchange for event in group if (exchange := self.play(event))])
        finally:
            for client in self.clients.values():
                client.close()

    def play(self, event: Event) -> Exchange | None:
        """Does what the event says; an exchange when there is something to compare."""
        match event.kind:
            case "request":
                self.send(event)
            case "reply":
                return self.receive(event)
            case "hangup":
                self.clients[event.connection].hang_up()
            case "closed":
                return self.ending(event)
        return None

    def send(self, event: Event) -> None:
        if event.connection not in self.clients:
            self.clients[event.connection] = Client("127.0.0.1", self.server.port)
        client = self.clients[event.connection]
        self.clock.tick()
        client.send(rewrite(event, self.dialogues[event.connection], self.variables, self.credentials))
        if event.message.type != "RODS_DISCONNECT":
            self.unanswered[event.connection].append(event)
        elif not self.unanswered[event.connection]:
            client.await_end()

    def receive(self, event: Event) -> Exchange:
        request = self.unanswered[event.connection].popleft().message
        try:
            ours = self.clients[event.connection].receive()
        except DisconnectedError as error:
            return Exchange(described(request), outcome(event.message), "-", [Difference("answer", "one", str(error))])
        found = differences(request, event, ours, self.variables)
        self.learn(event, ours)
        return Exchange(described(request), outcome(event.message), outcome(ours), found)

    def ending(self, event: Event) -> Exchange:
        request = self.unanswered[event.connection].popleft().message
        if self.clients[event.connection].await_end():
            return Exchange(described(request), "closed", "closed")
        return Exchange(described(request), "closed", "open", [Difference("connection", "closed", "open")])

    def learn(self, event: Event, ours: Message) -> None:
        """Keeps what later requests need: challenges, hashes of temporary passwords, result sets."""
        recorded, own = values(event.message), values(ours)
        dialogue = self.dialogues[event.connection]
        if challenge := own.get("request_result"):
            dialogue.recorded_challenge, dialogue.our_challenge = recorded.get("request_result", ""), challenge
        if hashed := own.get("stringToHashWith"):
            self.credentials.learn_temporary(recorded.get("stringToHashWith", ""), hashed)
        if continuation := own.get("continueInx"):
            dialogue.continuations[recorded.get("continueInx", "0")] = continuation


def values(message: Message) -> dict[str, str]:
    """The values of a reply by their bare names."""
    try:
        return {leaf.path.rpartition("/")[2]: leaf.text for leaf in document(None, message).leaves}
    except ProtocolError:
        return {}


def described(request: Message) -> str:
    return f"{request.type} {request.int_info} {request.body[:400].decode('utf-8', 'replace')}"


def outcome(reply: Message) -> str:
    return str(reply.int_info) if reply.type == "RODS_API_REPLY" else reply.type.removeprefix("RODS_").lower()
