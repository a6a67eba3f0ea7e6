"""From an event to a receiver, by real workers that only get the tick."""

import pytest
from standardwebhooks import Webhook as Verifier

from hubs.models import Delivery
from hubs.organizations import services as organizations
from hubs.webhooks.services import webhooks
from tests.stack.portal import until
from tests.webhook_receiver import receiver

pytestmark = [pytest.mark.local, pytest.mark.django_db(transaction=True)]


def test_workers_deliver_to_a_receiver(portal, ada, river, settings):
    with receiver() as there:
        allowed = f"http://127.0.0.1:{there.port}"
        settings.ALLOWED_PRIVATE_HOSTS = [allowed]
        _, secret = webhooks.create(organization=river, by=ada, url=there.url, types=["member.invite"])
        organizations.invite(organization=river, by=ada, role="member")  # no worker is notified: the tick finds it
        portal(HUBPORTAL_ALLOWED_PRIVATE_HOSTS=allowed).start("redis", "worker", "beat")
        until(lambda: there.heard, "the receiver hears of it")
        said = Verifier(secret).verify(there.heard[0].body, there.heard[0].headers)
        assert (said["type"], said["data"]["organization"]["slug"]) == ("member.invite", "river")
        until(lambda: Delivery.objects.filter(state="sent").exists(), "it is written down")
        assert len(there.heard) == 1
