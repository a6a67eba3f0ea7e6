"""Webhooks; under /api/v1/webhooks/."""

from django.urls import path

from hubs.webhooks import api as webhooks

ONE = "<uuid:webhook>/"

urlpatterns = [
    path("", webhooks.Webhooks.as_view(), name="api-webhooks"),
    path(ONE, webhooks.OneWebhook.as_view(), name="api-webhook"),
    path(f"{ONE}rotate/", webhooks.RotateSecret.as_view(), name="api-webhook-rotate"),
    path(f"{ONE}test/", webhooks.TestWebhook.as_view(), name="api-webhook-test"),
    path(f"{ONE}pause/", webhooks.PauseWebhook.as_view(), name="api-webhook-pause"),
    path(f"{ONE}resume/", webhooks.ResumeWebhook.as_view(), name="api-webhook-resume"),
    path(f"{ONE}resend/", webhooks.ResendFailed.as_view(), name="api-webhook-resend"),
    path(f"{ONE}deliveries/", webhooks.Deliveries.as_view(), name="api-webhook-deliveries"),
    path(f"{ONE}deliveries/<int:delivery>/", webhooks.OneDelivery.as_view(), name="api-webhook-delivery"),
    path(
        f"{ONE}deliveries/<int:delivery>/resend/", webhooks.ResendDelivery.as_view(), name="api-webhook-delivery-resend"
    ),
]
