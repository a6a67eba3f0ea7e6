"""The language of the page that follows, where it is not that of this request."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request


def of_browser(request: HttpRequest) -> str:
    """Return the language that the browser prefers, whatever the cookie says."""
    bare = HttpRequest()
    bare.META = {"HTTP_ACCEPT_LANGUAGE": request.headers.get("Accept-Language", "")}
    return get_language_from_request(bare)


def forget(answer: HttpResponse) -> HttpResponse:
    """Return the response, which deletes the cookie, as pages without a signed-in person follow the browser."""
    answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    return answer
