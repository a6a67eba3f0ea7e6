"""Starting points in the API: for everyone to choose from; cards and versions for staff; and the fields of a hub."""

import json

import pytest

from hubs.models import AuditEvent, StartingPoint
from hubs.requests.services.institutions import load

from .callers import caller, errors

pytestmark = pytest.mark.django_db
POINTS = "starting-points/"
CLASS = f"{POINTS}class/"
HEADS, MEMORY = "about.heads", "singleuser.memory.limit"


@pytest.fixture
def call(stan):
    return caller(stan)


def verbs():
    rows = AuditEvent.objects.filter(verb__startswith="starting_point.").order_by("pk")
    return list(rows.values_list("verb", flat=True))


# --- for everyone ---------------------------------------------------------------------------------------------------
def test_the_list_has_the_starting_points_that_a_person_may_use(ines, zoe, river, call):
    river.starting_points.add(StartingPoint.objects.get(slug="event"))
    StartingPoint.objects.filter(slug="event").update(everywhere=False)
    StartingPoint.objects.filter(slug="public").update(offered=False)
    mine, hers = caller(ines), caller(zoe)
    assert [row["slug"] for row in mine("GET", POINTS).json()["results"]] == ["class", "research", "event"]
    assert [row["slug"] for row in hers("GET", POINTS).json()["results"]] == ["class", "research"]
    one = mine("GET", CLASS).json()
    assert (one["name"], one["version"], one["asked"]) == ("Class", 1, None)
    assert "1 GiB of memory per person" in one["facts"]
    assert one["draft"]["about.purpose"] == "class"
    assert mine("GET", f"{POINTS}event/").status_code == 200
    for call_, slug in ((hers, "event"), (mine, "public"), (mine, "nothing")):
        errors(call_("GET", f"{POINTS}{slug}/"), 404)
    errors(mine("GET", f"{POINTS}?all=true"), 404)
    everything = call("GET", f"{POINTS}?all=true").json()["results"]
    assert {row["slug"]: row["offered"] for row in everything} == {
        "class": True, "research": True, "event": True, "public": False
    }  # fmt: skip
    assert call("GET", f"{POINTS}public/").status_code == 200


# --- cards ----------------------------------------------------------------------------------------------------------
def test_staff_create_a_starting_point_from_a_hub(call, ready_hub, river):
    body = {
        "slug": "lab", "name": "Lab", "picture": "flask", "everywhere": False, "organizations": ["river"],
        "hub": ready_hub.uid, "draft": {MEMORY: "4"}, "asked": [HEADS],
    }  # fmt: skip
    made = call("POST", POINTS, body, Idempotency_Key="lab")
    assert made.status_code == 201
    assert call("POST", POINTS, body, Idempotency_Key="lab").json() == made.json()
    draft = made.json()["draft"]
    assert (draft["about.title"], draft[HEADS], draft[MEMORY]) == ("", "30", "4")
    assert made.json()["asked"] == ["about.title", HEADS]
    point = StartingPoint.objects.get(slug="lab")
    assert [place.slug for place in point.organizations.all()] == ["river"]
    assert verbs() == ["starting_point.create"]


@pytest.mark.parametrize(
    ("more", "field"),
    [({"slug": "No!"}, "slug"), ({"slug": "class"}, "slug"), ({"name": ""}, "name"), ({"picture": "cat"}, "picture"),
     ({"everywhere": False}, "organizations"), ({"organizations": ["moon"]}, "organizations"),
     ({"position": -1}, "position"), ({"draft": {HEADS: "many"}, "asked": [MEMORY]}, f"draft.{HEADS}"),
     ({"draft": {"no.such": "field"}}, "draft.no.such"), ({"asked": ["no.such"]}, "draft.no.such"),
     ({"hub": "h23456789abc"}, None)],
)  # fmt: skip
def test_errors_of_a_new_starting_point_are_reported_by_field(more, field, call):
    answer = call("POST", POINTS, {"slug": "lab", "name": "Lab", **more})
    if field is None:
        errors(answer, 404)
    else:
        assert field in errors(answer), answer.content
    assert not StartingPoint.objects.filter(slug="lab").exists()


def test_a_card_is_changed_only_by_who_read_the_latest(call, sue):
    path = f"{CLASS}card/"
    read = call("GET", path)
    wanted = {**read.json(), "description": "For a course.", "position": 5}
    errors(call("PUT", path, wanted), 428)
    done = call("PUT", path, wanted, If_Match=read["ETag"])
    assert (done.status_code, done.json()) == (200, wanted)
    errors(caller(sue)("PUT", path, {**wanted, "name": "Mine"}, If_Match=read["ETag"]), 412)
    assert set(errors(call("PUT", path, {**wanted, "name": " "}, If_Match=done["ETag"]))) == {"name"}
    row = StartingPoint.objects.get(slug="class")
    assert (row.name, row.description, row.position) == ("Class", "For a course.", 5)
    assert verbs() == ["starting_point.card"]


def test_withdrawn_and_offered_again(call):
    assert call("PUT", f"{CLASS}offer/", {"offered": False}).json()["offered"] is False
    errors(call("PUT", f"{CLASS}offer/", {"offered": False}), 409)
    assert call("PUT", f"{CLASS}offer/", {"offered": True}).json()["offered"] is True
    assert verbs() == ["starting_point.withdraw", "starting_point.offer"]


# --- versions -------------------------------------------------------------------------------------------------------
def test_a_version_is_published_once_from_the_newest(call, sue, ready_hub):
    path = f"{CLASS}versions/"
    newest = call("GET", path).json()["results"][0]
    assert (newest["number"], newest["hubs"]) == (1, 1)
    body = {"base": 1, "message": "More memory", "draft": {**newest["draft"], MEMORY: "4"}, "asked": [HEADS]}
    made = call("POST", path, body)
    assert (made.status_code, made.json()["number"], made.json()["hubs"]) == (201, 2, 0)
    errors(caller(sue)("POST", path, {**body, "message": "Mine"}), 409)
    same = {**body, "base": 2, "draft": made.json()["draft"], "asked": made.json()["asked"]}
    assert errors(call("POST", path, same)) == {"": ["Nothing would change. Change something first."]}
    assert call("GET", f"{path}2/").json() == made.json()
    errors(call("GET", f"{path}3/"), 404)
    changed = call("GET", f"{path}1/diff/2/").json()
    assert [(row["path"], row["before"], row["after"]) for row in changed] == [(MEMORY, "1 GiB", "4 GiB")]
    assert call("GET", CLASS).json()["version"] == 2
    assert verbs() == ["starting_point.publish"]


@pytest.mark.parametrize(
    ("more", "field"),
    [({"message": " "}, "message"), ({"base": 0}, "base"), ({"draft": {MEMORY: 4}}, None),
     ({"draft": {MEMORY: "lots"}, "asked": []}, f"draft.{MEMORY}"), ({"draft": [1]}, "draft")],
)  # fmt: skip
def test_errors_of_a_version_are_reported_by_field(more, field, call):
    answer = call("POST", f"{CLASS}versions/", {"base": 1, "message": "New", "draft": {MEMORY: "2"}, **more})
    if field is None:
        assert answer.status_code == 201, "a number is its text"
    else:
        assert field in errors(answer)
        assert StartingPoint.objects.get(slug="class").version.number == 1


# --- fields and institutions ----------------------------------------------------------------------------------------
def test_the_fields_of_a_hub_are_those_of_the_form(ines):
    found = {row["path"]: row for row in caller(ines)("GET", "schema/fields/").json()}
    memory = found[MEMORY]
    assert (memory["kind"], memory["unit"], memory["limit"], memory["values"]) == (
        "memory", "GiB", "memory_per_user_mib", MEMORY
    )  # fmt: skip
    assert found["about.title"]["required"] is True
    assert "tmp" in [choice["value"] for choice in found["signIn.method"]["choices"]]


def test_institutions_by_the_beginnings_of_their_words(ines):
    load(json.dumps([{"EntityID": "urn:river", "DisplayName": "Université de la Rivière"}]))
    call = caller(ines)
    assert call("GET", "institutions/?q=univ+riv").json() == [{"id": "urn:river", "name": "Université de la Rivière"}]
    assert call("GET", "institutions/?q=lake").json() == []
    assert call("GET", "institutions/").json() == []
