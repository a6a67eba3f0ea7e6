"""Names that people choose: none may look like a role or the portal, or hide its characters."""

import pytest

from hubs.accounts.services import accounts, service_accounts, tokens
from hubs.errors import Invalid
from hubs.models import User
from hubs.organizations import services as organizations
from hubs.requests.services import requests as request_services
from hubs.text import names
from portal.signin.providers import own_name
from tests.words import PORTAL

CLAIMS = (
    "Stan Weber (staff)", "Portal staff", "the portal", "The Portal", "admin", "ADMIN", "Zoe [Admin]", PORTAL,
    "portal-admin", "PortalAdmin", "Support Team", "Zoe, administrator", "system", "root", "Staff", "sta\ufb00",
    # look-alikes: Cyrillic, Greek, full width, mathematical, digits, accents
    "\u0430dmin", "\u0410dmin", "st\u03b1ff", "p\u043ert\u0430l",
    "Zoe (\uff33\uff34\uff21\uff26\uff26)",
    "\U0001d41a\U0001d41d\U0001d426\U0001d422\U0001d427", "adm1n", "p0rtal", "\u00e1dm\u00efn", "st\u0301aff", "adrnin",
)  # fmt: skip
HIDDEN = (
    "Zoe\u202eMartin", "Zoe\u200bMartin", "\u200b\u200b", "Zoe\u2066", "\u3164", "Zoe\u115f", "\u2800\u2800", "\u0301",
    "ad\u200bmin", "Zoe\ufeff", "Zoe\u00ad", "Zoe\u2028Martin",
)  # fmt: skip
PEOPLE = (
    "Zoe Martin", "Ines Duarte", "Amanda Root", "Marion Portal", "李小龍", "Анна Каренина", "Νίκος", "Anda", "O'Brien",
    "José García", "Stafford Beer", "Adminah Kaur", "Kim 2", "A", "Åsa Öberg", "Supportia", "Ada",
)  # fmt: skip


@pytest.mark.parametrize("name", CLAIMS)
def test_a_name_that_claims_a_role_is_refused(name):
    assert names.complaint(name) == names.IMITATES
    assert own_name(name) == "", "a provider gives no role either"


@pytest.mark.parametrize("name", HIDDEN)
def test_a_name_that_hides_something_is_refused(name):
    assert names.complaint(name) == names.UNSEEN


@pytest.mark.parametrize("name", PEOPLE)
def test_ordinary_names_are_accepted(name):
    assert names.complaint(name) == ""
    assert own_name(name) == name


@pytest.mark.parametrize("name", ["the portal", "st\u03b1ff", "Zoe\u3164", "  ", "\u200b"])
@pytest.mark.django_db
def test_people_can_not_be_renamed_to_such_a_name(name, zoe, as_):
    page = as_(zoe).post("/profile/", {"what": "name", "name": name})
    assert User.objects.get(pk=zoe.pk).name == "Zoe Martin"
    with pytest.raises(Invalid) as refused:
        accounts.rename(user=zoe, by=zoe, name=name)
    assert list(refused.value.errors) == ["name"]
    assert page.status_code in (302, 422)


@pytest.mark.django_db
def test_service_accounts_organisations_tokens_and_hubs_can_not_have_such_names(ada, stan, river, ask, ines):
    with pytest.raises(Invalid):
        service_accounts.create(organization=river, by=ada, name="admin", role="instructor")
    with pytest.raises(Invalid):
        organizations.create(by=stan, slug="p", name="Portal st\u0430ff", cluster=river.cluster)
    with pytest.raises(Invalid) as refused:
        tokens.create(person=ada, by=ada, name="ci\u3164", scopes=["read"], days=3)
    assert list(refused.value.errors) == ["name"]
    draft = ask(ines, river, **{"about.title": "\u200b\u3164\u200b"})
    with pytest.raises(Invalid) as refused:
        request_services.submit(request=draft, by=ines)
    assert "about.title" in refused.value.errors


@pytest.mark.django_db
def test_staff_may_use_the_role_in_their_name(stan):
    assert accounts.rename(user=stan, by=stan, name="Stan Weber (staff)").name == "Stan Weber (staff)"


@pytest.mark.django_db
def test_roles_are_shown_with_the_user_name_and_staff_have_a_badge(waiting, cast, as_):
    User.objects.filter(pk=cast["ines"].pk).update(name="Stan Weber")  # a namesake
    for who in ("ines", "stan"):
        request_services.comment(request=waiting, by=cast[who], text=f"by {who}")
    page = as_(cast["ada"]).get(f"/requests/{waiting.uid}/").content.decode()
    comments = [part.split("</li>")[0] for part in page.split('<li class="comment')[1:]]
    by_ines = next(part for part in comments if "by ines" in part)
    by_stan = next(part for part in comments if "by stan" in part)
    assert ">ines<" in by_ines
    assert '<span class="tag">staff</span>' not in by_ines
    assert ">stan<" in by_stan
    assert '<span class="tag">staff</span>' in by_stan
    people = as_(cast["ada"]).get("/organizations/river/people/").content.decode()
    assert ">ines<" in people
