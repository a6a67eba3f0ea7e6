"""Pages that refuse, fail and stream, for tests of middleware and error pages."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid, NotAllowed
from portal.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500"]

REFUSALS = {
    "conflict": Conflict("Stan has already approved this request."),
    "not-allowed": NotAllowed("Only an owner may do this."),
    "invalid": Invalid("The name is too long."),
    "forbidden": PermissionDenied("This request was sent."),
    "broken": ZeroDivisionError("secret detail"),
}


@login_not_required
@csrf_exempt
def refuse(request, how):
    raise REFUSALS[how]


@login_not_required
def who(request):
    return HttpResponse(audit.request_id.get())


@login_not_required
async def stream(request):
    async def events():
        yield audit.request_id.get()

    return StreamingHttpResponse(events(), content_type="text/event-stream")


@login_not_required
@require_POST
def form(request):
    return HttpResponse("sent")


urlpatterns = [
    path("refuse/<slug:how>/", refuse),
    path("api/v1/refuse/<slug:how>/", refuse),
    path("who/", who),
    path("stream/", stream),
    path("form/", form),
    path("", include("portal.urls")),
]
