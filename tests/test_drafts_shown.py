"""Every page shows what was typed, valid or not, with its error beside it; no page announces automatic approval while
a draft has errors."""

import html
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubs.models import ChangeRequest
from hubs.requests.forms.forecast import Forecast
from hubs.requests.services import requests as services
from hubs.spec import FIELDS, STARTING_POINTS, Draft, SpecError, from_draft, read_draft, to_draft
from hubs.spec.diff import in_words
from tests.words import AUTOMATIC, GUARANTEED_MEMORY, NOT_YET, REPOSITORY

TITLE = "Statistics — part 2"
START = {**to_draft(from_draft({"about.title": TITLE})), "about.title": TITLE}
GREEN = AUTOMATIC
# Valid and invalid texts by kind; texts that are invalid only beside another answer are cases that people met.
TEXTS: dict[str, list[str]] = {
    "int": ["1", "3", "40", "many", "-1", "99999999", "1.5"], "float": ["0.01", "0.5", "8", "two", "-3", "9999"],
    "memory": ["0.1", "0.5", "3", "512M", "lots", "-1", "0.001"], "storage": ["0.5", "20", "7Gi", "much", "0"],
    "seconds": ["2", "45", "0.5", "soon", "9999999"], "date": ["2031-02-01", "2031-07-31", "next week", "2031-02-31"],
    "line": ["", "notes", "Words — with a dash", "a b c", "ümläut", "/x", "x" * 600], "text": ["", "Two\nlines — so."],
    "bool": ["yes", "no"], "maybe": ["", "yes", "no"], "people": ["", "ada@river.example.edu", "two words!"],
    "lines": ["", "sh\n-c\necho 1", "203.0.113.7/32 5432"], "map": ["", "A=1\nB=2", "no equals sign"],
    "profiles": ["", "- display_name: Small", "- nothing: [", "words"], "values": ["", "x: {y: 1}", "- a list", ": :"],
    "rows": ["", "- {name: shm, emptyDir: {}}", "- nothing: [", "words"],
    "institutions": ["", "https://login.river.example.edu", "- entity_id: [", "words"],
}  # fmt: skip


def _texts(path: str) -> st.SearchStrategy[tuple[str, str]]:
    field = FIELDS[path]
    choices = [value for value, _ in field.words.choices]
    some = [*choices, "no such choice"] if field.kind == "choice" else TEXTS[field.kind]
    return st.sampled_from(some).map(lambda text: (path, text))


# Fields whose errors depend on each other are drawn more often than by chance.
TOGETHER = [path for path in FIELDS if path.startswith(("singleuser.content.", "singleuser.memory.", "singleuser.cpu.",
                                                        "singleuser.storage.", "about."))]  # fmt: skip
TYPED = st.lists(st.sampled_from(list(FIELDS) + 3 * TOGETHER).flatmap(_texts), min_size=1, max_size=8).map(dict)


def alone(path: str, text: str) -> Any:
    """Return what a field reads from this text alone, or raise SpecError."""
    return FIELDS[path].read(from_draft({"about.title": TITLE, path: text}))


@settings(deadline=None, max_examples=150)
@given(typed=TYPED)
def test_each_answer_is_read_or_known_to_be_left_out(typed: Draft):
    """Whatever else is invalid, no answer silently falls back to a default."""
    found = read_draft({**START, **typed})
    for path, text in typed.items():
        if path in found.left_out or path in found.errors or path == "more":
            continue
        if text.strip() or FIELDS[path].kind not in ("int", "float", "memory", "storage", "seconds", "line", "choice"):
            try:
                right = alone(path, text)
            except SpecError:
                continue  # valid beside the other answers
            assert FIELDS[path].read(found.spec) == right, (path, text)


@settings(deadline=None, max_examples=100)
@given(typed=TYPED, wrong=st.sampled_from([
    {"singleuser.content.repository": "https://git.example.org/stats/c/pull/3"},
    {"singleuser.memory.limit": "0.1"}, {"singleuser.cpu.limit": "0.01"}, {"singleuser.storage.type": "static"},
    {"singleuser.memory.limit": "lots"}, {"about.title": ""},
    {"about.starts": "2031-07-31", "about.ends": "2031-02-01"},
]))  # fmt: skip
def test_one_error_changes_no_other_answer(typed: Draft, wrong: Draft):
    near = {path.rpartition(".")[0] for path in wrong}
    beside = {path for path in FIELDS if any(path.startswith(f"{one}.") for one in near)}
    typed = {path: text for path, text in typed.items() if path not in beside and path != "more"}
    try:
        right = from_draft({**START, **typed})
    except SpecError:
        return  # two errors
    found = read_draft({**START, **typed, **wrong})
    assert found.errors
    for path in set(FIELDS) - beside:
        assert FIELDS[path].read(found.spec) == FIELDS[path].read(right), path


def _shown(facts: list[tuple]) -> str:
    return "\n".join(str(part) for fact in facts for part in fact)


@pytest.mark.django_db
@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(typed=TYPED)
def test_every_page_and_the_api_show_what_was_typed(as_, ines, river, typed):
    draft = {**STARTING_POINTS["class"].draft(), "about.title": TITLE, **typed}
    row = ChangeRequest.objects.create(
        organization=river, requester=ines, kind="create", draft={**draft, "slug": "stat-2"}, title=draft["about.title"]
    )
    forecast = Forecast(row)
    words = _shown([fact for section in forecast.answers() for fact in (*section.facts, *section.usual)])
    client = as_(ines)
    pages = {name: client.get(reverse(name, args=[row.uid])).content.decode() for name in ("request-review", "request")}
    steps = {FIELDS[path].words.step for path in typed}
    address = {step: reverse("request-edit", args=[row.uid, step]) for step in steps}
    forms = {step: client.get(f"{address[step]}?check=1").content.decode() for step in steps}
    plan = client.get(f"/api/v1/requests/{row.uid}/plan/").json()
    for path, sentences in forecast.errors.items():
        for sentence in sentences:
            assert sentence in words or path not in FIELDS
            assert all(html.escape(sentence) in page for page in pages.values()), (path, sentence)
        assert set(sentences) <= {sentence for found in plan["errors"].values() for sentence in found}
    for path, text in typed.items():
        field = FIELDS[path]
        if path in forecast.errors:
            assert text.strip() in words
            if field.kind not in ("choice", "bool", "maybe", "profiles"):
                assert html.escape(text[:80]).replace("\n", "") in forms[field.words.step].replace("\n", "")
        elif field.telling(forecast.spec) and text.strip() and field.kind not in ("profiles", "values"):
            try:
                assert in_words(field, alone(path, text)) in words
            except SpecError:
                assert path in forecast.left_out or in_words(field, field.read(forecast.spec)) in words
    if forecast.errors:
        assert not any(GREEN in page for page in (*pages.values(), *forms.values()))
        assert not plan["routine"]
        assert NOT_YET in pages["request-review"]
    assert html.escape(row.title) in client.get(reverse("request-list")).content.decode() or not row.title
    assert client.get(f"/api/v1/requests/{row.uid}/").json()["draft"].items() >= typed.items()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "label", "shown"),
    [
        ({"singleuser.content.repository": "https://git.example.org/stats/c/pull/3"},
         REPOSITORY, "https://git.example.org/stats/c/pull/3"),
        ({"singleuser.memory.limit": "0.1"}, GUARANTEED_MEMORY, "102 MiB"),
        ({"singleuser.cpu.limit": "0.01"}, "Guaranteed CPU", "0.01 cores"),
        ({"singleuser.storage.type": "static"}, "Volume claim", "File server"),
    ],
)  # fmt: skip
def test_cases_that_people_met(as_, ines, draft, typed, label, shown):
    """Cases of one empty folder, or memory below the hidden guarantee, where Review showed another hub."""
    services.save(request=draft, by=ines, values={**typed, "about.heads": "45", "singleuser.image.tag": "2026-01-01"})
    page = as_(ines).get(reverse("request-review", args=[draft.uid])).content.decode()
    for words in ("Statistics 101", "45 people", "2026-01-01", shown, label, NOT_YET):
        assert words in page, words
    assert "---" not in page
    assert GREEN not in page
    step = FIELDS[next(iter(typed))].words.step
    form = as_(ines).get(f"{reverse('request-edit', args=[draft.uid, step])}?check=1").content.decode()
    assert GREEN not in form
    assert label in form
    if FIELDS[next(p for p in Forecast(draft).errors)].words.advanced:
        assert "<details open>" in form, "a field that is folded away and wrong is opened"


@pytest.mark.django_db
def test_while_typing_the_panel_names_the_hidden_field(as_, ines, draft):
    address = reverse("request-edit", args=[draft.uid, "sizes"])
    typed = {"singleuser.memory.limit": "0.1", "singleuser.memory.guarantee": "0.25"}
    panel = as_(ines).post(address, typed, HTTP_HX_REQUEST="true", HTTP_HX_TARGET="forecast").content.decode()
    assert NOT_YET in panel
    assert GUARANTEED_MEMORY in panel
    assert GREEN not in panel


@pytest.mark.django_db
def test_a_change_shows_what_is_wrong_in_its_differences(as_, ines, ready_hub):
    row = services.begin_change(hub=ready_hub, by=ines)
    services.save(request=row, by=ines, values={"singleuser.memory.limit": "lots — more", "about.heads": "31"})
    for name in ("request-review", "request"):
        page = as_(ines).get(reverse(name, args=[row.uid])).content.decode()
        assert "<ins>lots — more</ins>" in page
        assert "<ins>31 people</ins>" in page
        assert GREEN not in page
    plan = as_(ines).get(f"/api/v1/requests/{row.uid}/plan/").json()
    assert {"lots — more", "31 people"} <= {one["after"] for one in plan["differences"]}
    assert plan["routine"] is False
