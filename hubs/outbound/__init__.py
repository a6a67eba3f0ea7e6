"""Questions that the portal asks of addresses which somebody typed."""

from hubs.outbound.door import Answer, Deadline, Door, Resolver, Unanswered
from hubs.outbound.judge import Allowed, Forbidden

__all__ = ["Allowed", "Answer", "Deadline", "Door", "Forbidden", "Resolver", "Unanswered"]
