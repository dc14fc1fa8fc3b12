"""Rules over TCP, with plain python-irodsclient as the client."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from irods.column import Criterion
from irods.exception import iRODSException
from irods.message import iRODSMessage
from irods.models import RuleExec
from irods.rule import Rule
from irods.session import iRODSSession

from irodsfs.sandbox.protocol.wire import Struct, decode, encode, key_values
from tests.sandbox.conftest import MakeUser
from tests.sandbox.requests import refused
from tests.sandbox.rules.running import eventually

ENGINE = "irods_rule_engine_plugin-irods_rule_language-instance"
OTHER_ENGINE = "irods_rule_engine_plugin-cpp_default_policy-instance"

GUIDE = """myTestRule {
# Input parameters are:
#   Data object path
#   Optional flags in form Keyword=value
  msiSplitPath(*dataObject,*Coll,*File);
  writeLine("stdout", "Collection is *Coll and file is *File");
  msiMakeGenQuery("DATA_CHECKSUM", "DATA_NAME = '*File' AND COLL_NAME = '*Coll'", *GenQInp);
  msiExecGenQuery(*GenQInp, *GenQOut);
  foreach(*GenQOut) {
    msiGetValByKey(*GenQOut, "DATA_CHECKSUM", *chkSumS);
    msiDataObjChksum(*dataObject, *Flags, *chkSum);
    writeLine("stdout", "Saved checksum for file *File is *chkSumS, new checksum is *chkSum");
  }
}
INPUT *dataObject="/nowhere", *Flags="forceChksum=true"
OUTPUT ruleExecOut
"""


def execute(session: iRODSSession, body: str, parameters: Mapping[str, str] | None = None, **options: Any) -> str:
    """Runs the actions of a rule; what it wrote to stdout."""
    rule = Rule(session, body=body, params=dict(parameters or {}), output="ruleExecOut", **options)
    return written(rule.execute(session_cleanup=False))


def written(output: Any) -> str:
    buffers = [parameter.inOutStruct for parameter in output.MsParam_PI] if output.paramLen else []
    return "".join(buffer.stdoutBuf.buf.rstrip(b"\0").decode() for buffer in buffers if buffer.stdoutBuf.buf)


@dataclass(frozen=True)
class Answer:
    """A reply as it came: its status, its struct and its error stack."""

    status: int
    struct: Struct | None
    errors: list[tuple[int, str]]


def ask(session: iRODSSession, number: int, request: Struct) -> Answer:
    """Sends a request byte for byte; failures too are answered, not raised."""
    received: list[iRODSMessage] = []
    with session.pool.get_connection() as connection:
        body = encode(request)
        header = f"<MsgHeader_PI><type>RODS_API_REQ</type><msgLen>{len(body)}</msgLen><errorLen>0</errorLen>"
        header += f"<bsLen>0</bsLen><intInfo>{number}</intInfo></MsgHeader_PI>"
        connection.socket.sendall(len(header).to_bytes(4, "big") + header.encode() + body)
        received.append(iRODSMessage.recv(connection.socket))
    (reply,) = received
    stack = decode(reply.error).structs("RErrMsg_PI") if reply.error else []
    errors = [(entry.integer("status"), entry.text("msg")) for entry in stack]
    return Answer(reply.int_info, decode(reply.msg) if reply.msg else None, errors)


def rule_request(text: str, keywords: Mapping[str, str] | None = None, wanted: str = "ruleExecOut") -> Struct:
    address = Struct("RHostAddr_PI", ("hostAddr", ""), ("rodsZone", ""), ("port", 0), ("dummyInt", 0))
    return Struct(
        "ExecMyRuleInp_PI",
        ("myRule", text),
        ("RHostAddr_PI", address),
        ("KeyValPair_PI", key_values(keywords or {})),
        ("outParamDesc", wanted),
        ("MsParamArray_PI", Struct("MsParamArray_PI", ("paramLen", 0), ("oprType", 0))),
    )


def delayed(session: iRODSSession, text: str) -> list[dict[Any, Any]]:
    """The delayed rules of this text."""
    return list(session.query(RuleExec).filter(Criterion("like", RuleExec.name, f"%{text}%")))


def test_output_comes_in_a_buffer_as_long_as_the_server_s(session: iRODSSession) -> None:
    answer = ask(session, 625, rule_request('@external rule { writeLine("stdout", "Hello, world!"); }'))
    assert answer.struct is not None
    (parameter,) = answer.struct.structs("MsParam_PI")
    assert (parameter.text("label"), parameter.text("type")) == ("ruleExecOut", "ExecCmdOut_PI")
    stdout, stderr = parameter.struct("ExecCmdOut_PI").structs("BinBytesBuf_PI")
    assert (stdout.integer("buflen"), stderr.integer("buflen")) == (5454, 0)
    assert base64.b64decode(stdout.text("buf")).rstrip(b"\0") == b"Hello, world!\n"


def test_a_rule_file_with_parameters_runs(session: iRODSSession) -> None:
    text = 't {\n *c = "*a and *b"; writeLine("stdout", *c);\n}\nINPUT *a="one",*b="2"\nOUTPUT ruleExecOut\n'
    rule = Rule(session, rule_file=io.StringIO(text))
    assert written(rule.execute()) == "one and 2\n"
    overridden = Rule(session, rule_file=io.StringIO(text), params={"*a": '"other"', "*b": "1 + 1"})
    assert written(overridden.execute()) == "other and 2\n"


def test_the_guide_s_example_runs(session: iRODSSession, data_object: str, home: str) -> None:
    with session.data_objects.open(data_object, "r") as file:
        assert file.read() == b"content"
    parameters = {"*dataObject": f'"{data_object}"', "*Flags": '"forceChksum=true"'}
    rule = Rule(session, rule_file=io.StringIO(GUIDE.split("INPUT")[0]), params=parameters, output="ruleExecOut")
    first, second = written(rule.execute()).splitlines()
    assert first == f"Collection is {home} and file is object"
    checksum = session.data_objects.get(data_object).checksum
    assert second == f"Saved checksum for file object is , new checksum is {checksum}"
    assert checksum.startswith("sha2:")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('msiNoSuchService("x");', "NO_MICROSERVICE_FOUND_ERR"),
        ("msiNoSuchService(1);", "NO_RULE_OR_MSI_FUNCTION_FOUND_ERR"),
        ("fail(-808000);", "CAT_NO_ROWS_FOUND"),
        ('*x = 1 + "a";', "RE_TYPE_ERROR"),
        ("*x = elem(list(1), 1);", "RE_RUNTIME_ERROR"),
        ('delay("<PLUSET>1h") { nop; }', "INPUT_ARG_NOT_WELL_FORMED_ERR"),
    ],
)
def test_failures_are_told_when_an_engine_is_named_and_only_then(session: iRODSSession, body: str, error: str) -> None:
    with refused(error):
        execute(session, body, instance_name=ENGINE)
    assert execute(session, body) == ""


def test_a_failure_says_where_it_happened(session: iRODSSession) -> None:
    answer = ask(session, 625, rule_request("@external rule { nope( }", {"instance_name": ENGINE}))
    (told,) = answer.errors
    assert (answer.status, answer.struct, told[0]) == (-1201000, None, -1220000)
    assert told[1].startswith("DEBUG: parseRuleSet: error parsing rule.\nline 0, col 23\n@external rule { nope( }\n")


def test_what_was_written_before_a_failure_comes_back_when_no_engine_is_named(session: iRODSSession) -> None:
    assert execute(session, 'writeLine("stdout", "before"); fail;') == "before\n"


def test_engines_are_listed_and_unknown_ones_refused(session: iRODSSession) -> None:
    listed = ask(session, 625, rule_request("", {"available": "true"}, ""))
    assert (listed.status, listed.struct) == (0, None)
    assert listed.errors == [(0, f"Available rule engine plugin instances:\n\t{ENGINE}\n\t{OTHER_ENGINE}\n")]
    with refused("SYS_INVALID_INPUT_PARAM"):
        execute(session, "nop;", instance_name="no such engine")
    with refused("SYS_NOT_SUPPORTED"):
        execute(session, "nop;", instance_name=OTHER_ENGINE)


def test_session_variables_name_the_user(session: iRODSSession, alice: iRODSSession) -> None:
    body = 'writeLine("stdout", "$userNameClient#$rodsZoneClient");'
    assert execute(session, body) == "rods#tempZone\n"
    assert execute(alice, body) == f"{alice.username}#tempZone\n"


def test_queries_page_through_all_rows(session: iRODSSession, home: str) -> None:
    body = f'for(*i=0;*i<300;*i=*i+1) {{ msiCollCreate("{home}/c*i", "0", *s); }}'
    execute(session, body, instance_name=ENGINE)
    count = f"*n = 0; foreach(*r in SELECT COLL_NAME WHERE COLL_PARENT_NAME = '{home}') {{ *n = *n + 1; }}"
    assert execute(session, count + ' writeLine("stdout", *n);', instance_name=ENGINE) == "300\n"


def test_queries_show_what_the_user_may_see(session: iRODSSession, alice: iRODSSession, home: str) -> None:
    body = f"""msiExecStrCondQuery("select COLL_NAME where COLL_NAME = '{home}'", *q);
        foreach(*q) {{ msiPrintKeyValPair("stdout", *q); }}"""
    assert execute(session, body, instance_name=ENGINE) == f"COLL_NAME = {home}\n"
    assert execute(alice, body, instance_name=ENGINE) == ""


def test_data_objects_are_read_written_moved_and_removed(session: iRODSSession, data_object: str, home: str) -> None:
    body = f"""
        msiDataObjOpen("objPath={data_object}++++openFlags=O_RDWR", *d);
        msiDataObjRead(*d, "3", *start); writeBytesBuf("stdout", *start);
        msiDataObjLseek(*d, "0", "SEEK_END", *p); msiDataObjWrite(*d, " and more", *n); msiDataObjClose(*d, *s);
        writeLine("{data_object}", "!");
        msiDataObjCopy("{data_object}", "{home}/copy", "forceFlag=", *s);
        msiDataObjRename("{home}/copy", "{home}/renamed", "0", *s);
        msiDataObjUnlink("objPath={data_object}++++forceFlag=", *s);
        msiGetObjType("{home}/renamed", *t); writeLine("stdout", *t);
    """
    assert execute(session, body, instance_name=ENGINE) == "con-d\n"
    assert not session.data_objects.exists(data_object)
    with session.data_objects.open(f"{home}/renamed", "r") as file:
        assert file.read() == b"content and more!\n"


def test_metadata_and_permissions_are_changed(session: iRODSSession, alice: iRODSSession, home: str) -> None:
    body = f"""
        msiAddKeyVal(*k, "colour", "red"); msiAssociateKeyValuePairsToObj(*k, "{home}", "-C");
        msiModAVUMetadata("-C", "{home}", "add", "size", "9", "cm");
        msiAddKeyVal(*gone, "shape", "round"); msiAssociateKeyValuePairsToObj(*gone, "{home}", "-1");
        msiRemoveKeyValuePairsFromObj(*gone, "{home}", "-C");
        msiSetACL("default", "read", "{alice.username}", "{home}");
    """
    execute(session, body, instance_name=ENGINE)
    collection = session.collections.get(home)
    assert {(item.name, item.value, item.units) for item in collection.metadata.items()} == {
        ("colour", "red", None),
        ("size", "9", "cm"),
    }
    assert alice.collections.exists(home)


def test_what_a_user_may_not_do_fails_as_the_api_would(alice: iRODSSession, session: iRODSSession, home: str) -> None:
    with pytest.raises(iRODSException):
        execute(alice, f'msiCollCreate("{home}/theirs", "0", *s);', instance_name=ENGINE)
    assert not session.collections.exists(f"{home}/theirs")


def test_a_delayed_rule_is_kept_listed_and_deleted(session: iRODSSession, home: str) -> None:
    execute(
        session, f'delay("<PLUSET>1h</PLUSET><PRIORITY>7</PRIORITY>") {{ msiRmColl("{home}"); }}', instance_name=ENGINE
    )
    (row,) = delayed(session, home)
    assert row[RuleExec.name] == f' msiRmColl("{home}"); '
    assert (row[RuleExec.user_name], row[RuleExec.priority], row[RuleExec.rei_file_path]) == (
        "rods",
        "7",
        "EMPTY_REI_PATH",
    )
    answer = ask(session, 624, Struct("RULE_EXEC_DEL_INP_PI", ("ruleExecId", str(row[RuleExec.id]))))
    assert (answer.status, delayed(session, home)) == (0, [])
    again = ask(session, 624, Struct("RULE_EXEC_DEL_INP_PI", ("ruleExecId", str(row[RuleExec.id]))))
    assert again.status == -819000


def test_a_delayed_rule_runs_when_it_is_due_with_its_variables(session: iRODSSession, home: str) -> None:
    body = f'*name = "later"; delay("<PLUSET>1s</PLUSET>") {{ msiCollCreate("{home}/*name", "0", *s); }}'
    execute(session, body, instance_name=ENGINE)
    assert eventually(lambda: session.collections.exists(f"{home}/later"))
    assert eventually(lambda: not delayed(session, home))


def test_a_repeated_rule_runs_until_it_succeeds(session: iRODSSession, home: str) -> None:
    condition = "<PLUSET>0s</PLUSET><EF>1s REPEAT UNTIL SUCCESS OR 9 TIMES</EF>"
    execute(session, f'delay("{condition}") {{ msiCollCreate("{home}/a/b", "0", *s); }}', instance_name=ENGINE)
    assert eventually(lambda: any(row[RuleExec.last_exe_time] for row in delayed(session, home)))
    session.collections.create(f"{home}/a")
    assert eventually(lambda: session.collections.exists(f"{home}/a/b"))
    assert eventually(lambda: not delayed(session, home))


def test_only_its_user_and_administrators_delete_a_delayed_rule(
    session: iRODSSession, alice: iRODSSession, make_user: MakeUser
) -> None:
    bob = make_user()
    execute(
        alice, f'delay("<PLUSET>1h</PLUSET>") {{ writeLine("serverLog", "{alice.username}"); }}', instance_name=ENGINE
    )
    (row,) = delayed(session, alice.username)
    request = Struct("RULE_EXEC_DEL_INP_PI", ("ruleExecId", str(row[RuleExec.id])))
    assert ask(bob, 624, request).status == -350000
    assert ask(bob, 624, Struct("RULE_EXEC_DEL_INP_PI", ("ruleExecId", "1"))).status == -808000
    assert ask(alice, 624, request).status == 0


def test_delayed_rules_with_session_variables_are_refused(session: iRODSSession) -> None:
    body = 'delay("<PLUSET>1h</PLUSET>") { writeLine("serverLog", "\\$userNameClient"); }'
    answer = ask(session, 625, rule_request(f"@external rule {{ {body} }}", {"instance_name": ENGINE}))
    assert answer.status == -1209000


def test_delayed_rules_are_modified_by_administrators(session: iRODSSession, alice: iRODSSession, home: str) -> None:
    execute(session, f'delay("<PLUSET>1h</PLUSET>") {{ writeLine("serverLog", "{home}"); }}', instance_name=ENGINE)
    (row,) = delayed(session, home)

    def modify(client: iRODSSession, **changes: str) -> int:
        pairs = ("KeyValPair_PI", key_values(changes))
        return ask(client, 708, Struct("RULE_EXEC_MOD_INP_PI", ("ruleId", str(row[RuleExec.id])), pairs)).status

    assert modify(session, priority="9", exeFrequency="1d") == 0
    (changed,) = delayed(session, home)
    assert (changed[RuleExec.priority], changed[RuleExec.frequency]) == ("9", "1d")
    assert modify(session, priority="10") == -130000
    assert modify(session) == -816000
    assert modify(alice, priority="1") == -13000


def test_rules_are_submitted_by_administrators_only(session: iRODSSession, alice: iRODSSession, home: str) -> None:
    packed = ("BytesBuf_PI", Struct("BytesBuf_PI", ("buflen", 1), ("buf", "x")))
    submission = Struct(
        "RULE_EXEC_SUBMIT_INP_PI",
        ("ruleName", f'writeLine("serverLog", "{home}");'),
        ("exeTime", "4000000000"),
        ("KeyValPair_PI", key_values({})),
        packed,
    )
    answer = ask(session, 623, submission)
    assert answer.struct is not None
    (row,) = delayed(session, home)
    assert answer.struct.text("myStr") == str(row[RuleExec.id])
    assert ask(alice, 623, submission).status == -13000
    assert ask(session, 623, Struct("RULE_EXEC_SUBMIT_INP_PI", ("ruleName", "nop"))).status == -24000
