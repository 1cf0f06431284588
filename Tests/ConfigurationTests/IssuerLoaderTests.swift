import Configuration
import HTTP
import Testing
import Tokens

@Suite struct `Issuers in a configuration` {
  func load(_ issuer: String) throws -> IssuerConfiguration {
    let text = """
      { "listen": ["127.0.0.1:8080"], "auth": { "jwks_cooldown": "5s", "jwks_wait": "0s", "issuers": [{ "audience": "any", \(issuer) }] },
        "routes": [{ "exact": "/", "respond": { "status": 200 } }] }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "etc/g", environment: [:])
    #expect(result.diagnostics.map(\.description) == [])
    let gateway = try #require(result.configuration)
    #expect(gateway.auth.keySetCooldown == .seconds(5))
    #expect(gateway.auth.keySetWait == .zero)
    return try #require(gateway.auth.issuers.first)
  }

  static let publicAlgorithms: [SignatureAlgorithm] = [
    .rs256, .rs384, .rs512, .ps256, .ps384, .ps512, .es256, .es384, .es512, .eddsa,
  ]

  @Test func `a key set is a file or a URL`() throws {
    #expect(try load(#""issuer": "i", "jwks": "keys.json""#).keys.value == .keySetFile("etc/keys.json"))
    #expect(try load(#""issuer": "i", "jwks": "/a/keys.json""#).keys.value == .keySetFile("/a/keys.json"))
    let url = try HTTPURL("https://login.example.com:8443/keys?v=1")
    let issuer = try load(#""issuer": "i", "jwks": "HTTPS://Login.Example.com:8443/keys?v=1", "ca": "ca.pem""#)
    #expect(issuer.keys.value == .keySetURL(url))
    #expect(issuer.authorities?.value == "etc/ca.pem")
  }

  @Test(arguments: [
    ("https://login.example.com", "https://login.example.com/.well-known/openid-configuration"),
    ("https://login.example.com/", "https://login.example.com/.well-known/openid-configuration"),
    ("https://Login.example.com:443/realms/a/", "https://login.example.com/realms/a/.well-known/openid-configuration"),
    ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a/.well-known/openid-configuration"),
  ])
  func `a provider describes itself below its name`(_ issuer: String, _ expected: String) throws {
    let loaded = try load(#""issuer": "\#(issuer)", "discover": true"#)
    #expect(loaded.name.value == issuer)
    #expect(loaded.keys.value == .discovery(try HTTPURL(expected)))
  }

  @Test func `discover may be turned off in words`() throws {
    #expect(try load(#""issuer": "i", "discover": false, "jwks": "k""#).keys.value == .keySetFile("etc/k"))
  }

  @Test func `without a word of the issuer's a shared secret serves only where there is nothing else`() throws {
    #expect(try load(#""issuer": "i", "secret_file": "s""#).algorithms == [.hs256])
    for keys in [#""jwks": "k""#, #""jwks": "https://a/k""#, #""public_key_file": "k""#] {
      #expect(try load(#""issuer": "i", \#(keys)"#).algorithms == Self.publicAlgorithms)
    }
    #expect(try load(#""issuer": "https://i", "discover": true"#).algorithms == Self.publicAlgorithms)
  }

  @Test func `Ed25519 is another name for EdDSA`() throws {
    #expect(try load(#""issuer": "i", "jwks": "k", "algorithms": ["Ed25519"]"#).algorithms == [.eddsa])
    #expect(try load(#""issuer": "i", "jwks": "k", "algorithms": ["EdDSA", "Ed25519"]"#).algorithms == [.eddsa])
  }

  @Test func `a file of keys may hold secrets, where that is said`() throws {
    let issuer = try load(#""issuer": "i", "jwks": "k", "algorithms": ["HS256", "ES256"]"#)
    #expect(issuer.algorithms == [.hs256, .es256])
  }
}
