"""Key sets that somebody got at on their way."""

from .identity_provider import Key, key_set, response
from .issuers import configured, url_issuer
from .waiting import until


def garbage(chance):
    """A response that was right before somebody got at it."""
    body = key_set(Key("fuzz")).encode()
    if chance.random() < 0.3:
        whole = bytearray(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
    else:
        whole = bytearray(response(body))
    for _ in range(chance.randrange(1, 12)):
        if len(whole) < 2:
            break
        place = chance.randrange(len(whole))
        match chance.randrange(5):
            case 0:
                whole[place] = chance.randrange(256)
            case 1:
                del whole[place : place + chance.randrange(1, 40)]
            case 2:
                whole[place:place] = chance.randbytes(chance.randrange(1, 40))
            case 3:
                whole[place:place] = chance.choice([b"\r\n", b"\n", b"\x00", b"\r\n\r\n", b"{", b'"', b"0\r\n\r\n"])
            case 4:
                del whole[place + 1 :]
    return bytes(whole)


def serve_garbage(gateway, upstream, provider, chance, number, count=40):
    """Reloads with so many issuers that all have garbage for keys; returns when something was said of each."""
    paths = [f"/garbage/{number}/{each}" for each in range(count)]
    provider.answers.update({path: garbage(chance) for path in paths})
    issuers = [url_issuer(provider, issuer=f"https://{each}.test", jwks=provider.url(path)) for each, path in enumerate(paths)]
    gateway.reload(configured(upstream, url_issuer(provider), *issuers))
    for path in paths:
        until(
            lambda: f"{provider.url(path)}: " in gateway.errors() or f"from {provider.url(path)}\n" in gateway.errors(),
            lambda: f"{path}: {provider.answers[path]!r} {gateway.errors()[-2000:]}", timeout=30,
        )  # fmt: skip
        del provider.answers[path]
