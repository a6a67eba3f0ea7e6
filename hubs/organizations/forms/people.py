"""Forms of roles and invitations."""

from typing import Any

from django import forms

from hubs.language import lazy
from hubs.models import Role
from hubs.notify.services.outbox import sends_mail

# What each role is for, in one line. Keep in step with access.ROLES.
EXPLAINED = {
    Role.OWNER: lazy("Can do everything an admin can do, and manages the owners."),
    Role.ADMIN: lazy("Invites people, adjusts limits of hubs, manages all hubs and reads the audit log."),
    Role.INSTRUCTOR: lazy("Requests hubs and manages the hubs that they created."),
    Role.MEMBER: lazy(
        "Sees the names, status and addresses of hubs. Signs in to hubs whose people list includes them."
    ),
}
# The same, for a person who is invited.
OFFERED = {
    Role.OWNER: lazy("As an owner, you can do everything an admin can do, and manage the owners."),
    Role.ADMIN: lazy(
        "As an admin, you can invite people, adjust limits of hubs, manage all hubs and read the audit log."
    ),
    Role.INSTRUCTOR: lazy("As an instructor, you can request hubs and manage the hubs that you created."),
    Role.MEMBER: lazy(
        "As a member, you can see the names, status and addresses of hubs, and sign in to hubs whose people list "
        "includes you."
    ),
}
ONLY_THEIRS = lazy("If you enter an address, only an account with this verified address can use the link.")
MAILED = lazy("The link is also emailed to this address.")
NOT_MAILED = lazy("This portal doesn’t send email, so send the link yourself.")


def _role_field(may_make_owners: bool) -> forms.ChoiceField:
    roles = [role for role in Role if may_make_owners or role != Role.OWNER]
    field = forms.ChoiceField(
        label=lazy("Role"), choices=[(role.value, role.label) for role in roles], widget=forms.RadioSelect
    )
    field.choice_help = {role.value: EXPLAINED[role] for role in roles}  # type: ignore[attr-defined]
    return field


class RoleForm(forms.Form):
    def __init__(self, *args: Any, may_make_owners: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = _role_field(may_make_owners)


class InviteForm(forms.Form):
    email = forms.CharField(
        required=False,
        max_length=254,
        label=lazy("Email address"),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "ines@river.example.edu"}),
    )

    def __init__(self, *args: Any, may_make_owners: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"role": _role_field(may_make_owners), "email": self.fields["email"]}
        self.fields["email"].help_text = f"{ONLY_THEIRS} {MAILED if sends_mail() else NOT_MAILED}"
        self.fields["email"].optional = True  # type: ignore[attr-defined]
        self.initial.setdefault("role", Role.INSTRUCTOR.value)
