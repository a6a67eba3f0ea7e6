"""Requesting a hub in the browser: choose a starting point, fill in the steps, and lose nothing on the way."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.urls import reverse

from hubs.models import ChangeRequest
from hubs.requests.services import requests as services
from hubs.spec import FIELDS, STEPS
from tests.words import ONE_OF_YOURS

pytestmark = pytest.mark.django_db
OVER = {"about.heads": "500"}


def url(row, name="request", *args):
    return reverse(name, args=[row.uid, *args])


def text(response):
    return response.content.decode()


# --- the catalogue --------------------------------------------------------------------------------------------------


def choose(client, **data):
    return client.post(reverse("catalogue"), {"organization": "river", "starting_point": "class", **data})


def test_a_card_starts_a_draft(as_, ines, river):
    answer = choose(as_(ines), uid=str(uuid.uuid4()))
    row = ChangeRequest.objects.get()
    assert answer["Location"] == url(row, "request-edit", "about")
    assert (row.requester, row.organization, row.state, row.starting_point) == (ines, river, "draft", "class")


def test_posting_a_page_twice_makes_one_request_and_another_card_another(as_, ines, river):
    client, page = as_(ines), str(uuid.uuid4())
    assert choose(client, uid=page)["Location"] == choose(client, uid=page)["Location"]
    assert ChangeRequest.objects.count() == 1
    choose(client, uid=page, starting_point="event")
    assert ChangeRequest.objects.count() == 2


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_two_simultaneous_clicks_make_one_request(as_, ines, river):
    page = str(uuid.uuid4())
    clients = [as_(ines) for _ in range(2)]

    def click(client):
        try:
            return choose(client, uid=page)["Location"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        places = set(pool.map(click, clients))
    assert len(places) == 1
    assert ChangeRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"organization": "lake"}, ONE_OF_YOURS),
        ({"organization": "\x00"}, "Null characters"),
        ({"starting_point": "cluster-admin"}, "Choose one of the cards."),
        ({"uid": "not-a-uuid"}, "valid UUID"),
    ],
)
def test_an_invalid_choice_starts_nothing(as_, ines, river, lake, data, words):
    answer = choose(as_(ines), **data)
    assert answer.status_code == 422
    assert words in text(answer)
    assert not ChangeRequest.objects.exists()


def test_another_persons_uid_makes_an_own_request(as_, ines, omar, river):
    page = str(uuid.uuid4())
    choose(as_(ines), uid=page)
    choose(as_(omar), uid=page)
    assert ChangeRequest.objects.filter(requester=omar).count() == 1


def test_people_who_may_not_request_hubs_read_a_contact(as_, mia, river):
    page = as_(mia).get(reverse("catalogue"))
    assert "Ask an owner" in text(page)
    assert choose(as_(mia)).status_code == 422
    assert not ChangeRequest.objects.exists()


# --- answering ------------------------------------------------------------------------------------------------------


def test_a_step_with_errors_keeps_what_was_typed_and_goes_on(as_, ines, draft):
    data = {"about.title": "Field course", "slug": "Wrong Address", "about.heads": "-3"}
    answer = as_(ines).post(url(draft, "request-edit", "about"), data)
    assert answer["Location"] == url(draft, "request-edit", "people")
    draft.refresh_from_db()
    assert draft.draft["about.heads"] == "-3"
    assert draft.draft["slug"] == "wrong address"
    page = text(as_(ines).get(url(draft, "request-edit", "about") + "?check=1"))
    assert "This must be at least 1." in page
    assert 'value="-3"' in page
    assert "Use 3 to 40 lower-case letters" in page
    assert "Needs attention" in text(as_(ines).get(url(draft, "request-edit", "people")))


@pytest.mark.parametrize(
    ("go", "place"),
    [("next", "software"), ("back", "people"), ("leave", None), ("review", "review"), ("//evil", "software")],
)
def test_buttons_lead_to_the_named_steps(as_, ines, draft, go, place):
    answer = as_(ines).post(url(draft, "request-edit", "sizes"), {"go": go})
    wanted = url(draft) if place is None else url(draft, "request-review")
    assert answer["Location"] == (wanted if place in (None, "review") else url(draft, "request-edit", place))


def test_an_unticked_box_is_saved_as_no(as_, ines, draft):
    client = as_(ines)
    client.post(url(draft, "request-edit", "sizes"), {"cull.users": "on"})
    draft.refresh_from_db()
    assert (draft.draft["cull.enabled"], draft.draft["cull.users"]) == ("no", "yes")
    assert draft.draft["singleuser.memory.limit"] == "1", "boxes that were not on the page stay"


def test_fields_of_other_steps_and_unknown_fields_are_ignored(as_, ines, draft):
    data = {"step": "people", "about.title": "Stolen", "state": "approved", "singleuser.privileged": "yes"}
    as_(ines).post(url(draft, "request-edit", "people"), {**data, "signIn.method": "tmp"})
    draft.refresh_from_db()
    assert draft.draft["about.title"] == "Statistics 101"
    assert draft.draft["signIn.method"] == "tmp"
    assert draft.state == "draft"
    assert "singleuser.privileged" not in draft.draft


def test_while_typing_the_page_shows_the_result_and_saves_nothing(as_, ines, draft):
    headers = {"HX-Request": "true", "HX-Target": "forecast"}
    data = {"singleuser.memory.limit": "4", "cull.enabled": "on"}
    answer = as_(ines).post(url(draft, "request-edit", "sizes"), data, headers=headers)
    assert "+ 120 GiB with this" in text(answer)
    assert "is above the limit of River University (2 GiB)" in text(answer)
    assert "<html" not in text(answer)
    draft.refresh_from_db()
    assert draft.draft["singleuser.memory.limit"] == "1"


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("fresh-one", "Free"),
        ("", "suggest one"),
        ("stat-101", "taken"),
        ("admin", "reserved"),
        ("kube-dns", "reserved"),
        ("xn--mnchen-3ya", "single hyphens"),
        ("a--b", "single hyphens"),
        ("-abc", "starting with a letter"),
        ("1abc", "starting with a letter"),
        ("abc-", "lower-case letters"),
        ("ünïcode", "lower-case letters"),
        ("аdmin", "lower-case letters"),  # a Cyrillic а
        ("a" * 41, "3 to 40"),
        ("a\x00b", "lower-case letters"),
        ("../../etc", "lower-case letters"),
        ("a.b.example", "lower-case letters"),
    ],
)
def test_the_address_shows_at_once_whether_it_is_available(as_, ines, hub, ask, river, slug, words):
    row = ask(ines, river, slug="")
    headers = {"HX-Request": "true", "HX-Target": "address"}
    answer = as_(ines).post(url(row, "request-edit", "about"), {"slug": slug}, headers=headers)
    assert answer.status_code == 200
    assert words in text(answer)


NASTY = {
    "nul": "a\x00b",
    "long": "x" * 10_001,
    "rtl": "abc\u202edef",
    "controls": "\x1b[31mred\x07",
    "markup": "<script>alert(1)</script>{{ x }}{% y %}",
    "quotes": "'\"; DROP TABLE hubs_hub; --",
    "emoji": "👩🏽‍🔬" * 20,
    "number": "1e309",
    "nan": "NaN",
    "big": "1" + "0" * 30,
    "fullwidth": "１２",
    "zero": "-0",
    "format": "%s%n${7*7}",
}


@pytest.mark.database  # PostgreSQL refuses a text that SQLite accepts
@pytest.mark.parametrize("step", [step.name for step in STEPS])
def test_no_text_in_any_field_breaks_a_page(as_, ines, river, ask, step):
    """One text after another, each rolled back, so that the other steps stay valid. Opens every page that shows the
    typed text, and one of the other steps."""
    client, row, wrong = as_(ines), ask(ines, river), []
    fields = [path for path, field in FIELDS.items() if field.words.step == step]
    other = next(one.name for one in STEPS if one.name != step)
    places = [url(row, "request-edit", step), url(row, "request-edit", other), url(row, "request-review"), url(row)]
    for name, typed in NASTY.items():
        with transaction.atomic():
            answer = client.post(url(row, "request-edit", step), dict.fromkeys([*fields, "slug"], typed))
            if answer.status_code not in (302, 422):
                wrong.append(f"{name}: {answer.status_code}")
            for place in (*places, reverse("request-list")):
                page = client.get(place)
                if page.status_code != 200 or "<script>alert(1)" in text(page):
                    wrong.append(f"{name} {place}: {page.status_code}")
            transaction.set_rollback(True)
    assert not wrong


@pytest.mark.database  # PostgreSQL refuses a text that SQLite accepts
@pytest.mark.parametrize("name", ["nul", "long"])
def test_a_text_that_can_not_be_stored_is_reported_beside_the_field_and_stays_on_the_page(as_, ines, draft, name):
    data = {"about.title": "A good name", "about.description": NASTY[name], "about.heads": "77"}
    answer = as_(ines).post(url(draft, "request-edit", "about"), data)
    assert answer.status_code == 422
    assert "can’t be stored" in text(answer) or "too long to save" in text(answer)
    assert 'value="77"' in text(answer)
    draft.refresh_from_db()
    assert draft.draft["about.heads"] == "30"


def test_a_mebibyte_is_refused_and_not_stored(as_, ines, draft):
    answer = as_(ines).post(url(draft, "request-edit", "about"), {"about.title": "x" * 1_100_000})
    assert answer.status_code == 400
    draft.refresh_from_db()
    assert draft.title == "Statistics 101"


# --- autosave -------------------------------------------------------------------------------------------------------


def autosave(client, row, **data):
    return client.post(url(row, "request-save"), data)


def test_a_draft_saves_itself(as_, ines, draft):
    assert (
        autosave(as_(ines), draft, step="about", **{"about.title": "Renamed", "slug": " NEW-one "}).status_code == 204
    )
    draft.refresh_from_db()
    assert (draft.title, draft.draft["slug"]) == ("Renamed", "new-one")
    assert autosave(as_(ines), draft, step="review", reason="Because.").status_code == 204
    draft.refresh_from_db()
    assert (draft.reason, draft.draft["about.title"]) == ("Because.", "Renamed")


def test_two_tabs_on_two_steps_keep_both(as_, ines, draft):
    stale = ChangeRequest.objects.get(pk=draft.pk)
    autosave(as_(ines), draft, step="about", **{"about.title": "From one tab"})
    services.save(request=stale, by=ines, values={"singleuser.memory.limit": "2"})
    draft.refresh_from_db()
    assert (draft.draft["about.title"], draft.draft["singleuser.memory.limit"]) == ("From one tab", "2")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Reload the page"),
        ({"step": "nonsense"}, "Reload the page"),
        ({"step": "about", "about.title": "a\x00b"}, "can’t be stored"),
        ({"step": "review", "reason": "a\x00b"}, "can’t be stored"),
        ({"step": "review", "reason": "x" * 4001}, "at most 4,000"),
        ({"step": "about", "slug": "x" * 10_001}, "too long"),
    ],
)
def test_autosave_refuses_in_a_sentence(as_, ines, draft, data, words):
    answer = autosave(as_(ines), draft, **data)
    assert answer.status_code == 422
    assert answer["Content-Type"].startswith("text/plain")
    assert words in text(answer)
    assert len(text(answer)) <= 300


def test_a_request_sent_meanwhile_can_not_be_overwritten(as_, ines, waiting):
    answer = autosave(as_(ines), waiting, step="about", **{"about.heads": "5"})
    assert answer.status_code == 409
    assert "has been sent, so it can no longer be edited" in text(answer)
    page = as_(ines).post(url(waiting, "request-edit", "about"), {"about.heads": "5", "about.title": "Kept words"})
    assert page.status_code == 409
    assert 'value="Kept words"' in text(page), "the typed text can still be copied"
    assert as_(ines).get(url(waiting, "request-edit", "about"))["Location"] == url(waiting)
    waiting.refresh_from_db()
    assert waiting.draft["about.heads"] == "500"
