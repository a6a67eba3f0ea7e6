"""What the portal uses of Django, REST framework and asgiref although they promise nothing about it: here and nowhere
else. `tests/project/test_internals.py` tries each on the real thing, so that an upgrade that moves one is noticed."""

from typing import TYPE_CHECKING, Any

from asgiref.sync import SyncToAsync
from django.http import HttpRequest
from django.utils.functional import LazyObject, empty

if TYPE_CHECKING:
    from rest_framework.request import Request


def known(value: Any) -> Any:
    """What a lazy object stands for, and None while nobody has asked it: asking costs what it was made to spare."""
    found = value._wrapped if isinstance(value, LazyObject) else value
    return None if found is empty else found


def below(request: "Request") -> HttpRequest:
    """The request of Django that REST framework's stands around: the server's kind of it."""
    found: HttpRequest = request._request
    return found


def let_the_thread_go() -> None:
    """Each request has a thread of its own for what is not asynchronous (Django's ThreadSensitiveContext), which waits
    until the answer has ended: a thread for every open stream. Without it the next call just starts another one."""
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = SyncToAsync.context_to_thread_executor.pop(context, None) if context else None
    if executor:
        executor.shutdown(wait=False)
