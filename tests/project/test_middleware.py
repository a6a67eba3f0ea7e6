"""Around every request: one id, one host name, and refusals in plain words."""

import io
import logging
import sys

import pytest
from django.contrib.messages import get_messages
from django.core.exceptions import DisallowedHost
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client

from portal.telemetry.logs import Line, OneLine
from portal.web.middleware import is_hub_host

pytestmark = [pytest.mark.urls("tests.project.urls"), pytest.mark.django_db]


@pytest.fixture
def browser():
    """A browser that shows error pages, instead of raising exceptions."""
    return Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)


@pytest.mark.parametrize(
    ("given", "beside"),
    [
        ("", None),
        ("edge-12345", "edge-12345"),
        ("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),  # looks like one of ours
        ("x" * 65, "x" * 64),
        ("two words here", "twowordshere"),
        ("<script>alert(1)</script>", "scriptalert1/script"),
        ("a\tb" * 5, "ab" * 5),
        ("\u202e", None),
    ],
)
def test_the_id_is_ours_and_the_callers_id_is_logged_beside_it(browser, given, beside):
    response = browser.get("/who/", HTTP_X_REQUEST_ID=given)
    assert response["X-Request-ID"] not in (given, beside)
    assert response.content.decode() == response["X-Request-ID"]
    assert len(response["X-Request-ID"]) == 32
    assert response.get("X-Caller-Request-ID") == beside


async def test_a_stream_has_the_id_as_well():
    client = AsyncClient(headers={"host": "127.0.0.1"})
    response = await client.get("/stream/", headers={"X-Request-ID": "edge-12345"})
    assert response["X-Caller-Request-ID"] == "edge-12345"
    assert isinstance(response, StreamingHttpResponse)
    assert [part async for part in aiter(response)] == [response["X-Request-ID"].encode()]


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "LOCALHOST", "stat-101.localhost:18000", "localhost."])
@pytest.mark.parametrize("method", ["get", "head"])
def test_a_page_under_a_hubs_host_name_redirects_to_the_portals(browser, settings, host, method):
    settings.ALLOWED_HOSTS = ["*"]  # even if the portal allows all hosts
    response = getattr(browser, method)("/sign-in/?next=/hubs/a%20b/", HTTP_HOST=host)
    assert response.status_code == 302
    assert response["Location"] == f"{settings.PORTAL_URL}/sign-in/?next=/hubs/a%20b/"
    assert not response.cookies


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/"])
def test_no_path_leads_away_from_the_portal(browser, settings, path):
    response = browser.generic("GET", path, HTTP_HOST="localhost")
    assert response["Location"].startswith(f"{settings.PORTAL_URL}/")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_data_sent_to_a_hubs_name_is_refused(browser, settings, method):
    settings.ALLOWED_HOSTS = ["*"]
    response = getattr(browser, method)("/form/", HTTP_HOST="localhost:8000")
    assert response.status_code == 400
    assert settings.PORTAL_URL in response.content.decode()
    assert not response.cookies


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("notlocalhost", False),
        ("localhost.example.org", False),
        ("127.0.0.1", False),
        ("", False),
    ],
)
def test_which_hosts_are_hubs(settings, host, expected):
    assert is_hub_host(host) is expected


def test_another_host_is_a_bad_request(browser):
    assert browser.get("/who/", HTTP_HOST="evil.example").status_code == 400


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_come_by_any_name(browser, path):
    for host in ("10.1.2.3:8000", "localhost", "portal-web"):
        assert browser.get(path, HTTP_HOST=host).status_code in (200, 503)


REFUSED = [
    ("conflict", 409, "Stan has already approved this request."),
    ("not-allowed", 403, "Only an owner may do this."),
    ("invalid", 400, "The name is too long."),
    ("forbidden", 403, "This request was sent."),
]


@pytest.mark.parametrize(("how", "status", "words"), REFUSED)
def test_a_refused_page_says_why(browser, how, status, words):
    response = browser.get(f"/refuse/{how}/")
    assert response.status_code == status
    assert words in response.content.decode()


@pytest.mark.parametrize(("how", "status", "words"), REFUSED)
def test_an_api_client_gets_a_problem_document(browser, how, status, words):
    response = browser.post(f"/api/v1/refuse/{how}/")
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["detail"], body["instance"]) == (status, words, response["X-Request-ID"])


@pytest.mark.parametrize(("how", "status", "words"), REFUSED[:3])
def test_a_refused_form_returns_to_its_page_with_a_message(browser, how, status, words):
    response = browser.post(f"/refuse/{how}/", headers={"Referer": "http://127.0.0.1/hubs/x/?tab=2"})
    assert response.status_code == 302
    assert response["Location"] == "http://127.0.0.1/hubs/x/?tab=2"
    assert [str(message) for message in get_messages(response.wsgi_request)] == [words]


def test_htmx_is_sent_back_too(browser):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://127.0.0.1/hubs/x/"}
    response = browser.post("/refuse/conflict/", headers=headers)
    assert response.status_code == 200
    assert response["HX-Redirect"] == "http://127.0.0.1/hubs/x/"


@pytest.mark.parametrize(
    "referer", ["", "http://evil.example/x/", "javascript:alert(1)", "//evil.example/", "nonsense"]
)
def test_a_form_without_a_valid_referer_gets_the_error_page(browser, referer):
    response = browser.post("/refuse/conflict/", headers={"Referer": referer})
    assert response.status_code == 409
    assert "Stan has already approved this request." in response.content.decode()


def test_the_error_page_shows_no_details(browser):
    response = browser.get("/refuse/broken/")
    assert response.status_code == 500
    page = response.content.decode()
    assert "secret detail" not in page
    assert "ZeroDivisionError" not in page
    assert "Something went wrong" in page
    assert f"<code>{response['X-Request-ID'][:8]}</code>" in page


def test_an_error_of_the_api_is_a_problem_document(browser):
    response = browser.get("/api/v1/refuse/broken/")
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert "secret" not in response.content.decode()


def test_an_unknown_page_is_404(browser):
    response = browser.get("/no/such/page/")
    assert response.status_code == 404
    assert "Page not found" in response.content.decode()


def test_a_form_without_its_token_asks_to_reload():
    browser = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)
    response = browser.post("/form/")
    assert response.status_code == 403
    assert "reload the page" in response.content.decode()


def test_the_address_of_a_form_redirects_on_get(browser):
    response = browser.get("/form/")
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "Go back" in response.content.decode()


HOSTS = (
    "a@b",
    "",
    " ",
    "a b",
    "a,b",
    "127.0.0.1:port",
    "127.0.0.1:99999999999999",
    "[::1",
    "x" * 5000,
    "a/b",
    "ä",
    "\u202e",
)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    "path", ["/who/", "/sign-in/", "/api/v1/me/", "/o/authorize/", "/static/nothing.css", "/nothing/"]
)
def test_an_invalid_host_is_a_bad_request_without_a_traceback(host, path, browser, settings, caplog):
    for allowed in (["127.0.0.1"], ["*"]):
        settings.ALLOWED_HOSTS = allowed
        for method in ("get", "post"):
            answer = getattr(browser, method)(path, HTTP_HOST=host)
            assert answer.status_code == 400 or (not host and answer.status_code < 500)
    assert not [record for record in caplog.records if record.exc_info]


def test_djangos_suspicious_operations_are_one_line_without_mail(settings, mailoutbox):
    settings.ADMINS = [("Op", "op@example.org")]
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    handler.setFormatter(Line())
    handler.addFilter(OneLine())
    try:
        raise DisallowedHost("Invalid HTTP_HOST header: 'a@b'.")
    except DisallowedHost:
        record = logging.LogRecord("django.security.DisallowedHost", 40, "x", 1, "Invalid", (), sys.exc_info())
    handler.handle(record)
    assert shown.getvalue().count("\n") == 1
    assert "one-line" in settings.LOGGING["handlers"]["console"]["filters"]
    assert not mailoutbox
