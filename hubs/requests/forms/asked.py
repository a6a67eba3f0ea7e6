"""Which fields a request's form asks: what its starting point answers for everybody is left out, and so is a step with
nothing left to ask. That is a shorter form, not a lock: policy and limits judge every field, and a change asks all."""

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
    """Paths that are not on the form: hidden ones, and those that hang on a hidden answer which makes them needless.
    What is wrong is asked all the same, or nobody could mend it."""
    needless = {p for p, f in FIELDS.items() if f.words.when and f.words.when[0] in hidden and not f.asked(spec)}
    return (hidden | needless) - wrong


def _without_effect(row: ChangeRequest) -> set[str]:
    """Steps beside the way of which the hub's place honours no field, and none has an answer."""
    can = row.place.can
    useful = {f.words.step for path, f in FIELDS.items() if answers_here(f, can) or row.draft.get(path, "").strip()}
    return {name for name in BESIDE if name not in useful}


class Asked:
    """The way through the form of one request. Costs a forecast only where something is hidden."""

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
        """Take from a step's form what is not asked."""
        for path in self.out:
            form.fields.pop(path, None)

    def after(self, step: str) -> str:
        """The next step; what is beside the way leads to its end."""
        later = [] if step in BESIDE else [name for name in self.way if NAMES.index(name) > NAMES.index(step)]
        return later[0] if later else REVIEW

    def before(self, step: str) -> str:
        earlier = self.way if step in BESIDE else [n for n in self.way if NAMES.index(n) < NAMES.index(step)]
        return earlier[-1] if earlier else self.way[0]


def answered(data: Mapping[str, str], step: str, row: ChangeRequest) -> Draft:
    """What a body says about one step. A box that was not on the page was not unticked."""
    absent = {path for path in row.hidden if FIELDS[path].kind == "bool" and path not in data}
    typed = {path: text for path, text in posted(data, step).items() if path not in absent}
    return typed | (chosen(data, row) if step == IMAGE_STEP else {})
