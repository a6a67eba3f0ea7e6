"""Who sees which of a hub's profiles, as people who may read its configuration see it, and rules with empty groups."""

import pytest
from django.urls import reverse

from hubs.models import Hub
from hubs.requests.services import requests
from hubs.roster.services import roster
from hubs.roster.services.groups import regroup
from hubs.spec import HubSpec
from hubs.spec.group_rules import CHOSEN, NOBODY, SHARED, UNSAID, WITHOUT, warnings
from hubs.spec.sign_in import SignIn
from hubs.user_limits.queries.offers import groups_of_person, seen

GPU = {"display_name": "GPU", "slug": "gpu", "allowed_groups": ["gpu"]}
CLOSED = {"display_name": "Closed", "slug": "closed", "allowed_groups": []}
SMALL = {"display_name": "Small", "slug": "small", "profile_options": {
    "size": {"display_name": "Size", "choices": {
        "big": {"display_name": "Big", "default": True, "allowed_groups": ["Admins", "tutors"]},
        "little": {"display_name": "Little"}}},
    "image": {"display_name": "Image", "unlisted_choice": {
        "enabled": True, "display_name_in_choices": "Another", "allowed_groups": ["GPU"]}},
}}  # fmt: skip


def profiles_of(*profiles):
    return HubSpec.model_validate(
        {"about": {"title": "Any"}, "singleuser": {"profileList": profiles}}
    ).singleuser.profileList


# --- rules whose groups are empty
@pytest.mark.parametrize(
    ("profile", "sign_in", "on_list", "said"),
    [
        (GPU, {}, ["GPU "], None),
        (GPU, {}, None, None),  # a new hub has no roster yet
        (GPU, {}, [], "No one on this hub’s people list is in “gpu”, so no one sees this yet."),
        ({**GPU, "allowed_groups": ["gpu", "tutors"]}, {}, ["gpu"], "No one on this hub’s people list is in “tutors”"),
        ({**GPU, "allowed_groups": ["a", "b"]}, {}, [], "No one on this hub’s people list is in “a” or “b”, so"),
        ({**GPU, "allowed_groups": ["Admins"]}, {}, [], None),
        ({**GPU, "allowed_groups": ["admins"]}, {"method": "native"}, [], "No one on this hub’s people list"),
        (CLOSED, {}, ["gpu"], NOBODY),
        (GPU, {"method": "tmp"}, ["gpu"], WITHOUT),
        (GPU, {"method": "native"}, None, CHOSEN),
        (GPU, {"method": "firstuse"}, ["gpu"], CHOSEN),
        (GPU, {"method": "shared-password"}, ["gpu"], CHOSEN),
        (GPU, {"method": "lti13"}, ["gpu"], UNSAID),
        (GPU, {"method": "github", "github": {"populate_teams_in_auth_state": True}}, [], None),
        (GPU, {"method": "github"}, None, UNSAID),
        (GPU, {"method": "generic-oauth", "oauth": {"manage_groups": True}}, [], None),
        (GPU, {"method": "generic-oauth", "oauth": {"manage_groups": True}}, ["Gpu"], SHARED),
        (GPU, {"method": "generic-oauth", "oauth": {"manage_groups": True}}, ["tutors"], None),
        ({"display_name": "All"}, {"method": "tmp"}, [], None),
    ],
)  # fmt: skip
def test_a_rule_whose_group_is_empty_warns(profile, sign_in, on_list, said):
    found = warnings(profiles_of(profile), SignIn.model_validate(sign_in), on_list)
    assert [one.name for one in found] == ([profile["display_name"]] if said else [])
    assert not said or found[0].message.startswith(str(said))


def test_a_warning_names_its_place():
    found = warnings(profiles_of(GPU, SMALL), SignIn(), ["gpu"])
    assert [(one.path, one.name) for one in found] == [
        ((1, "profile_options", "size", "choices", "big"), "Small: Big"),
    ]
    found = warnings(profiles_of(SMALL), SignIn(), ["tutors"])
    assert [(one.path, one.name) for one in found] == [
        ((0, "profile_options", "image", "unlisted_choice"), "Small: Another")
    ]


# --- who sees what
@pytest.fixture
def ruled(hub, ines, mia):
    row = hub.revision
    row.data = {**row.data, "singleuser": {**row.data["singleuser"], "profileList": [GPU, CLOSED, SMALL]}}
    row.save(update_fields=["data"])
    hub = Hub.objects.select_related("revision", "organization").get(pk=hub.pk)
    roster.add(hub=hub, by=ines, names=["mia"], groups=["GPU"])
    return hub


@pytest.mark.django_db
def test_what_a_person_is_offered(ruled, ines):
    assert groups_of_person(ruled, "mia") == ["GPU", "users"], "as the list spells them"
    assert groups_of_person(ruled, "ines") == ["admins", "users"], "who runs the hub is in “admins”"
    assert groups_of_person(ruled, "nobody-known") == []
    mia = seen(ruled, groups_of_person(ruled, "mia"))
    assert [(card.name, card.first) for card in mia.cards] == [("GPU", True), ("Small", False)]
    [size, image] = mia.cards[1].questions
    assert (size.choices, size.first, size.free) == (["Little"], "Little", "")
    assert (image.choices, image.first, image.free) == ([], "Another", "Another")
    assert [(one.name, one.groups) for one in mia.hidden] == [("Closed", []), ("Small: Big", ["Admins", "tutors"])]
    runs_it = seen(ruled, groups_of_person(ruled, "ines"))
    assert [card.name for card in runs_it.cards] == ["Small"]
    assert runs_it.cards[0].questions[0].first == "Big"
    assert [one.name for one in runs_it.hidden] == ["GPU", "Closed", "Small: Another"]


@pytest.mark.django_db
def test_the_page_and_the_api_show_the_warnings(ruled, as_, ines):
    page = as_(ines).get(reverse("hub-profiles", args=[ruled.uid]), {"person": "mia"}).content.decode()
    assert "Server options for mia" in page
    assert "Groups: GPU, users." in page
    assert "Only for Admins, tutors" in page
    assert "No one on this hub’s people list is in “tutors” yet." in page
    page = as_(ines).get(reverse("hub-profiles", args=[ruled.uid]), {"group": "nowhere"}).content.decode()
    assert "Server options for people in “nowhere”" in page
    page = as_(ines).get(reverse("hub-configuration", args=[ruled.uid])).content.decode()
    assert "No one on this hub’s people list is in “tutors” yet." in page
    assert reverse("hub-profiles", args=[ruled.uid]) in page
    told = as_(ines).get(reverse("api-hub-profiles", args=[ruled.uid]), {"group": "gpu"}).json()
    assert [one["name"] for one in told["profiles"]] == ["GPU", "Small"]
    assert {one["name"] for one in told["hidden"]} == {"Closed", "Small: Big"}
    assert [one["name"] for one in told["warnings"]] == ["Closed", "Small: Big", "Small: Image"]
    assert "people have to type an answer" in told["warnings"][-1]["message"]
    assert told["groups"] == ["GPU"]


@pytest.mark.django_db
def test_groups_are_shown_to_people_who_may_read_the_roster(ruled, as_, ines, ivo):
    """Another instructor of the organisation sees the configuration and nothing of the roster: neither its people, nor
    their groups, nor which groups exist."""
    regroup(hub=ruled, by=ines, entries=list(ruled.roster.values_list("pk", flat=True)), add=["Extra time"])
    for person, may in ((ines, True), (ivo, False)):
        for name in ("hub-profiles", "api-hub-profiles"):
            address = reverse(name, args=[ruled.uid])
            assert as_(person).get(address, {"person": "mia"}).status_code == (200 if may else 403)
            assert as_(person).get(address, {"person": "nobody-known"}).status_code == (200 if may else 403)
            for asked in ({}, {"group": "extra time"}):
                answer = as_(person).get(address, asked)
                assert answer.status_code == 200
                assert may or "Extra time" not in answer.content.decode()
    assert "Extra time" in as_(ines).get(reverse("hub-profiles", args=[ruled.uid])).content.decode()


@pytest.mark.django_db
def test_the_builder_knows_the_hubs_roster(ruled, as_, ines, zoe):
    row = requests.begin_change(reason="For the course.", hub=ruled, by=ines)
    url = f"{reverse('profiles-read')}?request={row.uid}"
    text = "- display_name: T\n  allowed_groups: [tutors]\n"
    [one] = as_(ines).post(url, {"text": text}).json()["warnings"]
    assert one == {"path": [0], "message": "No one on this hub’s people list is in “tutors”, so no one sees this yet."}
    assert as_(ines).post(reverse("profiles-read"), {"text": text}).json()["warnings"] == []
    assert as_(zoe).post(url, {"text": text}).status_code == 404, "only for people of that hub"
    assert as_(ines).post(f"{reverse('profiles-read')}?request=x", {"text": text}).status_code == 404
    page = as_(ines).get(reverse("request-edit", args=[row.uid, "choices"])).content.decode()
    assert f"?request={row.uid}" in page
    review = as_(ines).get(reverse("request-review", args=[row.uid])).content.decode()
    assert "No one on this hub’s people list is in “tutors” yet." in review
