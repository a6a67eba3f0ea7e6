"""Each outbound path of the portal, against a server that drips, hangs, floods or never ends: it ends in time, with its
own kind of error, and without reading more than it may."""

import json
import resource
import smtplib
import socket
import threading
from collections.abc import Callable
from typing import Any

import dns.flags
import dns.message
import httpcore
import pytest
from django.core.mail import get_connection
from social_core.exceptions import SocialAuthBaseException
from social_django.utils import load_strategy

from hubs.outbound import Allowed, Deadline, Forbidden, OutboundClient, Unanswered, Wire, dns_records, loopback, within
from hubs.outbound.registry import Task, ask, image_name
from hubs.webhooks.services.deliveries import _ask as deliver_one
from portal.signin.providers import OpenIdConnect
from provisioning.contract import Target
from provisioning.errors import RuntimeFault
from provisioning.runtimes.jupyterhub import LONGEST, HubApi, Reply
from provisioning.runtimes.kubernetes import hub_api
from provisioning.runtimes.kubernetes.client import Api, connect
from provisioning.runtimes.kubernetes.kinds import POD
from provisioning.runtimes.kubernetes.world import World
from provisioning.runtimes.local import probe
from tests import kubeconfigs
from tests.registry.test_outbound import certificate, here

from .bad_server import BEFORE, BEHAVIOURS, bad_server, stopwatch

SECONDS = 0.6  # deadline of a call here
ENOUGH = 8.0  # seconds that a test may take: several calls, on a busy machine


def door(port: int) -> OutboundClient:
    return OutboundClient(Allowed.read([f"http://bad.example:{port}", f"http://127.0.0.1:{port}"]), here)


def in_a_cluster(port: int) -> tuple[Api, World]:
    api = connect(kubeconfigs.text({"server": f"http://127.0.0.1:{port}"}), SECONDS)
    secret = {"data": {"portal_service_token": kubeconfigs.b64(b"t0ken")}}
    return api, World(Target("h123456789ab", "bad", "https://hub.evil.example/"), objects={("Secret", "hub"): secret})


def local(port: int) -> Target:
    return Target("h1", "bad", f"http://localhost:{port}/bad/", {"public": port, "api": port, "hub": port})


# --- every path: the call, and the expected error ---------------------------------------------------------------------
def by_the_door(port: int, settings: Any) -> None:
    with door(port).question(SECONDS) as question, pytest.raises((Unanswered, Forbidden)):
        question.get(f"http://bad.example:{port}/", most_bytes=100_000)


def a_registry(port: int, settings: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    found = ask(Task(image_name(f"bad.example:{port}/a/b:1")), door(port))
    assert found.code in ("away", "forbidden")


def a_webhook(port: int, settings: Any) -> None:
    url = f"http://bad.example:{port}/"
    outcome = deliver_one(url, "{}", "u", ["whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"], lambda: door(port), SECONDS)
    assert outcome.problem or len(outcome.answer) <= 1000  # the rest of a long 200 is left unread: the message arrived


def an_api_server(port: int, settings: Any) -> None:
    api, _ = in_a_cluster(port)
    with pytest.raises(RuntimeFault):
        api.text("GET", "/api/v1/pods", most_bytes=100_000)


def an_api_servers_watch(port: int, settings: Any) -> None:
    api, _ = in_a_cluster(port)
    with pytest.raises((RuntimeFault, ValueError)):
        list(api.watch(POD, "", "1", 0))


def a_hub_in_a_cluster(port: int, settings: Any) -> None:
    hub = hub_api.of(*in_a_cluster(port))
    assert hub.servers() is None
    with pytest.raises(RuntimeFault):
        hub.stop_server("mia", "")


def a_hub_on_this_machine(port: int, settings: Any) -> None:
    hub = probe.hub(local(port), "t0ken")
    assert hub.servers() is None
    with pytest.raises(RuntimeFault):
        hub.stop_server("mia", "")


def a_hubs_health(port: int, settings: Any) -> None:
    assert hub_api.of(*in_a_cluster(port)).revision() == ""
    assert probe.revision(local(port)) == ""
    assert not probe.proxy_answers(local(port), "t0ken")


def a_sign_in_provider(port: int, settings: Any) -> None:
    settings.SOCIAL_AUTH_REQUESTS_TIMEOUT = SECONDS
    backend = OpenIdConnect(load_strategy())
    with pytest.raises(SocialAuthBaseException):
        backend.get_json(f"http://127.0.0.1:{port}/.well-known/openid-configuration")


PATHS: list[Callable[[int, Any], None]] = [
    by_the_door, a_registry, a_webhook, an_api_server, an_api_servers_watch, a_hub_in_a_cluster, a_hub_on_this_machine,
    a_hubs_health, a_sign_in_provider,
]  # fmt: skip


@pytest.mark.parametrize("behaviour", [BEFORE[0], *BEHAVIOURS])
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.__name__)
def test_it_ends_in_time_and_reads_no_more_than_it_may(path, behaviour, settings):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with bad_server(behaviour) as server, stopwatch(ENOUGH), within(4 * SECONDS):
        path(server.port, settings)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 150 * 1024, f"{grown} KiB more memory"
    assert not any("meta-data" in line for line in server.came)


@pytest.mark.parametrize("behaviour", [*BEFORE, *BEHAVIOURS])
def test_over_tls_too(behaviour, tmp_path):
    file, trusting = certificate(tmp_path, "bad.example")
    with bad_server(behaviour, tls=file) as server, stopwatch(ENOUGH):
        allowed = Allowed.read([f"bad.example:{server.port}"])
        asking = OutboundClient(allowed, here, lambda: trusting).question(SECONDS)
        with asking as question, pytest.raises((Unanswered, Forbidden)):
            question.get(f"https://bad.example:{server.port}/", most_bytes=100_000)
        api = connect(kubeconfigs.text({"server": f"https://127.0.0.1:{server.port}"}), SECONDS)
        with pytest.raises(RuntimeFault):
            api.request("GET", "/version")


def test_a_server_that_does_not_read_a_long_request_is_given_up():
    """A POST that is larger than all buffers between, read a little at a time."""
    with socket.create_server(("127.0.0.1", 0)) as listening, stopwatch(ENOUGH), Wire(loopback) as wire:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(Exception, match=r"(?i)timed? ?out|too long"):
            wire.ask("POST", url, Deadline(SECONDS), headers={}, body=b"x" * 64 * 1024 * 1024, most_bytes=10)


def test_all_calls_end_with_the_block_that_makes_them():
    with bad_server("drips a header") as server, stopwatch(ENOUGH), within(SECONDS), Wire(loopback) as wire:
        for _ in range(20):
            with pytest.raises(httpcore.TimeoutException):
                wire.ask("GET", f"http://127.0.0.1:{server.port}/", Deadline(30), headers={}, most_bytes=10)


def test_a_dripping_name_server_is_given_up(settings):
    """By UDP it says that the answer is too long; by TCP it sends it in drips."""
    with bad_server("takes the call and says nothing") as silent, bad_server("drips its first line") as dripping:
        for server in (silent, dripping):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, stopwatch(ENOUGH):
                datagrams.bind(("127.0.0.1", server.port))
                thread = threading.Thread(target=_too_long_for_udp, args=(datagrams,))
                thread.start()
                settings.DNS_SERVERS = [f"127.0.0.1:{server.port}"]
                with pytest.raises(dns_records.Unanswered):
                    dns_records.Records(SECONDS).texts("hub.example.edu")
                thread.join(5)


def _too_long_for_udp(datagrams: socket.socket) -> None:
    wire, who = datagrams.recvfrom(4096)
    answer = dns.message.make_response(dns.message.from_wire(wire))
    answer.flags |= dns.flags.TC
    datagrams.sendto(answer.to_wire(), who)


def test_a_silent_mail_server_is_given_up(settings):
    with bad_server(BEFORE[0]) as server, stopwatch(ENOUGH):
        backend = get_connection(
            "django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=server.port, timeout=SECONDS
        )
        with pytest.raises((OSError, smtplib.SMTPException)):
            backend.open()
    assert settings.EMAIL_TIMEOUT


# --- the portal's secrets are sent only where they belong -------------------------------------------------------------
def test_a_hub_is_called_through_its_cluster_and_its_domain_is_never_looked_up():
    """The hub's address is a custom domain that points to this machine: nothing must connect there."""
    with bad_server("says nothing") as victim, bad_server("redirects inside") as api_server:
        api, world = in_a_cluster(api_server.port)
        world.target = Target("h123456789ab", "bad", f"http://127.0.0.1:{victim.port}/")
        hub = hub_api.of(api, world)
        assert (hub.revision(), hub.servers()) == ("", None)
        for ask_it in (hub.start_server, hub.stop_server):
            with pytest.raises(RuntimeFault):
                ask_it("mia", "")
        assert victim.came == []
        assert api_server.came
        where = "/api/v1/namespaces/bad-h123456789ab/services/proxy-public:80/proxy/hub/"
        assert all(where in line for line in api_server.came)


@pytest.mark.parametrize("server", ["http://192.0.2.1:6443", "http://kubernetes.example:80"])
def test_credentials_are_not_sent_without_tls(server):
    with pytest.raises(RuntimeFault, match="can’t be used"):
        connect(kubeconfigs.text({"server": server}), SECONDS)


def test_credentials_are_not_sent_without_a_checked_certificate():
    with pytest.raises(RuntimeFault, match="can’t be used"):
        connect(kubeconfigs.text({"insecure-skip-tls-verify": True, "certificate-authority-data": None}), SECONDS)


@pytest.mark.parametrize("status", [200, 404, 503])
def test_answers_of_a_hub_are_bounded_in_length(status):
    """Names and times of any length would end up in rows and on pages."""
    users = [{"name": "a" * 100_000, "servers": {"b" * 100_000: {"ready": True, "started": "c" * 100_000}}}]
    page = json.dumps({"items": users, "_pagination": {"next": None}}).encode()
    hub = HubApi(lambda method, path, headers: Reply(status, {"x-hub-revision": "r" * 100_000}, page))
    assert len(hub.revision()) <= LONGEST
    for found in hub.servers() or ():
        assert max(map(len, (found.user, found.name, found.started))) <= LONGEST
