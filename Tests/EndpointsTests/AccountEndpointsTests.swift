import Bytes
import Configuration
import Glibc
import JSON
import Observability
import Policy
import TestSupport
import Testing
import Tokens
import Transport

@testable import Accounts
@testable import Endpoints

/// The endpoints of the accounts with a database and threads of the test's own, and a clock that the test turns.
@Suite(.serialized, .timeLimit(.minutes(2))) final class `Endpoints of the accounts` {
  private let directory: TemporaryDirectory
  private let service: AccountService
  private let loop: EventLoop
  private let waker: ChannelID
  private let policy: Policy
  private let network = ClientNetwork(v4: 0xCB00_7109)
  private var second: Int64 = 0

  init() throws {
    directory = try TemporaryDirectory()
    let text = """
      { "listen": ["127.0.0.1:0"], "accounts": { "store": "sqlite:\(directory("db"))",
          "signing": { "secret_file": "\(directory("secret"))" }, "default_roles": ["user"],
          "throttle": { "failures": 2, "window": "1h", "max_delay": "4s" } },
        "routes": [{ "path": "/", "respond": { "status": 200 } }] }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    let configuration = try #require(result.configuration, "\(result.diagnostics)")
    let setup = try #require(AccountsSetup(configuration))
    policy = try Policy(configuration)
    let accounts = try #require(configuration.accounts)
    service = try AccountService(setup, accounts, signing: nil, after: nil, now: 1_735_689_600)
    loop = try EventLoop(at: MonotonicTime(nanoseconds: 0), unixTime: 1_735_689_600)
    waker = loop.makeChannel().id
  }

  deinit { service.shutDown() }

  private func turn() {
    loop.turn(at: MonotonicTime(nanoseconds: second * 1_000_000_000), unixTime: 1_735_689_600 + Double(second))
  }

  /// The outcome of a step, for which the loop goes on as long as it takes.
  private func outcome(_ step: EndpointStep) -> EndpointOutcome {
    switch step {
    case .done(let outcome): return outcome
    case .working(let work):
      while true {
        if let outcome = work.outcome { return outcome }
        while work.outcome == nil, loop.nanosecondsToNext != 0 { usleep(1000) }
        turn()
      }
    }
  }

  /// The outcome in words: the status and the account, or the reason.
  private func summary(_ body: () throws(BodyRefusal) -> EndpointStep) -> String {
    do throws(BodyRefusal) {
      let outcome = outcome(try body())
      switch outcome.answer {
      case .object(let status, _): return "\(status) \(outcome.account.map { "\($0)" } ?? "-")"
      case .nothing: return "204"
      case .document: return "document"
      case .refusal(let refusal):
        return "\(refusal.reason.word)\(refusal.retryAfter.map { ", after \($0) s" } ?? "")"
      }
    } catch {
      let wait = error.retryAfter.map { ", after \($0) s" } ?? ""
      return "\(error.reason.word)\(error.details.map { ": \($0)" } ?? "")\(wait)"
    }
  }

  private func call(_ identity: Identity? = nil, deletes: Bool = false, lastSegment: String = "") -> AccountCall {
    let client = Initiator.user(address: "203.0.113.9", userAgent: "test")
    let request = AccountCall.Request(
      network: network, client: client, identity: identity, deletes: deletes, lastSegment: lastSegment)
    return AccountCall(
      request, accounts: service, loop: loop, log: ErrorLog(sink: nil, level: .error), waker: waker)
  }

  private func step(
    _ endpoint: HostedEndpoint, _ body: String = "", by identity: Identity? = nil, deletes: Bool = false,
    lastSegment: String = ""
  ) throws(BodyRefusal) -> EndpointStep {
    guard let endpoint = try AccountEndpoints.endpoint(endpoint, body: Array(body.utf8)) else {
      throw BodyRefusal(reason: .internalError)
    }
    return try endpoint.answer(call(identity, deletes: deletes, lastSegment: lastSegment))
  }

  private func credentials(_ name: String, _ password: String) -> String {
    #"{"username":"\#(name)","password":"\#(password)"}"#
  }

  private func register(_ name: String, _ password: String = "correct horse") -> String {
    summary { () throws(BodyRefusal) in try step(.register, credentials(name, password)) }
  }

  private func logIn(_ name: String, _ password: String = "correct horse") -> String {
    summary { () throws(BodyRefusal) in try step(.login, credentials(name, password)) }
  }

  @Test func `a name is registered once, whatever its case`() throws {
    #expect(register("Alice") == #"201 user("Alice")"#)
    #expect(register("alice") == "user_exists")
  }

  @Test(arguments: [
    ("", "correct horse", "The username must have 1 to 64 characters."),
    ("a b", "correct horse", "The username may only contain the letters A to Z and a to z, digits, and . _ - @ +."),
    ("alice", "short", "The password must have at least 8 characters."),
  ]) func `a name or password against the rules is refused with the rule`(name: String, password: String, rule: String)
    throws
  {
    #expect(register(name, password) == "invalid_body: \(rule)")
  }

  @Test func `a login gives a token that the gateway takes`() throws {
    _ = register("Alice")
    let answer = try answer(.login, credentials("ALICE", "correct horse"))
    #expect(answer.members.map(\.name) == ["token", "token_type", "expires_in", "refresh_token"])
    let verifier = try TokenVerifier(issuers: [service.tokens.issuer])
    let token = try #require(answer["token"]?.string)
    let verified = try verifier.verify(Array(token.utf8).span, now: 1_735_689_600)
    #expect(verified.subject == "Alice", "the spelling that was registered")
  }

  @Test func `an unknown name and a wrong password are refused alike`() throws {
    _ = register("alice")
    #expect(logIn("alice", "wrong password") == "credentials_invalid")
    #expect(logIn("nobody", "wrong password") == "credentials_invalid")
    #expect(logIn("not a name", "wrong password") == "credentials_invalid")
  }

  @Test func `too many failures delay the next, and time lets it pass`() throws {
    _ = register("alice")
    for _ in 0..<3 { #expect(logIn("alice", "wrong password") == "credentials_invalid") }
    #expect(logIn("alice") == "login_throttled, after 1 s", "the right password is not looked at")
    #expect(logIn("bob") == "credentials_invalid", "other names are not delayed")
    second = 1
    turn()
    #expect(logIn("alice") == #"200 user("alice")"#)
    #expect(logIn("alice", "wrong password") == "credentials_invalid", "a success clears the count")
    #expect(logIn("alice") == #"200 user("alice")"#)
  }

  @Test func `work that was not begun can be given up, and counts for nothing`() throws {
    // More than there are threads: some of them wait.
    let names = (0..<8).map { "user\($0)" }
    var works: [(name: String, work: EndpointWork)] = []
    for name in names {
      guard case .working(let work) = try step(.login, credentials(name, "wrong password")) else { continue }
      works.append((name, work))
    }
    #expect(works.count == 8)
    while works.allSatisfy(\.work.isQueued) { usleep(1000) }
    let abandoned = works.map { $0.work.abandon() }
    #expect(abandoned.contains(true) && abandoned.contains(false))
    for (index, each) in works.enumerated() {
      if abandoned[index] {
        #expect(!each.work.isQueued && each.work.outcome == nil)
      } else {
        _ = outcome(.working(each.work))
      }
    }
    let name = names[try #require(abandoned.lastIndex(of: true))]
    for _ in 0..<3 { #expect(logIn(name, "wrong password") == "credentials_invalid") }
    #expect(logIn(name, "wrong password") == "login_throttled, after 1 s")
  }

  // MARK: Sessions

  /// The object of a successful answer.
  private func answer(
    _ endpoint: HostedEndpoint, _ body: String = "", by identity: Identity? = nil
  ) throws -> JSONObject {
    let outcome = outcome(try step(endpoint, body, by: identity))
    guard case .object(200, let object) = outcome.answer else { throw Unexpected(answer: outcome.answer) }
    return object
  }

  private struct Unexpected: Error { let answer: EndpointOutcome.Answer }

  /// The identity that a token of the gateway's own proves.
  private func identity(_ token: String) throws -> Identity {
    let authenticator = try Authenticator(issuers: [service.tokens.issuer], policy: policy)
    let bytes = Array(token.utf8)
    let identity = authenticator.identity(of: bytes.span, now: 1_735_689_600 + Double(second))
    return try #require(identity)
  }

  private func refresh(_ token: String) -> String {
    summary { () throws(BodyRefusal) in try step(.refresh, #"{"refresh_token":"\#(token)"}"#) }
  }

  /// An access token, the identity that it proves, and a refresh token, of a new session.
  private func session(_ name: String = "alice") throws -> (identity: Identity, refreshToken: String) {
    let login = try answer(.login, credentials(name, "correct horse"))
    return (
      try identity(try #require(login["token"]?.string)), try #require(login["refresh_token"]?.string)
    )
  }

  @Test func `a refresh gives other tokens of the same session, and the spent one is a reuse later`() throws {
    _ = register("alice")
    let (first, token) = try session()
    second = 1
    turn()
    let fresh = try answer(.refresh, #"{"refresh_token":"\#(token)"}"#)
    let next = try identity(try #require(fresh["token"]?.string))
    #expect(next.session.text == first.session.text)
    #expect(fresh["refresh_token"]?.string != token)
    second = 60
    turn()
    #expect(refresh(token) == "token_reused")
    #expect(refresh(try #require(fresh["refresh_token"]?.string)) == "refresh_invalid")
    #expect(refresh("no token") == "refresh_invalid")
    #expect(summary { () throws(BodyRefusal) in try step(.refresh, #"{"refresh_token":1}"#) }.hasPrefix("invalid_body"))
  }

  @Test func `who logs out ends the session, once`() throws {
    _ = register("alice")
    let (identity, token) = try session()
    #expect(summary { () throws(BodyRefusal) in try step(.logout, by: identity) } == "204")
    #expect(refresh(token) == "refresh_invalid")
    let revoked = try service.revocations.readNew(now: 1_735_689_600)
    #expect(Revocations(revoked).include(identity))
  }

  @Test func `a token without a session can't log out`() throws {
    _ = register("alice")
    let account = try #require(try service.store.find(AccountName("alice")))
    let bytes = try service.tokens.issue(to: account, session: nil, now: 1_735_689_600)
    let identity = try identity(String(decoding: bytes, as: UTF8.self))
    #expect(summary { () throws(BodyRefusal) in try step(.logout, by: identity) } == "session_missing")
    let sessions = try answer(.sessions, by: identity)["sessions"]?.array
    #expect(sessions?.isEmpty == true)
  }

  @Test func `sessions are listed with the caller's own marked, and ended`() throws {
    _ = register("alice")
    _ = register("bob")
    let (mine, other, stranger) = (try session(), try session(), try session("bob"))
    let listed = try answer(.sessions, by: mine.identity)["sessions"]?.array?.compactMap(\.object) ?? []
    #expect(listed.count == 2)
    let own = try #require(listed.first { $0["current"]?.bool == true })
    #expect(own["id"]?.string == mine.identity.session.text)
    #expect(own["begun"]?.string == "2025-01-01T00:00:00Z")
    #expect((own["address"]?.string, own["user_agent"]?.string) == ("203.0.113.9", "test"))
    func end(_ id: String) -> String {
      summary { () throws(BodyRefusal) in try step(.session, by: mine.identity, deletes: true, lastSegment: id) }
    }
    #expect(end(stranger.identity.session.text) == "not_found")
    #expect(end(other.identity.session.text) == "204")
    #expect(end(other.identity.session.text) == "not_found")
    let third = try session()
    #expect(summary { () throws(BodyRefusal) in try step(.sessions, by: mine.identity, deletes: true) } == "204")
    #expect(refresh(third.refreshToken) == "refresh_invalid")
    #expect(refresh(mine.refreshToken).hasPrefix("200"))
    #expect(refresh(stranger.refreshToken).hasPrefix("200"))
  }

  @Test func `a password is changed by who knows it, and guesses count as failed logins`() throws {
    _ = register("alice")
    let (identity, token) = try session()
    let other = try session()
    func change(_ current: String, _ new: String) -> String {
      summary { () throws(BodyRefusal) in
        try step(.password, #"{"current":"\#(current)","new":"\#(new)"}"#, by: identity)
      }
    }
    #expect(change("correct horse", "short") == "invalid_body: The password must have at least 8 characters.")
    #expect(change("correct horse", "battery staple") == "204")
    #expect(refresh(other.refreshToken) == "refresh_invalid")
    #expect(refresh(token).hasPrefix("200"))
    #expect(logIn("alice") == "credentials_invalid")
    for _ in 0..<2 { #expect(change("correct horse", "battery staple") == "current_invalid") }
    #expect(logIn("alice", "battery staple") == "login_throttled, after 1 s")
  }
}
