import Configuration
import JSON
import Testing
import Tokens

/// The values of `signing` and `identity_assertion` in configurations without errors.
@Suite struct SigningLoaderTests {
  func load(accounts: String? = nil, auth: String = "") throws -> GatewayConfiguration {
    let accounts = accounts.map { "\"accounts\": { \"store\": \"sqlite:a.db\", \($0) }," } ?? ""
    let text = """
      { "listen": ["127.0.0.1:0"], \(accounts) "auth": { \(auth) },
        "routes": [{ "exact": "/", "auth": "none", "respond": { "status": 200 } }] }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "/etc/gateway.json", environment: [:])
    #expect(result.diagnostics.map(\.description) == [])
    return try #require(result.configuration)
  }

  static let keys = #""signing": { "key_directory": "keys" }"#

  @Test func `keys of a directory sign with ES256 unless told otherwise`() throws {
    let directory = try #require(try load(accounts: Self.keys).keyDirectory)
    #expect(directory.path.value == "/etc/keys")
    #expect(directory.algorithm == .es256)
  }

  @Test(arguments: SignatureAlgorithm.allCases) func `every algorithm can sign`(algorithm: SignatureAlgorithm) throws {
    let keys = algorithm.isSymmetric ? "secret_file" : "key_directory"
    let gateway = try load(
      accounts: #""signing": { "algorithm": "\#(algorithm.rawValue)", "\#(keys)": "/run/k" }"#)
    switch gateway.accounts?.signing {
    case .secretFile(let file, let found)?:
      #expect(algorithm.isSymmetric)
      #expect((file.value, found) == ("/run/k", algorithm))
      #expect(gateway.keyDirectory == nil)
    case .keyDirectory(let directory)?:
      #expect(!algorithm.isSymmetric)
      #expect((directory.path.value, directory.algorithm) == ("/run/k", algorithm))
    case nil: Issue.record("no accounts")
    }
  }

  @Test func `a signature counts as long as a token lives and clocks may be apart`() throws {
    #expect(try load(accounts: Self.keys + #", "access_token_ttl": "5m""#).signatureLifetime == 300)
    #expect(try load(accounts: Self.keys, auth: #""leeway": "1500ms""#).signatureLifetime == 3602)
    let assertion = #""identity_assertion": { "header": "X-A", "issuer": "i", "ttl": "90s" }"#
    #expect(try load(accounts: Self.keys + #", "access_token_ttl": "5s""#, auth: assertion).signatureLifetime == 90)
  }

  @Test func `assertions take name and keys from the accounts`() throws {
    let gateway = try load(
      accounts: Self.keys + #", "issuer": "https://gate.example""#, auth: #""identity_assertion": { "header": "X-A" }"#)
    let assertion = try #require(gateway.auth.identityAssertion)
    #expect(assertion.header == "X-A")
    #expect(assertion.issuer == "https://gate.example")
    #expect(assertion.ttl == .seconds(60))
    #expect(!assertion.bindsRequest)
    #expect(assertion.keyDirectory == nil)
  }

  static let own =
    #""identity_assertion": { "header": "X-A", "issuer": "i", "ttl": "5s", "bind": true, "key_directory": "a", "algorithm": "EdDSA" }"#

  @Test(arguments: [nil, #""signing": { "secret_file": "s" }, "issuer": "https://gate.example""#])
  func `assertions may have name and keys of their own`(accounts: String?) throws {
    let gateway = try load(accounts: accounts, auth: Self.own)
    let assertion = try #require(gateway.auth.identityAssertion)
    #expect(assertion.issuer == "i")
    #expect(assertion.ttl == .seconds(5))
    #expect(assertion.bindsRequest)
    #expect(gateway.keyDirectory?.path.value == "/etc/a")
    #expect(gateway.keyDirectory?.algorithm == .eddsa)
    #expect(gateway.signatureLifetime == 5)
  }

  @Test func `keys are told of where there are any, and an issuer where others can look it up`() throws {
    func paths(_ gateway: GatewayConfiguration) -> [String] { gateway.wellKnownPaths.map(\.path) }
    let (keys, discovery) = ("/.well-known/jwks.json", "/.well-known/openid-configuration")
    #expect(try paths(load()) == [])
    #expect(try paths(load(auth: Self.own)) == [keys])
    let secret = #""signing": { "secret_file": "s" }"#
    #expect(try paths(load(accounts: secret)) == [keys])
    #expect(try paths(load(accounts: secret + #", "issuer": "the gate""#)) == [keys])
    #expect(try paths(load(accounts: secret + #", "issuer": "http://127.0.0.1:8080""#)) == [keys, discovery])
    #expect(try paths(load(accounts: secret + #", "issuer": "https://[::1]/""#)) == [keys, discovery])
    #expect(
      try paths(load(accounts: secret + #", "issuer": "https://gate.example/auth/""#)) == [
        keys, discovery, "/auth" + keys, "/auth" + discovery,
      ])
  }

  static let names: [(String, String?)] = [
    ("https://gate.example", "https://gate.example"), ("https://gate.example/", "https://gate.example"),
    ("http://127.0.0.1:8080/a/b", "http://127.0.0.1:8080/a/b"), ("https://", nil), ("https:///a", nil),
    ("ftp://gate.example", nil), ("https://gate.example?a", nil), ("https://gate.example/a?b", nil),
    ("https://gate.example/a#b", nil), ("https://user@gate.example", nil), ("https://gate.example/a/../b", nil),
    ("https://gate.example/a;b", nil), ("https://gate.example/ä", nil), ("", nil), ("gate", nil),
  ]

  @Test(arguments: names) func `an issuer that others can look up is a plain URL`(name: String, text: String?) {
    #expect(IssuerURL(name)?.text == text)
  }
}
