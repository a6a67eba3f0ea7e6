"""A hub as values of the Zero to JupyterHub chart, for whoever runs it elsewhere. Pure.

What only the portal can do is left out; what its next home has to decide says so in place.
"""

from collections.abc import Iterable
from typing import Any

import yaml

from hubs.spec.hub import HubSpec
from hubs.spec.markup import safe_html
from hubs.spec.trees import Path, put
from hubs.spec.values import to_values

HEADER = """\
# {title}: values for the Zero to JupyterHub chart, 4.4 or newer.
#   helm upgrade --install hub jupyterhub --repo https://hub.jupyter.org/helm-chart/ --values values.yaml
# Replace every “to-be-replaced”. People’s files and the people list are not included.
"""


def chart_values(spec: HubSpec, secrets: Iterable[Path] = (), code: str = "") -> dict[str, Any]:
    """Valid against the chart's schema when merged over its defaults. Holds no secret and no address of ours; `secrets`
    are the paths where one belongs, `code` is what staff added to the hub's configuration."""
    values = to_values(spec, secrets, elsewhere=True)
    if spec.homePage.text:
        put(values, ("hub", "templateVars", "announcement"), safe_html(spec.homePage.text))
    if code:
        put(values, ("hub", "extraConfig", "staff"), code)
    return values


def values_yaml(spec: HubSpec, secrets: Iterable[Path] = (), code: str = "") -> str:
    """The same, as a file for people."""
    body = yaml.safe_dump(chart_values(spec, secrets, code), sort_keys=False, allow_unicode=True, width=100)
    return HEADER.format(title=spec.about.title) + body
