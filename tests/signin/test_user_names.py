"""A user name that the portal had to guess is confirmed once, before any hub knows it."""

import pytest
from django.contrib.auth import get_user
from django.urls import reverse

from hubs.accounts.services import accounts
from hubs.errors import Conflict, Invalid, NotAllowed
from hubs.models import AuditEvent, HubRevision, Membership, Role, RosterEntry, User, UserLimit
from portal.signin.oidc import groups_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("configured")]
CHOOSE = "/profile/user-name/"


@pytest.fixture
def li(provider, as_, sign_in_with):
    """Return (the browser of a person whose name is in Chinese, the page that they returned to)."""
    provider.claims |= {"preferred_username": "李小龙", "name": "李小龙", "email": "li@river.example.edu"}
    browser = as_(None)
    return browser, sign_in_with(browser, "oidc", "/organizations/")


def test_a_guess_is_confirmed_once(li):
    browser, back = li
    assert back.url == f"{CHOOSE}?next=%2Forganizations%2F"
    assert 'value="lixiaolong"' in browser.get(back.url).content.decode()
    gone_on = browser.post(CHOOSE, {"username": " Xiaolong-Li ", "next": "/organizations/"})
    assert gone_on.url == "/organizations/"
    assert get_user(browser).username == "xiaolong-li"
    assert browser.get(back.url).url == "/organizations/"
    assert browser.post(CHOOSE, {"username": "other"}).status_code == 409
    assert AuditEvent.objects.get(verb="account.username").changes == {"user name": ["lixiaolong", "xiaolong-li"]}


def test_a_guess_is_accepted_with_one_click(li):
    browser, _ = li
    assert browser.post(CHOOSE, {"username": "lixiaolong"}).status_code == 302
    assert not get_user(browser).guessed
    assert not AuditEvent.objects.filter(verb="account.username").exists()


@pytest.mark.parametrize("wrong", ["", "李", "a b", "-a", "a--b", "a" * 31, "admin", "staff-desk", "ines"])
def test_an_invalid_user_name_is_reported_beside_the_field_and_kept(li, ines, wrong):
    browser, _ = li
    answer = browser.post(CHOOSE, {"username": wrong, "next": "/organizations/"})
    assert answer.status_code == 422
    assert f'value="{wrong}"' in answer.content.decode() or not wrong
    assert get_user(browser).username == "lixiaolong"


def test_the_page_redirects_only_within_the_portal(li):
    browser, _ = li
    assert browser.post(CHOOSE, {"username": "xiaolong", "next": "https://evil.example/"}).url == "/"


def test_it_is_final_once_a_hub_knows_it(li, ready_hub):
    browser, _ = li
    user = User.objects.get(username="lixiaolong")
    RosterEntry.objects.create(hub=ready_hub, user=user)
    assert groups_of(user, ready_hub) == ["users"]
    with pytest.raises(Conflict):
        accounts.choose_username(user=user, by=user, username="xiaolong")
    assert browser.get(reverse("choose-username")).status_code == 302


@pytest.mark.parametrize("named", ["limit", "admin"])
def test_it_is_final_once_a_hub_names_it(li, ready_hub, ines, river, named):
    """Otherwise the next person could take the old name with its rights, or a limit would be left behind."""
    browser, _ = li
    user = User.objects.get(username="lixiaolong")
    Membership.objects.create(organization=river, user=user, role=Role.INSTRUCTOR)
    if named == "limit":
        UserLimit.objects.create(hub=ready_hub, kind="person", name=user.username, memory_mib=512, author=ines)
    else:
        data = ready_hub.revision.data
        data["signIn"]["adminUsers"] = [user.username]
        HubRevision.objects.filter(pk=ready_hub.revision_id).update(data=data)
    answer = browser.post(CHOOSE, {"username": "xiaolong"})
    assert answer.status_code == 422
    assert "Keep lixiaolong: the settings of a hub" in answer.content.decode()
    assert browser.post(CHOOSE, {"username": "lixiaolong"}).status_code == 302
    assert not get_user(browser).guessed


def test_a_changed_name_is_confirmed_and_a_plain_one_is_not(provider, as_, sign_in_with):
    assert sign_in_with(as_(None), "oidc").url == "/"
    provider.claims |= {"sub": "another"}
    assert sign_in_with(as_(None), "oidc").url.startswith(CHOOSE)
    assert User.objects.get(username="ines-duarte-2").guessed
    assert not User.objects.get(username="ines-duarte").guessed


def test_people_choose_only_their_own_name(li, ines):
    user = User.objects.get(username="lixiaolong")
    with pytest.raises(NotAllowed):
        accounts.choose_username(user=user, by=ines, username="xiaolong")


def test_two_people_can_not_choose_the_same_name_at_once(li, ines):
    user = User.objects.get(username="lixiaolong")
    with pytest.raises(Invalid) as error:
        accounts.choose_username(user=user, by=user, username="INES")
    assert list(error.value.errors) == ["username"]
