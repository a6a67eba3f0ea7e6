"""Demo people and organisations. Created once, by `make run`; never in production."""

from django.conf import settings
from django.db import transaction

from hubs import runtimes
from hubs.language import lazy
from hubs.models import Cluster, Membership, Organization, Role, User
from hubs.models.cluster import THIS_MACHINE

PASSWORD = "welcome-to-the-portal"  # noqa: S105 - printed by `make run`, for one machine only
ACCOUNTS = (
    ("ada", "Ada Okafor", lazy("owner of River University")),
    ("ines", "Ines Duarte", lazy("instructor at River University")),
    ("omar", "Omar Haddad", lazy("admin of River University")),
    ("mia", "Mia Lindqvist", lazy("member of River University")),
    ("stan", "Stan Weber", lazy("staff of the portal")),
    ("zoe", "Zoe Martin", lazy("owner of Lake College")),
)
ROLES = {"ada": Role.OWNER, "ines": Role.INSTRUCTOR, "omar": Role.ADMIN, "mia": Role.MEMBER}


def _person(username: str, name: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        email = f"{username}@river.example.edu" if username != "zoe" else "zoe@lake.example.edu"
        staff = username == "stan"
        user = User.objects.create_user(username, email, PASSWORD, name=name, email_verified=True, is_staff=staff)
    return user


@transaction.atomic
def make() -> None:
    """Create the demo accounts, River University with limits, Lake College, and this machine as the cluster."""
    cluster, _ = Cluster.objects.get_or_create(
        slug="this-machine",
        defaults={
            "name": THIS_MACHINE,
            "runtime": runtimes.offered("ports")[0],
            "port_from": settings.LOCAL_HUB_PORTS[0],
            "port_to": settings.LOCAL_HUB_PORTS[1],
        },
    )
    people = {username: _person(username, name) for username, name, _ in ACCOUNTS}
    river, new = Organization.objects.get_or_create(
        slug="river",
        defaults={
            "name": "River University",
            "url": "https://river.example.edu",
            "cluster": cluster,
            "hubs": 6,
            "users_per_hub": 60,
            "memory_per_user_mib": 4096,
            "cpu_per_user": 4,
            "storage_per_user_mib": 10 * 1024,
            "total_memory_mib": 256 * 1024,
        },
    )
    lake, new_lake = Organization.objects.get_or_create(
        slug="lake", defaults={"name": "Lake College", "cluster": cluster, "hubs": 2}
    )
    if new:
        for username, role in ROLES.items():
            Membership.objects.create(organization=river, user=people[username], role=role)
    if new_lake:
        Membership.objects.create(organization=lake, user=people["zoe"], role=Role.OWNER)
