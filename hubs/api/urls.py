"""The API's table of contents, under /api/v1/."""

from django.urls import path

from hubs.api import views

urlpatterns = [
    path("hubs/", views.Hubs.as_view(), name="api-hubs"),
    path("hubs/<slug:uid>/", views.OneHub.as_view(), name="api-hub"),
    path("requests/", views.Requests.as_view(), name="api-requests"),
    path("requests/<uuid:uid>/", views.OneRequest.as_view(), name="api-request"),
    path("schema/hubspec/", views.Schema.as_view(), name="api-schema-hubspec"),
]
