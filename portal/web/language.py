"""The language of a page: as chosen in the reader's profile, else as the browser prefers."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware

from hubs.internals import known

from .errors import API


class Language(LocaleMiddleware):
    """Django's, which reads a cookie and then the browser's preferences. Here the cookie follows the profile, so that
    choosing a language needs no query on each request. The API has no cookies."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        user = known(request.__dict__.get("user"))
        if user is not None and user.is_authenticated and not request.path.startswith(API):
            name = settings.LANGUAGE_COOKIE_NAME
            if user.language and request.COOKIES.get(name) != user.language:
                response.set_cookie(
                    name,
                    user.language,
                    max_age=settings.LANGUAGE_COOKIE_AGE,
                    secure=settings.LANGUAGE_COOKIE_SECURE,
                    httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                    samesite="Lax",
                )
            elif not user.language and name in request.COOKIES:
                response.delete_cookie(name, samesite="Lax")
        return super().process_response(request, response)
