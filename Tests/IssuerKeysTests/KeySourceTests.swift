import Configuration
import HTTP
import Testing
import Tokens
import Transport

@testable import IssuerKeys

@Suite struct `The keys of an issuer` {
  /// A key of Ed25519 (RFC 8037 appendix A.2).
  static func key(_ identifier: String, x: String = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo") -> String {
    #"{"kty":"OKP","crv":"Ed25519","kid":"\#(identifier)","x":"\#(x)"}"#
  }

  /// A set of one key.
  static func text(of identifier: String) -> String { #"{"keys":[\#(key(identifier))]}"# }

  static let unusable = #"{"kty":"none"}"#

  static func set(_ keys: String...) -> [UInt8] { Array(#"{"keys":[\#(keys.joined(separator: ","))]}"#.utf8) }

  func source(_ origin: KeyOrigin, _ algorithms: [SignatureAlgorithm] = [.eddsa]) -> KeySource {
    KeySource(
      KeySource.Settings(issuer: "i", origin: origin, authorities: nil, algorithms: algorithms, cooldown: 1_000_000_000)
    )
  }

  /// The change that a document makes, in words.
  static func outcome(_ source: KeySource, _ document: [UInt8]) -> String {
    do throws(KeyProblem) {
      switch try source.adopt(document) {
      case .unchanged: return "unchanged"
      case .otherFlaws(let reading): return "\(reading.unusable.count) unusable"
      case .changed(let reading): return "\(reading.keys.keys.count) keys, \(reading.unusable.count) unusable"
      }
    } catch {
      return error.text
    }
  }

  @Test func `a document changes them once`() {
    let source = source(.keySetFile("f"))
    #expect(source.keys == nil)
    #expect(Self.outcome(source, Self.set(Self.key("a"))) == "1 keys, 0 unusable")
    #expect(Self.outcome(source, Self.set(Self.key("a"))) == "unchanged")
    #expect(Self.outcome(source, Self.set(Self.key("a")) + Array("\n".utf8)) == "unchanged", "written otherwise")
    #expect(Self.outcome(source, Self.set(Self.key("b"))) == "1 keys, 0 unusable")
    #expect(source.keys?.keys.map(\.identifier) == ["b"])
  }

  @Test func `other keys that can't be used are news of their own`() {
    let source = source(.keySetFile("f"))
    #expect(Self.outcome(source, Self.set(Self.key("a"))) == "1 keys, 0 unusable")
    #expect(Self.outcome(source, Self.set(Self.key("a"), Self.unusable)) == "1 unusable")
    #expect(Self.outcome(source, Self.set(Self.key("a"), Self.unusable)) == "unchanged")
    #expect(Self.outcome(source, Self.set(Self.key("a"))) == "0 unusable")
  }

  @Test(arguments: ["", "nonsense", #"{"keys":1}"#, "[]"]) func `a document that is none changes nothing`(text: String)
  {
    let source = source(.keySetFile("f"))
    _ = Self.outcome(source, Self.set(Self.key("a")))
    #expect(Self.outcome(source, Array(text.utf8)).contains("unchanged") == false)
    #expect(source.keys?.keys.map(\.identifier) == ["a"])
    #expect(source.document == Self.set(Self.key("a")))
  }

  @Test func `keys that are forgotten are gone, once`() {
    let source = source(.keySetFile("f"))
    #expect(!source.forget())
    _ = Self.outcome(source, Self.set(Self.key("a")))
    #expect(source.forget())
    #expect(source.keys == nil && source.document.isEmpty)
    #expect(!source.forget())
    #expect(Self.outcome(source, Self.set(Self.key("a"))) == "1 keys, 0 unusable", "the same document is news again")
  }

  @Test func `of a URL no shared secret is taken, whoever published it`() throws {
    let secret = #"{"kty":"oct","kid":"s","k":"\#(String(repeating: "A", count: 43))"}"#
    let settings = source(.keySetURL(try HTTPURL("https://a.test/keys")), [.hs256, .eddsa])
    #expect(Self.outcome(settings, Self.set(secret, Self.key("a"))) == "1 keys, 1 unusable")
    #expect(Self.outcome(source(.keySetFile("f"), [.hs256]), Self.set(secret)) == "1 keys, 0 unusable")
  }

  @Test(arguments: [
    ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "public_key_file"),
    (#"{"kty":"oct","k":"AA"}"#, "jwks"),
  ]) func `a secret that is a key names the way out`(text: String, key: String) {
    #expect(Self.outcome(source(.secretFile("f"), [.hs256]), Array(text.utf8)).contains("'\(key)'"))
  }

  @Test func `a secret is one key, without its last newline`() throws {
    let source = source(.secretFile("f"), [.hs256])
    let secret = Array(String(repeating: "s", count: 32).utf8)
    #expect(Self.outcome(source, secret) == "1 keys, 0 unusable")
    #expect(Self.outcome(source, secret + [10]) == "unchanged")
    #expect(Self.outcome(source, Array(secret.dropLast())) != "unchanged", "it is too short for the hash")
  }

  @Test func `a file without a usable key says what it holds, ten keys at most`() throws {
    let settings = source(.keySetFile("f"), [.rs256]).settings
    #expect(
      try KeyReading(Self.set(), settings).emptiness(for: [.rs256]).hasSuffix("algorithms (RS256): there is none"))
    let many = try KeyReading(
      Array(#"{"keys":[\#((0..<12).map { Self.key("k\($0)") }.joined(separator: ","))]}"#.utf8), settings)
    #expect(many.keys.keys.isEmpty)
    let text = many.emptiness(for: [.rs256])
    #expect(text.contains(#"key 10 (kid "k9""#) && !text.contains(#"kid "k10""#))
    #expect(text.hasSuffix("2 more"))
  }
}
