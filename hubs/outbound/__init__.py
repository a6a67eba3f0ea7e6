"""Every question that the portal asks somebody else, each with one deadline and a bounded answer.

`Door` asks addresses that somebody typed; `Wire` asks those that are known: API servers, hubs, sign-in providers.
"""

from hubs.outbound.deadline import Deadline, TooLong, within
from hubs.outbound.door import Door, Unanswered
from hubs.outbound.judge import Allowed, Forbidden
from hubs.outbound.lookups import NoSuchHost, Resolver, look_up
from hubs.outbound.wire import ERRORS, Answer, Wire, is_tls, known, loopback
