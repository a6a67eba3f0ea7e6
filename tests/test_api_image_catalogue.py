"""The image catalogue in the API: the portal's rows, an organisation's own rows, and what its requests may use."""

import pytest

from hubs.models import AuditEvent, CatalogueImage

from .callers import caller, errors

pytestmark = pytest.mark.django_db
MINE, PORTALS = "organizations/river/images/", "images/"
BODY = {"slug": "geo", "name": "Geo", "image": "quay.io/example/geo", "tag": "2026-10-05", "languages": ["Python"]}
CHANGED = {name: text for name, text in BODY.items() if name != "slug"}


def slugs(answer):
    assert answer.status_code == 200, answer.content
    return [row["slug"] for row in answer.json()["results"]]


def test_what_a_request_may_choose(ines, omar, river, lake):
    CatalogueImage.objects.exclude(slug="python").update(offered=False)
    CatalogueImage.objects.create(slug="own", name="Own", organization=river, image="quay.io/x/y", tag="1")
    CatalogueImage.objects.create(slug="their", name="Their", organization=lake, image="quay.io/x/y", tag="1")
    CatalogueImage.objects.filter(slug="python").update(contents={"python": "3.12.7"})
    call = caller(ines)
    assert slugs(call("GET", MINE)) == ["python", "own"]
    first = call("GET", MINE).json()["results"][0]
    assert (first["organization"], first["probe"]) == (None, "")
    assert any("Python 3.12" in one for one in first["facts"])
    errors(call("GET", f"{MINE}?all=true"), 403)
    errors(call("GET", PORTALS), 404)
    assert slugs(caller(omar)("GET", f"{MINE}?all=true")) == ["own"]


def test_an_admin_keeps_own_rows(omar, river):
    call = caller(omar)
    made = call("POST", MINE, BODY, Idempotency_Key="geo")
    assert made.status_code == 201, made.content
    assert call("POST", MINE, BODY, Idempotency_Key="geo").json() == made.json()
    assert (made.json()["organization"], made.json()["probe"]) == ("river", "asked")
    one = f"{MINE}geo/"
    tag = call("GET", one)["ETag"]
    errors(call("PUT", one, CHANGED), 428)
    changed = call("PUT", one, {**CHANGED, "tag": "2026-11-02", "successor": "python"}, If_Match=tag)
    assert (changed.json()["tag"], changed.json()["successor"]) == ("2026-11-02", "python")
    errors(call("PUT", one, CHANGED, If_Match=tag), 412)
    assert call("PUT", f"{one}offer/", {"offered": False}).json()["offered"] is False
    errors(call("PUT", f"{one}offer/", {"offered": False}), 409)
    assert call("POST", f"{one}probe/").json()["probe"] == "asked"
    verbs = AuditEvent.objects.filter(verb__startswith="image.").order_by("pk").values_list("verb", "organization")
    told = ["image.create", "image.change", "image.withdraw", "image.probe"]
    assert list(verbs) == [(verb, "river") for verb in told]


def test_staff_keep_the_portals_rows(stan, omar, river, lake):
    call = caller(stan)
    made = call("POST", PORTALS, {**BODY, "everywhere": False, "organizations": ["river"]})
    assert made.status_code == 201, made.content
    assert "geo" in slugs(caller(omar)("GET", MINE))
    assert [place.slug for place in CatalogueImage.objects.get(slug="geo").organizations.all()] == ["river"]
    errors(caller(omar)("PUT", f"{PORTALS}geo/", CHANGED, If_Match="*"), 404)
    errors(caller(omar)("PUT", f"{MINE}geo/", CHANGED, If_Match="*"), 404)


def test_a_change_of_something_else_leaves_who_may_choose_it(stan, river, lake, omar):
    call, one = caller(stan), f"{PORTALS}geo/"
    call("POST", PORTALS, {**BODY, "everywhere": False, "organizations": ["river"]})
    seen = call("GET", one)
    assert (seen.json()["everywhere"], seen.json()["organizations"]) == (False, ["river"])
    changed = call("PUT", one, {**CHANGED, "tag": "2026-11-02"}, If_Match=seen["ETag"])
    assert (changed.json()["tag"], changed.json()["everywhere"]) == ("2026-11-02", False)
    assert changed.json()["organizations"] == ["river"]
    changed = call("PUT", one, {**CHANGED, "organizations": ["lake"]}, If_Match=changed["ETag"])
    assert (changed.json()["everywhere"], changed.json()["organizations"]) == (False, ["lake"])
    changed = call("PUT", one, {**CHANGED, "everywhere": True}, If_Match=changed["ETag"])
    assert (changed.json()["everywhere"], changed.json()["organizations"]) == (True, [])
    assert not {"everywhere", "organizations"} & set(caller(omar)("GET", MINE).json()["results"][0])


def test_lists_of_packages_are_in_the_answer_of_one_row_alone(stan):
    packages = {"packages": {"numpy": "2.1.0"}}
    CatalogueImage.objects.filter(slug="python").update(contents={"package_count": 1}, packages=packages)
    call = caller(stan)
    first = call("GET", PORTALS).json()["results"][0]
    assert (first["contents"], first["facts"]) == ({"package_count": 1}, ["1 Python package"])
    assert "packages" not in first
    assert call("GET", f"{PORTALS}python/").json()["packages"] == packages


def test_an_admin_of_another_organisation_sees_and_changes_nothing(zoe, river):
    row = CatalogueImage.objects.create(slug="own", name="Own", organization=river, image="quay.io/x/y", tag="1")
    call = caller(zoe)
    for method, path, body in (
        ("GET", MINE, None), ("POST", MINE, BODY), ("GET", f"{MINE}own/", None), ("PUT", f"{MINE}own/", CHANGED),
        ("PUT", f"{MINE}own/offer/", {"offered": False}), ("POST", f"{MINE}own/probe/", None),
        ("GET", "organizations/lake/images/own/", None),
    ):  # fmt: skip
        errors(call(method, path, body, If_Match="*"), 404)
    row.refresh_from_db()
    assert (row.name, row.offered, row.probe_state) == ("Own", True, "")


@pytest.mark.parametrize(
    ("more", "field"),
    [({"slug": "No!"}, "slug"), ({"slug": "python"}, "slug"), ({"image": "R with RStudio"}, "image"),
     ({"tag": "?"}, "tag"), ({"name": ""}, "name"), ({"successor": "x"}, "successor"), ({"position": -1}, "position"),
     ({"everywhere": False}, "organizations"), ({"organizations": ["moon"]}, "organizations"),
     ({"languages": ["x"] * 11}, "languages"), ({"colour": "red"}, "colour")],
)  # fmt: skip
def test_errors_are_reported_by_field(more, field, stan):
    assert list(errors(caller(stan)("POST", PORTALS, {**BODY, **more}))) == [field]
    assert not CatalogueImage.objects.filter(slug="geo").exists()


def test_a_request_for_an_organisation_shows_nothing_of_others(omar, river, lake, django_assert_max_num_queries):
    call = caller(omar)
    bodies = [{**BODY, "slug": f"geo-{name}", "organizations": [name] * 400} for name in ("lake", "moon")]
    with django_assert_max_num_queries(80):
        answers = [call("POST", MINE, body) for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert call("POST", MINE, {**BODY, "slug": "geo-3", "organizations": ["lake"] * 501}).status_code == 422
