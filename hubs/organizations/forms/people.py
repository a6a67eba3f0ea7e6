"""Forms of roles and invitations."""

from typing import Any

from django import forms

from hubs.models import Role

# What each role is for, in one line. Keep in step with access.ROLES.
EXPLAINED = {
    Role.OWNER: "Can do everything an admin can do, and manages the owners.",
    Role.ADMIN: "Invites people, adjusts limits of hubs, manages all hubs and reads the audit log.",
    Role.INSTRUCTOR: "Requests hubs and manages the hubs that they created.",
    Role.MEMBER: "Sees the names, status and addresses of hubs. Signs in to hubs whose people list includes them.",
}


def _role_field(may_make_owners: bool) -> forms.ChoiceField:
    roles = [role for role in Role if may_make_owners or role != Role.OWNER]
    field = forms.ChoiceField(
        label="Role", choices=[(role.value, role.label) for role in roles], widget=forms.RadioSelect
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
        label="Email address",
        help_text="If you enter an address, only an account with this verified address can use the link. If the "
        "portal is set up to send email, it also sends the link there.",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "ines@river.example.edu"}),
    )

    def __init__(self, *args: Any, may_make_owners: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"role": _role_field(may_make_owners), "email": self.fields["email"]}
        self.fields["email"].optional = True  # type: ignore[attr-defined]
        self.initial.setdefault("role", Role.INSTRUCTOR.value)
