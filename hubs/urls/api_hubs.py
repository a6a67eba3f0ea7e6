"""Hubs and requests."""

from django.urls import path

from hubs.content.api import links as material
from hubs.domains import api as own_names
from hubs.hub.api import actions, copies, hubs, newer, profiles, revisions, secrets, servers
from hubs.live import api as live
from hubs.requests.api import moves as request_moves
from hubs.requests.api import plans, requests, talk
from hubs.roster.api import class_lists, roster
from hubs.user_limits.api import rules as user_limits
from hubs.user_limits.api import tables as limit_tables

ONE, ASKED = "hubs/<slug:uid>/", "requests/<uuid:uid>/"
urlpatterns = [
    path("hubs/", hubs.Hubs.as_view(), name="api-hubs"),
    path(ONE, hubs.OneHub.as_view(), name="api-hub"),
    path(f"{ONE}values/", hubs.Values.as_view(), name="api-hub-values"),
    path(f"{ONE}export/", hubs.Files.as_view(), name="api-hub-files"),
    path(f"{ONE}export/<str:name>", hubs.Export.as_view(), name="api-hub-export"),
    path(f"{ONE}dates/", hubs.Dates.as_view(), name="api-hub-dates"),
    path(f"{ONE}usage/", hubs.Usage.as_view(), name="api-hub-usage"),
    path(f"{ONE}runs/", hubs.Runs.as_view(), name="api-runs"),
    path(f"{ONE}runs/<int:run>/", hubs.OneRun.as_view(), name="api-run"),
    path(f"{ONE}logs/", hubs.Logs.as_view(), name="api-logs"),
    path(f"{ONE}events/", live.hub_events, name="api-hub-events"),
    # Revisions, comparison and copies
    path(f"{ONE}revisions/", revisions.Revisions.as_view(), name="api-revisions"),
    path(f"{ONE}revisions/<int:number>/", revisions.OneRevision.as_view(), name="api-revision"),
    path(f"{ONE}revisions/<int:number>/revert/", revisions.Revert.as_view(), name="api-revert"),
    path(f"{ONE}revisions/<int:number>/diff/<int:other>/", revisions.Differences.as_view(), name="api-diff"),
    path(f"{ONE}compare/", revisions.Compare.as_view(), name="api-hub-compare"),
    path(f"{ONE}copy/", copies.Copy.as_view(), name="api-hub-copy"),
    path(f"{ONE}origin/", newer.Origin.as_view(), name="api-hub-origin"),
    path(f"{ONE}origin/take/", newer.TakeNewer.as_view(), name="api-hub-take-newer"),
    path(f"{ONE}origin/keep/", newer.KeepAsItIs.as_view(), name="api-hub-keep"),
    # Actions
    path(f"{ONE}suspend/", actions.Suspend.as_view(), name="api-suspend"),
    path(f"{ONE}resume/", actions.Resume.as_view(), name="api-resume"),
    path(f"{ONE}restart/", actions.Restart.as_view(), name="api-restart"),
    path(f"{ONE}retry/", actions.Retry.as_view(), name="api-retry"),
    path(f"{ONE}extend/", actions.Extend.as_view(), name="api-extend"),
    path(f"{ONE}retire/", actions.Retire.as_view(), name="api-retire"),
    path(f"{ONE}delete-files/", actions.DeleteFiles.as_view(), name="api-hub-delete-files"),
    path(f"{ONE}pause/", actions.Pause.as_view(), name="api-pause"),
    path(f"{ONE}unpause/", actions.Unpause.as_view(), name="api-unpause"),
    path(f"{ONE}code/", actions.SetCode.as_view(), name="api-code"),
    path(f"{ONE}secrets/", secrets.Secrets.as_view(), name="api-hub-secrets"),
    path(f"{ONE}secrets/rotate/", secrets.Rotate.as_view(), name="api-hub-secrets-rotate"),
    path(f"{ONE}objects/", actions.Objects.as_view(), name="api-hub-objects"),
    # People, their servers and limits
    path(f"{ONE}servers/", servers.Servers.as_view(), name="api-servers"),
    path(f"{ONE}servers/<str:user>/", servers.OneServer.as_view(), name="api-server"),
    path(f"{ONE}roster/", roster.Roster.as_view(), name="api-roster"),
    path(f"{ONE}roster/groups/", roster.Groups.as_view(), name="api-roster-groups"),
    path(f"{ONE}roster/list/", class_lists.ClassList.as_view(), name="api-class-list"),
    path(f"{ONE}roster/remove/", class_lists.Removal.as_view(), name="api-roster-remove"),
    path(f"{ONE}roster/undo/", class_lists.Undo.as_view(), name="api-roster-undo"),
    path(f"{ONE}roster/<int:entry>/", roster.OneEntry.as_view(), name="api-roster-entry"),
    path(f"{ONE}profiles/", profiles.Profiles.as_view(), name="api-hub-profiles"),
    path(f"{ONE}limits/", user_limits.Rules.as_view(), name="api-rules"),
    path(f"{ONE}limits/<int:rule>/", user_limits.OneRule.as_view(), name="api-rule"),
    path(f"{ONE}limits/<int:rule>/standing/", user_limits.StandingOfRule.as_view(), name="api-rule-standing"),
    path(f"{ONE}limits/<int:rule>/allow/", user_limits.Allow.as_view(), name="api-rule-allow"),
    path(f"{ONE}limits/table/", limit_tables.RulesTable.as_view(), name="api-rules-table"),
    path(f"{ONE}limits/person/", limit_tables.OfPerson.as_view(), name="api-rules-person"),
    path(f"{ONE}limits/everybody/", limit_tables.OfEverybody.as_view(), name="api-rules-everybody"),
    path("limits/waiting/", user_limits.Waiting.as_view(), name="api-rules-waiting"),
    path(f"{ONE}domain/", own_names.OwnName.as_view(), name="api-hub-domain"),
    path(f"{ONE}domain/check/", own_names.CheckName.as_view(), name="api-hub-domain-check"),
    path(f"{ONE}content-link/", material.ContentLink.as_view(), name="api-hub-content-link"),
    path(f"{ONE}content-links/", material.KeptLinks.as_view(), name="api-hub-content-links"),
    path(f"{ONE}content-failures/", material.Failures.as_view(), name="api-hub-content-failures"),
    path(f"{ONE}content-links/<uuid:key>/", material.OneKeptLink.as_view(), name="api-hub-content-links-one"),
    # Requests
    path("requests/", requests.Requests.as_view(), name="api-requests"),
    path("requests/bring/", copies.Bring.as_view(), name="api-bring"),
    path(ASKED, requests.OneRequest.as_view(), name="api-request"),
    path(f"{ASKED}plan/", plans.Plan.as_view(), name="api-plan"),
    path(f"{ASKED}dry-run/", plans.DryRun.as_view(), name="api-dry-run"),
    path(f"{ASKED}images/", plans.Images.as_view(), name="api-request-images"),
    path(f"{ASKED}clashes/", plans.Clashes.as_view(), name="api-request-clashes"),
    path(f"{ASKED}rebase/", plans.Rebase.as_view(), name="api-request-rebase"),
    path(f"{ASKED}submit/", request_moves.Submit.as_view(), name="api-submit"),
    path(f"{ASKED}take-back/", request_moves.TakeBack.as_view(), name="api-take-back"),
    path(f"{ASKED}withdraw/", request_moves.Withdraw.as_view(), name="api-withdraw"),
    path(f"{ASKED}approve/", request_moves.Approve.as_view(), name="api-approve"),
    path(f"{ASKED}return/", request_moves.Return.as_view(), name="api-return"),
    path(f"{ASKED}reject/", request_moves.Reject.as_view(), name="api-reject"),
    path(f"{ASKED}comments/", talk.Comments.as_view(), name="api-comments"),
    path(f"{ASKED}history/", talk.History.as_view(), name="api-request-history"),
    path(f"{ASKED}secrets/", talk.Secrets.as_view(), name="api-request-secrets"),
    path(f"{ASKED}events/", live.request_events, name="api-request-events"),
]
