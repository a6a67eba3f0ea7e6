"""The language of a page: as chosen by the reader, else as the browser prefers."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware

from hubs.accounts.pages.language import remember
from hubs.internals import known

from .errors import API


class Language(LocaleMiddleware):
    """Django's, which reads a cookie and then the browser's preferences. Here the cookie follows the profile, so that
    choosing a language needs no query on each request. Who chose none there
    keeps what was chosen in this browser. The API has no cookies."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        user = known(request.__dict__.get("user"))
        chosen = user.language if user is not None and user.is_authenticated else ""
        if chosen and not request.path.startswith(API) and request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) != chosen:
            remember(response, chosen)
        return super().process_response(request, response)
