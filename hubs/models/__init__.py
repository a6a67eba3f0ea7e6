"""Models. Queries are QuerySet methods; writes to more than one model are services."""

from hubs.models.catalogue_image import CatalogueImage
from hubs.models.classroom import ContentLink, ListChange, NamedAdmin, RosterEntry, RosterGroup
from hubs.models.clone import FailedClone
from hubs.models.cluster import Cluster
from hubs.models.date_notice import DateNotice
from hubs.models.device import DeviceGrant
from hubs.models.domain import HubDomain
from hubs.models.event import Event
from hubs.models.hub import Hub, HubPort, HubRevision
from hubs.models.hub_secret import HubSecret
from hubs.models.institution import Institution
from hubs.models.notification import CalendarLink, Mail, Notification, NotificationChoice
from hubs.models.organization import Invitation, Membership, Organization, Role
from hubs.models.person import User
from hubs.models.record import AuditEvent, AuditRecord
from hubs.models.registry import RegistryLogin
from hubs.models.request import ChangeRequest, RequestComment, RequestContributor, RequestReturn, RequestSecret
from hubs.models.run import ProvisioningRun, RunStep
from hubs.models.sign_in import KnownPlace, SignIn
from hubs.models.starting_point import StartingPoint, StartingPointVersion
from hubs.models.token import ApiToken, Scope, StoredAnswer
from hubs.models.user_limit import UserLimit
from hubs.models.webhook import Delivery, Webhook
