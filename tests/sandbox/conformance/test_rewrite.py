from __future__ import annotations

import base64
import json

from irodsfs.sandbox.protocol.wire import Message
from tests.sandbox.conformance.normalise import Variables
from tests.sandbox.conformance.payload import checksum
from tests.sandbox.conformance.recording import Event
from tests.sandbox.conformance.replay_credentials import Credentials, digest_of
from tests.sandbox.conformance.rewrite import Dialogue, rewrite


def rewritten(
    body: str,
    int_info: int = 702,
    variables: Variables | None = None,
    dialogue: Dialogue | None = None,
    kept: bytes = b"",
    length: int = 0,
) -> str:
    event = Event("step", 1, "request", Message("RODS_API_REQ", int_info, body.encode(), bs=kept), length)
    return rewrite(event, dialogue or Dialogue(), variables or Variables(), Credentials()).body.decode()


def buffer(value: object) -> str:
    text = json.dumps(value).encode()
    return f"<BinBytesBuf_PI><buflen>{len(text)}</buflen><buf>{base64.b64encode(text).decode()}</buf></BinBytesBuf_PI>"


def test_a_request_without_variables_is_sent_as_recorded() -> None:
    assert rewritten("<a><svalue>= '10014'</svalue></a>") == "<a><svalue>= '10014'</svalue></a>"


def test_ids_in_conditions_become_ours() -> None:
    variables = Variables()
    variables.ids.bind("10014", "10099")
    body = "<a><svalue>in ('10014','10015')</svalue><len>10014</len></a>"
    assert rewritten(body, variables=variables) == "<a><svalue>in ('10099','10015')</svalue><len>10014</len></a>"


def test_a_result_set_is_continued_under_its_own_number() -> None:
    dialogue = Dialogue(continuations={"1": "7"})
    assert rewritten("<continueInx>1</continueInx>", dialogue=dialogue) == "<continueInx>7</continueInx>"
    assert rewritten("<continueInx>0</continueInx>", dialogue=dialogue) == "<continueInx>0</continueInx>"


def test_tokens_in_buffers_become_ours_and_lengths_fit() -> None:
    variables = Variables()
    variables.tokens.bind("7a9ec038-8ebd-4c87-a890-6ebeaae9e95c", "short")
    request = {"fd": 3, "replica_token": "7a9ec038-8ebd-4c87-a890-6ebeaae9e95c"}
    assert rewritten(buffer(request), 20004, variables) == buffer({"fd": 3, "replica_token": "short"})


def test_the_digest_answers_our_challenge() -> None:
    dialogue = Dialogue("theirs", "ours")
    sent = {"request_result": "theirs", "digest": digest_of("theirs", "apass")}
    expected = {"request_result": "ours", "digest": digest_of("ours", "apass")}
    assert rewritten(buffer(sent), 110000, dialogue=dialogue) == buffer(expected)


def test_the_checksum_of_made_up_content_is_its_own() -> None:
    kept = bytes(range(256)) + bytes(reversed(range(256)))
    recorded = "sha2:" + "A" * 43 + "="
    event = Event("step", 1, "request", Message("RODS_API_REQ", 606, f"<s>{recorded}</s>".encode(), bs=kept), 3000)
    message = rewrite(event, Dialogue(), Variables(), Credentials())
    assert message.body.decode() == f"<s>{checksum(message.bs)}</s>"


def test_a_new_resource_lies_on_our_host() -> None:
    variables = Variables()
    variables.hosts.bind("irods1", "here")
    variables.paths["/tmp/resc2vault"] = "/tmp/other"
    assert rewritten("<arg4>irods1:/tmp/resc2vault</arg4>", 701, variables) == "<arg4>here:/tmp/other</arg4>"
