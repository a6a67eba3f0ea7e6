"""Institutions of CILogon: loaded from its list, and found by the beginnings of words."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs.errors import Invalid
from hubs.models import Institution
from hubs.requests.services.institutions import SHOWN, find, load, searched

pytestmark = pytest.mark.django_db
LIST = [
    {"EntityID": "https://idp.river.example.edu/shibboleth", "DisplayName": "River University",
     "OrganizationName": "River"},
    {"EntityID": "https://idp.lake.example.org/idp", "OrganizationName": "Université du Lac", "RandS": True},
    {"EntityID": "urn:mace:incommon:mountain.example.edu", "DisplayName": "Mountain State  College"},
]  # fmt: skip


@pytest.fixture
def loaded():
    load(json.dumps(LIST))


def names(text):
    return [one.name for one in find(text)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("river", ["River University"]),
        ("RIV uni", ["River University"]),
        ("universite", ["Université du Lac"]),
        ("Université", ["Université du Lac"]),
        ("univ", ["River University", "Université du Lac"]),
        ("mountain.example", ["Mountain State College"]),
        ("idp.lake", ["Université du Lac"]),
        ("iver", []),
        ("", []),
        ("%", []),
        ("_", []),
        ("river' OR 1=1 --", []),
    ],
)
def test_beginnings_of_words_are_found(loaded, typed, found):
    assert names(typed) == found


def test_a_new_list_replaces_the_old_one(loaded):
    assert load(json.dumps(LIST[:1])) == 1
    assert Institution.objects.count() == 1


@pytest.mark.parametrize("text", ["", "{", "{}", "[]", "[1]", '[{"EntityID": 5, "DisplayName": "x"}]', "[" * 100_000])
def test_an_invalid_list_changes_nothing(loaded, text):
    with pytest.raises(Invalid):
        load(text)
    assert Institution.objects.count() == 3


def test_twice_the_same_and_long_names(loaded):
    rows = [
        LIST[0],
        LIST[0],
        {"EntityID": "x" * 301, "DisplayName": "Long"},
        {"EntityID": "y", "DisplayName": "N" * 500},
    ]
    assert load(json.dumps(rows)) == 2
    assert Institution.objects.get(entity_id="y").name == "N" * 200


def test_the_search_text_has_a_space_before_each_word():
    assert searched("Ünïversity of X", "x") == " university of x"


def test_the_command_loads_a_file(tmp_path, capsys):
    path = tmp_path / "idplist.json"
    path.write_text(json.dumps(LIST))
    call_command("institutions", path)
    assert "3 institutions loaded." in capsys.readouterr().out
    path.write_text("no")
    for arguments in ([path], [tmp_path / "none.json"], [], [path, "--fetch"]):
        with pytest.raises(CommandError):
            call_command("institutions", *arguments)
    assert Institution.objects.count() == 3


def test_the_search_answers_a_few_in_one_query(loaded, as_, ines):
    load(json.dumps([{"EntityID": f"urn:{n}", "DisplayName": f"School <{n}>"} for n in range(100)]))
    client = as_(ines)
    client.get(reverse("institutions"), {"q": "school"})
    with CaptureQueriesContext(connection) as caught:
        found = client.get(reverse("institutions"), {"q": "school"}).json()["found"]
    assert len(found) == SHOWN
    assert found[0] == {"id": "urn:0", "name": "School <0>"}
    assert len([q for q in caught if "hubs_institution" in q["sql"]]) == 1


def test_the_form_offers_the_search_where_there_is_a_list(as_, ines, draft):
    page = reverse("request-edit", args=[draft.uid, "people"])
    assert "data-institutions" not in as_(ines).get(page).content.decode()
    load(json.dumps(LIST))
    assert f'data-institutions="{reverse("institutions")}"' in as_(ines).get(page).content.decode()
