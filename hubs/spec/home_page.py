"""What stands on a hub’s own pages: words, a logo, and who designs, operates and funds it."""

from typing import Annotated

from hubs.spec.base import Frozen
from hubs.spec.types import ANY, Line, Link, PublicAddress, Text, Words


class HomePage(Frozen):
    text: Annotated[
        Text,
        Words(
            "Words on the hub’s pages",
            "A welcome or a notice, shown on the hub’s own pages. Markdown works.",
            "software",
            values="hub.templateVars.announcement",
        ),
    ] = ""
    logo: Annotated[
        PublicAddress,
        Words("Logo", "The address of a picture, beginning with https://. It stands on the hub’s pages.", "software",
              advanced=True, values="hub.templateVars.logo_image"),
    ] = ""  # fmt: skip
    website: Annotated[
        Link,
        Words("Website", "Where the logo leads to.", "software", advanced=True,
              values="hub.templateVars.logo_url"),
    ] = ""  # fmt: skip
    organization: Annotated[
        Line,
        Words("Name beside the logo", "Whose hub it is, such as “River College”.", "software", advanced=True,
              values="hub.templateVars.org_name"),
    ] = ""  # fmt: skip
    funder: Annotated[
        Line,
        Words("Funded by", "Named at the foot of the hub’s pages.", "software", advanced=True,
              values="hub.templateVars.funded_by"),
    ] = ""  # fmt: skip
    funderWebsite: Annotated[
        Link,
        Words("Funder’s website", "Where their name leads to.", "software", advanced=True,
              values="hub.templateVars.funded_by_url"),
    ] = ""  # fmt: skip
    designer: Annotated[
        Line,
        Words("Designed by", "Named at the foot of the hub’s pages.", "software", advanced=True,
              values="hub.templateVars.designed_by"),
    ] = ""  # fmt: skip
    designerWebsite: Annotated[
        Link,
        Words("Designer’s website", "Where their name leads to.", "software", advanced=True,
              values="hub.templateVars.designed_by_url", when=("homePage.designer", ANY)),
    ] = ""  # fmt: skip
    operator: Annotated[
        Line,
        Words("Operated by", "Named at the foot of the hub’s pages.", "software", advanced=True,
              values="hub.templateVars.operated_by"),
    ] = ""  # fmt: skip
    operatorWebsite: Annotated[
        Link,
        Words("Operator’s website", "Where their name leads to.", "software", advanced=True,
              values="hub.templateVars.operated_by_url", when=("homePage.operator", ANY)),
    ] = ""  # fmt: skip
