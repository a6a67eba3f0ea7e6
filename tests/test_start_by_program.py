"""A request by API or from a file starts like the form, from its starting point; `spec` names the differences."""

from typing import Any

import pytest
from django.urls import reverse

from cli import term
from hubs.models import ChangeRequest, StartingPoint
from hubs.requests.services import judged
from hubs.requests.services import requests as services
from hubs.spec import FIELDS, STARTING_POINTS, difference, to_draft
from hubs.spec.said import begun, changed
from hubs.spec.trees import get, put
from hubs.starting_points import services as starting_points

pytestmark = pytest.mark.django_db
REQUESTS = "/api/v1/requests/"


@pytest.fixture
def points(stan):
    """The built-in starting points, and one of staff with many answers that are not asked."""
    values = {
        "signIn.method": "github", "signIn.github.client_id": "abc", "singleuser.extraEnv": "A=1\nB=2",
        "singleuser.memory.limit": "3", "hub.allowNamedServers": "yes", "hub.namedServerLimitPerUser": "2",
        "homePage.text": "Welcome.", "singleuser.profileList": "- display_name: Small\n",
        "more": "singleuser:\n  extraLabels:\n    course: '1'\n",
    }  # fmt: skip
    card = {"name": "Ours", "picture": "book", "description": "", "everywhere": True, "position": 1}
    starting_points.create(
        by=stan, slug="ours", card=card, organizations=[], draft=values, shown=["signIn.github.allowed_organizations"]
    )
    return [*STARTING_POINTS, "ours"]


def by_form(as_, by, point):
    """Choose the card and type a name and an address, as a person does."""
    client = as_(by)
    at = client.post(reverse("catalogue"), {"organization": "river", "starting_point": point})["Location"]
    row = ChangeRequest.objects.latest("pk")
    texts = {path: text for path, text in row.draft.items() if path.startswith("about.")}
    typed = {**texts, "about.title": "Statistics 101", "slug": "by-form", "step": "about"}
    assert client.post(at, typed).status_code in (200, 302)
    row.refresh_from_db()
    return row


def by_program(as_, by, point, spec=None):
    body = {"organization": "river", "slug": "by-program", "startingPoint": point, "send": False,
            "spec": {"about": {"title": "Statistics 101"}, **(spec or {})}}  # fmt: skip
    answer = as_(by).post(REQUESTS, body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    return ChangeRequest.objects.get(uid=answer.json()["uid"])


ALLOWED = {"signIn": {"github": {"allowed_organizations": ["river"]}}}  # "ours" leaves the reason to the requester


def test_every_starting_point_starts_alike(as_, ines, points):
    for point in points:
        form = by_form(as_, ines, point)
        more = ALLOWED if point == "ours" else {}
        if more:
            services.save(request=form, by=ines, values={"signIn.github.allowed_organizations": "river"})
            form.refresh_from_db()
        program = by_program(as_, ines, point, more)
        [left, right] = [judged.read(row)[0] for row in (form, program)]
        assert left == right, point
        assert program.starting_version == form.starting_version
        assert left.about.title == "Statistics 101"
        ChangeRequest.objects.all().delete()


def test_research_has_its_sizes_by_api(as_, ines):
    spec = judged.read(by_program(as_, ines, "research"))[0]
    draft = StartingPoint.objects.get(slug="research").version.start()
    for path in ("singleuser.memory.limit", "singleuser.storage.capacity", "cull.timeout", "cull.maxAge"):
        assert to_draft(spec)[path] == draft[path]
    assert spec.singleuser.memory.limit == "8G"
    assert spec.singleuser.storage.capacity == "50Gi"


def test_only_named_fields_differ(as_, ines, points):
    said = {**ALLOWED, "singleuser": {"memory": {"limit": "2G"}, "extraEnv": {"C": "3"}},
            "hub": {"namedServerLimitPerUser": None}}  # fmt: skip
    spec = judged.read(by_program(as_, ines, "ours", said))[0]
    assert spec.singleuser.memory.limit == "2G"
    assert spec.singleuser.extraEnv == {"C": "3"}, "a field has the value that is said, and no other"
    assert spec.hub.namedServerLimitPerUser is None
    assert spec.hub.allowNamedServers is True
    assert spec.singleuser.profileList[0].display_name == "Small"
    assert spec.more == {"singleuser": {"extraLabels": {"course": "1"}}}


def test_every_field_can_be_set_over_every_starting_point(points):
    """Field by field: a starting point's answer, and then another point's answer over it."""
    for point in STARTING_POINTS:
        draft = {**StartingPoint.objects.get(slug=point).version.start(), "about.title": "Tried"}
        for other in STARTING_POINTS:
            whole = begun({**StartingPoint.objects.get(slug=other).version.start(), "about.title": "Other"}, {})
            assert begun(draft, whole.model_dump(mode="json")) == whole


def test_a_file_starts_alike(as_, ines, tmp_path, points):
    """Uses what `hubportal apply` and `hubportal requests create` send."""
    file = tmp_path / "term.yaml"
    file.write_text("organization: river\nslug: by-file\nstartingPoint: research\nspec:\n  about:\n    title: Tried\n")
    [wanted] = term.read(file)
    answer = as_(ines).post(REQUESTS, {**wanted.body(), "send": False}, content_type="application/json")
    assert answer.status_code == 201, answer.content
    spec = judged.read(ChangeRequest.objects.get())[0]
    assert spec.singleuser.memory.limit == "8G"


def test_fields_that_a_starting_point_leaves_open_are_required(as_, ines, points):
    body = {"organization": "river", "slug": "by-program", "startingPoint": "ours",
            "spec": {"about": {"title": "Statistics 101"}}}  # fmt: skip
    answer = as_(ines).post(REQUESTS, body, content_type="application/json")
    assert answer.status_code == 422
    assert "Choose who has access" in str(answer.json()["errors"])
    assert not ChangeRequest.objects.exists()


# (answers beside the starting point, the field without an effect, words)
IDLE: list[tuple[dict[str, Any], str, str]] = [
    ({"singleuser": {"storage": {"type": "none", "capacity": "20Gi"}}}, "singleuser.storage.capacity",
     "only if “Storage type” is “Volume per person”"),
    ({"signIn": {"github": {"client_id": "abc"}}}, "signIn.github.client_id", "only if “Sign-in method” is"),
    ({"cull": {"enabled": False, "timeout": 600}}, "cull.timeout", "only if “Stop idle servers” is “yes”"),
    ({"singleuser": {"content": {"branch": "main"}}}, "singleuser.content.branch", "is filled in"),
]  # fmt: skip


def test_a_field_without_an_effect_is_refused_with_the_reason(as_, ines):
    client = as_(ines)
    for said, path, words in IDLE:
        body = {"organization": "river", "slug": "by-program", "spec": {"about": {"title": "Any"}, **said}}
        answer = client.post(REQUESTS, body, content_type="application/json")
        assert answer.status_code == 422, (path, answer.content)
        assert words in answer.json()["errors"][f"spec.{path}"][0]


def test_unchanged_fields_without_an_effect_may_be_sent_along(as_, ines, ready_hub):
    """A program reads the whole spec, changes one answer, and sends it back."""
    client = as_(ines)
    spec = client.get(f"/api/v1/hubs/{ready_hub.uid}/").json()["spec"]
    spec["singleuser"]["storage"] |= {"type": "none"}
    answer = client.post(REQUESTS, {"hub": ready_hub.uid, "spec": spec, "send": False}, content_type="application/json")
    assert answer.status_code == 201, answer.content


def test_values_files_replace_the_starting_point(as_, ines):
    body = {"organization": "river", "slug": "by-values", "startingPoint": "research", "send": False,
            "values": {"singleuser": {"memory": {"limit": "2G"}}}}  # fmt: skip
    answer = as_(ines).post(REQUESTS, body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    spec = judged.read(ChangeRequest.objects.get())[0]
    assert (spec.singleuser.memory.limit, spec.singleuser.storage.capacity) == ("2G", "10Gi")


# --- a change names the differences -----------------------------------------------------------------------------------
def change(as_, by, hub, spec, code=201):
    answer = as_(by).post(REQUESTS, {"hub": hub.uid, "spec": spec, "send": False}, content_type="application/json")
    assert answer.status_code == code, answer.content
    if code != 201:
        return answer.json()["errors"]
    return judged.read(ChangeRequest.objects.get(uid=answer.json()["uid"]))[0]


def test_a_change_names_the_differences_and_the_rest_stays(as_, ines, ready_hub):
    before = ready_hub.spec
    after = change(as_, ines, ready_hub, {"about": {"heads": 31}, "singleuser": {"extraEnv": {"C": "3"}}})
    assert [one.path for one in difference(before, after)] == ["about.heads", "singleuser.extraEnv"]
    whole = before.model_dump(mode="json")
    whole["about"]["heads"] = 31
    assert [one.path for one in difference(before, change(as_, ines, ready_hub, whole))] == ["about.heads"]


def test_null_restores_the_starting_points_answer_where_null_is_no_value(as_, ines, ready_hub):
    point = StartingPoint.objects.get(slug="research").version
    ready_hub.starting_version = point
    ready_hub.save(update_fields=["starting_version"])
    start = begun({**point.start(), "about.title": "Any"}, {})
    null = {"singleuser": {"memory": {"limit": None}, "storage": {"capacity": None}}, "cull": None,
            "hub": {"concurrentSpawnLimit": None}}  # fmt: skip
    after = change(as_, ines, ready_hub, null)
    assert after.singleuser.memory.limit is None, "no limit is a valid answer"
    assert after.singleuser.storage.capacity == start.singleuser.storage.capacity == "50Gi"
    assert after.cull == start.cull != ready_hub.spec.cull
    assert after.hub.concurrentSpawnLimit == 64
    assert list(change(as_, ines, ready_hub, {"cull": {"typo": None}}, 422)) == ["spec.cull.typo"]
    assert list(change(as_, ines, ready_hub, {"about": {"title": None}}, 422)) == ["spec.about.title"]


def test_every_field_can_be_left_out_named_or_null(ready_hub):
    """For each field: its own answer changes nothing, and null is a valid answer, the starting point's, or missing."""
    spec = ready_hub.spec
    start = StartingPoint.objects.get(slug="research").version.start()
    first = begun({**start, "about.title": "Any"}, {})
    for path, field in FIELDS.items():
        said: dict[str, Any] = {}
        null: dict[str, Any] = {}
        put(said, tuple(path.split(".")), get(spec.model_dump(mode="json"), tuple(path.split("."))))
        put(null, tuple(path.split(".")), None)
        assert changed(spec, start, said) == spec, path
        if not field.required and path != "singleuser.memory.guarantee":  # that of research is above the limit here
            assert field.read(changed(spec, start, null)) == (None if field.optional else field.read(first)), path


def test_an_edit_of_a_draft_names_the_differences_and_keeps_the_rest(as_, ines):
    row = by_program(as_, ines, "research")
    services.save(request=row, by=ines, values={"cull.timeout": "soon", "homePage.text": "Hello."})
    at = f"{REQUESTS}{row.uid}/"

    def patch(body):
        tag = as_(ines).get(at)["ETag"]
        return as_(ines).patch(at, body, content_type="application/json", headers={"If-Match": tag})

    answer = patch({"spec": {"about": {"heads": 12}}})
    assert answer.status_code == 200, answer.content
    row.refresh_from_db()
    assert (row.draft["about.heads"], row.draft["cull.timeout"], row.draft["homePage.text"]) == ("12", "soon", "Hello.")
    assert row.draft["singleuser.storage.capacity"] == "50"
    assert patch({"spec": {"cull": {"timeout": None}}}).status_code == 200
    row.refresh_from_db()
    assert row.draft["cull.timeout"] == StartingPoint.objects.get(slug="research").version.start()["cull.timeout"]
