"""One draft in two tabs, or edited by two people: each field is saved on its own; in a conflict, the second chooses."""

import json
import re

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from hubs.models import ChangeRequest
from hubs.requests.forms.spec import posted
from hubs.requests.services import requests as services
from hubs.requests.services import two_tabs
from tests.words import PEOPLE_COUNT

FIELD, OTHER = "about.heads", "about.description"


def opened(client, row, step="about") -> dict[str, str]:
    """Return what a tab that opens this step now holds, as it would send it."""
    page = client.get(reverse("request-edit", args=[row.uid, step])).content.decode()
    [seen] = re.findall(r'name="seen" value="([^"]*)"', page)
    texts = {path: text for path, text in row.draft.items() if path.startswith("about.")}
    return {"step": step, "seen": seen.replace("&quot;", '"'), "slug": row.draft.get("slug", ""), **texts}


def saved(client, row, tab, **typed):
    """Save the tab; it then shows what the answer contains, as static/js/autosave.js does."""
    tab |= typed
    answer = client.post(reverse("request-save", args=[row.uid]), tab)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    tab["seen"] = json.dumps({**json.loads(tab["seen"]), **told["seen"]})
    tab |= told["texts"]
    row.refresh_from_db()
    return told


@pytest.mark.django_db
def test_two_tabs_that_write_different_fields_are_merged(as_, ines, draft):
    client = as_(ines)
    first, second = opened(client, draft), opened(client, draft)
    assert saved(client, draft, first, **{FIELD: "31"})["both"] == []
    told = saved(client, draft, second, **{OTHER: "For two groups."})
    assert (told["both"], told["texts"]) == ([], {FIELD: "31"}), "this tab then shows the other tab's value"
    assert (draft.draft[FIELD], draft.draft[OTHER]) == ("31", "For two groups.")
    saved(client, draft, second, **{FIELD: "32"})
    assert draft.draft[FIELD] == "32", "it has seen 31"


@pytest.mark.django_db
@pytest.mark.parametrize(("choice", "stands"), [("mine", "40 — at most"), ("theirs", "31")])
def test_the_second_sees_both_and_chooses(choice, stands, as_, ines, draft):
    client = as_(ines)
    first, second = opened(client, draft), opened(client, draft)
    saved(client, draft, first, **{FIELD: "31"})
    told = saved(client, draft, second, **{FIELD: "40 — at most", OTHER: "Mine."})
    assert told["both"] == [{"path": FIELD, "label": PEOPLE_COUNT, "theirs": "31"}]
    assert (draft.draft[FIELD], draft.draft[OTHER]) == ("31", "Mine.")
    assert saved(client, draft, second)["both"], "it asks until the conflict is resolved"
    told = saved(client, draft, second, **{f"choice.{FIELD}": choice})
    assert told["both"] == []
    assert draft.draft[FIELD] == stands
    assert told["texts"].get(FIELD) == (None if choice == "mine" else "31")


@pytest.mark.django_db
def test_without_a_script_the_page_asks(as_, ines, draft):
    client, address = as_(ines), reverse("request-edit", args=[draft.uid, "about"])
    first, second = opened(client, draft), opened(client, draft)
    client.post(address, {**first, FIELD: "31", "go": "next"})
    answer = client.post(address, {**second, FIELD: "many — really", OTHER: "Kept all the same.", "go": "next"})
    assert answer.status_code == 409
    page = answer.content.decode()
    for words in ("Changed elsewhere", 'value="many — really"', ">31<", f'name="choice.{FIELD}"'):
        assert words in page, words
    [seen] = re.findall(r'name="seen" value="([^"]*)"', page)
    again = {
        **second,
        FIELD: "many — really",
        OTHER: "Kept all the same.",
        "seen": seen.replace("&quot;", '"'),
        "go": "next",
    }
    assert client.post(address, again).status_code == 409, "nothing was chosen"
    assert client.post(address, {**again, f"choice.{FIELD}": "mine"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.draft[FIELD], draft.draft[OTHER]) == ("many — really", "Kept all the same.")


@pytest.mark.django_db
def test_the_reason_and_the_address_are_fields_too(as_, ines, draft):
    client, address = as_(ines), reverse("request-review", args=[draft.uid])
    page = client.get(address).content.decode()
    [seen] = re.findall(r'name="seen" value="([^"]*)"', page)
    services.save(request=draft, by=ines, values={}, reason="From the other tab.")
    answer = client.post(address, {"reason": "From this one.", "seen": seen.replace("&quot;", '"')})
    assert answer.status_code == 409
    assert "From the other tab." in answer.content.decode()
    assert "From this one." in answer.content.decode()
    draft.refresh_from_db()
    assert draft.state == "draft"
    tab = opened(client, draft)
    services.save(request=draft, by=ines, values={}, slug="stat-of-theirs")
    assert saved(client, draft, tab, slug="stat-of-mine")["both"][0]["path"] == "slug"


@pytest.mark.django_db
def test_pages_of_an_older_version_still_save(as_, ines, draft):
    answer = as_(ines).post(
        reverse("request-save", args=[draft.uid]), {"step": "about", FIELD: "33", "seen": "{not json"}
    )
    assert answer.status_code == 204
    draft.refresh_from_db()
    assert draft.draft[FIELD] == "33"


@pytest.mark.django_db
def test_a_program_names_the_values_that_it_has_read(as_, ines, draft):
    """With If-Match as before; or with `seen`, so that others may write other fields meanwhile."""
    client, address = as_(ines), f"/api/v1/requests/{draft.uid}/"

    def patch(body, **headers):
        return client.patch(address, json.dumps(body), content_type="application/json", headers=headers)

    old = client.get(address)["ETag"]
    services.save(request=draft, by=ines, values={FIELD: "31"})
    assert patch({"draft": {OTHER: "Mine."}}).status_code == 428
    assert patch({"draft": {OTHER: "Mine."}}, **{"If-Match": old}).status_code == 412
    assert patch({"draft": {OTHER: "Mine."}, "seen": {}}).status_code == 428, "it must send the value that it read"
    assert patch({"draft": {OTHER: "Mine."}, "seen": {OTHER: draft.draft[OTHER]}}).status_code == 200
    answer = patch({"draft": {FIELD: "40", OTHER: "Again."}, "seen": {FIELD: "30", OTHER: "Mine."}})
    assert answer.status_code == 409
    assert "31" in answer.json()["detail"]
    draft.refresh_from_db()
    assert (draft.draft[FIELD], draft.draft[OTHER]) == ("31", "Mine."), "all of it or nothing"
    assert patch({"draft": {FIELD: "40"}, "seen": {FIELD: "31"}}).status_code == 200


@pytest.mark.django_db
def test_a_program_corrects_an_invalid_answer(as_, ines, draft):
    """Even when the field's default is what the program sends."""
    services.save(request=draft, by=ines, values={FIELD: "many"})
    client, address = as_(ines), f"/api/v1/requests/{draft.uid}/"
    body, headers = {"spec": {"about": {"heads": 30}}}, {"If-Match": client.get(address)["ETag"]}
    answer = client.patch(address, json.dumps(body), content_type="application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    draft.refresh_from_db()
    assert draft.draft[FIELD] == "30"


WORDS = st.sampled_from(["", "a", "b", "a — b", "yes", "no", "A"])
SIDES = st.fixed_dictionaries({"about.title": WORDS, "about.description": WORDS, "cull.enabled": WORDS, "slug": WORDS})


@given(base=SIDES, here=SIDES, there=SIDES)
def test_whatever_two_tabs_write_nothing_is_lost(base, here, there):
    """For every field: a change on one side counts; equal changes count; different changes are both shown."""
    seen = {path: two_tabs.mark(path, text) for path, text in base.items()}
    found = two_tabs.merge(there, here, seen)
    after = {**there, **found.kept}
    asked = {one.path: one for one in found.both}

    def same(path, one, other):
        return two_tabs.mark(path, one) == two_tabs.mark(path, other)

    for path in base:
        if path in asked:
            assert (asked[path].theirs, asked[path].mine) == (there[path], here[path])
            assert not any(same(path, base[path], text) for text in (here[path], there[path]))
        elif same(path, here[path], base[path]):
            assert same(path, after[path], there[path])
        else:
            assert same(path, after[path], here[path])


def test_marks_are_computed_from_what_a_browser_sends_back():
    """Line ends and boxes that were never ticked make no difference."""
    assert two_tabs.mark("about.description", "a\r\nb") == two_tabs.mark("about.description", "a\nb")
    assert posted({}, "sizes")["cull.enabled"] == "no"
    assert two_tabs.mark("cull.enabled", "") == two_tabs.mark("cull.enabled", "no")
    assert two_tabs.read_marks("[1]") == two_tabs.read_marks("x" * 30_000) == {}
    assert ChangeRequest().draft == {}
