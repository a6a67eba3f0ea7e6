"""Input of bench.coldfront for `coldfront shell`: as many allocations as bench.world creates hubs, for as many
organisations and people. Runs in ColdFront's environment, without the portal. Prints JSON: a session of each reader
("pi", "staff", "root") and the number of the allocation whose page is requested.

One principal investigator per organisation, ten projects each, one allocation of a cluster per hub, with its people and
two attributes, one of which counts usage.
"""

import json
import os
from datetime import date, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client

WORLD = json.loads(os.environ["BENCH_WORLD"])  # allocations, places, people
PROJECTS = 10  # of each place
STATUS = ["Active"] * 17 + ["New", "Renewal Requested", "Expired"]


def rows(name: str) -> Any:
    return apps.get_model(name)._default_manager


def projects(people: list[User]) -> list[Any]:
    """Create the projects of each organisation, with its investigator and all people."""
    choice = {"status": rows("project.ProjectUserStatusChoice").get(name="Active")}
    manager, user = (rows("project.ProjectUserRoleChoice").get(name=name) for name in ("Manager", "User"))
    active = rows("project.ProjectStatusChoice").get(name="Active")
    found = []
    for place in range(WORLD["places"]):
        pi = User.objects.create_user(f"pi-{place}", first_name="Pi", last_name=f"Number {place}")
        for number in range(PROJECTS):
            words = {"title": f"Project {number} of place {place}", "description": "Classes."}
            project = rows("project.Project").create(pi=pi, status=active, **words)
            members = [(pi, manager), *((person, user) for person in people)]
            rows("project.ProjectUser").bulk_create(
                rows("project.ProjectUser").model(user=who, project=project, role=role, **choice)
                for who, role in members
            )
            found.append(project)
    return found


def allocations(projects: list[Any], people: list[User]) -> list[Any]:
    status = {one.name: one for one in rows("allocation.AllocationStatusChoice").all()}
    begin, end = date.today(), date.today() + timedelta(days=300)
    kind = rows("resource.ResourceType").get(name="Cluster")
    cluster = rows("resource.Resource").create(name="University HPC", resource_type=kind, description="For all.")
    made = rows("allocation.Allocation").bulk_create(
        rows("allocation.Allocation").model(
            project=projects[n % len(projects)], status=status[STATUS[n % len(STATUS)]], start_date=begin,
            end_date=end, justification="A class.", description=f"Class {n:04}", is_changeable=True)
        for n in range(WORLD["allocations"])
    )  # fmt: skip
    link = rows("allocation.Allocation").model.resources.through
    link.objects.bulk_create(link(allocation=one, resource=cluster) for one in made)
    active = rows("allocation.AllocationUserStatusChoice").get(name="Active")
    rows("allocation.AllocationUser").bulk_create(
        (rows("allocation.AllocationUser").model(allocation=one, user=person, status=active)
         for one in made for person in people), batch_size=1000,
    )  # fmt: skip
    return list(made)


def attributes(made: list[Any]) -> None:
    kinds = rows("allocation.AllocationAttributeType")
    account, hours = (kinds.get(name=name) for name in ("slurm_account_name", "Core Usage (Hours)"))
    model = rows("allocation.AllocationAttribute").model
    for kind, value in ((account, "class"), (hours, "5000")):
        model.objects.bulk_create(model(allocation=one, allocation_attribute_type=kind, value=value) for one in made)
    usage = rows("allocation.AllocationAttributeUsage").model
    used = model.objects.filter(allocation_attribute_type=hours)
    usage.objects.bulk_create(usage(allocation_attribute=one, value=1200) for one in used)


def session(user: Any) -> str:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


with transaction.atomic():
    people = [User.objects.create_user(f"person-{n}", f"person-{n}@example.edu") for n in range(WORLD["people"])]
    made = allocations(projects(people), people)
    attributes(made)
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="can_view_all_allocations"))
    root = User.objects.create_superuser("root")
    readers = {"pi": session(made[0].project.pi), "staff": session(staff), "root": session(root)}
print(json.dumps({"readers": readers, "allocation": made[0].pk}))
