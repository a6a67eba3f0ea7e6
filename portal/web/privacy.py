"""Responses for one person are not cached by proxies, nor by the browser of a shared computer."""

from django.http import HttpRequest, HttpResponse

from .middleware import Around


class NotKept(Around):
    """Adds `Cache-Control: private, no-store` to every response without the header, so that no page can forget it.
    Static files and public keys set their own."""

    def after(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response
