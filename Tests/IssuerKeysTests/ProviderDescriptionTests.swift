import HTTP
import Testing

@testable import IssuerKeys

@Suite struct `A provider's description of itself` {
  static let issuer = "https://login.example.com/"

  func read(_ document: String, at url: String = "https://login.example.com/x") throws -> String {
    try ProviderDescription(document.utf8Span.span, issuer: Self.issuer, at: try HTTPURL(url)).keySet.description
  }

  @Test func `says where the keys are`() throws {
    let document =
      #"{"issuer": "https://login.example.com/", "jwks_uri": "https://keys.example.net/a?b", "x": [1, {}]}"#
    #expect(try read(document) == "https://keys.example.net/a?b")
  }

  static func other(_ name: String) -> DescriptionFault { .otherIssuer(named: name, configured: issuer) }

  @Test(
    arguments: [
      ("https://login.example.com", true), ("https://login.example.com//", true),
      ("https://login.example.com/a", false),
      ("https://evil.example/", false), ("", false),
    ])
  func `is told by both names when it is another's`(name: String, differsInSlash: Bool) {
    let text = Self.other(name).text
    #expect(text.contains("it names \"\(name)\", and the configuration \"\(Self.issuer)\""))
    #expect(text.contains("slash") == differsInSlash)
  }

  @Test(arguments: [
    (#"["issuer"]"#, DescriptionFault.noObject), ("null", .noObject),
    (#"{"jwks_uri": "https://a/"}"#, .issuerMissing), (#"{"issuer": 1, "jwks_uri": "https://a/"}"#, .issuerMissing),
    (#"{"issuer": "https://login.example.com", "jwks_uri": "https://a/"}"#, other("https://login.example.com")),
    (#"{"issuer": "https://LOGIN.example.com/", "jwks_uri": "https://a/"}"#, other("https://LOGIN.example.com/")),
    (#"{"issuer": "https://evil.example/", "jwks_uri": "https://a/"}"#, other("https://evil.example/")),
    (#"{"issuer": "https://login.example.com/"}"#, .keySetMissing),
    (#"{"issuer": "https://login.example.com/", "jwks_uri": ["https://a/"]}"#, .keySetMissing),
    (#"{"issuer": "https://login.example.com/", "jwks_uri": "/keys"}"#, .keySetMalformed(.scheme)),
    (#"{"issuer": "https://login.example.com/", "jwks_uri": "file:///etc/passwd"}"#, .keySetMalformed(.scheme)),
    (#"{"issuer": "https://login.example.com/", "jwks_uri": "https://a/\r\nX: y"}"#, .keySetMalformed(.character)),
    (#"{"issuer": "https://login.example.com/", "jwks_uri": "http://a/"}"#, .keySetUnprotected),
    (#"{"issuer": "https://login.example.com/", "jwks_uri": "http://127.0.0.1/"}"#, .keySetUnprotected),
  ])
  func `is of no use when it says something else`(_ document: String, _ expected: DescriptionFault) {
    #expect(throws: expected) { try read(document) }
  }

  @Test(arguments: [
    "", "<html>", "{", #"{"issuer": "a", "issuer": "https://login.example.com/"}"#, "\u{FEFF}{}", "{} {}",
  ])
  func `is of no use when it is no JSON`(_ document: String) throws {
    let fault = #expect(throws: DescriptionFault.self) { try read(document) }
    guard case .noJSON? = fault else {
      Issue.record("\(String(describing: fault))")
      return
    }
  }

  @Test func `may lead on without protection where it was found without`() throws {
    let document = #"{"issuer": "https://login.example.com/", "jwks_uri": "http://127.0.0.1:8080/keys"}"#
    #expect(try read(document, at: "http://127.0.0.1:8080/x") == "http://127.0.0.1:8080/keys")
  }
}
