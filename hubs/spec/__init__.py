"""HubSpec: what one hub is, as data. Pure: no Django, no Kubernetes. Form, API, diff and renderer are made from it."""

from hubs.spec.catalogue import STARTING_POINTS, StartingPoint
from hubs.spec.diff import Difference, difference
from hubs.spec.draft import Draft, Reading, from_draft, read_draft, reading, to_draft
from hubs.spec.fields import FIELDS, STEPS, Field, Step
from hubs.spec.hub import HubSpec
from hubs.spec.sentences import SpecError
