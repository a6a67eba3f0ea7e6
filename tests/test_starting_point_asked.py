"""Fields that a starting point answers are not asked: fewer fields and steps, with the same assessment."""

import pytest
from django.urls import reverse

from hubs.models import Hub, StartingPoint
from hubs.requests.services import requests
from hubs.spec import FIELDS, STEPS
from hubs.starting_points import services

pytestmark = pytest.mark.django_db
MEMORY = "singleuser.memory.limit"
IMAGE = ("singleuser.image.name", "singleuser.image.tag")


def text(response):
    return response.content.decode()


def at(name, row, *more):
    return reverse(name, args=[row.uid, *more])


@pytest.fixture
def short(stan):
    """Make Class ask only these fields: `short("about.heads", **texts)`, or all except those of some steps."""

    def publish(*shown, without=(), **texts):
        point = StartingPoint.objects.select_related("version").get(slug="class")
        asked = list(shown) or [path for path, field in FIELDS.items() if field.words.step not in without]
        draft = {**point.version.start(), **texts}
        version = point.version.number
        return services.publish(point=point, by=stan, seen=version, draft=draft, shown=asked, message="Shorter")

    return publish


@pytest.fixture
def begin(ines, river):
    def a_draft(**texts):
        row = requests.begin(organization=river, starting_point="class", by=ines)
        typed = {"about.title": "Statistics 101", **texts}
        return requests.save(request=row, by=ines, values=typed, slug="stat-101", reason="For the course.")

    return a_draft


def asked_at(page):
    return {name for name in page.context["form"].fields if name in FIELDS}


def test_hidden_fields_are_not_on_the_page_and_keep_their_value(short, begin, as_, ines):
    short("about.heads", "cull.timeout", **{MEMORY: "2", "cull.enabled": "yes", "cull.users": "yes"})
    row = begin()
    assert asked_at(as_(ines).get(at("request-edit", row, "about"))) == {"about.title", "about.heads"}
    assert asked_at(as_(ines).get(at("request-edit", row, "sizes"))) == {"cull.timeout"}
    as_(ines).post(at("request-edit", row, "sizes"), {"cull.timeout": "90"})
    as_(ines).post(at("request-save", row), {"step": "sizes", "cull.timeout": "95"})
    row.refresh_from_db()
    kept = {path: row.draft[path] for path in (MEMORY, "cull.enabled", "cull.users", "cull.timeout")}
    assert kept == {MEMORY: "2", "cull.enabled": "yes", "cull.users": "yes", "cull.timeout": "95"}


def test_an_unticked_box_of_the_page_still_means_no(short, begin, as_, ines):
    short("cull.enabled")
    row = begin()
    as_(ines).post(at("request-edit", row, "sizes"), {})
    row.refresh_from_db()
    assert row.draft["cull.enabled"] == "no"


def test_steps_with_nothing_to_ask_are_skipped(in_cluster, short, begin, as_, ines):
    short(without=("people", "software", "more"))
    row = begin()
    client = as_(ines)
    page = client.get(at("request-edit", row, "about"))
    assert [step["title"] for step in page.context["steps"]] == ["About", "Resources", "Review"]
    assert "Next: Resources" in text(page)
    assert client.post(at("request-edit", row, "about"), {})["Location"] == at("request-edit", row, "sizes")
    last = client.get(at("request-edit", row, "sizes"))
    assert "Next: Review" in text(last)
    assert [extra.name for extra in last.context["extras"]] == ["choices", "content"]
    back = client.post(at("request-edit", row, "sizes"), {"go": "back"})
    assert back["Location"] == at("request-edit", row, "about")
    for skipped, instead in (("people", "sizes"), ("software", None), ("more", None)):
        where = client.get(at("request-edit", row, skipped))["Location"]
        assert where == (at("request-edit", row, instead) if instead else at("request-review", row))


def test_the_review_shows_hidden_fields_too(in_cluster, short, begin, as_, ines):
    short(without=("software",), **{IMAGE[0]: "quay.io/jupyter/r-notebook"})
    page = text(as_(ines).get(at("request-review", begin())))
    assert "quay.io/jupyter/r-notebook" in page
    assert "set by “Class”" in page
    assert page.count("Edit<span") == len([step for step in STEPS if not step.extra]) - 1


def test_policy_and_limits_judge_hidden_fields_like_any(short, begin, ines):
    short("about.heads", **{MEMORY: "16"})
    row = requests.submit(request=begin(), by=ines)
    assert row.state == "submitted"
    assert "Memory per person: 16 GiB is above the limit of River University (2 GiB)." in row.policy["findings"]
    assert row.spec.singleuser.memory.limit == "16G"


def test_a_hidden_field_with_an_error_is_asked(short, begin, as_, ines):
    """A field may become invalid after its publication, with a newer portal."""
    short("about.heads")
    row = begin()
    row.draft["singleuser.image.tag"] = "not a tag"
    row.save(update_fields=["draft"])
    page = as_(ines).get(at("request-edit", row, "software"), {"check": "1"})
    assert asked_at(page) == {"singleuser.image.tag"}
    as_(ines).post(at("request-edit", row, "software"), {"singleuser.image.tag": "2026-10-05"})
    row.refresh_from_db()
    assert row.draft["singleuser.image.tag"] == "2026-10-05"


def test_secrets_are_asked_if_the_sign_in_method_needs_them(short, begin, as_, ines):
    asked = [p for p, f in FIELDS.items() if f.words.step != "people"]
    short(
        *asked,
        **{"signIn.method": "github", "signIn.github.allowed_organizations": "river", "signIn.github.client_id": "x"},
    )
    row = begin()
    page = as_(ines).get(at("request-edit", row, "people"))
    assert page.status_code == 200
    assert asked_at(page) == set()
    assert 'type="password"' in text(page)
    form = page.context["form"]
    needed = [name for name in form.fields if not form.fields[name].off]
    assert needed == ["hub.config.GitHubOAuthenticator.client_secret"]


def test_fields_without_an_effect_beside_a_hidden_answer_are_not_asked(in_cluster, short, begin, as_, ines):
    short(*[path for path in FIELDS if path != "singleuser.storage.type"], **{"singleuser.storage.type": "none"})
    page = as_(ines).get(at("request-edit", begin(), "sizes"))
    assert "singleuser.storage.capacity" not in asked_at(page)
    assert "singleuser.storage.homeMountPath" not in asked_at(page)
    assert "singleuser.gpus" in asked_at(page)


def test_a_change_and_a_copy_ask_everything(short, begin, as_, ines, river):
    short("about.heads")
    hub = Hub.objects.get(pk=requests.submit(request=begin(), by=ines).hub_id)
    change = requests.begin_change(reason="For the course.", hub=hub, by=ines)
    assert MEMORY in asked_at(as_(ines).get(at("request-edit", change, "sizes")))
    data = {"organization": "river", "title": "Once more", "admins": "on"}
    copy = as_(ines).post(reverse("hub-copy", args=[hub.uid]), data)["Location"]
    page = as_(ines).get(copy.replace("/about/", "/sizes/"))
    assert MEMORY in asked_at(page)


def test_a_draft_keeps_the_version_that_it_started_with(short, begin, as_, ines):
    row = begin()
    short("about.heads")
    assert MEMORY in asked_at(as_(ines).get(at("request-edit", row, "sizes")))
    hub = Hub.objects.get(pk=requests.submit(request=row, by=ines).hub_id)
    assert hub.starting_version.number == 1
