"""Every page, as a table of contents. Streams, fragments and forms are answered by the page they belong to."""

from django.urls import include, path

from hubs.views import (
    account,
    audit,
    drafts,
    hub,
    hubs,
    live,
    organizations,
    people,
    queue,
    requests,
    roster,
    styleguide,
    user_limits,
)

urlpatterns = [
    # My hubs, and for staff all of them
    path("", hubs.home, name="home"),
    path("staff/hubs/", hubs.staff_hubs, name="staff-hubs"),
    # One hub
    path("hubs/<slug:uid>/", hub.show, name="hub"),
    path("hubs/<slug:uid>/history/", hub.history, name="hub-history"),
    path("hubs/<slug:uid>/people/", roster.people, name="hub-people"),
    path("hubs/<slug:uid>/people/<int:entry>/", roster.person, name="hub-person"),
    path("hubs/<slug:uid>/limits/", user_limits.user_limits, name="hub-limits"),
    path("hubs/<slug:uid>/audit/", audit.of_hub, name="hub-audit"),
    path("hubs/<slug:uid>/change/", drafts.change, name="hub-change"),
    path("hubs/<slug:uid>/suspend/", hub.suspend, name="hub-suspend"),
    path("hubs/<slug:uid>/resume/", hub.resume, name="hub-resume"),
    path("hubs/<slug:uid>/retry/", hub.retry, name="hub-retry"),
    path("hubs/<slug:uid>/retire/", hub.retire, name="hub-retire"),
    # Requests: choose, write, send, decide
    path("requests/", requests.index, name="request-list"),
    path("requests/new/", drafts.catalogue, name="catalogue"),
    path("requests/<uuid:uid>/", requests.show, name="request"),
    path("requests/<uuid:uid>/edit/<slug:step>/", drafts.edit, name="request-edit"),
    path("requests/<uuid:uid>/save/", drafts.autosave, name="request-save"),
    path("requests/<uuid:uid>/review/", drafts.review, name="request-review"),
    path("requests/<uuid:uid>/rebase/", drafts.rebase, name="request-rebase"),
    path("requests/<uuid:uid>/take-back/", requests.take_back, name="request-take-back"),
    path("requests/<uuid:uid>/withdraw/", requests.withdraw, name="request-withdraw"),
    path("requests/<uuid:uid>/comment/", requests.comment, name="request-comment"),
    path("requests/<uuid:uid>/decide/", queue.decide, name="request-decide"),
    path("staff/queue/", queue.index, name="queue"),
    # Organisations and their people
    path("organizations/", organizations.index, name="organization-list"),
    path("organizations/new/", organizations.new, name="organization-new"),
    path("organizations/<slug:slug>/", organizations.show, name="organization"),
    path("organizations/<slug:slug>/limits/", organizations.limits, name="organization-limits"),
    path("organizations/<slug:slug>/audit/", audit.of_organization, name="organization-audit"),
    path("organizations/<slug:slug>/people/", people.index, name="people"),
    path("organizations/<slug:slug>/people/invite/", people.invite, name="invite"),
    path("organizations/<slug:slug>/people/<int:pk>/", people.member, name="member"),
    path("organizations/<slug:slug>/invitations/<int:pk>/", people.invitation, name="invitation-revoke"),
    path("invitations/<str:token>/", people.accept, name="invitation"),
    # Accounts
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("profile/", account.profile, name="profile"),
    # Staff
    path("staff/audit/", audit.index, name="audit"),
    path("styleguide/", styleguide.show, name="styleguide"),
    # "Something changed" as Server-Sent Events
    path("live/hubs/", live.hubs, name="live-hubs"),
    path("live/hubs/<slug:uid>/", live.hub, name="live-hub"),
    path("live/requests/", live.requests, name="live-requests"),
    path("live/requests/<uuid:uid>/", live.request, name="live-request"),
    # The same by program
    path("api/v1/", include("hubs.api.urls")),
]
