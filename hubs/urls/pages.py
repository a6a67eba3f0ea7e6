"""All pages. Streams, fragments and forms are handled by the page they belong to."""

from django.urls import include, path

from hubs.accounts.pages import account, devices, language, session, tokens, user_name
from hubs.api import schema
from hubs.audit.pages import audit
from hubs.calendar.pages import dates
from hubs.calendar.pages import feed as calendar_links
from hubs.clusters.pages import clusters, registries
from hubs.content import pages as content_link
from hubs.content.api import reports as hub_material
from hubs.domains import pages as domains
from hubs.help import pages as help_pages
from hubs.hub.pages import configuration, copies, hub, inside, lists, profiles, secrets, staff, take_over
from hubs.images import pages as image_catalogue
from hubs.live import pages as live
from hubs.notify.pages import gallery as mail_gallery
from hubs.notify.pages import notifications
from hubs.organizations.pages import organizations, people, policy_preview, time_zone
from hubs.requests.pages import (
    drafts,
    image,
    institutions,
    plan,
    profile_builder,
    queue,
    repository,
    requests,
    saving,
    transfer,
)
from hubs.roster import pages as roster
from hubs.starting_points.pages import points as starting_points
from hubs.starting_points.pages import versions as starting_point_versions
from hubs.styleguide.pages import styleguide
from hubs.user_limits.api import hub_asks as hub_limits
from hubs.user_limits.pages import file as user_limit_files
from hubs.user_limits.pages import limits as user_limits
from hubs.user_limits.pages import rules as user_limit_rules
from hubs.webhooks import pages as webhooks

HUB, PLACE = "hubs/<slug:uid>/", "organizations/<slug:slug>/"
hub_urls = [
    path("<slug:uid>/limits/", hub_limits.limits_of_person, name="limits"),
    path("<slug:uid>/material/", hub_material.report, name="material"),
]
urlpatterns = [
    # The user's hubs, and for staff all hubs
    path("", lists.home, name="home"),
    path("staff/hubs/", lists.staff_hubs, name="staff-hubs"),
    # One hub
    path(HUB, hub.show, name="hub"),
    path(f"{HUB}configuration/", configuration.show, name="hub-configuration"),
    path(f"{HUB}history/", hub.history, name="hub-history"),
    path(f"{HUB}people/", roster.people, name="hub-people"),
    path(f"{HUB}people/<int:entry>/", roster.person, name="hub-person"),
    path(f"{HUB}profiles/", profiles.profiles, name="hub-profiles"),
    path(f"{HUB}limits/", user_limits.user_limits, name="hub-limits"),
    path(f"{HUB}limits/new/", user_limit_rules.new, name="hub-limit-new"),
    path(f"{HUB}limits/<int:rule>/", user_limit_rules.one, name="hub-limit"),
    path(f"{HUB}limits/person/", user_limit_rules.person, name="hub-limit-person"),
    path(f"{HUB}limits/file/", user_limit_files.from_file, name="hub-limit-file"),
    path(f"{HUB}limits/rules.csv", user_limit_files.as_file, name="hub-limit-csv"),
    path(f"{HUB}domain/", domains.domain, name="hub-domain"),
    path(f"{HUB}domain/check/", domains.check, name="hub-domain-check"),
    path(f"{HUB}domain/remove/", domains.remove, name="hub-domain-remove"),
    path(f"{HUB}content-link/", content_link.content_link, name="hub-content-link"),
    path(f"{HUB}content-link/<uuid:key>/remove/", content_link.remove, name="hub-content-link-remove"),
    path(f"{HUB}content-link/<uuid:key>/qr.svg", content_link.qr, name="hub-content-link-qr"),
    path(f"{HUB}audit/", audit.of_hub, name="hub-audit"),
    path(f"{HUB}audit/audit.csv", audit.of_hub_csv, name="hub-audit-csv"),
    path(f"{HUB}audit/<int:event>/", audit.of_hub_record, name="hub-audit-record"),
    path(f"{HUB}change/", drafts.change, name="hub-change"),
    path(f"{HUB}suspend/", hub.suspend, name="hub-suspend"),
    path(f"{HUB}resume/", hub.resume, name="hub-resume"),
    path(f"{HUB}extend/", dates.extend, name="hub-extend"),
    path(f"{HUB}retry/", hub.retry, name="hub-retry"),
    path(f"{HUB}restart/", hub.restart, name="hub-restart"),
    path(f"{HUB}servers/start/", inside.start_server, name="hub-start-server"),
    path(f"{HUB}servers/stop/", inside.stop_server, name="hub-stop-server"),
    path(f"{HUB}servers/stop-all/", inside.stop_servers, name="hub-stop-servers"),
    path(f"{HUB}logs/", inside.logs, name="hub-logs"),
    path(f"{HUB}copy/", copies.copy, name="hub-copy"),
    path(f"{HUB}compare/", copies.compare, name="hub-compare"),
    path(f"{HUB}newer/", take_over.newer, name="hub-newer"),
    path(f"{HUB}take/", transfer.take, name="hub-take"),
    path(f"{HUB}take/<str:name>", transfer.download, name="hub-download"),
    path(f"{HUB}objects/", staff.objects, name="hub-objects"),
    path(f"{HUB}code/", staff.code, name="hub-code"),
    path(f"{HUB}secrets/", secrets.show, name="hub-secrets"),
    path(f"{HUB}move/", staff.move, name="hub-move"),
    path(f"{HUB}pause/", staff.pause, name="hub-pause"),
    path(f"{HUB}unpause/", staff.unpause, name="hub-unpause"),
    path(f"{HUB}retire/", hub.retire, name="hub-retire"),
    path(f"{HUB}delete-files/", staff.delete_files, name="hub-delete-files"),
    # Requests: choose, edit, submit, review
    path("requests/", requests.index, name="request-list"),
    path("requests/new/", drafts.catalogue, name="catalogue"),
    path("requests/bring/", transfer.bring, name="bring"),
    path("requests/<uuid:uid>/", requests.show, name="request"),
    path("requests/<uuid:uid>/edit/<slug:step>/", drafts.edit, name="request-edit"),
    path("requests/<uuid:uid>/save/", saving.autosave, name="request-save"),
    path("requests/<uuid:uid>/review/", drafts.review, name="request-review"),
    path("requests/<uuid:uid>/rebase/", drafts.rebase, name="request-rebase"),
    path("requests/<uuid:uid>/take-back/", requests.take_back, name="request-take-back"),
    path("requests/<uuid:uid>/withdraw/", requests.withdraw, name="request-withdraw"),
    path("requests/<uuid:uid>/comment/", requests.comment, name="request-comment"),
    path("requests/<uuid:uid>/image/", image.show, name="request-image"),
    path("requests/<uuid:uid>/repository/", repository.show, name="request-repository"),
    path("requests/<uuid:uid>/plan/", plan.show, name="request-plan"),
    path("requests/<uuid:uid>/decide/", queue.decide, name="request-decide"),
    path("staff/queue/", queue.index, name="queue"),
    # Data for the forms
    path("institutions/", institutions.search, name="institutions"),
    path("values/keys/", transfer.keys, name="values-keys"),
    path("profiles/read/", profile_builder.read, name="profiles-read"),
    path("profiles/sizes/", profile_builder.sizes, name="profiles-ladder"),
    # Organisations and their people
    path("organizations/", organizations.index, name="organization-list"),
    path("organizations/new/", organizations.new, name="organization-new"),
    path(PLACE, organizations.show, name="organization"),
    path(f"{PLACE}limits/", organizations.limits, name="organization-limits"),
    path(f"{PLACE}limits/preview/", policy_preview.show, name="organization-limits-preview"),
    path(f"{PLACE}cluster/", organizations.cluster, name="organization-cluster"),
    path(f"{PLACE}calendar/", dates.calendar, name="organization-calendar"),
    path(f"{PLACE}time-zone/", time_zone.time_zone, name="organization-time-zone"),
    path(f"{PLACE}calendar.ics", dates.calendar_file, name="organization-ics"),
    path(f"{PLACE}calendar/address/", calendar_links.change, name="calendar-link"),
    path("calendar/<str:key>.ics", calendar_links.feed, name="calendar-feed"),
    path(f"{PLACE}images/", image_catalogue.index, name="organization-image-list"),
    path(f"{PLACE}images/new/", image_catalogue.new, name="organization-image-new"),
    path(f"{PLACE}images/<slug:image>/", image_catalogue.edit, name="organization-image-edit"),
    path(f"{PLACE}images/<slug:image>/offer/", image_catalogue.offer, name="organization-image-offer"),
    path(f"{PLACE}images/<slug:image>/probe/", image_catalogue.probe, name="organization-image-probe"),
    path(f"{PLACE}registries/", registries.index, name="registries"),
    path(f"{PLACE}registries/<int:pk>/remove/", registries.remove, name="registry-remove"),
    path(f"{PLACE}webhooks/", webhooks.index, name="webhooks"),
    path(f"{PLACE}webhooks/new/", webhooks.new, name="webhooks-new"),
    path(f"{PLACE}service-accounts/", tokens.accounts, name="service-accounts"),
    path(f"{PLACE}service-accounts/<str:username>/", tokens.account, name="service-account"),
    path(f"{PLACE}audit/", audit.of_organization, name="organization-audit"),
    path(f"{PLACE}audit/audit.csv", audit.of_organization_csv, name="organization-audit-csv"),
    path(f"{PLACE}audit/<int:event>/", audit.of_organization_record, name="organization-audit-record"),
    path(f"{PLACE}people/", people.index, name="people"),
    path(f"{PLACE}people/invite/", people.invite, name="invite"),
    path(f"{PLACE}people/<int:pk>/", people.member, name="member"),
    path(f"{PLACE}invitations/<int:pk>/", people.invitation, name="invitation-revoke"),
    path("invitations/<str:token>/", people.accept, name="invitation"),
    # Accounts
    path("sign-in/", account.sign_in, name="sign-in"),
    path("sign-out/", account.sign_out, name="sign-out"),
    path("language/", language.choose, name="language"),
    path("session/", session.state, name="session"),
    path("signed-in/", session.back, name="signed-in"),
    path("profile/sign-out/", account.sign_out_everywhere, name="sign-out-everywhere"),
    path("profile/", account.profile, name="profile"),
    path("profile/user-name/", user_name.choose, name="choose-username"),
    path("profile/notifications/", notifications.choices, name="notification-choices"),
    path("mail/stop/<str:key>/", notifications.stop, name="mail-stop"),
    # Inbox and tokens
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
    path("staff/starting-points/<slug:point>/edit/", starting_point_versions.edit, name="starting-point-edit"),
    path("staff/starting-points/<slug:point>/offer/", starting_points.set_offered, name="starting-point-offer"),
    path("staff/audit/", audit.index, name="audit"),
    path("staff/audit/audit.csv", audit.index_csv, name="audit-csv"),
    path("staff/audit/<int:event>/", audit.index_record, name="audit-record"),
    path("staff/audit/sign-ins/", audit.sign_ins, name="audit-sign-ins"),
    path("staff/mails/", mail_gallery.index, name="mail-gallery"),
    path("staff/mails/<slug:sample>/", mail_gallery.show, name="mail-sample"),
    path("staff/mails/<slug:sample>/html/", mail_gallery.html, name="mail-sample-html"),
    path("help/", help_pages.index, name="help"),
    path("help/<slug:slug>/", help_pages.guide, name="help-guide"),
    path("styleguide/", styleguide.show, name="styleguide"),
    # Server-Sent Events that announce changes
    path("live/hubs/", live.hubs, name="live-hubs"),
    path("live/hubs/<slug:uid>/", live.hub, name="live-hub"),
    path("live/inbox/", live.inbox, name="live-inbox"),
    path("live/requests/", live.requests, name="live-requests"),
    path("live/requests/<uuid:uid>/", live.request, name="live-request"),
    # Called by hubs
    path("api/hub/", include((hub_urls, "hubside"))),
    # The API
    path("problems/<slug:slug>/", schema.problem, name="problem"),
    path("api/v1/", include("hubs.urls.api")),
]
