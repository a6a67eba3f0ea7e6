"""People are notified of security events of their account at once, and nobody can prevent it."""

from datetime import time, timedelta
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import timezone

from hubs.accounts.api.devices import GRANT
from hubs.accounts.services import accounts, devices, service_accounts
from hubs.accounts.services import tokens as token_services
from hubs.audit.rules.verbs import TELLS
from hubs.errors import Invalid
from hubs.models import Mail, Notification, NotificationChoice
from hubs.notify.forms import ChoicesForm
from hubs.notify.rules.audience import KINDS, Who
from hubs.notify.services import choices as notification_choices
from hubs.notify.services import inbox, mails, outbox
from hubs.webhooks.services import dispatch

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
FIXED = [name for name, kind in KINDS.items() if kind.fixed]


@pytest.fixture(autouse=True)
def post_office(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def notices(person):
    dispatch.hand_out(timezone.now())
    return [row.title for row in Notification.objects.filter(person=person, kind="security").order_by("pk")]


def sent():
    outbox.send(timezone.now() + timedelta(seconds=1))
    return {(message.to[0], message.subject): message.body for message in mail.outbox}


def test_a_new_token(ines):
    token_services.create(person=ines, by=ines, name="script", scopes=["read"], days=3)
    (title,) = notices(ines)
    assert "script" in title
    (body,) = sent().values()
    assert "revoke it immediately" in body
    assert "/tokens/" in body
    assert "can’t be turned off" in body


def test_the_creator_of_a_service_accounts_token_is_notified(river, ada, omar):
    account = service_accounts.create(organization=river, by=ada, name="nightly", role="member")
    token_services.create(person=account, by=omar, name="ci", scopes=["read"], days=3)
    assert len(notices(omar)) == 1
    assert notices(ada) == []


def test_a_device_is_announced_once_though_it_has_a_token_as_well(ines):
    code = Client().post("/api/v1/device/authorize/", "client_id=hubportal&scope=read", FORM).json()
    grant = devices.find(code["user_code"], timezone.now())
    assert grant is not None
    devices.allow(grant=grant, by=ines, scopes=["read"], days=3)
    body = urlencode({"grant_type": GRANT, "device_code": code["device_code"], "client_id": "hubportal"})
    answer = Client().post("/api/v1/device/token/", body, FORM)
    assert answer.status_code == 200, answer.content
    (title,) = notices(ines)
    assert title.startswith("An app can act on your behalf")


def test_a_new_password_is_announced(ines, as_):
    as_(ines).post("/profile/", {"old": PASSWORD, "new": "four quiet herons wading"}, REMOTE_ADDR="203.0.113.77")
    assert notices(ines) == ["Your password was changed"]
    (body,) = sent().values()
    assert "203.0.113.77" in body
    assert "If not, " in body


def test_a_new_address_is_announced_to_the_former_one(ines):
    accounts.note_email(user=ines, email="thief@evil.example", verified=True)
    assert notices(ines) == ["Your email address was changed"]
    assert [to for to, _ in sent()] == ["ines@river.example.edu"]


def test_an_address_that_is_no_longer_confirmed_is_announced(ines):
    accounts.note_email(user=ines, email="", verified=False)
    assert notices(ines) == ["Your email address was changed"]
    assert [to for to, _ in sent()] == ["ines@river.example.edu"]


def test_changed_staff_rights_are_announced_to_the_person_and_to_staff(ines, stan):
    accounts.set_staff(user=ines, staff=True)
    assert notices(ines) == notices(stan) == ["The staff rights of Ines Duarte were changed"]


def test_a_new_place_is_announced(ines):
    for address in ("192.0.2.7", "198.51.100.7"):
        Client().post("/sign-in/", {"username": "ines", "password": PASSWORD}, REMOTE_ADDR=address)
    assert notices(ines) == ["New sign-in to your account"]
    (body,) = sent().values()
    assert "198.51.100.7" in body


@pytest.mark.parametrize("kind", FIXED)
class TestNoticesCanNotBeTurnedOff:
    def test_by_settings(self, kind, ines):
        for how in ("daily", "inbox"):
            with pytest.raises(Invalid) as refused:
                choose(ines, kind, how)
            assert list(refused.value.errors) == [kind]
        assert f"how-{kind}" not in notification_form(ines).fields

    def test_by_api(self, kind, ines, as_):
        now = as_(ines).get("/api/v1/notifications/choices/").json()
        assert now["kinds"][kind] == "now"
        answer = as_(ines).put("/api/v1/notifications/choices/", {**now, "kinds": {kind: "inbox"}}, "application/json")
        assert answer.status_code == 422

    def test_by_the_link_of_a_mail(self, kind, ines, as_):
        as_(None).post(mails.stop_url(ines, kind).removeprefix(settings.PORTAL_URL))
        assert not NotificationChoice.objects.exists()

    def test_by_an_older_row(self, kind, ines):
        NotificationChoice.objects.create(person=ines, kind=kind, how="inbox")
        assert notification_choices.of_people([ines], kind)[ines.pk] == "now"
        assert notification_choices.of(ines)[kind] == "now"

    def test_by_reading_the_inbox_first(self, kind, ines):
        token_services.create(person=ines, by=ines, name="thief", scopes=["read"], days=3)
        assert notices(ines)
        inbox.read_all(by=ines, until=Notification.objects.latest("pk").pk)
        assert len(sent()) == 1

    def test_by_quiet_hours(self, kind, ines):
        ines.quiet_from, ines.quiet_until = time(0, 0), time(23, 59)
        ines.save(update_fields=["quiet_from", "quiet_until"])
        token_services.create(person=ines, by=ines, name="thief", scopes=["read"], days=3)
        assert notices(ines)
        assert Mail.objects.get().due_at <= timezone.now()


def choose(person, kind, how):
    notification_choices.choose(
        person=person, by=person, hows={kind: how}, time_zone="", quiet_from=None, quiet_until=None
    )


def notification_form(person):
    return ChoicesForm(person)


def test_people_are_notified_of_their_own_actions_only_for_their_account():
    assert {row.kind for _, row in TELLS if Who.ACCOUNT in row.who} == {"security"}
