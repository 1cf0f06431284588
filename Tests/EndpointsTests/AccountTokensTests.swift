import Configuration
import Foundation
import JSON
import TestSupport
import Testing
import Tokens

@testable import Accounts
@testable import Endpoints

@Suite struct `The tokens of the accounts` {
  /// 2025-01-01.
  static let now = 1_735_689_600.0
  static let account = Account(id: 1, name: "alice", roles: ["admin", "user"], isDisabled: false, created: 0, epoch: 0)

  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// - Parameter keys: further keys of `accounts`, each with a comma before it.
  private func setup(_ keys: String = "", algorithm: String = "HS256") throws -> AccountsSetup {
    let text = """
      { "listen": ["127.0.0.1:0"], "accounts": { "store": "sqlite:\(directory("db"))",
          "signing": { "secret_file": "\(directory("secret"))", "algorithm": "\(algorithm)" }\(keys) },
        "routes": [{ "path": "/", "respond": { "status": 200 } }] }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    let configuration = try #require(result.configuration, "\(result.diagnostics)")
    return try #require(AccountsSetup(configuration))
  }

  /// The claims that a token has, without a look at its signature.
  private func claims(_ token: [UInt8]) throws -> JSONObject {
    let parts = String(decoding: token, as: UTF8.self).split(separator: ".")
    var text = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
    while text.utf8.count % 4 != 0 { text += "=" }
    let payload = Array(try #require(Data(base64Encoded: text)))
    return try #require(try JSONReader.parse(payload.span, limits: .file).object)
  }

  /// The reason for which the accounts' own gateway refuses a token; nil if it takes it.
  private func verdict(_ token: [UInt8], _ tokens: AccountTokens, at now: Double) throws -> TokenRejection? {
    let verifier = try TokenVerifier(issuers: [tokens.issuer])
    do throws(TokenRejection) {
      _ = try verifier.verify(token.span, now: now)
      return nil
    } catch {
      return error
    }
  }

  @Test func `name the user, the roles and the time, and nothing that is not configured`() throws {
    let tokens = try setup().openTokens()
    let claims = try claims(try tokens.issue(to: Self.account, session: nil, now: Self.now + 0.9))
    #expect(claims.members.map(\.name) == ["sub", "user", "iat", "exp", "jti", "roles"])
    #expect(claims["sub"]?.string == "alice" && claims["user"]?.string == "alice")
    #expect(claims["roles"]?.array?.map(\.string) == ["admin", "user"])
    #expect(claims["iat"] == .number(JSONNumber(1_735_689_600)))
    #expect(claims["exp"] == .number(JSONNumber(1_735_693_200)))
  }

  @Test func `have what is configured and asked for`() throws {
    let tokens = try setup(#", "issuer": "https://g.test", "audience": ["a", "b"], "access_token_ttl": "5m""#)
      .openTokens()
    let claims = try claims(try tokens.issue(to: Self.account, session: "s1", scope: "x y", now: Self.now))
    #expect(claims["iss"]?.string == "https://g.test")
    #expect(claims["aud"]?.array?.map(\.string) == ["a", "b"])
    #expect(claims["scope"]?.string == "x y")
    #expect(claims["sid"]?.string == "s1")
    #expect(claims["exp"] == .number(JSONNumber(1_735_689_900)))
    let one = try setup(#", "audience": "a""#).openTokens()
    #expect(try self.claims(try one.issue(to: Self.account, session: nil, now: Self.now))["aud"]?.string == "a")
  }

  @Test func `have the scope and the claims of the account, none of which takes the place of the gateway's own`() throws
  {
    let tokens = try setup().openTokens()
    let account = Account(
      id: 1, name: "alice", roles: [], isDisabled: false, created: 0, epoch: 0, scope: "a b",
      claims: [
        Account.Claim(name: "plan", json: #"{"name":"pro","seats":3}"#), Account.Claim(name: "sub", json: #""root""#),
        Account.Claim(name: "cnf", json: "{}"),
      ])
    let claims = try claims(try tokens.issue(to: account, session: nil, now: Self.now))
    #expect(claims["scope"]?.string == "a b")
    #expect(claims["plan"]?.object?["seats"] == .number(JSONNumber(3)))
    #expect(claims["sub"]?.string == "alice")
    #expect(claims["cnf"] == nil)
    #expect(
      try self.claims(try tokens.issue(to: account, session: nil, scope: "c", now: Self.now))["scope"]?.string == "c")
  }

  @Test func `are all different`() throws {
    let tokens = try setup().openTokens()
    let names = try (0..<50).map { _ in
      try claims(try tokens.issue(to: Self.account, session: nil, now: Self.now))["jti"]?.string
    }
    #expect(Set(names).count == 50)
  }

  @Test(arguments: ["HS256", "HS384", "HS512"]) func `are taken by the gateway for their lifetime`(algorithm: String)
    throws
  {
    let tokens = try setup(algorithm: algorithm).openTokens()
    let token = try tokens.issue(to: Self.account, session: nil, lifetime: 60, now: Self.now)
    #expect(try verdict(token, tokens, at: Self.now) == nil)
    #expect(try verdict(token, tokens, at: Self.now + 59) == nil)
    #expect(try verdict(token, tokens, at: Self.now + 60) == .expired)
  }

  @Test(
    arguments: [
      (#", "issuer": "https://g.test""#, .issuerUnknown), (#", "audience": "a""#, .audienceMismatch),
    ] as [(String, TokenRejection)])
  func `of another configuration are refused, though the secret is the same`(keys: String, reason: TokenRejection)
    throws
  {
    let plain = try setup().openTokens()
    let other = try setup(keys).openTokens()
    #expect(
      try verdict(try plain.issue(to: Self.account, session: nil, now: Self.now), other, at: Self.now) == reason)
    #expect(try verdict(try other.issue(to: Self.account, session: nil, now: Self.now), plain, at: Self.now) != nil)
  }

  @Test func `take a secret that is made once, and not by a check`() throws {
    let setup = try setup()
    #expect(try setup.readTokens(signing: nil) == nil)
    #expect(directory.names == [])
    _ = try setup.openTokens()
    let made = try Data(contentsOf: URL(filePath: directory("secret")))
    #expect(made.count == 43)
    _ = try setup.openTokens()
    #expect(try Data(contentsOf: URL(filePath: directory("secret"))) == made)
    #expect(try setup.readTokens(signing: nil) != nil)
  }

  @Test func `are not made with a secret that is too short`() throws {
    try Data("short".utf8).write(to: URL(filePath: directory("secret")))
    let setup = try setup()
    do throws(ConfigurationErrors) {
      _ = try setup.openTokens()
      Issue.record("it was taken")
    } catch {
      #expect(error.diagnostics.count == 1)
    }
  }
}
