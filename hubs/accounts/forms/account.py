"""Forms of the sign-in and the profile. The services and the sign-in view validate the values."""

from typing import Any

from django import forms
from django.conf import settings

from hubs.language import _, lazy
from hubs.models import User
from hubs.notify.forms import zone_choices


class SignInForm(forms.Form):
    username = forms.CharField(
        label=lazy("User name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label=lazy("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class NameForm(forms.Form):
    name = forms.CharField(
        label=lazy("Name"),
        max_length=150,
        help_text=lazy("Your name as others see it, in the portal and in your hubs."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(
        label=lazy("Language"),
        required=False,
        help_text=lazy("The language of the portal’s pages and of emails to you."),
        error_messages={"invalid_choice": lazy("Choose a language from the list.")},
    )
    time_zone = forms.ChoiceField(
        label=lazy("Time zone"),
        required=False,
        help_text=lazy("When the daily email is sent to you, and your quiet hours."),
        error_messages={"invalid_choice": lazy("Choose a time zone from the list, such as Europe/Berlin.")},
        widget=forms.Select(attrs={"data-suggest-zone": ""}),
    )

    def __init__(self, user: User, browser: str, data: Any = None) -> None:
        """`browser` is the code of the language that the browser prefers."""
        super().__init__(
            data, initial={"name": user.display_name, "language": user.language, "time_zone": user.time_zone}
        )
        names = dict(settings.LANGUAGES)
        preferred = _("As in the browser ({language})", language=names.get(browser, names["en"]))
        self.fields["language"].choices = [("", preferred), *settings.LANGUAGES]  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = zone_choices(user.time_zone)  # type: ignore[attr-defined]


class UserNameForm(forms.Form):
    username = forms.CharField(
        label=lazy("User name"),
        max_length=150,
        required=False,
        help_text=lazy("Letters a to z, digits and hyphens, such as xiaolong-li."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


class AlsoForm(forms.Form):
    """What ends in addition to the sessions, by the names of own_keys.OWN, with counts."""

    also = forms.MultipleChoiceField(
        required=False,
        label=lazy("Also revoke"),
        widget=forms.CheckboxSelectMultiple,
        help_text=lazy("Do this if someone else may know your password."),
    )

    def __init__(self, *args: Any, kinds: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["also"].choices = list(kinds.items())  # type: ignore[attr-defined]
        if not kinds:
            del self.fields["also"]


class PasswordForm(AlsoForm):
    field_order = ["old", "new", "also"]
    old = forms.CharField(
        label=lazy("Current password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=lazy("New password"),
        max_length=1000,
        strip=False,
        help_text=lazy("At least 10 characters. A combination of several unrelated words is easy to remember."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
