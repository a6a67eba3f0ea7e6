"""The examples of docs/webhooks.md, run as they are printed, and its parts that are derived from code."""

import json
import os
import re
import socket
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.utils import timezone

from hubs.models import Delivery, Event, Webhook
from hubs.webhooks import rules as webhook_messages
from hubs.webhooks.services import deliveries, dispatch, webhooks
from tests.mail_server import free_port
from tests.stack.portal import until

from .test_api_guide import DOCS, examples, run

__all__ = ["run"]
pytestmark = [pytest.mark.django_db, pytest.mark.processes]


def test_the_events_of_the_page_are_those_of_the_code():
    call_command("webhook_events", "--check")


def test_the_page_has_the_schedule_of_the_code():
    """After "5 seconds, 1, 5, 15 and 30 minutes, 1, 2, 4, 6 and then every 8 hours"."""
    words = re.search(r"again after (.*?) hours", (DOCS / "webhooks.md").read_text(), re.DOTALL)
    assert words
    numbers = [int(number) for number in re.findall(r"\d+", words[1])]
    units = [1, 60, 60, 60, 60, 3600, 3600, 3600, 3600, 3600]
    said = [number * unit for number, unit in zip(numbers, units, strict=True)]
    assert said == [wait.total_seconds() for wait in webhook_messages.WAITS]


@pytest.mark.django_db(transaction=True)
def test_the_shell_example_adds_one(run, ada, river):
    said = run("webhooks.md", "sh", ada, ["administer"])
    assert Webhook.objects.get().types == ["hub.ready", "hub.stalled"]
    assert '"secret":"whsec_' in said


def test_the_receiver_of_the_page_accepts_each_message_once(river, ada, settings, tmp_path):
    port = free_port()
    settings.ALLOWED_PRIVATE_HOSTS = [f"http://127.0.0.1:{port}"]
    address = f"http://127.0.0.1:{port}/"
    hook, secret = webhooks.create(organization=river, by=ada, url=address, types=["hub.ready"])
    env = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    code = examples("webhooks.md", "python")
    with open(tmp_path / "said", "w+b") as said:
        running = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=said, stderr=subprocess.DEVNULL)
        try:
            until(lambda: _open(port), "the receiver listens")
            Event.objects.create(type="hub.ready", subject="Statistics 101", organization="river")
            dispatch.hand_out(timezone.now())
            assert deliveries.deliver() == 1
            webhooks.resend(delivery=Delivery.objects.select_related("webhook").get(), by=ada)
            assert deliveries.deliver() == 1
            Webhook.objects.update(secret=webhook_messages.new_secret())
            webhooks.test(webhook=hook, by=ada)
            assert deliveries.deliver() == 0
            assert Delivery.objects.get(type="webhook.test").status == 400, "signed with another secret"
        finally:
            running.terminate()
            running.wait(30)
    assert (tmp_path / "said").read_text() == "hub.ready Statistics 101\n"


def _open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_page_shows_a_real_message():
    shown = json.loads(re.findall(r"```json\n(.*?)```", (DOCS / "webhooks.md").read_text(), re.DOTALL)[0])
    event = Event(type="hub.ready", subject="Statistics 101", organization="river", hub="h4k2m7p9q3rs")
    event.data = {"from": "creating", "to": "ready"}
    made = json.loads(webhooks.body(event))
    assert {name: set(made[name]) if isinstance(made[name], dict) else type(made[name]) for name in made} == {
        name: set(shown[name]) if isinstance(shown[name], dict) else type(shown[name]) for name in shown
    }
