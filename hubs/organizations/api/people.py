"""Members of an organisation, and invitations."""

from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.accounts.services import credentials, sign_ins
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does, tag_of
from hubs.errors import Invalid, TooMany
from hubs.language import _
from hubs.lists.of_people import MemberFilters
from hubs.models import Invitation, Membership, Role, Scope, SignIn, User
from hubs.organizations import services


class MemberShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    organization = serializers.CharField(source="organization.slug")
    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.display_name")
    role = serializers.ChoiceField(Role.choices)
    since = serializers.DateTimeField()
    service = serializers.SerializerMethodField(help_text="Whether it is a service account")

    def get_service(self, row: Any) -> bool:
        return row.user.service_of_id is not None


class InvitationShape(shapes.Shape):
    id = serializers.IntegerField(source="pk")
    role = serializers.ChoiceField(Role.choices)
    email = serializers.CharField(allow_blank=True)
    invitedBy = serializers.CharField(source="invited_by.username")
    createdAt = serializers.DateTimeField(source="created_at")
    expiresAt = serializers.DateTimeField(source="expires_at")


class NewInvitationShape(InvitationShape):
    token = serializers.CharField(
        allow_null=True, help_text="Anyone who has it can join. Shown once; null when the response is replayed"
    )
    link = serializers.SerializerMethodField(
        help_text="Address with this token, to open in a browser; null when the response is replayed"
    )

    def get_link(self, row: Invitation) -> str | None:
        return str(self.context["request"].build_absolute_uri(reverse("invitation", args=[row.token])))


class NewInvitation(serializers.Serializer):
    role = serializers.ChoiceField(Role.choices, default=Role.MEMBER)
    email = serializers.CharField(required=False, allow_blank=True, default="", max_length=254)


class Acceptance(serializers.Serializer):
    token = serializers.CharField(max_length=64, help_text="Last part of the link")


KEEP = "Keys of items that the caller takes over so that they don’t end (see `ending/`)"


class ChangedRole(serializers.Serializer):
    role = serializers.ChoiceField(Role.choices)
    keep = serializers.ListField(
        child=serializers.CharField(max_length=60), default=list, max_length=500, help_text=KEEP
    )


class EndingShape(shapes.Shape):
    key = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.CharField()
    about = serializers.CharField()
    keepable = serializers.BooleanField(help_text="Whether another admin can take it over")


MEMBERS = [
    OpenApiParameter("role", str, enum=Role.values),
    OpenApiParameter("q", str, description="Part of a name, a user name or an email address"),
]


class Members(Endpoint):
    @does(Scope.READ, pages=MemberShape, parameters=MEMBERS, order=("pk",))
    def get(self, request: SignedIn, slug: str) -> Any:
        """Its members, without service accounts."""
        place = access.organization(request.user, slug, Permission.CONFIGURATION)
        rows = place.memberships.people().select_related("user", "organization")
        return MemberFilters(request.query_params).narrow(rows)


def _tag(row: Membership) -> str:
    return tag_of(row.pk, row.role)


class OneMember(Endpoint):
    @does(Scope.READ, gives=MemberShape, tag=_tag)
    def get(self, request: SignedIn, slug: str, member: int) -> Any:
        """One member and their role."""
        return access.membership(request.user, slug, member, Permission.CONFIGURATION)

    @does(Scope.ADMINISTER, reads=ChangedRole, gives=MemberShape, tag=_tag)
    def patch(self, request: SignedIn, slug: str, member: int) -> Any:
        """Change the role. With a lower role, things they created and can no longer create end."""
        row = access.membership(request.user, slug, member)
        said = self.read(ChangedRole)
        self.check_match(_tag(row), needed=False)
        return services.change_role(membership=row, by=request.user, **said)

    @does(Scope.ADMINISTER, parameters=[OpenApiParameter("keep", str, many=True, description=KEEP)])
    def delete(self, request: SignedIn, slug: str, member: int) -> None:
        """Remove the member. They lose access to the organisation and its hubs, and what they created there ends."""
        row = access.membership(request.user, slug, member)
        self.check_match(_tag(row), needed=False)
        services.remove(membership=row, by=request.user, keep=request.query_params.getlist("keep"))


class MemberEnding(Endpoint):
    @does(
        Scope.ADMINISTER,
        lists=EndingShape,
        parameters=[OpenApiParameter("role", str, enum=Role.values, description="The new role; leave out for removal")],
    )
    def get(self, request: SignedIn, slug: str, member: int) -> Any:
        """What would end if the member were removed or had this role."""
        row = access.membership(request.user, slug, member)
        role = request.query_params.get("role", "")
        if role and role not in Role.values:
            raise Invalid.beside("role", _("Choose one of the roles."))
        return credentials.Made(row.user, row.organization).ending(role=role)


class Invitations(Endpoint):
    @does(Scope.ADMINISTER, pages=InvitationShape, order=("-created_at", "-pk"))
    def get(self, request: SignedIn, slug: str) -> Any:
        """Invitations that can still be used, without their links."""
        place = access.organization(request.user, slug, Permission.PEOPLE)
        return place.invitations.usable(timezone.now()).select_related("invited_by")

    @does(Scope.ADMINISTER, reads=NewInvitation, makes=NewInvitationShape)
    def post(self, request: SignedIn, slug: str) -> Any:
        """Create a link with which one person can join. With an address, the portal emails it if it can send mail."""
        place = access.organization(request.user, slug, Permission.PEOPLE)
        return services.invite(organization=place, by=request.user, **self.read(NewInvitation))


class OneInvitation(Endpoint):
    @does(Scope.ADMINISTER)
    def delete(self, request: SignedIn, slug: str, invitation: int) -> None:
        """Withdraw the invitation. Its link stops working."""
        services.revoke(invitation=access.invitation(request.user, slug, invitation), by=request.user)


class SendInvitation(Endpoint):
    @does(Scope.ADMINISTER, gives=InvitationShape)
    def post(self, request: SignedIn, slug: str, invitation: int) -> Any:
        """Email the invitation again, with the same link. Only for an invitation with an address."""
        row = access.invitation(request.user, slug, invitation)
        services.send_again(invitation=row, by=request.user)
        return row


class AcceptInvitation(Endpoint):
    def handle_exception(self, exc: Exception) -> Response:
        """Count and record an unknown token here, after the transaction of `once` has ended."""
        if isinstance(exc, Http404) and isinstance(self.request.user, User):
            try:
                sign_ins.wrong(how=SignIn.How.LINK, person=self.request.user)
            except TooMany as error:
                exc = error
        return super().handle_exception(exc)

    @does(Scope.ADMINISTER, reads=Acceptance, makes=MemberShape)
    def post(self, request: SignedIn) -> Any:
        """Join with an invitation’s token. It works once. Not allowed with a token for one organisation or hub only."""
        said = self.read(Acceptance)
        row = Invitation.objects.select_related("organization", "invited_by").filter(**said).first()
        if row is None or (request.user.token and request.user.token.bound):
            raise Http404
        return services.accept(invitation=row, by=request.user)
