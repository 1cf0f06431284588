"""Gateways that fetch the keys of their issuers, and what one asks of them."""

from .gateway import configuration
from .tokens import AUDIENCE, ISSUER
from .waiting import until


def url_issuer(provider, **changes):
    return {"issuer": ISSUER, "audience": [AUDIENCE], "jwks": provider.url(), **changes}


def configured(upstream, *issuers, cooldown="1s", **top):
    return configuration(upstream, auth={"issuers": list(issuers), "jwks_cooldown": cooldown}, **top)


def begin(start, upstream, provider, cooldown="1s", ready=True, **changes):
    """A gateway that has the provider's keys, if it is to have them."""
    gateway = start(configured(upstream, url_issuer(provider, **changes), cooldown=cooldown))
    if ready:
        until_said(gateway, f" from {provider.url()}")
    return gateway


def until_said(gateway, text):
    until(lambda: text in gateway.errors(), lambda: f"{text!r}: {gateway.errors()!r}")


def status(gateway, fields):
    return gateway.request(fields=fields).status


def reason(gateway, fields):
    return gateway.request(fields=fields).json()["reason"]


def until_status(gateway, fields, expected, timeout=10.0):
    until(lambda: status(gateway, fields) == expected, lambda: f"{expected}: {gateway.errors()!r}", timeout)
