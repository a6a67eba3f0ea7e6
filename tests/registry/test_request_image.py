"""What a real registry knows of an image, shown beside its field, on the review page and before an approval."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs.images.queries import registries as images
from hubs.models import AuditEvent, CatalogueImage, RegistryLogin
from hubs.requests.services import requests as services
from hubs.spec import to_draft
from tests.callers import caller
from tests.pages import read
from tests.project.redis import redis_server
from tests.registry.server import PASSWORD, USER
from tests.words import AUTOMATIC

pytestmark = [pytest.mark.django_db, pytest.mark.processes]
NAME, TAG = "singleuser.image.name", "singleuser.image.tag"
HTMX = {"HX-Request": "true", "HX-Target": "image-found"}


def text(response):
    return read(response)


def check(row):
    return reverse("request-image", args=[row.uid])


@pytest.fixture
def asking(settings, in_cluster, shop, push):
    """Hubs run in a cluster, and the portal may call the registry of the tests."""
    settings.CHECK_IMAGES = True
    settings.ALLOWED_PRIVATE_HOSTS = [f"http://{shop}"]
    push.image("river/scipy", "2026-10", layers=(2 * 1024 * 1024,), created="2026-10-05T07:08:09Z")
    push.image("river/scipy", "latest")
    return f"{shop}/river/scipy"


@pytest.fixture
def typed(asking, as_, ines, draft):
    """Return what Ines reads while she types: `typed(tag)`."""

    def ask(tag, name=asking, client=None):
        response = (client or as_(ines)).post(check(draft), {**draft.draft, NAME: name, TAG: tag}, headers=HTMX)
        assert response.status_code == 200
        return text(response)

    return ask


def test_while_typing_it_shows_size_age_and_digest_and_saves_nothing(typed, draft):
    found = typed("2026-10")
    for words in ("Found", "2 MiB", 'datetime="2026-10-05T07:08:09+00:00"', "sha256:"):
        assert words in found
    assert "moves" not in found
    assert "<html" not in found
    before = dict(draft.draft)
    draft.refresh_from_db()
    assert draft.draft == before
    assert not AuditEvent.objects.filter(verb="request.save", changes__has_key=NAME).exists()


def test_a_moving_tag_gets_a_warning(typed):
    found = typed("latest")
    assert "Found" in found
    assert "Moving tag" in found


@pytest.mark.parametrize(
    ("name", "tag", "words"),
    [
        ("{shop}/river/scipy", "2026-11", "has no tag 2026-11. Available tags: <code>2026-10</code>"),
        ("{shop}/river/none", "1", "has no image river/none"),
        ("{shop}/river/scipy:2026-10", "1", "looks like a tag"),
        ("River/Scipy", "1", "Use “river/scipy”."),
        ("localhost:1/x", "1", "private network"),
        ("127.0.0.1/x", "1", "private network"),
        ("169.254.169.254/latest/meta-data", "1", "private network"),
        ("<script>alert(1)</script>", "1", "not a valid image name"),
        ("", "1", "Nothing to check"),
    ],
)
def test_problems_are_shown_and_nothing_is_refused(name, tag, words, typed, shop):
    found = typed(tag, name.format(shop=shop))
    assert words in found
    assert "<script" not in found


def test_an_unreachable_registry_is_no_error(typed, settings):
    settings.ALLOWED_PRIVATE_HOSTS = ["http://127.0.0.1:1"]
    found = typed("1", "127.0.0.1:1/x")
    assert "does not answer. You can still continue." in found


def test_a_password_of_the_organisation_works_for_private_images(
    typed, safe, settings, river, omar, as_, ines, zoe, lake
):
    settings.ALLOWED_PRIVATE_HOSTS = [f"http://{safe}"]
    assert "Owners and admins of River University can add its password" in typed("1", f"{safe}/river/private")
    RegistryLogin.objects.create(organization=lake, host=safe, username=USER, password=PASSWORD, set_by=zoe)
    assert "Access denied" in typed("1", f"{safe}/river/private"), "another organisation's password does not work"
    row = RegistryLogin.objects.create(organization=river, host=safe, username=USER, password=PASSWORD, set_by=omar)
    found = typed("1", f"{safe}/river/private")
    assert "Found" in found
    assert PASSWORD not in found
    row.delete()
    assert "Access denied" in typed("1", f"{safe}/river/private"), "and its answer is not cached for others"


def test_without_javascript_the_step_is_saved_and_the_page_shows_it(asking, as_, ines, draft):
    client = as_(ines)
    response = client.post(check(draft), {**draft.draft, NAME: asking, TAG: "2026-11"}, follow=True)
    assert response.status_code == 200
    assert "has no tag 2026-11" in text(response)
    assert reverse("request-edit", args=[draft.uid, "software"]) in text(response)
    draft.refresh_from_db()
    assert (draft.draft[NAME], draft.draft[TAG]) == (asking, "2026-11")
    page = text(client.get(reverse("request-edit", args=[draft.uid, "software"])))
    assert f'formaction="{check(draft)}"' in page
    assert 'id="image-found"' in page


def test_a_missing_image_can_still_be_sent_and_staff_see_it(asking, as_, ines, stan, ask, river):
    row = ask(ines, river, slug="big-data", **{"about.heads": "500", NAME: asking, TAG: "2026-11"})
    page = text(as_(ines).get(reverse("request-review", args=[row.uid])))
    assert f'hx-get="{check(row)}"' in page
    assert "has no tag 2026-11" in text(as_(ines).get(check(row), headers=HTMX))
    services.submit(request=row, by=ines)
    assert row.state == "submitted"
    page = text(as_(stan).get(reverse("request", args=[row.uid])))
    assert f'hx-get="{check(row)}"' in page
    assert "has no tag 2026-11" in text(as_(stan).get(check(row), headers=HTMX))
    assert "<h1" in text(as_(stan).get(check(row)))


def test_every_image_that_people_may_choose_is_checked(asking, shop, as_, ines, ask, river):
    profiles = f"""
- display_name: Old
  default: true
  kubespawner_override: {{image: "{shop}/river/scipy:2020"}}
- display_name: Any
  profile_options:
    image:
      display_name: Image
      unlisted_choice: {{enabled: true, kubespawner_override: {{image: "{{value}}"}}}}
"""
    row = ask(ines, river, slug="b", **{NAME: asking, TAG: "2026-10", "singleuser.profileList": profiles})
    found = text(as_(ines).get(check(row), headers=HTMX))
    assert f"{asking}:2026-10" in found
    assert "Found" in found
    assert f"{asking} has no tag 2020" in found


def test_on_one_machine_and_where_it_is_disabled_no_registry_is_called(settings, typed, as_, ines, draft, river):
    settings.CHECK_IMAGES = False
    assert "Nothing to check" in typed("2026-10")
    settings.CHECK_IMAGES = True
    river.cluster.runtime, river.cluster.domain = "local", ""
    river.cluster.save()
    assert "Nothing to check: hubs on a single machine use the software that is installed there." in typed("2026-10")
    page = text(as_(ines).get(reverse("request-edit", args=[draft.uid, "software"])))
    assert "The portal checks whether" not in page
    assert "can’t contain spaces" in typed("1", "R with RStudio"), "an invalid name is still reported"
    assert "image-found" not in text(as_(ines).get(reverse("request-review", args=[draft.uid])))


def test_it_can_not_be_used_to_scan_registries(typed, as_, ines, omar, draft, settings):
    with redis_server() as (url, _):
        settings.REDIS_URL = url
        for number in range(images.ASKED):
            assert "has no tag" in typed(f"no-{number}")
        assert "Too many checks" in typed("one-more")
        assert "has no tag" in typed("no-0"), "cached answers are still shown"
        assert images.look(draft.organization, omar, [("a", "/")])[0].code == "no-name", "without a call"


@pytest.mark.parametrize(
    ("who", "get", "post"), [("omar", 404, 404), ("mia", 404, 404), ("zoe", 404, 404), (None, 302, 401)]
)
def test_only_the_author_checks_images_of_a_draft(who, get, post, asking, as_, cast, draft):
    client = as_(cast[who] if who else None)
    assert client.get(check(draft), headers=HTMX).status_code == get
    assert client.post(check(draft), {NAME: asking, TAG: "1"}, headers=HTMX).status_code == post


def test_readers_of_a_request_can_not_check_other_images(asking, as_, stan, ines, waiting):
    for who in (stan, ines):  # staff do not edit; a sent request can't be edited
        assert as_(who).get(check(waiting), headers=HTMX).status_code == 200
        assert as_(who).post(check(waiting), {NAME: asking, TAG: "1"}, headers=HTMX).status_code == 403
    assert as_(ines).put(check(waiting)).status_code == 405


def test_a_body_that_cannot_be_stored_is_refused(asking, as_, ines, draft):
    before = dict(draft.draft)
    response = as_(ines).post(check(draft), {NAME: "a\x00b", TAG: "1"})
    assert response.status_code == 422
    assert "Not saved" in text(response)
    draft.refresh_from_db()
    assert draft.draft == before


def test_a_request_to_retire_has_no_image(as_, ines, ready_hub, in_cluster):
    row = services.begin_change(reason="For the course.", hub=ready_hub, by=ines)
    row.kind = "retire"
    row.save()
    assert as_(ines).get(check(row)).status_code == 404
    assert as_(ines).post(check(row)).status_code == 404


def test_queries_do_not_grow_with_images(asking, as_, ines, ask, river):
    few = ask(ines, river, slug="few", **{NAME: asking, TAG: "2026-10"})
    rows = "".join(f'- {{display_name: "{n}", kubespawner_override: {{image: "{asking}:{n}"}}}}\n' for n in range(5))
    many = ask(ines, river, slug="many", **{NAME: asking, TAG: "2026-10", "singleuser.profileList": rows})
    client = as_(ines)
    with CaptureQueriesContext(connection) as one:
        client.get(check(few), headers=HTMX)
    with CaptureQueriesContext(connection) as more:
        client.get(check(many), headers=HTMX)
    assert len(more) == len(one)


def test_a_change_is_checked_with_the_merged_spec(asking, as_, ines, ready_hub):
    row = services.begin_change(
        reason="For the course.",
        hub=ready_hub,
        by=ines,
        values={**to_draft(ready_hub.spec), NAME: asking, TAG: "2026-10"},
    )
    assert "Found" in text(as_(ines).get(check(row), headers=HTMX))


# --- the image catalogue --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("R with RStudio", "docker.io/rocker/binder:4.4.2"),
        ("rstudio", "docker.io/rocker/binder:4.4.2"),
        ("quay.io/jupyter/scipy-notbook", "quay.io/jupyter/scipy-notebook:2026-10-05"),
    ],
)
def test_an_invalid_image_is_reported_with_a_suggestion(name, meant, in_cluster, as_, ines, draft):
    card = {"name": "R with RStudio", "image": "docker.io/rocker/binder", "tag": "4.4.2", "languages": ["R"]}
    CatalogueImage.objects.create(slug="rstudio", **card)
    response = as_(ines).post(check(draft), {**draft.draft, NAME: name, TAG: "1"}, headers=HTMX)
    found = text(response)
    assert "Did you mean" in found
    assert meant in found
    if " " in name:
        assert "Invalid image name" in found
        assert "can’t contain spaces" in found
    assert response["HX-Trigger"] == "image-known"


def test_an_image_missing_in_the_registry_is_not_auto_approved(asking, as_, ines, ask, river):
    row = ask(ines, river, slug="rstudio", reason="", **{NAME: asking, TAG: "2026-11"})
    client = as_(ines)
    answer = client.post(reverse("request-review", args=[row.uid]), {"reason": ""})
    assert answer.status_code == 422, "review is needed, and no reason is given"
    assert "has no tag 2026-11. Servers could not start with this image." in text(answer)
    assert AUTOMATIC not in text(answer)
    answer = client.post(reverse("request-review", args=[row.uid]), {"reason": "It is pushed tomorrow."})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.state == "submitted"
    assert any("has no tag 2026-11" in one for one in row.policy["findings"])


def test_an_image_hidden_from_the_portal_may_work_in_the_cluster(safe, settings, in_cluster, as_, ines, ask, river):
    settings.CHECK_IMAGES = True
    settings.ALLOWED_PRIVATE_HOSTS = [f"http://{safe}"]
    row = ask(ines, river, slug="private", reason="", **{NAME: f"{safe}/river/private", TAG: "1"})
    answer = text(as_(ines).post(reverse("request-review", args=[row.uid]), {"reason": ""}))
    assert "Servers can’t start unless the cluster has its own password for the registry." in answer
    assert "could not start with this image" not in answer


def test_an_image_of_the_registry_is_auto_approved(asking, as_, ines, ask, river):
    row = ask(ines, river, slug="scipy", **{NAME: asking, TAG: "2026-10"})
    as_(ines).post(reverse("request-review", args=[row.uid]), {"reason": "For the course."})
    row.refresh_from_db()
    assert row.state == "approved"


def test_the_api_follows_the_same_rules(asking, ines, ask, river):
    call = caller(ines)
    spec = {"about": {"title": "Big"}, "singleuser": {"image": {"name": asking, "tag": "2026-11"}}}
    body = {"organization": "river", "slug": "big", "startingPoint": "class", "spec": spec, "reason": "For the course."}
    made = call("POST", "requests/", body)
    assert (made.status_code, made.json()["state"]) == (201, "submitted"), made.content
    row = ask(ines, river, slug="other", **{NAME: asking, TAG: "2026-12"})
    sent = call("POST", f"requests/{row.uid}/submit/", {})
    assert sent.json()["state"] == "submitted", sent.content


def test_another_change_is_not_held_up_by_an_old_missing_image(asking, as_, ines, ready_hub):
    row = services.begin_change(hub=ready_hub, by=ines, values={"about.title": "Statistics 102"}, reason="Renamed.")
    as_(ines).post(reverse("request-review", args=[row.uid]), {"reason": "Renamed."})
    row.refresh_from_db()
    assert row.state == "approved"
