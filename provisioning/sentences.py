"""Sentences that several modules of provisioning use. Pure."""

from hubs.language import _, within


def with_output(sentence: str, output: str) -> str:
    """Return a sentence with the last output of a program, if there is any."""
    return _("{sentence} Last output: “{output}”", sentence=sentence, output=output) if output else sentence


def noun(part: str) -> str:
    """Return a part of a hub, or a person's server, for a sentence such as "The hub is starting."."""
    known = {"hub": within("part", "hub"), "proxy": within("part", "proxy"), "server": within("part", "server")}
    return known.get(part, part)


def stopped(part: str) -> str:
    return _("The {part} stopped unexpectedly.", part=noun(part))


def starting(part: str) -> str:
    return _("The {part} is starting.", part=noun(part))


def not_running() -> str:
    return _("This server is not running.")


def already_running() -> str:
    return _("This server is already running, or is being started or stopped.")


def not_responding() -> str:
    return _("The hub is not responding at the moment.")


def not_in_its_registry(image: str) -> str:
    return _("“{image}” does not exist in its registry. Check its name and tag.", image=image)


def foreign_namespace(namespace: str) -> str:
    return _(
        "The cluster has a namespace {namespace} that does not belong to the portal. It was not changed.",
        namespace=namespace,
    )
