"""What is answered to one person is kept by nobody on the way, and not by a shared computer's browser either."""

from django.http import HttpRequest, HttpResponse

from .middleware import Around


class NotKept(Around):
    """`Cache-Control: private, no-store` on every answer that does not say something else itself, as static files and
    public keys do. So a new page can't forget it."""

    def after(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response
