"""The reasons for which a token is refused: one word each, the same in the body and the log (every word that HS256 can produce)."""

import json
import time
import uuid

import pytest

from lib.gateway import configuration, issuer
from lib.tokens import ISSUER, SECRET, base64url, bearer, claims, forged, tampered, token
from lib.waiting import until

NOW = int(time.time())


def payload_text(**changes):
    return json.dumps(claims(**changes))


def with_bits_left_over(text):
    """The last character of 32 bytes in base64url has two spare bits; sets one."""
    return text[:-1] + chr(ord(text[-1]) + 1)


REFUSED = {
    "a scheme alone": ("token_malformed", lambda: "Basic"),
    "a token and something behind it": ("token_malformed", lambda: token() + " x"),
    "Bearer without a token": ("token_malformed", lambda: "Bearer"),
    "an empty field": ("token_malformed", lambda: ""),
    "two tokens in one field": ("token_malformed", lambda: f"Bearer {token()} {token()}"),
    "two parts": ("token_malformed", lambda: "Bearer " + token().rpartition(".")[0]),
    "four parts": ("token_malformed", lambda: "Bearer " + token() + ".x"),
    "five parts, as of an encrypted token": ("token_malformed", lambda: "Bearer a.b.c.d.e"),
    "thousands of dots": ("token_malformed", lambda: "Bearer " + "." * 4000),
    "no signature": ("signature_invalid", lambda: "Bearer " + token().rpartition(".")[0] + "."),
    "padded base64url": ("token_malformed", lambda: "Bearer " + token() + "="),
    "base64 of the other alphabet": ("token_malformed", lambda: "Bearer " + token().rpartition(".")[0] + ".++//"),
    "bits left over in the last character": (
        "token_malformed",
        lambda: "Bearer " + with_bits_left_over(token()),
    ),
    "more than 16 KiB": ("token_too_large", lambda: "Bearer " + token(filler="x" * 13_000)),
    "more than 16 KiB of dots": ("token_too_large", lambda: "Bearer " + "." * 16_385),
    "a header that is not JSON": ("token_malformed", lambda: "Bearer " + forged(header="{alg:HS256}")),
    "a header that is no object": ("token_malformed", lambda: "Bearer " + forged(header="[]")),
    "a payload that is not JSON": ("token_malformed", lambda: "Bearer " + forged(payload="sub=alice")),
    "a payload that is no object": ("token_malformed", lambda: "Bearer " + forged(payload='"alice"')),
    "a payload that is not UTF-8": ("token_malformed", lambda: "Bearer " + forged(payload=b'{"sub":"\xff"}')),
    "a claim twice": (
        "token_malformed",
        lambda: "Bearer " + forged(payload=payload_text()[:-1] + ', "sub": "mallory"}'),
    ),
    "a header member twice": ("token_malformed", lambda: "Bearer " + forged(header='{"alg":"HS256","alg":"HS256"}')),
    "a key id that is a number": ("token_malformed", lambda: "Bearer " + forged(header={"alg": "HS256", "kid": 7})),
    "an expiry that is a string": ("token_malformed", lambda: "Bearer " + forged(payload=claims(exp=str(NOW + 99)))),
    "an expiry with a huge exponent": (
        "token_malformed",
        lambda: "Bearer " + forged(payload='{"iss":"%s","aud":"orders","sub":"a","exp":1e999999999}' % ISSUER),
    ),
    "the type of a refresh token": (
        "token_type_refused",
        lambda: "Bearer " + forged(header={"alg": "HS256", "typ": "refresh+jwt"}),
    ),
    "an extension that must be understood": (
        "crit_unsupported",
        lambda: "Bearer " + forged(header={"alg": "HS256", "crit": ["x"], "x": 1}),
    ),
    "an unencoded payload": (
        "crit_unsupported",
        lambda: "Bearer " + forged(header={"alg": "HS256", "crit": ["b64"], "b64": False}),
    ),
    "the algorithm none": (
        "algorithm_refused",
        lambda: "Bearer " + base64url(b'{"alg":"none"}') + "." + base64url(payload_text().encode()) + ".AAAA",
    ),
    "an algorithm that is not allowed": ("algorithm_refused", lambda: "Bearer " + forged(algorithm="HS512")),
    "an asymmetric algorithm over the secret": (
        "algorithm_refused",
        lambda: "Bearer " + forged(header={"alg": "RS256", "typ": "JWT"}),
    ),
    "an issuer that is not trusted": ("issuer_unknown", lambda: "Bearer " + token(iss="https://evil.test")),
    "an issuer with a slash more": ("issuer_unknown", lambda: "Bearer " + token(iss=ISSUER + "/")),
    "no issuer": ("issuer_unknown", lambda: "Bearer " + token(iss=None)),
    "a tampered signature": ("signature_invalid", lambda: "Bearer " + tampered(token())),
    "another secret": ("signature_invalid", lambda: "Bearer " + token(secret=SECRET[::-1])),
    "another payload under the signature": (
        "signature_invalid",
        lambda: "Bearer " + ".".join(
            [token().split(".")[0], base64url(payload_text(sub="root").encode()), token().split(".")[2]]
        ),
    ),
    "a time that has passed": ("token_expired", lambda: "Bearer " + token(exp=NOW - 1)),
    "a start in the future": ("token_not_yet_valid", lambda: "Bearer " + token(nbf=NOW + 300)),
    "an issue in the future": ("issued_in_future", lambda: "Bearer " + token(iat=NOW + 300, exp=NOW + 600)),
    "no expiry": ("expiry_missing", lambda: "Bearer " + token(exp=None)),
    "a life longer than allowed": ("lifetime_exceeded", lambda: "Bearer " + token(exp=NOW + 90000)),
    "no subject": ("subject_missing", lambda: "Bearer " + token(sub=None)),
    "an empty subject": ("subject_missing", lambda: "Bearer " + token(sub="")),
    "a user instead of a subject": ("subject_missing", lambda: "Bearer " + token(sub=None, user="alice")),
    "another audience": ("audience_mismatch", lambda: "Bearer " + token(aud="invoices")),
    "other audiences": ("audience_mismatch", lambda: "Bearer " + token(aud=["invoices", "Orders"])),
    "no audience": ("audience_mismatch", lambda: "Bearer " + token(aud=None)),
}  # fmt: skip


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    from lib.gateway import Gateway
    from lib.upstreams import Upstream

    upstream = Upstream()
    config = configuration(upstream, auth={"issuers": [issuer(max_ttl="1d")]})
    gateway = Gateway(str(tmp_path_factory.mktemp("reasons")), config)
    gateway.upstream = upstream
    yield gateway
    gateway.stop()
    upstream.close()


@pytest.mark.parametrize("case", REFUSED)
def test_a_token_is_refused_with_its_reason_for(case, gateway):
    reason, value = REFUSED[case]
    seen = len(gateway.upstream.exchanges)
    response = gateway.request("/", fields={"Authorization": value()})
    assert response.refusal == (401, reason)
    assert response.error["message"] == "Token is invalid!"
    challenge = response["www-authenticate"]
    assert challenge.startswith("Bearer realm=") and 'error="invalid_token"' in challenge, challenge
    assert 'error_description="' in challenge
    assert len(gateway.upstream.exchanges) == seen, "a refused request reached the upstream"


@pytest.mark.parametrize("fields", [{}, {"Authorization": "Basic YWxpY2U6c2VjcmV0"}, {"Authorization": "DPoP x.y.z"}], ids=str)
def test_a_request_without_a_token_is_told_so(fields, gateway):
    response = gateway.request("/", fields=fields)
    assert response.refusal == (401, "token_missing")
    assert response.error["message"] == "Token is missing!"
    assert response["www-authenticate"].startswith("Bearer realm=")
    assert "error=" not in response["www-authenticate"]


def test_the_body_of_an_error_names_the_request(gateway):
    response = gateway.request("/")
    assert len(response.error["request_id"]) >= 16
    named = response.error["request_id"]
    until(lambda: named in [line["request_id"] for line in gateway.access_log()], "the line of that request")


@pytest.mark.parametrize(
    "case, text",
    {
        "by PyJWT": lambda: token(),
        "without a type": lambda: forged(header={"alg": "HS256"}),
        "with the type at+jwt": lambda: forged(header={"alg": "HS256", "typ": "at+jwt"}),
        "with the type in full and capitals": lambda: forged(header={"alg": "HS256", "typ": "application/AT+JWT"}),
        "with any key id": lambda: forged(header={"alg": "HS256", "kid": "2031"}),
        "with fractional times": lambda: forged(payload=claims(exp=NOW + 9999.5, iat=NOW - 0.5, nbf=NOW - 1.5)),
        "for several audiences": lambda: token(aud=["invoices", "orders"]),
        "with keys that it names itself": lambda: forged(
            header={"alg": "HS256", "jku": "https://evil.test/", "jwk": {"kty": "oct", "k": "AAAA"}}
        ),
        "with 2,000 numbers in a list": lambda: token(groups=list(range(2000))),
        "with the GUIDs of 157 groups": lambda: token(groups=[str(uuid.UUID(int=number << 90)) for number in range(157)]),
        "of nearly 16 KiB": lambda: token(filler="x" * 12_000),
        "with nested and Unicode claims": lambda: token(deep={"a": [{"b": None}]}, name="Zoë 🦉"),
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_good_token_passes(case, text, gateway):
    response = gateway.request("/", fields={"Authorization": "Bearer " + text()})
    assert response.status == 200, response
    assert gateway.upstream.last["X-Auth-User"] == "alice"


@pytest.mark.parametrize(
    "first, second, changes",
    [
        ("issuer_unknown", "signature_invalid", {"iss": "https://evil.test", "secret": SECRET[::-1]}),
        ("signature_invalid", "token_expired", {"exp": NOW - 5, "secret": SECRET[::-1]}),
        ("token_expired", "token_not_yet_valid", {"exp": NOW - 5, "nbf": NOW + 300}),
        ("token_expired", "audience_mismatch", {"exp": NOW - 5, "aud": "invoices"}),
        ("token_not_yet_valid", "issued_in_future", {"nbf": NOW + 300, "iat": NOW + 300}),
        ("expiry_missing", "subject_missing", {"exp": None, "sub": None}),
        ("subject_missing", "audience_mismatch", {"sub": None, "aud": "invoices"}),
    ],
)
def test_of_two_reasons_the_first_is_given(first, second, changes, gateway):
    assert gateway.request("/", fields=bearer(**changes)).refusal == (401, first)


def test_the_same_bad_token_is_refused_again_and_again(gateway):
    fields = {"Authorization": "Bearer " + tampered(token())}
    with gateway.client() as client:
        for _ in range(5):
            assert client.request("/", fields=fields).refusal == (401, "signature_invalid")


def test_a_cached_token_is_refused_from_the_second_it_expires(gateway):
    from lib.waiting import until

    fields = bearer(exp=time.time() + 1.5)
    with gateway.client() as client:
        assert client.request("/", fields=fields).status == 200
        assert client.request("/", fields=fields).status == 200
        refused = until(
            lambda: (lambda response: response.status != 200 and response)(client.request("/", fields=fields)),
            "the token to expire",
        )
        assert refused.refusal == (401, "token_expired")


def test_a_token_becomes_valid_at_its_time(gateway):
    from lib.waiting import until

    fields = bearer(nbf=time.time() + 5 + 1.2)
    with gateway.client() as client:
        assert client.request("/", fields=fields).refusal == (401, "token_not_yet_valid")
        until(lambda: client.request("/", fields=fields).status == 200, "the token to become valid")


def test_reject_status_403_answers_as_the_flask_app_did(start, upstream):
    gateway = start(configuration(upstream, auth={"reject_status": 403, "realm": "Orders"}))
    missing, refused = gateway.request("/"), gateway.request("/", fields={"Authorization": "Bearer a.b.c"})
    assert missing.refusal == (403, "token_missing")
    assert missing["www-authenticate"] == 'Bearer realm="Orders"'
    assert refused.refusal == (403, "token_malformed")
    assert refused["www-authenticate"].startswith('Bearer realm="Orders", error="invalid_token"')
    assert gateway.request("/", fields=bearer(roles=[])).status == 200


def test_clocks_of_issuers_may_be_five_seconds_ahead(start, upstream):
    gateway = start(configuration(upstream, auth={"issuers": [issuer(leeway="1s")]}))
    now = time.time()
    for ahead in (0, 4):
        assert gateway.request("/", fields=bearer(nbf=now + ahead, iat=now + ahead)).status == 200
    assert gateway.request("/", fields=bearer(nbf=now + 60)).refusal == (401, "token_not_yet_valid")
    assert gateway.request("/", fields=bearer(iat=now + 60)).refusal == (401, "issued_in_future")
    assert gateway.request("/", fields=bearer(exp=now - 4)).refusal == (401, "token_expired")


@pytest.mark.parametrize("cnf", [{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}, {"x5t#S256": "A" * 43}, {}, "x", 1])
def test_a_bound_token_is_no_bearer_token(cnf, gateway):
    with gateway.client() as client:
        for _ in range(3):
            assert client.request("/", fields=bearer(cnf=cnf)).refusal == (401, "token_binding_failed")
        assert client.request("/", fields=bearer()).status == 200
    assert gateway.request("/", fields=bearer(cnf=cnf, aud="x")).refusal == (401, "audience_mismatch")


def test_a_null_binding_is_one_too(gateway):
    payload = payload_text()[:-1] + ', "cnf": null}'
    fields = {"Authorization": "Bearer " + forged(payload=payload)}
    assert gateway.request("/", fields=fields).refusal == (401, "token_binding_failed")


def test_an_issuer_may_have_bound_tokens_only(start, upstream):
    gateway = start(configuration(upstream, auth={"issuers": [issuer(require_binding=True)]}))
    for _ in range(2):
        assert gateway.request("/", fields=bearer()).refusal == (401, "token_binding_failed")
        assert gateway.request("/", fields=bearer(cnf={"jkt": "x"})).refusal == (401, "token_binding_failed")


def test_how_long_a_token_may_be_is_configured(start, upstream):
    gateway = start(configuration(upstream, limits={"token": "2KiB"}))
    assert gateway.request("/", fields=bearer(filler="x" * 1200)).status == 200
    assert gateway.request("/", fields=bearer(filler="x" * 1600)).refusal == (401, "token_too_large")
    gateway.reload(configuration(upstream, limits={"token": "64KiB", "head": "64KiB"}))
    assert gateway.request("/", fields=bearer(filler="x" * 40_000)).status == 200
    assert gateway.request("/", fields=bearer(filler="x" * 60_000)).refusal == (431, "head_too_large")


def test_leeway_forgives_clocks_that_disagree(start, upstream):
    gateway = start(configuration(upstream, auth={"leeway": "30s", "issuers": [issuer()]}))
    now = time.time()
    assert gateway.request("/", fields=bearer(exp=now - 10)).status == 200
    assert gateway.request("/", fields=bearer(nbf=now + 10)).status == 200
    assert gateway.request("/", fields=bearer(iat=now + 10)).status == 200
    assert gateway.request("/", fields=bearer(exp=now - 60)).refusal == (401, "token_expired")


def test_an_issuer_may_do_without_expiry(start, upstream):
    gateway = start(configuration(upstream, auth={"issuers": [issuer(require_exp=False, audience="any")]}))
    assert gateway.request("/", fields=bearer(exp=None)).status == 200
    assert gateway.request("/", fields=bearer(exp=1)).refusal == (401, "token_expired")
    assert gateway.request("/", fields=bearer(aud="whatever")).status == 200
    assert gateway.request("/", fields=bearer(aud=None)).status == 200


def test_each_issuer_has_its_own_secret_and_algorithms(start, upstream):
    other = "another-secret-of-more-than-sixty-four-characters-for-the-longest-hash-of-them"
    issuers = [
        issuer(),
        issuer(issuer="https://second.test", algorithms=["HS384", "HS512"], secret_file="second.key"),
    ]
    gateway = start(
        configuration(upstream, auth={"identity_headers": {"X-Auth-User": "sub", "X-Auth-Issuer": "iss"}, "issuers": issuers}),
        files={"second.key": other},
    )  # fmt: skip
    second = {"iss": "https://second.test", "secret": other}
    assert gateway.request("/", fields=bearer()).status == 200
    for algorithm in ("HS384", "HS512"):
        assert gateway.request("/", fields=bearer(algorithm=algorithm, **second)).status == 200
        assert upstream.last["X-Auth-Issuer"] == "https://second.test"
    assert gateway.request("/", fields=bearer(**second)).refusal == (401, "algorithm_refused")
    crossed = {"iss": "https://second.test", "algorithm": "HS512"}
    assert gateway.request("/", fields=bearer(**crossed)).refusal == (401, "signature_invalid")


def test_one_final_newline_of_a_secret_file_is_not_part_of_the_secret(start, upstream):
    gateway = start(configuration(upstream), files={"secret.key": SECRET + "\n"})
    assert gateway.request("/", fields=bearer()).status == 200
