import Configuration
import Foundation
import HTTP
import TestSupport
import Testing
import Tokens

@testable import IssuerKeys

@Suite struct `Issuers of a configuration` {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(_ text: String, to name: String = "keys") throws {
    try Data(text.utf8).write(to: URL(filePath: directory(name)))
  }

  /// The configuration of one issuer; `keys` is its source, as in `"jwks": "…"`.
  private func configuration(_ keys: String, auth: String = "") throws -> GatewayConfiguration {
    let text = """
      { "listen": ["127.0.0.1:0"], "auth": { \(auth) "issuers": [{ "issuer": "https://i.test", "audience": "any", \(keys) }] },
        "routes": [{ "path": "/", "auth": "optional", "respond": { "status": 200 } }] }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    return try #require(result.configuration, "\(result.diagnostics)")
  }

  /// The issuer as it is built, with all that is said of it.
  private func build(
    _ keys: String, auth: String = "", after previous: [KeySource] = []
  ) throws -> (issuer: IssuerSettings?, errors: [String], warnings: [String]) {
    let configuration = try configuration(keys, auth: auth)
    var errors: [Diagnostic] = []
    var warnings: [Diagnostic] = []
    let issuer = IssuerBuilder(configuration, after: previous)
      .issuer(configuration.auth.issuers[0], &errors, warnings: &warnings)
    return (issuer, errors.map(\.message), warnings.map(\.message))
  }

  private var file: String { "\"jwks\": \"\(directory("keys"))\", \"algorithms\": [\"EdDSA\"]" }

  @Test func `keys in a file are read at once`() throws {
    try write(`The keys of an issuer`.text(of: "a"))
    let built = try build(file)
    #expect(built.errors == [] && built.warnings == [])
    #expect(built.issuer?.trusted.keys?.keys.map(\.identifier) == ["a"])
    #expect(built.issuer?.trusted.name == "https://i.test")
  }

  @Test func `a file that holds none is an error, a key that can't be used a warning`() throws {
    #expect(try build(file).errors == ["'\(directory("keys"))': it can't be read: No such file or directory"])
    try write(#"{"keys":[]}"#)
    #expect(
      try build(file).errors.first?.contains("it holds no key that serves the issuer's algorithms (EdDSA)") == true)
    try write(#"{"keys":[\#(`The keys of an issuer`.key("a")),{"kty":"none"}]}"#)
    let built = try build(file)
    #expect(built.errors == [])
    #expect(built.warnings.count == 1 && built.warnings.first?.contains("not used: key 2") == true)
  }

  @Test func `a source of which nothing has changed lives on`() throws {
    try write(`The keys of an issuer`.text(of: "a"))
    let first = try #require(try build(file).issuer)
    let same = try #require(try build(file, auth: #""leeway": "5s","#, after: [first.source]).issuer)
    #expect(same.source === first.source)
    try write(`The keys of an issuer`.text(of: "b"))
    let other = try #require(try build(file, after: [first.source]).issuer)
    #expect(other.source !== first.source, "its keys are others")
    #expect(first.trusted.keys?.keys.map(\.identifier) == ["a"], "what is served is not touched before all is well")
  }

  @Test func `keys behind a URL outlive a change of the conditions`() throws {
    let url = #""jwks": "https://i.test/keys""#
    let first = try #require(try build(url + #", "algorithms": ["EdDSA"]"#).issuer)
    #expect(first.trusted.keys == nil, "nothing is fetched here")
    _ = try first.source.adopt(`The keys of an issuer`.set(`The keys of an issuer`.key("a")))
    let wider = try #require(try build(url + #", "algorithms": ["EdDSA", "ES256"]"#, after: [first.source]).issuer)
    #expect(wider.source !== first.source)
    #expect(wider.trusted.keys?.keys.map(\.identifier) == ["a"])
    let elsewhere = try #require(
      try build(#""jwks": "https://i.test/other", "algorithms": ["EdDSA"]"#, after: [first.source]).issuer)
    #expect(elsewhere.trusted.keys == nil, "keys of another place are not this one's")
  }

  @Test func `authorities that can't be used are an error, beside all others`() throws {
    try write(`The keys of an issuer`.text(of: "a"))
    let built = try build(#""jwks": "https://i.test/keys", "ca": "\#(directory("none"))""#)
    #expect(built.errors == ["'\(directory("none"))': it can't be read: No such file or directory"])
  }

  @Test(arguments: [
    (#""jwks": "https://i.test/keys""#, "https://i.test/keys"),
    (#""discover": true"#, "https://i.test/.well-known/openid-configuration"),
  ]) func `keys that are still to be fetched are said to be missing`(keys: String, url: String) throws {
    let issuer = try #require(try build(keys).issuer)
    #expect(OneShotKeyFetch.missing(of: [issuer], at: 0)?.url == url)
    #expect(OneShotKeyFetch.missing(of: [issuer], at: 1) == nil)
    _ = try issuer.source.adopt(`The keys of an issuer`.set(`The keys of an issuer`.key("a")))
    #expect(OneShotKeyFetch.missing(of: [issuer], at: 0) == nil)
  }
}
