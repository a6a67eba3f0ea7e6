"""Organisations and what staff manage; under /api/v1/."""

from django.urls import path

from hubs.api import reference
from hubs.audit import api as audit
from hubs.clusters.api import clusters, registries
from hubs.content.api import links as material
from hubs.images import api as image_catalogue
from hubs.organizations.api import organizations, people, time_zones
from hubs.starting_points import api as starting_points

PLACE = "organizations/<slug:slug>/"
POINT = "starting-points/<slug:point>/"
IMAGE = "images/<slug:image>/"
CLUSTER = "clusters/<slug:cluster>/"

urlpatterns = [
    path("organizations/", organizations.Organizations.as_view(), name="api-organizations"),
    path(PLACE, organizations.OneOrganization.as_view(), name="api-organization"),
    path(f"{PLACE}limits/", organizations.Limits.as_view(), name="api-organization-limits"),
    path(f"{PLACE}limits/preview/", organizations.PreviewLimits.as_view(), name="api-organization-limits-preview"),
    path(f"{PLACE}cluster/", organizations.Place.as_view(), name="api-organization-cluster"),
    path(f"{PLACE}usage/", organizations.UsageView.as_view(), name="api-usage"),
    path(f"{PLACE}time-zone/", time_zones.TimeZone.as_view(), name="api-time-zone"),
    path(f"{PLACE}calendar/", organizations.Calendar.as_view(), name="api-calendar"),
    path(f"{PLACE}calendar.ics", organizations.CalendarFile.as_view(), name="api-calendar-file"),
    path(f"{PLACE}repository/", material.Repository.as_view(), name="api-repository"),
    path(f"{PLACE}registries/", registries.Registries.as_view(), name="api-registries"),
    path(f"{PLACE}registries/<str:host>/", registries.OneRegistry.as_view(), name="api-registry"),
    path(f"{PLACE}images/", image_catalogue.Images.as_view(), name="api-organization-images"),
    path(f"{PLACE}{IMAGE}", image_catalogue.OneImage.as_view(), name="api-organization-image"),
    path(f"{PLACE}{IMAGE}offer/", image_catalogue.OfferOneImage.as_view(), name="api-organization-image-offer"),
    path(f"{PLACE}{IMAGE}probe/", image_catalogue.ProbeImage.as_view(), name="api-organization-image-probe"),
    path(f"{PLACE}members/", people.Members.as_view(), name="api-members"),
    path(f"{PLACE}members/<int:member>/", people.OneMember.as_view(), name="api-member"),
    path(f"{PLACE}members/<int:member>/ending/", people.MemberEnding.as_view(), name="api-member-ending"),
    path(f"{PLACE}invitations/", people.Invitations.as_view(), name="api-invitations"),
    path(f"{PLACE}invitations/<int:invitation>/", people.OneInvitation.as_view(), name="api-invitation"),
    path(f"{PLACE}invitations/<int:invitation>/send/", people.SendInvitation.as_view(), name="api-invitation-send"),
    path("invitations/accept/", people.AcceptInvitation.as_view(), name="api-invitation-accept"),
    path(f"{PLACE}audit/", audit.AuditOfOrganization.as_view(), name="api-organization-audit"),
    # Staff
    path(f"{PLACE}audit/<int:event>/", audit.RecordOfOrganization.as_view(), name="api-organization-audit-record"),
    path(f"{PLACE}audit/table/", audit.TableOfOrganization.as_view(), name="api-organization-audit-table"),
    path("audit/", audit.Audit.as_view(), name="api-audit"),
    path("audit/<int:event>/", audit.Record.as_view(), name="api-audit-record"),
    path("audit/table/", audit.Table.as_view(), name="api-audit-table"),
    path("audit/sign-ins/", audit.SignIns.as_view(), name="api-sign-ins"),
    path("clusters/", clusters.Clusters.as_view(), name="api-clusters"),
    path(CLUSTER, clusters.OneCluster.as_view(), name="api-cluster"),
    path(f"{CLUSTER}credentials/", clusters.ReplaceCredentials.as_view(), name="api-cluster-credentials"),
    path(f"{CLUSTER}check/", clusters.CheckCluster.as_view(), name="api-cluster-check"),
    path(f"{CLUSTER}open/", clusters.OpenCluster.as_view(), name="api-cluster-open"),
    path("images/", image_catalogue.Images.as_view(), name="api-images"),
    path(IMAGE, image_catalogue.OneImage.as_view(), name="api-image"),
    path(f"{IMAGE}offer/", image_catalogue.OfferOneImage.as_view(), name="api-image-offer"),
    path(f"{IMAGE}probe/", image_catalogue.ProbeImage.as_view(), name="api-image-probe"),
    # Reference data for requests
    path("starting-points/", starting_points.StartingPoints.as_view(), name="api-starting-points"),
    path(POINT, starting_points.OnePoint.as_view(), name="api-starting-point"),
    path(f"{POINT}card/", starting_points.CardOfPoint.as_view(), name="api-starting-point-card"),
    path(f"{POINT}offer/", starting_points.OfferPoint.as_view(), name="api-starting-point-offer"),
    path(f"{POINT}versions/", starting_points.Versions.as_view(), name="api-starting-point-versions"),
    path(f"{POINT}versions/<int:number>/", starting_points.OneVersion.as_view(), name="api-starting-point-version"),
    path(
        f"{POINT}versions/<int:number>/diff/<int:other>/",
        starting_points.VersionDifferences.as_view(),
        name="api-starting-point-diff",
    ),
    path("schema/hubspec/", reference.Schema.as_view(), name="api-schema-hubspec"),
    path("schema/fields/", reference.Fields.as_view(), name="api-schema-fields"),
    path("institutions/", reference.Institutions.as_view(), name="api-institutions"),
]
