"""A user name that the portal had to guess is asked for once, before any hub knows it."""

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
    """(the browser of somebody whose name is written in Chinese, where they came back to)."""
    provider.claims |= {"preferred_username": "李小龙", "name": "李小龙", "email": "li@river.example.edu"}
    browser = as_(None)
    return browser, sign_in_with(browser, "oidc", "/organizations/")


def test_a_guess_is_asked_for_once_and_then_one_goes_on(li):
    browser, back = li
    assert back.url == f"{CHOOSE}?next=%2Forganizations%2F"
    assert 'value="lixiaolong"' in browser.get(back.url).content.decode()
    gone_on = browser.post(CHOOSE, {"username": " Xiaolong-Li ", "next": "/organizations/"})
    assert gone_on.url == "/organizations/"
    assert get_user(browser).username == "xiaolong-li"
    assert browser.get(back.url).url == "/organizations/"
    assert browser.post(CHOOSE, {"username": "other"}).status_code == 409
    assert AuditEvent.objects.get(verb="account.username").changes == {"user name": ["lixiaolong", "xiaolong-li"]}


def test_who_likes_the_guess_presses_once(li):
    browser, _ = li
    assert browser.post(CHOOSE, {"username": "lixiaolong"}).status_code == 302
    assert not get_user(browser).guessed
    assert not AuditEvent.objects.filter(verb="account.username").exists()


@pytest.mark.parametrize("wrong", ["", "李", "a b", "-a", "a--b", "a" * 31, "admin", "staff-desk", "ines"])
def test_what_can_be_no_user_name_is_said_beside_the_field_and_kept(li, ines, wrong):
    browser, _ = li
    answer = browser.post(CHOOSE, {"username": wrong, "next": "/organizations/"})
    assert answer.status_code == 422
    assert f'value="{wrong}"' in answer.content.decode() or not wrong
    assert get_user(browser).username == "lixiaolong"


def test_nobody_is_sent_elsewhere(li):
    browser, _ = li
    assert browser.post(CHOOSE, {"username": "xiaolong", "next": "https://evil.example/"}).url == "/"


def test_it_stays_once_a_hub_knows_it(li, ready_hub):
    browser, _ = li
    user = User.objects.get(username="lixiaolong")
    RosterEntry.objects.create(hub=ready_hub, user=user)
    assert groups_of(user, ready_hub) == ["users"]
    with pytest.raises(Conflict):
        accounts.choose_username(user=user, by=user, username="xiaolong")
    assert browser.get(reverse("choose-username")).status_code == 302


@pytest.mark.parametrize("named", ["limit", "admin"])
def test_it_stays_once_a_hub_names_it(li, ready_hub, ines, river, named):
    """Otherwise whoever comes next could take the old name, with what was given to it; or a limit was left behind."""
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


def test_a_name_that_was_taken_is_asked_for_and_a_plain_one_is_not(provider, as_, sign_in_with):
    assert sign_in_with(as_(None), "oidc").url == "/"
    provider.claims |= {"sub": "another"}
    assert sign_in_with(as_(None), "oidc").url.startswith(CHOOSE)
    assert User.objects.get(username="ines-duarte-2").guessed
    assert not User.objects.get(username="ines-duarte").guessed


def test_nobody_chooses_for_another(li, ines):
    user = User.objects.get(username="lixiaolong")
    with pytest.raises(NotAllowed):
        accounts.choose_username(user=user, by=ines, username="xiaolong")


def test_two_at_once_cannot_have_one(li, ines):
    user = User.objects.get(username="lixiaolong")
    with pytest.raises(Invalid) as error:
        accounts.choose_username(user=user, by=user, username="INES")
    assert list(error.value.errors) == ["username"]
