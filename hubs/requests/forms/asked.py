"""Which fields the form of a request shows: fields that its starting point hides are left out, and so are steps without
fields. This only shortens the form: policy and limits check every field, and the form of a change shows all."""

from collections.abc import Mapping

from hubs.images.queries.chosen import IMAGE_NAME
from hubs.models import ChangeRequest
from hubs.requests.services.secrets import ASKED
from hubs.spec import FIELDS, STEPS, Draft, HubSpec
from hubs.spec.honoured import answers_here

from .answers import step_of
from .forecast import Forecast
from .image_cards import chosen
from .secrets import STEP as SECRETS_STEP
from .spec import StepForm, posted

IMAGE_STEP = FIELDS[IMAGE_NAME].words.step
NAMES = [step.name for step in STEPS]
BESIDE = [step.name for step in STEPS if step.extra]
REVIEW = "review"


def _left_out(hidden: frozenset[str], spec: HubSpec, wrong: set[str]) -> frozenset[str]:
    """Return paths that are not on the form: hidden fields, and fields that a hidden answer makes unnecessary. Fields
    with errors are always shown, so that they can be corrected."""
    needless = {p for p, f in FIELDS.items() if f.words.when and f.words.when[0] in hidden and not f.asked(spec)}
    return (hidden | needless) - wrong


def _without_effect(row: ChangeRequest) -> set[str]:
    """Return optional steps that have no answers and no fields that the hub's cluster supports."""
    can = row.place.can
    useful = {f.words.step for path, f in FIELDS.items() if answers_here(f, can) or row.draft.get(path, "").strip()}
    return {name for name in BESIDE if name not in useful}


class Asked:
    """The steps of one request's form. Needs a forecast only if fields are hidden."""

    def __init__(self, row: ChangeRequest, forecast: Forecast | None = None) -> None:
        self.out: frozenset[str] = frozenset()
        steps = {step.name for step in STEPS}
        if row.hidden:
            forecast = forecast or Forecast(row)
            self.out = _left_out(row.hidden, forecast.spec, set(forecast.errors))
            steps = {field.words.step for path, field in FIELDS.items() if path not in self.out}
            steps |= {step_of(path) for path in forecast.errors}
            if any(one.asked(forecast.spec) for one in ASKED):
                steps.add(SECRETS_STEP)
        self.steps = [step for step in STEPS if step.name in steps]
        self.skipped = [step.name for step in STEPS if step.name not in steps]
        self.way = [step.name for step in self.steps if not step.extra]
        useless = _without_effect(row)
        self.beside = [step for step in self.steps if step.extra and step.name not in useless]

    def trim(self, form: StepForm) -> None:
        """Remove the fields that are not shown from a step's form."""
        for path in self.out:
            form.fields.pop(path, None)

    def after(self, step: str) -> str:
        """Return the next step; after an optional step, the review."""
        later = [] if step in BESIDE else [name for name in self.way if NAMES.index(name) > NAMES.index(step)]
        return later[0] if later else REVIEW

    def before(self, step: str) -> str:
        earlier = self.way if step in BESIDE else [n for n in self.way if NAMES.index(n) < NAMES.index(step)]
        return earlier[-1] if earlier else self.way[0]


def answered(data: Mapping[str, str], step: str, row: ChangeRequest) -> Draft:
    """Return the texts of one step from a request body. A check box that was not on the page is not set to “no”."""
    absent = {path for path in row.hidden if FIELDS[path].kind == "bool" and path not in data}
    typed = {path: text for path, text in posted(data, step).items() if path not in absent}
    return typed | (chosen(data, row) if step == IMAGE_STEP else {})
