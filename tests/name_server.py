"""A small real name server on loopback: it answers from a zone that a test writes."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@dataclass
class Zone:
    """(name, type) -> records as text. A name without records does not exist."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    broken: bool = False  # answers SERVFAIL
    silent: bool = False  # does not answer
    address: str = ""  # ADDRESS:PORT
    asked: list[str] = field(default_factory=list)

    def set(self, name: str, kind: str, *values: str) -> None:
        self.records[name, kind] = list(values)

    def clear(self, name: str) -> None:
        for key in [key for key in self.records if key[0] == name]:
            del self.records[key]

    def answer(self, wire: bytes) -> bytes:
        asked = dns.message.from_wire(wire)
        answer = dns.message.make_response(asked)
        answer.flags |= dns.flags.RA
        question = asked.question[0]
        name, kind = str(question.name).rstrip(".").lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{name} {kind}")
        if self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif values := self.records.get((name, kind)):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
        elif not any(key[0] == name for key in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer.to_wire()


@contextmanager
def name_server() -> Iterator[Zone]:
    zone = Zone()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            wire, socket = self.request
            if not zone.silent:
                socket.sendto(zone.answer(wire), self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server:
        zone.address = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield zone
        server.shutdown()
        thread.join()
