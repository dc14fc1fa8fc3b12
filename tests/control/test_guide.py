"""Every request and every response that the guide prints: sent as printed, compared field by field.

What is adapted are paths, zone and users; what may differ are ids, times and the vault.
"""

from __future__ import annotations

import re
from datetime import datetime

import httpx
import pytest
from irods.session import iRODSSession

from tests.conftest import AddUser
from tests.control.printed import TYPES, assert_as_printed, only_tickets, printed
from tests.zones import AnyZone

FORMS = pytest.mark.parametrize("form", ["json", "xml"])
TIMES = {"createdAt", "modifiedAt", "updatedAt"}
NO_BODY = 204


def accept(form: str) -> dict[str, str]:
    return {"Accept": TYPES[form]}


def send(form: str) -> dict[str, str]:
    return {"Accept": TYPES[form], "Content-Type": TYPES[form]}


def assert_times(answer: httpx.Response, form: str) -> None:
    """Milliseconds in JSON, ISO 8601 with an offset in XML, as the guide prints them."""
    if form == "json":
        assert all(re.fullmatch(r"\d{13}", time) for time in re.findall(r'edAt": ([^,]*),', answer.text))
    else:
        times = re.findall(r"edAt>([^<]+)<", answer.text)
        assert times
        assert all(datetime.fromisoformat(time).tzinfo is not None for time in times)


def test_server_information_is_as_printed(control: httpx.Client, session: iRODSSession, zone_server: AnyZone) -> None:
    answer = control.get("/irods-rest/rest/server", headers=accept("xml"))
    free = {"currentServerTime", "initializeDate", "serverBootTime"}
    version = ".".join(map(str, session.server_version))
    adapted = {"rods3.3": f"rods{version}", "fedZone1": zone_server.zone}
    assert_as_printed(answer, "server-response.xml", adapted, free=free)


@FORMS
def test_collection_with_its_children_is_as_printed(
    control: httpx.Client, session: iRODSSession, adapted: dict[str, str], shared: str, form: str
) -> None:
    for name in ("cpylog", "b", "c", "d", "e"):
        session.data_objects.create(f"{shared}/{name}")
    with session.data_objects.open(f"{shared}/cpylog", "w") as file:
        file.write(b"x" * 345217)
    session.acls.set(_inherit(shared))
    answer = control.get(
        f"/collection{shared}", params={"listing": "true", "listType": "data", "offset": "2"}, headers=accept(form)
    )
    assert answer.status_code == 200
    page = control.get(f"/collection{shared}", params={"listing": "true"}, headers=accept("json")).json()["children"]
    assert [(child["pathOrName"], child["count"], child["lastResult"], child["totalRecords"]) for child in page] == [
        (name, count, True, 5) for count, name in enumerate(["b", "c", "cpylog", "d", "e"], start=1)
    ]
    for name in ("b", "c", "d", "e"):
        session.data_objects.unlink(f"{shared}/{name}", force=True)
    answer = control.get(f"/collection{shared}", params={"listing": "true"}, headers=accept(form))
    adapted |= {'"totalRecords": 5': '"totalRecords": 1', 'totalRecords="5"': 'totalRecords="1"'}
    assert_as_printed(answer, f"collection-get-response.{form}", adapted, free=TIMES | {"collectionId", "id"})
    assert_times(answer, form)


def _inherit(path: str):  # type: ignore[no-untyped-def]
    from irods.access import iRODSAccess

    return iRODSAccess("inherit", path)


@pytest.fixture
def who(zone_server: AnyZone) -> dict[str, str]:
    """User and zone in place of those that are printed."""
    zones = dict.fromkeys(["fedZone1", "tempZone"], zone_server.zone)
    return zones | {">rods<": f">{zone_server.user}<", '"rods"': f'"{zone_server.user}"'}


@pytest.fixture
def adapted(who: dict[str, str], home: str) -> dict[str, str]:
    return who | {"/fedZone1/home/rods": home, "fedZone1/home/rods": home.removeprefix("/")}


@FORMS
def test_putting_a_collection_answers_as_printed_also_again(
    control: httpx.Client, adapted: dict[str, str], home: str, form: str
) -> None:
    adapted |= {"Inheritance>1<": "Inheritance>0<", 'Inheritance":"1"': 'Inheritance":"0"'}
    for _ in range(2):
        answer = control.put(f"/collection{home}/shared", headers=accept(form))
        assert answer.status_code == 200
        assert_as_printed(answer, f"collection-put-response.{form}", adapted, free=TIMES | {"collectionId"})


@pytest.mark.parametrize("force", ["true", "false"])
def test_deleting_a_collection_has_no_body_also_when_it_is_missing(
    control: httpx.Client, session: iRODSSession, shared: str, force: str
) -> None:
    session.data_objects.create(f"{shared}/inside")
    for _ in range(2):
        answer = control.delete(f"/collection{shared}", params={"force": force})
        assert (answer.status_code, answer.content) == (NO_BODY, b"")
    assert not session.collections.exists(shared)


@FORMS
@pytest.mark.parametrize("kind", ["collection", "data-object"])
def test_avus_are_added_listed_and_deleted_as_printed(
    control: httpx.Client, session: iRODSSession, adapted: dict[str, str], shared: str, kind: str, form: str
) -> None:
    target = shared
    if kind == "data-object":
        target = f"{shared}/object"
        session.data_objects.create(target)
        adapted["/shared"] = "/shared/object"
    url = f"/{'collection' if kind == 'collection' else 'dataObject'}{target}/metadata"

    added = control.put(url, content=printed(f"{kind}-metadata-put-request.{form}", {}), headers=send(form))
    assert added.status_code == 200
    assert_as_printed(added, f"{kind}-metadata-put-response.{form}", {})
    attributes = _attributes(session, target)
    assert len(attributes) == 2
    deletion = printed(f"{kind}-metadata-put-request.{form}", {})
    if kind == "collection" or form == "xml":
        deletion = printed(f"{kind}-metadata-post-request.{form}", {})
    deleted = control.post(url, content=deletion, headers=send(form))
    assert_as_printed(deleted, f"{kind}-metadata-post-response.{form}", {})
    assert _attributes(session, target) == []

    control.put(url, json={"metadataEntries": [{"attribute": "attr1", "value": "val1", "unit": "unit1"}]})
    assert_as_printed(control.get(url, headers=accept(form)), f"{kind}-metadata-get-response.{form}", adapted)


def test_a_listing_of_avus_can_be_sent_back_as_printed(
    control: httpx.Client, session: iRODSSession, adapted: dict[str, str], home: str
) -> None:
    target = f"{home}/object"
    session.data_objects.create(target).metadata.add("attr1", "val1", "unit1")
    request = printed("data-object-metadata-post-request.json", adapted)
    answer = control.post(f"/dataObject{target}/metadata", content=request, headers=send("json"))
    assert [each["resultStatus"] for each in answer.json()] == ["OK"]
    assert _attributes(session, target) == []


def _attributes(session: iRODSSession, path: str) -> list[str]:
    collection = session.collections.exists(path)
    entry = session.collections.get(path) if collection else session.data_objects.get(path)
    return [avu.name for avu in entry.metadata.items()]


@FORMS
@pytest.mark.parametrize("kind", ["collection", "data-object"])
def test_permissions_are_set_listed_and_removed_as_printed(
    control: httpx.Client,
    session: iRODSSession,
    zone_server: AnyZone,
    add_user: AddUser,
    who: dict[str, str],
    home: str,
    kind: str,
    form: str,
) -> None:
    # So called, it is listed after the user of the zone, as printed.
    user = add_user("rodsadmin", name=f"{zone_server.user}{home[-8:]}").name
    target = f"{home}/testGetCollectionAcl{'XML' if form == 'xml' else 'Json'}"
    if kind == "collection":
        session.collections.create(target)
        session.acls.set(_inherit(target))
    else:
        session.data_objects.create(target)
    url = f"/{'collection' if kind == 'collection' else 'dataObject'}{target}/acl"
    for _ in range(2):
        granted = control.put(f"{url}/{user},{zone_server.zone}", params={"permission": "OWN", "recursive": "false"})
        assert (granted.status_code, granted.content) == (NO_BODY, b"")
    listed = control.get(url, headers=accept(form))
    adapted = who | {
        "/fedZone1/home/test1/jargon-scratch/RestCollectionServiceTest": home,
        ">test1<": f">{user}<",
        '"test1"': f'"{user}"',
    }
    if kind == "data-object":
        # The guide prints the listing of a collection here.
        adapted |= {"COLLECTION": "DATA_OBJECT", ">true<": ">false<", '"inheritance": true': '"inheritance": false'}
    assert_as_printed(listed, f"{kind}-acl-get-response.{form}", adapted, free={"userId"})
    for _ in range(2):
        removed = control.delete(f"{url}/{user}")
        assert (removed.status_code, removed.content) == (NO_BODY, b"")
    assert [each["userName"] for each in control.get(url).json()["permissionEntries"]] == [zone_server.user]


def test_permission_is_read_unless_told_otherwise(control: httpx.Client, shared: str, zone_server: AnyZone) -> None:
    assert control.put(f"/collection{shared}/acl/public").status_code == NO_BODY
    entries = control.get(f"/collection{shared}/acl").json()["permissionEntries"]
    granted = {each["userName"]: each["filePermissionEnum"] for each in entries}
    assert granted == {"public": "READ", zone_server.user: "OWN"}
    assert {each["userName"]: each["userType"] for each in entries}["public"] == "RODS_GROUP"


@FORMS
def test_an_upload_answers_as_printed_and_so_does_the_data_object(
    control: httpx.Client, session: iRODSSession, zone_server: AnyZone, resource: str, home: str, form: str
) -> None:
    name = "testGetDataObjectDataXML.dat" if form == "xml" else "testFindByAbsolutePath.dat"
    target = f"{home}/{name}"
    uploaded = control.post(
        f"/fileContents{target}",
        files={"uploadFile": ("local.dat", b"x", "application/octet-stream")},
        headers=accept(form),
    )
    assert uploaded.status_code == 200
    adapted = {
        "/fedZone1/home/test1/jargon-scratch/RestDataObjectServiceTest": home,
        "fedZone1": zone_server.zone,
        "test1-resc": resource,
        ">test1<": f">{zone_server.user}<",
        '"test1"': f'"{zone_server.user}"',
        '"dataSize": 0': '"dataSize": 1',
    }
    free = TIMES | {"id", "collectionId", "dataPath"}
    assert_as_printed(uploaded, f"file-contents-post-response.{form}", adapted, free=free)
    answer = control.get(f"/dataObject{target}", headers=accept(form))
    assert_as_printed(answer, f"data-object-get-response.{form}", adapted, free=free)
    assert_times(answer, form)
    with session.data_objects.open(target, "r") as file:
        assert file.read() == b"x"


def test_deleting_a_data_object_has_no_body(control: httpx.Client, session: iRODSSession, home: str) -> None:
    session.data_objects.create(f"{home}/object")
    for _ in range(2):
        answer = control.delete(f"/dataObject{home}/object")
        assert (answer.status_code, answer.content) == (NO_BODY, b"")
    assert not session.data_objects.exists(f"{home}/object")


def test_a_download_is_the_bytes(control: httpx.Client, session: iRODSSession, home: str) -> None:
    with session.data_objects.open(f"{home}/object", "w") as file:
        file.write(b"content\0\xff")
    answer = control.get(f"/fileContents{home}/object")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-length"] == "9"
    assert answer.content == b"content\0\xff"


def test_the_rule_in_xml_answers_as_printed_and_brings_its_outputs(control: httpx.Client) -> None:
    request = printed("rule-post-request.xml", {})
    answer = control.post("/rule", content=request, headers=send("xml"))
    assert answer.status_code == 200
    # The guide prints the request as the response; its elements are there, and the outputs with them.
    outputs = re.findall(r"<outputParameterResults>.*?</outputParameterResults>", answer.text, re.DOTALL)
    without = answer.text
    for output in outputs:
        without = without.replace(output, "")
    stripped = httpx.Response(200, headers={"content-type": "application/xml"}, content=without)
    assert_as_printed(stripped, "rule-post-response.xml", {})
    assert ["Hello, world!\n" in output for output in outputs] == [True, False]
    assert "<parameterName>ruleExecErrorOut</parameterName>" in outputs[1]


def test_the_rule_in_json_with_an_override_answers_as_printed(
    control: httpx.Client, session: iRODSSession, home: str
) -> None:
    session.data_objects.create(f"{home}/testExecuteNewFormatRuleWithOverride.txt")
    adapted = {"/fedZone1/home/test1/jargon-scratch/RuleServiceTest": home}
    answer = control.post("/rule", content=printed("rule-post-request.json", adapted), headers=send("json"))
    assert answer.status_code == 200, answer.text
    assert_as_printed(answer, "rule-post-response.json", adapted, free={"resultObject"})
    output = answer.json()["outputParameterResults"][0]["resultObject"]
    assert output.startswith(f"Collection is {home} and file is testExecuteNewFormatRuleWithOverride.txt\n")


def test_a_temporary_password_of_another_user_is_as_printed_and_logs_in(
    control: httpx.Client, zone_server: AnyZone, add_user: AddUser
) -> None:
    user = add_user()
    answer = control.put(f"/user/{user.name}/temppassword", params={"admin": "true"})
    assert_as_printed(answer, "temppassword-put-response.json", {"test2": user.name}, free={"password"})
    password = answer.json()["password"]
    assert re.fullmatch("[0-9a-f]{32}", password)
    with zone_server.session(user.name, password) as other:
        assert other.collections.exists(user.home)


@FORMS
def test_the_plain_query_answers_as_printed(
    control: httpx.Client, session: iRODSSession, resource: str, home: str, form: str
) -> None:
    _make_files(session, home)
    adapted = {"/tempZone/home/rods/": home, "/tempZone/home/rods": home, "demoResc": resource}
    answer = control.post("/genQuery", content=printed(f"gen-query-plain-request.{form}", adapted), headers=send(form))
    assert_as_printed(answer, f"gen-query-plain-response.{form}", adapted)


@FORMS
def test_the_aggregate_query_answers_as_printed(
    control: httpx.Client, session: iRODSSession, home: str, form: str
) -> None:
    _make_files(session, home)
    request = printed(f"gen-query-aggregate-request.{form}", {"/tempZone/home/rods": home})
    answer = control.post("/genQuery", content=request, headers=send(form))
    assert_as_printed(answer, f"gen-query-aggregate-response.{form}", {})


@FORMS
def test_the_query_with_a_list_of_values_answers_as_printed(
    control: httpx.Client, session: iRODSSession, home: str, form: str
) -> None:
    _make_files(session, home)
    adapted = {"/tempZone/home/rods/dir/GenQueryTestDirectory": home}
    answer = control.post("/genQuery", content=printed(f"gen-query-in-request.{form}", adapted), headers=send(form))
    assert_as_printed(answer, f"gen-query-in-response.{form}", adapted)


def _make_files(session: iRODSSession, home: str) -> None:
    for number, size in ((1, 20), (2, 30), (3, 40)):
        with session.data_objects.open(f"{home}/testfile{number}.dat", "w") as file:
            file.write(b"x" * size)


@FORMS
def test_tickets_are_made_restricted_read_listed_and_deleted_as_printed(
    control: httpx.Client, session: iRODSSession, who: dict[str, str], zone_server: AnyZone, home: str, form: str
) -> None:
    session.data_objects.create(f"{home}/testfile.dat")
    # Servers refuse the guide's own string, as it is a number.
    adapted = who | {
        "111222333444555": f"t{home[-12:]}",
        "kZeGACQHEjRHFyC": f"t{home[-12:]}",
        "g7gwI7OK21mrWy9": f"t{home[-12:]}",
        "g7gwI70K21mrWy9": f"t{home[-12:]}",
        "/tempZone/home/rods/dir/TicketTestDirectory": home,
        "2017-02-07 14:18:28": "2036-02-27 13:00:00",
        "2017-02-07 14:09:24": "2036-02-27 13:00:00",
        "2016-02-27 13:00:00": "2036-02-27 13:00:00",
        '"uses_limit": 20': '"uses_limit": 12',
        "<uses_limit>20<": "<uses_limit>12<",
    }
    of_object = adapted | {"/tempZone/home/rods": f"{home}/testfile.dat"}
    request = printed(f"ticket-post-request.{form}", of_object)
    made = control.post("/ticket", content=request, headers=send(form))
    assert made.status_code == 200
    assert_as_printed(made, f"ticket-post-response.{form}", adapted)
    url = f"/ticket/t{home[-12:]}"
    for printed_form in ("json", "xml"):
        change = printed(f"ticket-put-request.{printed_form}", adapted)
        answer = control.put(url, content=change, headers=send(printed_form))
        assert (answer.status_code, answer.content) == (NO_BODY, b"")
    for kind, value in (
        ("file_write_limit", "10"),
        ("byte_write_limit", "1000"),
        ("offset", "127.0.0.1"),
        ("add_user", zone_server.user),
        ("add_group", "public"),
    ):
        change = {"restriction_type": kind, "restriction_value": value}
        assert control.put(url, json=change).status_code == NO_BODY
    adapted |= {">rodsadmin<": ">public<", '"rodsadmin"': '"public"'}
    assert_as_printed(
        control.get(url, headers=accept(form)), f"ticket-get-response.{form}", adapted, free={"ticket_id"}
    )
    _assert_listed(control, zone_server, adapted, form, home)
    for kind, value in (("remove_host", "127.0.0.1"), ("remove_user", zone_server.user), ("remove_group", "public")):
        change = {"restriction_type": kind, "restriction_value": value}
        assert control.put(url, json=change).status_code == NO_BODY
    changed = control.get(url).json()
    assert changed["host_restrictions"] == changed["user_restrictions"] == changed["group_restrictions"] == []
    deleted = control.delete(url)
    assert (deleted.status_code, deleted.content) == (NO_BODY, b"")
    assert control.get(url).status_code == 404


def _assert_listed(control: httpx.Client, zone_server: AnyZone, adapted: dict[str, str], form: str, home: str) -> None:
    """The printed list has two tickets; the second is made here with the same restrictions."""
    second = f"u{home[-12:]}"
    target = f"{home}/testfile.dat"
    control.post("/ticket", json={"mode": "read", "object_path": target, "ticket_string": second})
    for kind, value in (
        ("uses_limit", "12"),
        ("file_write_limit", "10"),
        ("byte_write_limit", "1000"),
        ("expiration", "2036-02-27 13:00:00"),
        ("add_host", "127.0.0.1"),
        ("add_user", zone_server.user),
        ("add_group", "public"),
    ):
        control.put(f"/ticket/{second}", json={"restriction_type": kind, "restriction_value": value})
    free = {"ticket_id"}
    in_list = adapted | {"111222333444555": second}
    listed = only_tickets(control.get("/listAllTickets", headers=accept(form)), second, f"t{home[-12:]}")
    assert_as_printed(listed, f"list-all-tickets-response.{form}", in_list, free=free)
    assert control.delete(f"/ticket/{second}").status_code == NO_BODY


def test_a_generated_ticket_opens_the_collection_and_its_contents(
    control: httpx.Client, session: iRODSSession, shared: str
) -> None:
    with session.data_objects.open(f"{shared}/object", "w") as file:
        file.write(b"opened")
    ticket = control.post("/ticket", json={"mode": "read", "object_path": shared}).json()["ticket_string"]
    assert re.fullmatch("[A-Za-z][A-Za-z0-9]{14}", ticket)
    assert control.get(f"/collection{shared}", params={"ticket": ticket}).status_code == 200
    assert control.get(f"/fileContents{shared}/object", params={"ticket": ticket}).content == b"opened"
