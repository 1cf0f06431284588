import HTTP
import JSON
import Policy
import Testing

/// The secrets in the output of `explain`: those of the configuration and those of the request.
@Suite struct ExplainedSecretsTests {
  private static let environment = [
    "KEY": "sk-live-0123456789", "PASS": "hunter2-hunter2", "TENANT": "acme-internal",
    "URL": "https://a.test/?sig=f00dfeed",
    "HOST": "app.test", "EMPTY": "", "MORE": "line\"quoted",
  ]

  private static let routes = #"""
    { "path": "/edits", "auth": "none", "upstream": "u", "request_headers": {
      "set": { "X-Upstream": "${KEY}", "Authorization": "Basic ${PASS}", "X-Plain": "plain" },
      "add": { "X-Api-Key": "literal-secret", "X-Empty": "${EMPTY}" } } },
    { "path": "/answer", "auth": "none", "respond": { "status": 200, "body": "the key is ${KEY}", "headers": {
      "X-Upstream": "${KEY}", "Set-Cookie": "sid=0123456789abcdef; Path=/; HttpOnly", "X-Shared-Secret": "literal-secret",
      "X-Plain": "plain" } } },
    { "path": "/json", "auth": "none", "respond": { "status": 200, "json": { "k": ["${KEY}", "${MORE}"], "plain": "plain" } } },
    { "path": "/away", "auth": "none", "redirect": { "location": "${URL}" } },
    { "path": "/token", "auth": "none", "redirect": { "location": "https://a.test/x?access_token=opaque-secret" } },
    { "path": "/claims", "upstream": "u", "require": { "claims": { "tenant": ["${TENANT}", "other"] } } },
    { "path": "/gate", "auth": "none", "headers": { "X-Gate": "${PASS}" }, "upstream": "u" },
    { "path": "/gate", "auth": "none", "headers": { "X-Gate-Token": "literal-secret", "X-V": "2" }, "upstream": "u" },
    { "path": "/host", "host": "${HOST}", "auth": "none", "upstream": "u" },
    { "path": "/", "auth": "none", "upstream": "u" }
    """#

  private func told(_ line: String, _ fields: [String] = []) throws -> String {
    let gateway = try Gateway(Self.routes, environment: Self.environment)
    return ExplanationTests.text(of: gateway.explain(line, fields))
  }

  @Test(arguments: [
    ("GET /edits", ["X-Upstream: ${KEY}", "Authorization: Basic ${PASS}", "X-Plain: plain", "X-Api-Key: …[14 bytes]"]),
    (
      "GET /answer",
      [
        "X-Upstream: ${KEY}", "Set-Cookie: sid=…; Path=/; HttpOnly", "X-Shared-Secret: …[14 bytes]", "X-Plain: plain",
        "the key is ${KEY}",
      ]
    ),
    ("GET /json", [#"{"k":["${KEY}","${MORE}"],"plain":"plain"}"#]), ("GET /away", ["Location: ${URL}"]),
    ("GET /token", ["Location: https://a.test/x?access_token=…[13 bytes]"]),
    ("GET /gate", [#"wants the header "X-Gate: ${PASS}""#, #"wants the header "X-Gate-Token: …[14 bytes]""#]),
    ("GET /host", ["is for the host app.test"]),
  ])
  func `a secret of the configuration is told by the variable's name or by its length`(
    line: String, expected: [String]
  ) throws {
    let text = try told(line)
    for part in expected { #expect(text.contains(part), "\(text)") }
    Self.expectNoSecret(in: text)
  }

  @Test func `values that a claim must have are told by the variable's name, in the token, too`() throws {
    for tenant in ["acme-internal", "other", "third"] {
      let text = try told("GET /claims", [try Gateway.bearer(["tenant": .string(tenant)])])
      let has = tenant == "acme-internal" ? "${TENANT}" : tenant
      #expect(text.contains(#"must be "${TENANT}" or "other"; the token has "\#(has)""#), "\(text)")
      Self.expectNoSecret(in: text)
    }
  }

  @Test(arguments: [
    ("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZSBhbmQgc28gb24=", "Authorization: Basic …[40 bytes]"),
    ("X-Api-Key: 0123456789012345678901234567890123456789", "X-Api-Key: …[40 bytes]"),
    ("X-Vault-Token: hvs.secret", "X-Vault-Token: …[10 bytes]"), ("Cookie: sid=abc; b=c", "Cookie: sid=…; b=…"),
    ("Referer: https://a.test/?access_token=opaque&x=1", "Referer: https://a.test/?access_token=…[6 bytes]&x=1"),
    ("Idempotency-Key: 17", "Idempotency-Key: 17"), ("X-Keyboard: us", "X-Keyboard: us"),
  ])
  func `a credential of the request is told by its length alone, and what is none as it is`(
    field: String, expected: String
  ) throws {
    let text = try told("GET /", [field])
    #expect(text.contains(expected), "\(text)")
    #expect(expected == field || !text.contains(field), "\(text)")
  }

  private static func expectNoSecret(in text: String) {
    let secrets =
      environment.filter { $0.key != "HOST" && $0.key != "EMPTY" }.values + [
        "literal-secret", "0123456789abcdef", "opaque-secret",
      ]
    for secret in secrets { #expect(!text.contains(secret), "\(secret) in \(text)") }
  }
}
