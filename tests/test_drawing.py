"""Form inputs rendered without templates look like those of Django's templates."""

import re
from datetime import date, time

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates

from hubs.pages.drawing import DRAWN, InOnePiece

PLAIN = (("", "Anything"), ("a", "One & two"), (3, "<Three>"))
GROUPED = (("", "Anything"), ("Group “<>”", PLAIN[1:]), ("More", (("z", "Last"),)))
BARE: dict[str, object] = {}
RICH = {"class": "wide", "required": True, "disabled": False, "placeholder": 'a "b" <c>', "size": 7}
TYPED = (None, "", "<text> & “more”", 0, 1.5)
INPUTS = (
    forms.TextInput, forms.NumberInput, forms.EmailInput, forms.URLInput, forms.HiddenInput, forms.Textarea,
    forms.PasswordInput, forms.FileInput, forms.CheckboxInput,
)  # fmt: skip
SELECTS = (forms.Select, forms.SelectMultiple, forms.RadioSelect, forms.CheckboxSelectMultiple, forms.NullBooleanSelect)
CASES = [
    *((kind(attrs=attrs), value) for kind in INPUTS for attrs in (BARE, RICH) for value in TYPED),
    (forms.PasswordInput(render_value=True), "secret"),
    (forms.DateInput(), date(2026, 3, 1)),
    (forms.TimeInput(), time(9, 5)),
    *((kind(choices=choices, attrs=attrs), value) for kind in SELECTS[:4] for choices in ((), PLAIN, GROUPED)
      for attrs in (BARE, RICH) for value in (None, "a", ["a", "3"])),
    (forms.NullBooleanSelect(), True),
]  # fmt: skip


def even(drawn):
    """Remove line breaks between tags: each of Django's templates ends with one."""
    return re.sub(r"\s*\n\s*", " ", drawn).replace(" <", "<")


@pytest.mark.parametrize(("widget", "value"), CASES, ids=lambda one: f"{type(one).__name__}")
def test_a_widget_looks_as_django_draws_it(widget, value):
    attrs = {"id": "id_it", "aria-describedby": "it-help"}
    drawn = [widget.render("it", value, attrs, renderer) for renderer in (InOnePiece(), DjangoTemplates())]
    assert even(drawn[0]) == even(drawn[1])


@pytest.mark.parametrize("kind", [forms.RadioSelect, forms.CheckboxSelectMultiple])
def test_one_choice_looks_as_django_draws_it(kind):
    class Form(forms.Form):
        it = forms.ChoiceField(choices=PLAIN, widget=kind)

    choices = [list(Form(renderer=renderer)["it"]) for renderer in (InOnePiece(), DjangoTemplates())]
    for labelled in (False, True):
        ours, django = ([even(one.tag(wrap_label=labelled)) for one in some] for some in choices)
        assert ours == django


def test_every_form_is_drawn_so():
    assert isinstance(forms.Form().renderer, InOnePiece)


def test_each_rendered_widget_has_a_template_of_that_name():
    for name in DRAWN:
        assert DjangoTemplates().get_template(name)
