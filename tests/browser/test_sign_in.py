"""From a hub through the sign-in and back, in a real browser, under the page's Content-Security-Policy."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from pytest_django.live_server_helper import LiveServer

from hubs.models import Hub
from provisioning import prepare
from tests.conftest import PASSWORD
from tests.signin.conftest import configured, provider  # noqa: F401 - fixtures
from tests.words import USER_NAME

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=False)]


class _Hub(BaseHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>the hub</title>")


@pytest.fixture
def door(ready_hub):
    """The address where a hub sends people to sign in; the hub answers on `localhost`, another host than the
    portal's."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    url = f"http://localhost:{server.server_port}/stat-101/"
    Hub.objects.filter(pk=ready_hub.pk).update(url=url)
    prepare.sign_in(ready_hub, url, "secret")
    callback = quote(f"{url}hub/oauth_callback", safe="")
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    query = f"response_type=code&client_id={ready_hub.uid}&redirect_uri={callback}&scope=openid&state=s"
    yield f"/o/authorize/?{query}&code_challenge={challenge}&code_challenge_method=S256", url
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def web(settings):
    server = LiveServer("127.0.0.1")
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    yield server.url
    server.stop()


def arrived(visitor, hub_url):
    """Wait until the hub has the code."""
    visitor.page.wait_for_url(lambda url: url.startswith(f"{hub_url}hub/oauth_callback"))
    assert parse_qs(urlsplit(visitor.page.url).query)["code"]
    assert visitor.page.title() == "the hub"
    assert visitor.complaints == []
    assert not [cookie for address, cookie in visitor.sent if address.startswith(hub_url) and "portal" in cookie]


def test_the_password_form_may_redirect_to_the_hub(door, web, visit):
    path, hub_url = door
    visitor = visit(web)
    page = visitor.goto(path)
    page.get_by_label(USER_NAME).fill("ines")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    arrived(visitor, hub_url)


@pytest.mark.parametrize("backend", ["GitHub", "River ID"])
def test_a_provider_may_redirect_people_anywhere(backend, door, web, visit, ready_hub, provider, configured):  # noqa: F811
    path, hub_url = door
    ready_hub.roster.create(email="ines@river.example.edu")
    visitor = visit(web)
    visitor.goto(path).get_by_role("button", name=f"Sign in with {backend}").click()
    arrived(visitor, hub_url)


def test_a_form_redirects_nowhere_else(door, web, visit):
    """The same form without a hub: the browser itself blocks the redirect to one."""
    _, hub_url = door
    visitor = visit(web)
    page = visitor.goto("/sign-in/")
    page.evaluate("url => { document.querySelector('form').action = url }", hub_url)
    page.get_by_label(USER_NAME).fill("ines")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    with page.expect_console_message(lambda message: "form-action" in message.text):
        page.evaluate("document.querySelector('form').requestSubmit()")  # a click would wait for the page it opens
    assert not [address for address, _ in visitor.sent if address.startswith(hub_url)]
