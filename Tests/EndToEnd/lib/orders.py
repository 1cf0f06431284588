"""Gateways that answer everybody with a text, and what `-s` tells them."""

from .gateway import configuration, run


def fixed(text="one", **top):
    """A configuration that answers everyone with a text."""
    return configuration(routes=[{"path": "/", "auth": "none", "respond": {"status": 200, "body": text}}], **top)


def findable(text="one", **top):
    """The same, of a gateway that `-s` finds."""
    return fixed(text, **{"pid_file": "gateway.pid", **top})


def tell(gateway, word, **named):
    """Gives an order to the gateway by another process: (exit code, standard output, standard error)."""
    return run("-s", word, "-c", "gateway.json", directory=gateway.directory, **named)
