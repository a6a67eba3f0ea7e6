"""Course material: repositories, content links, saved links of a hub, and failed copies."""

import uuid
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import filters, shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.api.naming import each
from hubs.content.queries.look import Seen, look
from hubs.content.rules.clone_words import Why
from hubs.content.rules.links import APPS, MOST, link
from hubs.content.services import clones
from hubs.content.services import links as services
from hubs.errors import Conflict
from hubs.language import _
from hubs.models import FailedClone, Scope

ADDRESS = "Address of the repository: for cloning, or of a folder or notebook on its web pages"


class LinkFilter(serializers.Serializer):
    repo = serializers.CharField(help_text=ADDRESS)
    branch = serializers.CharField(required=False, allow_blank=True, default="")
    path = serializers.CharField(required=False, allow_blank=True, default="", help_text="File or folder to open")
    app = serializers.ChoiceField(list(APPS), required=False, default="lab")


class LinkShape(shapes.Shape):
    link = serializers.CharField(
        help_text="Link for people: copies the repository into their home directory and opens it"
    )


class ContentLink(Endpoint):
    @does(Scope.READ, gives=LinkShape, parameters=[LinkFilter])
    def get(self, request: SignedIn, uid: str) -> Any:
        """Get a link that copies course material into people's home directories (nbgitpuller). Stores nothing. 409 if
        the hub's software is known to lack what links need."""
        hub = access.hub(request.user, uid)
        asked = filters.chosen(request, LinkFilter)
        if not hub.url:
            raise Conflict(_("This hub has no address yet. Try again when the hub is ready."))
        services.check(hub)
        return {"link": link(hub.url, **asked)}


class KeptLinkShape(shapes.Shape):
    """A saved link of a hub."""

    uid = serializers.UUIDField()
    name = serializers.CharField()
    repository = serializers.CharField()
    branch = serializers.CharField(allow_blank=True)
    path = serializers.CharField(allow_blank=True)
    app = serializers.CharField(allow_blank=True)
    link = serializers.SerializerMethodField(help_text="Link for people; empty while the hub has no address")
    madeBy = serializers.CharField(source="made_by.username")
    madeAt = serializers.DateTimeField(source="made_at")

    def get_link(self, row) -> str:
        return services.address(row)


class NewLink(serializers.Serializer):
    name = serializers.CharField(max_length=100, help_text="A saved link of the same name is replaced")
    repo = serializers.CharField(max_length=2000, help_text=ADDRESS)
    branch = serializers.CharField(max_length=MOST, required=False, allow_blank=True, default="")
    path = serializers.CharField(max_length=MOST, required=False, allow_blank=True, default="")
    app = serializers.ChoiceField(list(APPS), required=False, default="lab")


class KeptLinks(Endpoint):
    @does(Scope.READ, pages=KeptLinkShape, order=("name",))
    def get(self, request: SignedIn, uid: str) -> Any:
        """List the saved links of a hub."""
        hub = access.hub(request.user, uid)
        return hub.content_links.select_related("made_by", "hub__cluster")

    @does(Scope.OPERATE, reads=NewLink, makes=KeptLinkShape)
    def post(self, request: SignedIn, uid: str) -> Any:
        """Save a link under a name."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        return services.save(hub=hub, by=request.user, **self.read(NewLink))


class OneKeptLink(Endpoint):
    @does(Scope.OPERATE)
    def delete(self, request: SignedIn, uid: str, key: uuid.UUID) -> None:
        """Remove a saved link. People who have the link can still use it."""
        services.remove(link=access.content_link(request.user, uid, key, Permission.OPERATE), by=request.user)


class FailureShape(shapes.Shape):
    """The hub's repository could not be copied into this person's home directory."""

    user = serializers.CharField(source="person", help_text="User name in the hub")
    reason = serializers.CharField(source="why", help_text=", ".join(Why))
    message = serializers.SerializerMethodField(help_text="The reason as a sentence")
    firstAt = serializers.DateTimeField(source="first_at")
    lastAt = serializers.DateTimeField(source="last_at", help_text="When the person's server last tried")

    def get_message(self, row) -> str:
        return clones.message(row, row.hub)


class Failures(Endpoint):
    @does(Scope.READ, pages=FailureShape, order=("person",))
    def get(self, request: SignedIn, uid: str) -> Any:
        """List people whose home directory the hub's repository could not be copied into. Each server retries when it
        starts. An entry is removed after a success, another repository, or 30 days."""
        hub = access.hub(request.user, uid, Permission.OPERATE)
        return FailedClone.objects.current(hub, timezone.now()).select_related("hub__revision")


class RepositoryFilter(serializers.Serializer):
    address = serializers.CharField(max_length=2000, help_text=ADDRESS)
    branch = serializers.CharField(required=False, allow_blank=True, default="")
    path = serializers.CharField(required=False, allow_blank=True, default="")


class RepositoryShape(shapes.Shape):
    """What a public repository has."""

    repository = serializers.CharField(source="material.repository", help_text="Address for `git clone`")
    branch = serializers.CharField(source="material.branch", help_text="The requested branch, or the default branch")
    path = serializers.CharField(source="material.path", allow_blank=True)
    branches = serializers.ListField(child=serializers.CharField(), help_text="The default branch first")
    notebooks = serializers.ListField(child=serializers.CharField(), help_text="Notebooks on that branch; at most 200")
    listsFiles = serializers.SerializerMethodField(help_text="False if the server does not list files")

    def get_listsFiles(self, seen: Seen) -> bool:
        return seen.files is not None


class Repository(Endpoint):
    @does(Scope.READ, gives=RepositoryShape, parameters=[RepositoryFilter])
    def get(self, request: SignedIn, slug: str) -> Any:
        """Test whether people can read a repository, and list its branches and notebooks. 422 gives the errors by
        field. Takes some seconds at most."""
        place = access.organization(request.user, slug, Permission.REQUEST)
        asked = filters.chosen(request, RepositoryFilter)
        with each(lambda name: "address" if name == "repo" else name):  # name of the field on pages
            return look(asked["address"], asked["branch"], asked["path"], organization=place, by=request.user)
