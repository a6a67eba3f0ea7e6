"""Content of a hub's own pages: announcement, logo, and who designs, operates and funds it."""

from typing import Annotated

from hubs.language import lazy
from hubs.spec.base import Frozen
from hubs.spec.types import ANY, Line, Link, PublicAddress, Text, Words

FOOT = lazy("Shown in the footer of the hub’s pages.")


def _shown(key: str, label: str, help_text: str, beside: str = "") -> Words:
    """Return the Words of a field that the hub's templates show, if the field `beside` it is filled in."""
    when = (f"homePage.{beside}", ANY) if beside else None
    return Words(label, help_text, "software", advanced=True, values=f"hub.templateVars.{key}", when=when)


class HomePage(Frozen):
    text: Annotated[
        Text,
        Words(
            lazy("Announcement"),
            lazy("A welcome message or a notice, shown on the hub’s own pages. You can use Markdown."),
            "software",
            values="hub.templateVars.announcement",
        ),
    ] = ""
    logo: Annotated[
        PublicAddress,
        _shown(
            "logo_image",
            lazy("Logo"),
            lazy("The address of an image, starting with https://. It is shown on the hub’s pages."),
        ),
    ] = ""
    website: Annotated[Link, _shown("logo_url", lazy("Website"), lazy("The page that the logo links to."))] = ""
    organization: Annotated[
        Line,
        _shown(
            "org_name",
            lazy("Name next to the logo"),
            lazy("The organisation that the hub belongs to, such as “River College”."),
        ),
    ] = ""
    funder: Annotated[Line, _shown("funded_by", lazy("Funded by"), FOOT)] = ""
    funderWebsite: Annotated[
        Link, _shown("funded_by_url", lazy("Funder’s website"), lazy("The page that the funder’s name links to."))
    ] = ""
    designer: Annotated[Line, _shown("designed_by", lazy("Designed by"), FOOT)] = ""
    designerWebsite: Annotated[
        Link,
        _shown(
            "designed_by_url",
            lazy("Designer’s website"),
            lazy("The page that the designer’s name links to."),
            "designer",
        ),
    ] = ""
    operator: Annotated[Line, _shown("operated_by", lazy("Operated by"), FOOT)] = ""
    operatorWebsite: Annotated[
        Link,
        _shown(
            "operated_by_url",
            lazy("Operator’s website"),
            lazy("The page that the operator’s name links to."),
            "operator",
        ),
    ] = ""
