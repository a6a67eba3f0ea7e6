"""Rows. Reads are QuerySet methods; writes that touch more than one kind of row are services."""

from hubs.models.classroom import RosterEntry
from hubs.models.cluster import Cluster
from hubs.models.hub import Hub, HubPort, HubRevision, HubSecret
from hubs.models.organization import Invitation, Membership, Organization, Role
from hubs.models.person import User
from hubs.models.record import AuditEvent
from hubs.models.request import ChangeRequest, RequestComment
from hubs.models.run import ProvisioningRun, RunStep

__all__ = [
    "AuditEvent",
    "ChangeRequest",
    "Cluster",
    "Hub",
    "HubPort",
    "HubRevision",
    "HubSecret",
    "Invitation",
    "Membership",
    "Organization",
    "ProvisioningRun",
    "RequestComment",
    "Role",
    "RosterEntry",
    "RunStep",
    "User",
]
