"""What stands on a hub’s own pages: words, a logo, and who designs, operates and funds it."""

from typing import Annotated

from hubs.spec.base import Frozen
from hubs.spec.types import ANY, Line, Link, PublicAddress, Text, Words

FOOT = "Named at the foot of the hub’s pages."


def _shown(key: str, label: str, help_text: str, beside: str = "") -> Words:
    """Of a field that the hub's own templates show; asked where the one that it stands `beside` has an answer."""
    when = (f"homePage.{beside}", ANY) if beside else None
    return Words(label, help_text, "software", advanced=True, values=f"hub.templateVars.{key}", when=when)


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
        _shown(
            "logo_image", "Logo", "The address of a picture, beginning with https://. It stands on the hub’s pages."
        ),
    ] = ""
    website: Annotated[Link, _shown("logo_url", "Website", "Where the logo leads to.")] = ""
    organization: Annotated[
        Line, _shown("org_name", "Name beside the logo", "Whose hub it is, such as “River College”.")
    ] = ""
    funder: Annotated[Line, _shown("funded_by", "Funded by", FOOT)] = ""
    funderWebsite: Annotated[Link, _shown("funded_by_url", "Funder’s website", "Where their name leads to.")] = ""
    designer: Annotated[Line, _shown("designed_by", "Designed by", FOOT)] = ""
    designerWebsite: Annotated[
        Link, _shown("designed_by_url", "Designer’s website", "Where their name leads to.", "designer")
    ] = ""
    operator: Annotated[Line, _shown("operated_by", "Operated by", FOOT)] = ""
    operatorWebsite: Annotated[
        Link, _shown("operated_by_url", "Operator’s website", "Where their name leads to.", "operator")
    ] = ""
