"""Roles and invitations, as typed."""

from typing import Any

from django import forms

from hubs.models import Role

# What each role is for, in one line; access.ROLES says the same to the machine.
EXPLAINED = {
    Role.OWNER: "Everything an admin may, and decides who else is owner.",
    Role.ADMIN: "Invites people, adjusts limits of hubs, runs every hub, reads the audit.",
    Role.INSTRUCTOR: "Asks for hubs and runs the hubs they made.",
    Role.MEMBER: "Sees the names, status and addresses of its hubs. Enters the hubs whose list names them.",
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
        label="E-mail address",
        help_text="With an address, only an account that confirmed it can use the link. Nothing is mailed: you send "
        "the link yourself.",
        widget=forms.EmailInput(attrs={"autocomplete": "off", "placeholder": "ines@river.example.edu"}),
    )

    def __init__(self, *args: Any, may_make_owners: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"role": _role_field(may_make_owners), "email": self.fields["email"]}
        self.fields["email"].optional = True  # type: ignore[attr-defined]
        self.initial.setdefault("role", Role.INSTRUCTOR.value)
