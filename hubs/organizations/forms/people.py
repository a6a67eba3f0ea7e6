"""Forms of roles and invitations."""

from typing import Any

from django import forms

from hubs.language import _, lazy
from hubs.models import Role
from hubs.notify.services.outbox import sends_mail

# What each role is for, in one line. Keep in step with access.ROLES.
EXPLAINED = {
    Role.OWNER: lazy("Can do everything an admin can do, and manages the owners."),
    Role.ADMIN: lazy("Invites people, sets user limits, manages all hubs and reads the audit log."),
    Role.INSTRUCTOR: lazy("Requests hubs and manages the hubs that they created."),
    Role.MEMBER: lazy(
        "Sees the names, status and addresses of hubs. Signs in to hubs whose people list includes them."
    ),
}
# The same, for a person who is invited.
OFFERED = {
    Role.OWNER: lazy("As an owner, you can do everything an admin can do, and manage the owners."),
    Role.ADMIN: lazy("As an admin, you can invite people, set user limits, manage all hubs and read the audit log."),
    Role.INSTRUCTOR: lazy("As an instructor, you can request hubs and manage the hubs that you created."),
    Role.MEMBER: lazy(
        "As a member, you can see the names, status and addresses of hubs, and sign in to hubs whose people list "
        "includes you."
    ),
}
AT_ONCE = 50  # most addresses in the form
MAILED = lazy(
    "One per line. The portal emails each person a link that only an account with this verified address can use. Leave "
    "this empty for one link without an address."
)
NOT_MAILED = lazy(
    "One per line. Only an account with this verified address can use the link. This portal doesn’t send email, so "
    "send the links yourself. Leave this empty for one link without an address."
)


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


class AccountForm(RoleForm):
    """A new service account. The values are validated by hubs.accounts.services.service_accounts."""

    name = forms.CharField(
        max_length=30, label=lazy("Name"),
        help_text=lazy("Lower-case letters, digits and hyphens, such as term-script."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("role", Role.INSTRUCTOR.value)


class InviteForm(forms.Form):
    """The role, and the addresses of those who get it. The values are validated by hubs.organizations.services."""

    emails = forms.CharField(
        required=False,
        label=lazy("Email addresses"),
        widget=forms.Textarea(
            attrs={"rows": 4, "autocomplete": "off", "spellcheck": "false", "placeholder": "ines@river.example.edu"}
        ),
    )

    def __init__(self, *args: Any, may_make_owners: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {"emails": self.fields["emails"], "role": _role_field(may_make_owners)}
        self.fields["emails"].help_text = MAILED if sends_mail() else NOT_MAILED
        self.fields["emails"].optional = True  # type: ignore[attr-defined]
        self.initial.setdefault("role", Role.INSTRUCTOR.value)

    def clean_emails(self) -> list[str]:
        """Return the addresses, one per line; [""] for a link without an address."""
        lines = [line.strip(" \t,;") for line in self.cleaned_data["emails"].splitlines()]
        typed = [line for line in lines if line]
        if len(typed) > AT_ONCE:
            raise forms.ValidationError(_("Enter at most {count} addresses at once.", count=AT_ONCE))
        return typed or [""]
