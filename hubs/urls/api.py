"""All API endpoints, under /api/v1/."""

from django.urls import include, path

from hubs.accounts.api import account, devices, tokens
from hubs.api import docs, schema
from hubs.audit import api as audit
from hubs.notify import api as notifications

urlpatterns = [
    # The caller
    path("me/", account.Me.as_view(), name="api-me"),
    path("me/sign-out/", account.SignOut.as_view(), name="api-sign-out"),
    path("me/sign-ins/", audit.MySignIns.as_view(), name="api-my-sign-ins"),
    path("tokens/", tokens.Tokens.as_view(), name="api-tokens"),
    path("tokens/<int:token>/", tokens.OneToken.as_view(), name="api-token"),
    path("tokens/<int:token>/rotate/", tokens.Rotate.as_view(), name="api-token-rotate"),
    path("tokens/<int:token>/take-over/", tokens.TakeOver.as_view(), name="api-token-take-over"),
    path("device/authorize/", devices.Authorize.as_view(), name="api-device-authorize"),
    path("device/token/", devices.Collect.as_view(), name="api-device-token"),
    path("hubs/<slug:uid>/audit/", audit.AuditOfHub.as_view(), name="api-hub-audit"),
    path("hubs/<slug:uid>/audit/<int:event>/", audit.RecordOfHub.as_view(), name="api-hub-audit-record"),
    path("hubs/<slug:uid>/audit/table/", audit.TableOfHub.as_view(), name="api-hub-audit-table"),
    path("", include("hubs.urls.api_hubs")),
    path("", include("hubs.urls.api_organizations")),
    path("webhooks/", include("hubs.urls.api_webhooks")),
    path("organizations/<slug:slug>/service-accounts/", tokens.Accounts.as_view(), name="api-accounts"),
    path("organizations/<slug:slug>/service-accounts/<str:username>/", tokens.OneAccount.as_view(), name="api-account"),
    path(
        "organizations/<slug:slug>/service-accounts/<str:username>/tokens/",
        tokens.AccountTokens.as_view(),
        name="api-account-tokens",
    ),
    path(
        "organizations/<slug:slug>/calendar-address/",
        notifications.CalendarAddress.as_view(),
        name="api-calendar-address",
    ),
    # Notifications
    path("notifications/", notifications.Notifications.as_view(), name="api-notifications"),
    path("notifications/read/", notifications.ReadAll.as_view(), name="api-notifications-read"),
    path("notifications/choices/", notifications.Choices.as_view(), name="api-notification-choices"),
    path("notifications/<int:notification>/read/", notifications.Read.as_view(), name="api-notification-read"),
    # About the API
    path("openapi.json", schema.document, name="api-openapi"),
    path("docs/", docs.page, name="api-docs"),
]
