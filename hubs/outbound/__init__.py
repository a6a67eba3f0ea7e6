"""All outbound requests of the portal, each with one deadline and a bounded response.

`OutboundClient` is for addresses that people entered; `Wire` is for known ones: API servers, hubs, sign-in providers.
"""

from hubs.outbound.address_policy import Allowed, Forbidden
from hubs.outbound.client import OutboundClient, Unanswered
from hubs.outbound.deadline import Deadline, TooLong, within
from hubs.outbound.lookups import NoSuchHost, Resolver, look_up
from hubs.outbound.wire import ERRORS, Answer, Wire, is_tls, known, loopback
