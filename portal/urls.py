"""The root URLconf: pages and API in hubs, sign-in in portal, health and metrics for operators."""

from django.urls import include, path

from portal.signin import providers as signin
from portal.signin.oidc import urlpatterns as oidc_urls
from portal.telemetry import health, metrics
from portal.web import errors

# Sign-in with GitHub, Google or any OpenID Connect provider. Only the two steps of a sign-in: accounts are never linked
# or unlinked here, so the package's other URLs are not included.
social_urls = [
    path("login/<str:backend>/", signin.begin, name="begin"),
    path("complete/<str:backend>/", signin.complete, name="complete"),
]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("o/", include((oidc_urls, "oauth2_provider"))),
    path("social/", include((social_urls, "social"))),
    path("", include("hubs.urls.pages")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
