"""No organisation or cluster takes more than its share of lookups, of pages' calls, and of threads of workers and
webhooks."""

import threading
from contextlib import ExitStack

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from hubs.domains.services import domains
from hubs.errors import Unavailable
from hubs.images.queries import registries as images
from hubs.live import bulkhead
from hubs.live.bulkhead import Shares
from hubs.models import Cluster, Delivery, HubDomain, Organization, RegistryLogin
from hubs.outbound import Allowed, Forbidden, OutboundClient, Unanswered
from hubs.outbound.lookups import OF_ONE
from hubs.webhooks.services import deliveries, webhooks
from provisioning import places
from tests.runtimes.worlds import until
from tests.webhook_receiver import receiver

from .bad_server import stopwatch


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60), st.integers(1, 4))
def test_shares_are_never_exceeded_and_always_released(moves, most):
    shares, held = Shares(), dict.fromkeys("abc", 0)
    for who, comes in moves:
        if comes:
            assert shares.take({who: most, "all": 6}) == (held[who] < most and sum(held.values()) < 6)
            held[who] = min(held[who] + 1, most) if sum(held.values()) < 6 else held[who]
        elif held[who]:
            shares.give_back({who: most, "all": 6})
            held[who] -= 1
    for who, number in held.items():
        for _ in range(number):
            shares.give_back({who: most, "all": 6})
    assert not shares._held


def test_a_refused_caller_is_called_once_there_is_a_free_share():
    shares, called = Shares(), []
    with shares.hold({"a": 1}) as held:
        assert held
        for _ in range(3):
            with shares.hold({"a": 1}, name="work", again=lambda: called.append(1)) as second:
                assert not second
        assert called == []
    assert called == [1]


# --- lookups ----------------------------------------------------------------------------------------------------------
def test_slow_lookups_of_one_caller_delay_no_other():
    over = threading.Event()

    def slow(host, port):
        if host != "quick.example":
            over.wait(30)
        return ["127.0.0.1"]

    one, other = (
        OutboundClient(Allowed(), slow, asker="organization:1"),
        OutboundClient(Allowed(), slow, asker="organization:2"),
    )
    try:
        with stopwatch(20):
            for number in range(OF_ONE):
                with one.question(0.05) as ask, pytest.raises(Unanswered, match="in time"):
                    ask.get(f"https://slow-{number}.example/")
            with one.question() as ask, pytest.raises(Unanswered, match="Too many host names"):
                ask.get("https://one-more.example/")
            with other.question() as ask, pytest.raises(Forbidden):  # it was looked up
                ask.get("https://quick.example/")
    finally:
        over.set()

    def free() -> bool:
        with one.question() as ask, pytest.raises((Forbidden, Unanswered)) as caught:
            ask.get("https://quick.example/")
        return isinstance(caught.value, Forbidden)

    until(free, 10, "lookups that ended are given back")


# --- pages ------------------------------------------------------------------------------------------------------------
@pytest.fixture
def asked_much(river):
    """River has as many open calls as one organisation may have."""
    with ExitStack() as held:
        for _ in range(bulkhead.OF_ORGANIZATION):
            held.enter_context(bulkhead.question(organization=river.pk, cluster=None))
        yield


@pytest.mark.django_db
def test_a_page_says_at_once_that_all_calls_are_in_use(as_, ines, ready_hub, life, asked_much):
    life.logs = {"hub": "a line"}
    page = as_(ines).get(reverse("hub-logs", args=[ready_hub.uid]))
    assert (page.status_code, "Try again in a few seconds" in page.content.decode()) == (503, True)


@pytest.mark.django_db
def test_another_organisation_is_not_refused(as_, asked_much, lake, cluster):
    with bulkhead.question(organization=lake.pk, cluster=cluster.pk):
        pass


@pytest.mark.django_db
def test_calls_to_a_busy_cluster_are_refused_before_all_are_in_use(river, lake, cluster):
    places_of = Organization.objects.bulk_create(
        [Organization(slug=f"o{n}", name=f"O {n}", cluster=cluster) for n in range(bulkhead.OF_CLUSTER)]
    )
    with ExitStack() as held:
        for each in places_of:
            held.enter_context(bulkhead.question(organization=each.pk, cluster=cluster.pk))
        with pytest.raises(Unavailable), bulkhead.question(organization=lake.pk, cluster=cluster.pk):
            pass
        with bulkhead.question(organization=lake.pk, cluster=cluster.pk + 1):
            pass


@pytest.mark.django_db
def test_images_passwords_and_names_say_so_too(river, ines, ready_hub, asked_much, settings):
    settings.CHECK_IMAGES = True
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    [found] = images.look(river, ines, [("quay.io/a/b", "1")])
    assert (found.code, "Try again" in found.message) == ("braked", True)
    login = RegistryLogin(organization=river, host="quay.io", username="x", set_at=timezone.now())
    works, why = images.try_password(ines, login)
    assert (works, "Try again" in why) == (None, True)
    HubDomain.objects.create(hub=ready_hub, name="hub.river.example.edu", token="t", added_by=ines)
    with pytest.raises(Unavailable):
        domains.check(hub=ready_hub, by=ines)


# --- a worker's threads -----------------------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize(("threads", "alone", "beside"), [(8, 7, 4), (4, 3, 2), (2, 1, 1), (1, 1, 1)])
def test_a_cluster_and_an_organisation_use_half_of_the_threads_where_there_are_others(hub, threads, alone, beside):
    places.set_threads(threads)
    try:
        mine = ("cluster", hub.cluster_id), ("organization", hub.organization_id)
        limits = places.of_hub(hub.pk)
        assert [limits[key] for key in mine] == [alone, alone]
        other = Cluster.objects.create(slug="other", name="Other", runtime="memory")
        Organization.objects.create(slug="other", name="Other", cluster=other)
        limits = places.of_hub(hub.pk)
        assert [limits[key] for key in mine] == [beside, beside]
        assert limits["all"] == alone, "the portal's own short tasks find a thread"
    finally:
        places.set_threads(4)


# --- webhooks ---------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_hanging_receivers_of_one_organisation_leave_threads_for_others(river, lake, ada, zoe, settings):
    with receiver() as hanging, receiver() as well:
        hanging.hangs = True
        settings.ALLOWED_PRIVATE_HOSTS = [f"http://127.0.0.1:{one.port}" for one in (hanging, well)]
        for _ in range(deliveries.WIDE):
            _due(webhooks.create(organization=river, by=ada, url=hanging.url, types=("*",))[0])
        _due(webhooks.create(organization=lake, by=zoe, url=well.url, types=("*",))[0])
        arrived = threading.Event()
        well.on_post = arrived.set
        began = timezone.now()
        deliveries.deliver(patience=2.0)
        assert arrived.is_set()
        sent = Delivery.objects.get(webhook__organization=lake)
        assert sent.state == Delivery.State.SENT
        assert sent.done_at
        assert (sent.done_at - began).total_seconds() < 2.0, "before the first of the hanging ones was given up"
        hanging.over.set()


def _due(webhook):
    event = "5f6b0b0e-2d3c-4f57-9f6e-1a5f0f0d7c11"
    Delivery.objects.create(webhook=webhook, event=event, type="hub.ready", body="{}", due_at=timezone.now())
