"""Every page, as a table of contents. Streams, fragments and forms are answered by the page they belong to."""

from django.urls import include, path

from hubs.accounts.pages import account, devices, session, tokens, user_name
from hubs.api import schema
from hubs.audit.pages import audit
from hubs.calendar.pages import dates
from hubs.calendar.pages import feed as calendar_links
from hubs.clusters.pages import clusters, registries
from hubs.content import pages as content_link
from hubs.content.api import reports as hub_material
from hubs.domains import pages as domains
from hubs.hub.pages import (
    copies,
    hub,
    take_over,
)
from hubs.hub.pages import (
    inside as hub_inside,
)
from hubs.hub.pages import (
    lists as hubs,
)
from hubs.hub.pages import (
    profiles as hub_profiles,
)
from hubs.hub.pages import (
    secrets as hub_secrets,
)
from hubs.hub.pages import (
    staff as hub_staff,
)
from hubs.images import pages as image_catalogue
from hubs.live import pages as live
from hubs.notify.pages import gallery as mail_gallery
from hubs.notify.pages import notifications
from hubs.organizations.pages import organizations, people, policy_preview, time_zone
from hubs.requests.pages import (
    drafts,
    institutions,
    profile_builder,
    queue,
    requests,
    transfer,
)
from hubs.requests.pages import (
    image as request_image,
)
from hubs.requests.pages import (
    plan as request_plan,
)
from hubs.requests.pages import (
    repository as request_repository,
)
from hubs.requests.pages import (
    saving as draft_saving,
)
from hubs.roster import pages as roster
from hubs.starting_points import pages as starting_points
from hubs.styleguide.pages import styleguide
from hubs.user_limits.api import hub_asks as hub_limits
from hubs.user_limits.pages import limits as user_limits
from hubs.user_limits.pages import rules as user_limit_rules
from hubs.webhooks import pages as webhooks

hub_urls = [
    path("<slug:uid>/limits/", hub_limits.limits_of_person, name="limits"),
    path("<slug:uid>/material/", hub_material.report, name="material"),
]
urlpatterns = [
    # My hubs, and for staff all of them
    path("", hubs.home, name="home"),
    path("staff/hubs/", hubs.staff_hubs, name="staff-hubs"),
    # One hub
    path("hubs/<slug:uid>/", hub.show, name="hub"),
    path("hubs/<slug:uid>/history/", hub.history, name="hub-history"),
    path("hubs/<slug:uid>/people/", roster.people, name="hub-people"),
    path("hubs/<slug:uid>/people/<int:entry>/", roster.person, name="hub-person"),
    path("hubs/<slug:uid>/profiles/", hub_profiles.profiles, name="hub-profiles"),
    path("hubs/<slug:uid>/limits/", user_limits.user_limits, name="hub-limits"),
    path("hubs/<slug:uid>/limits/new/", user_limit_rules.new, name="hub-limit-new"),
    path("hubs/<slug:uid>/limits/<int:rule>/", user_limit_rules.one, name="hub-limit"),
    path("hubs/<slug:uid>/limits/person/", user_limit_rules.person, name="hub-limit-person"),
    path("hubs/<slug:uid>/limits/file/", user_limit_rules.from_file, name="hub-limit-file"),
    path("hubs/<slug:uid>/limits/rules.csv", user_limit_rules.as_file, name="hub-limit-csv"),
    path("hubs/<slug:uid>/domain/", domains.domain, name="hub-domain"),
    path("hubs/<slug:uid>/domain/check/", domains.check, name="hub-domain-check"),
    path("hubs/<slug:uid>/domain/remove/", domains.remove, name="hub-domain-remove"),
    path("hubs/<slug:uid>/content-link/", content_link.content_link, name="hub-content-link"),
    path("hubs/<slug:uid>/content-link/<uuid:key>/remove/", content_link.remove, name="hub-content-link-remove"),
    path("hubs/<slug:uid>/content-link/<uuid:key>/qr.svg", content_link.qr, name="hub-content-link-qr"),
    path("hubs/<slug:uid>/audit/", audit.of_hub, name="hub-audit"),
    path("hubs/<slug:uid>/audit/audit.csv", audit.of_hub_csv, name="hub-audit-csv"),
    path("hubs/<slug:uid>/audit/<int:event>/", audit.of_hub_record, name="hub-audit-record"),
    path("hubs/<slug:uid>/change/", drafts.change, name="hub-change"),
    path("hubs/<slug:uid>/suspend/", hub.suspend, name="hub-suspend"),
    path("hubs/<slug:uid>/resume/", hub.resume, name="hub-resume"),
    path("hubs/<slug:uid>/extend/", dates.extend, name="hub-extend"),
    path("hubs/<slug:uid>/retry/", hub.retry, name="hub-retry"),
    path("hubs/<slug:uid>/restart/", hub.restart, name="hub-restart"),
    path("hubs/<slug:uid>/servers/start/", hub_inside.start_server, name="hub-start-server"),
    path("hubs/<slug:uid>/servers/stop/", hub_inside.stop_server, name="hub-stop-server"),
    path("hubs/<slug:uid>/servers/stop-all/", hub_inside.stop_servers, name="hub-stop-servers"),
    path("hubs/<slug:uid>/logs/", hub_inside.logs, name="hub-logs"),
    path("hubs/<slug:uid>/copy/", copies.copy, name="hub-copy"),
    path("hubs/<slug:uid>/compare/", copies.compare, name="hub-compare"),
    path("hubs/<slug:uid>/newer/", take_over.newer, name="hub-newer"),
    path("hubs/<slug:uid>/take/", transfer.take, name="hub-take"),
    path("hubs/<slug:uid>/take/<str:name>", transfer.download, name="hub-download"),
    path("hubs/<slug:uid>/objects/", hub_staff.objects, name="hub-objects"),
    path("hubs/<slug:uid>/code/", hub_staff.code, name="hub-code"),
    path("hubs/<slug:uid>/secrets/", hub_secrets.show, name="hub-secrets"),
    path("hubs/<slug:uid>/move/", hub_staff.move, name="hub-move"),
    path("hubs/<slug:uid>/pause/", hub_staff.pause, name="hub-pause"),
    path("hubs/<slug:uid>/unpause/", hub_staff.unpause, name="hub-unpause"),
    path("hubs/<slug:uid>/retire/", hub.retire, name="hub-retire"),
    path("hubs/<slug:uid>/delete-files/", hub_staff.delete_files, name="hub-delete-files"),
    # Requests: choose, write, send, decide
    path("requests/", requests.index, name="request-list"),
    path("requests/new/", drafts.catalogue, name="catalogue"),
    path("requests/bring/", transfer.bring, name="bring"),
    path("requests/<uuid:uid>/", requests.show, name="request"),
    path("requests/<uuid:uid>/edit/<slug:step>/", drafts.edit, name="request-edit"),
    path("requests/<uuid:uid>/save/", draft_saving.autosave, name="request-save"),
    path("requests/<uuid:uid>/review/", drafts.review, name="request-review"),
    path("requests/<uuid:uid>/rebase/", drafts.rebase, name="request-rebase"),
    path("requests/<uuid:uid>/take-back/", requests.take_back, name="request-take-back"),
    path("requests/<uuid:uid>/withdraw/", requests.withdraw, name="request-withdraw"),
    path("requests/<uuid:uid>/comment/", requests.comment, name="request-comment"),
    path("requests/<uuid:uid>/image/", request_image.show, name="request-image"),
    path("requests/<uuid:uid>/repository/", request_repository.show, name="request-repository"),
    path("requests/<uuid:uid>/plan/", request_plan.show, name="request-plan"),
    path("requests/<uuid:uid>/decide/", queue.decide, name="request-decide"),
    path("staff/queue/", queue.index, name="queue"),
    # What the profile builder asks
    path("institutions/", institutions.search, name="institutions"),
    path("values/keys/", transfer.keys, name="values-keys"),
    path("profiles/read/", profile_builder.read, name="profiles-read"),
    path("profiles/sizes/", profile_builder.sizes, name="profiles-ladder"),
    # Organisations and their people
    path("organizations/", organizations.index, name="organization-list"),
    path("organizations/new/", organizations.new, name="organization-new"),
    path("organizations/<slug:slug>/", organizations.show, name="organization"),
    path("organizations/<slug:slug>/limits/", organizations.limits, name="organization-limits"),
    path("organizations/<slug:slug>/limits/preview/", policy_preview.show, name="organization-limits-preview"),
    path("organizations/<slug:slug>/cluster/", organizations.cluster, name="organization-cluster"),
    path("organizations/<slug:slug>/calendar/", dates.calendar, name="organization-calendar"),
    path("organizations/<slug:slug>/time-zone/", time_zone.time_zone, name="organization-time-zone"),
    path("organizations/<slug:slug>/calendar.ics", dates.calendar_file, name="organization-ics"),
    path("organizations/<slug:slug>/calendar/address/", calendar_links.change, name="calendar-link"),
    path("calendar/<str:key>.ics", calendar_links.feed, name="calendar-feed"),
    path("organizations/<slug:slug>/images/", image_catalogue.index, name="organization-image-list"),
    path("organizations/<slug:slug>/images/new/", image_catalogue.new, name="organization-image-new"),
    path("organizations/<slug:slug>/images/<slug:image>/", image_catalogue.edit, name="organization-image-edit"),
    path(
        "organizations/<slug:slug>/images/<slug:image>/offer/", image_catalogue.offer, name="organization-image-offer"
    ),
    path(
        "organizations/<slug:slug>/images/<slug:image>/probe/", image_catalogue.probe, name="organization-image-probe"
    ),
    path("organizations/<slug:slug>/registries/", registries.index, name="registries"),
    path("organizations/<slug:slug>/registries/<int:pk>/remove/", registries.remove, name="registry-remove"),
    path("organizations/<slug:slug>/webhooks/", webhooks.index, name="webhooks"),
    path("organizations/<slug:slug>/webhooks/new/", webhooks.new, name="webhooks-new"),
    path("organizations/<slug:slug>/service-accounts/", tokens.accounts, name="service-accounts"),
    path("organizations/<slug:slug>/service-accounts/<str:username>/", tokens.account, name="service-account"),
    path("organizations/<slug:slug>/audit/", audit.of_organization, name="organization-audit"),
    path("organizations/<slug:slug>/audit/audit.csv", audit.of_organization_csv, name="organization-audit-csv"),
    path(
        "organizations/<slug:slug>/audit/<int:event>/", audit.of_organization_record, name="organization-audit-record"
    ),
    path("organizations/<slug:slug>/people/", people.index, name="people"),
    path("organizations/<slug:slug>/people/invite/", people.invite, name="invite"),
    path("organizations/<slug:slug>/people/<int:pk>/", people.member, name="member"),
    path("organizations/<slug:slug>/invitations/<int:pk>/", people.invitation, name="invitation-revoke"),
    path("invitations/<str:token>/", people.accept, name="invitation"),
    # Accounts
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("session/", session.state, name="session"),
    path("signed-in/", session.back, name="signed-in"),
    path("profile/sign-out/", account.sign_out_everywhere, name="sign-out-everywhere"),
    path("profile/", account.profile, name="profile"),
    path("profile/user-name/", user_name.choose, name="choose-username"),
    path("profile/notifications/", notifications.choices, name="notification-choices"),
    path("mail/stop/<str:key>/", notifications.stop, name="mail-stop"),
    # What one is told
    path("inbox/", notifications.index, name="inbox"),
    path("inbox/count/", notifications.count, name="inbox-count"),
    path("inbox/read/", notifications.read_all, name="inbox-read-all"),
    path("inbox/<int:pk>/", notifications.go, name="inbox-go"),
    path("inbox/<int:pk>/read/", notifications.read, name="inbox-read"),
    path("profile/tokens/", tokens.index, name="tokens"),
    path("device/", devices.device, name="device"),
    path("profile/tokens/<int:token>/revoke/", tokens.revoke, name="token-revoke"),
    path("profile/tokens/<int:token>/take-over/", tokens.take_over, name="token-take-over"),
    # Webhooks, of an organisation or of staff
    path("webhooks/<uuid:webhook>/", webhooks.show, name="webhook"),
    path("webhooks/<uuid:webhook>/change/", webhooks.change, name="webhook-change"),
    path("webhooks/<uuid:webhook>/rotate/", webhooks.rotate, name="webhook-rotate"),
    path("webhooks/<uuid:webhook>/test/", webhooks.test, name="webhook-test"),
    path("webhooks/<uuid:webhook>/pause/", webhooks.pause, name="webhook-pause"),
    path("webhooks/<uuid:webhook>/resume/", webhooks.resume, name="webhook-resume"),
    path("webhooks/<uuid:webhook>/resend/", webhooks.resend_failed, name="webhook-resend"),
    path("webhooks/<uuid:webhook>/remove/", webhooks.remove, name="webhook-remove"),
    path("webhooks/<uuid:webhook>/deliveries/<int:delivery>/", webhooks.delivery, name="webhook-delivery"),
    path("webhooks/<uuid:webhook>/deliveries/<int:delivery>/resend/", webhooks.resend, name="webhook-delivery-resend"),
    path("staff/webhooks/", webhooks.of_staff, name="staff-webhooks"),
    path("staff/webhooks/new/", webhooks.new, name="staff-webhooks-new"),
    # Staff
    path("staff/clusters/", clusters.index, name="cluster-list"),
    path("staff/clusters/new/", clusters.new, name="cluster-new"),
    path("staff/clusters/new/machine/", clusters.new_machine, name="cluster-new-machine"),
    path("staff/clusters/<slug:cluster>/", clusters.show, name="cluster"),
    path("staff/clusters/<slug:cluster>/edit/", clusters.edit, name="cluster-edit"),
    path("staff/clusters/<slug:cluster>/credentials/", clusters.credentials, name="cluster-credentials"),
    path("staff/clusters/<slug:cluster>/check/", clusters.check, name="cluster-check"),
    path("staff/clusters/<slug:cluster>/open/", clusters.set_open, name="cluster-open"),
    path("staff/clusters/<slug:cluster>/delete/", clusters.delete, name="cluster-delete"),
    path("staff/images/", image_catalogue.index, name="image-list"),
    path("staff/images/new/", image_catalogue.new, name="image-new"),
    path("staff/images/<slug:image>/", image_catalogue.edit, name="image-edit"),
    path("staff/images/<slug:image>/offer/", image_catalogue.offer, name="image-offer"),
    path("staff/images/<slug:image>/probe/", image_catalogue.probe, name="image-probe"),
    path("staff/starting-points/", starting_points.index, name="starting-point-list"),
    path("staff/starting-points/new/", starting_points.new, name="starting-point-new"),
    path("staff/starting-points/<slug:point>/", starting_points.show, name="starting-point"),
    path("staff/starting-points/<slug:point>/card/", starting_points.card, name="starting-point-card"),
    path("staff/starting-points/<slug:point>/edit/", starting_points.edit, name="starting-point-edit"),
    path("staff/starting-points/<slug:point>/offer/", starting_points.set_offered, name="starting-point-offer"),
    path("staff/audit/", audit.index, name="audit"),
    path("staff/audit/audit.csv", audit.index_csv, name="audit-csv"),
    path("staff/audit/<int:event>/", audit.index_record, name="audit-record"),
    path("staff/audit/sign-ins/", audit.sign_ins, name="audit-sign-ins"),
    path("staff/mails/", mail_gallery.index, name="mail-gallery"),
    path("staff/mails/<slug:sample>/", mail_gallery.show, name="mail-sample"),
    path("staff/mails/<slug:sample>/html/", mail_gallery.html, name="mail-sample-html"),
    path("styleguide/", styleguide.show, name="styleguide"),
    # "Something changed" as Server-Sent Events
    path("live/hubs/", live.hubs, name="live-hubs"),
    path("live/hubs/<slug:uid>/", live.hub, name="live-hub"),
    path("live/inbox/", live.inbox, name="live-inbox"),
    path("live/requests/", live.requests, name="live-requests"),
    path("live/requests/<uuid:uid>/", live.request, name="live-request"),
    # What hubs themselves ask
    path("api/hub/", include((hub_urls, "hubside"))),
    # The same by program
    path("problems/<slug:slug>/", schema.problem, name="problem"),
    path("api/v1/", include("hubs.urls.api")),
]
