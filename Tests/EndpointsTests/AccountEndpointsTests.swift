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

/// Registering and logging in with a database and threads of the test's own, and a clock that the test turns.
@Suite(.serialized, .timeLimit(.minutes(2))) final class `Registering and logging in` {
  private let directory: TemporaryDirectory
  private let service: AccountService
  private let loop: EventLoop
  private let endpoints: AccountEndpoints
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
    let accounts = try #require(configuration.accounts)
    service = try AccountService(setup, accounts, signing: nil, after: nil)
    loop = try EventLoop(at: MonotonicTime(nanoseconds: 0), unixTime: 1_735_689_600)
    endpoints = AccountEndpoints(
      accounts: service, loop: loop, log: ErrorLog(sink: nil, level: .error), waker: loop.makeChannel().id)
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
      case .document: return "document"
      case .refusal(let refusal):
        return "\(refusal.reason.word)\(refusal.retryAfter.map { ", after \($0) s" } ?? "")"
      }
    } catch {
      return "\(error.reason.word): \(error.details ?? "-")"
    }
  }

  private func credentials(_ name: String, _ password: String) throws -> Credentials {
    try Credentials(Array(#"{"username":"\#(name)","password":"\#(password)"}"#.utf8).span)
  }

  private func register(_ name: String, _ password: String = "correct horse") throws -> String {
    let credentials = try credentials(name, password)
    return summary { () throws(BodyRefusal) in try endpoints.register(credentials, from: network) }
  }

  private func logIn(_ name: String, _ password: String = "correct horse") throws -> String {
    let credentials = try credentials(name, password)
    return summary { () throws(BodyRefusal) in try endpoints.logIn(credentials, from: network) }
  }

  @Test func `a name is registered once, whatever its case`() throws {
    #expect(try register("Alice") == #"201 user("Alice")"#)
    #expect(try register("alice") == "user_exists")
  }

  @Test(arguments: [
    ("", "correct horse", "The username must have 1 to 64 characters."),
    ("a b", "correct horse", "The username may only contain the letters A to Z and a to z, digits, and . _ - @ +."),
    ("alice", "short", "The password must have at least 8 characters."),
  ]) func `a name or password against the rules is refused with the rule`(name: String, password: String, rule: String)
    throws
  {
    #expect(try register(name, password) == "invalid_body: \(rule)")
  }

  @Test func `a login gives a token that the gateway takes`() throws {
    _ = try register("Alice")
    let credentials = try credentials("ALICE", "correct horse")
    let outcome = outcome(try endpoints.logIn(credentials, from: network))
    guard case .object(200, let answer) = outcome.answer, let token = answer["token"]?.string else {
      Issue.record("\(outcome.answer)")
      return
    }
    #expect(answer.members.map(\.name) == ["token", "token_type", "expires_in"])
    let verifier = try TokenVerifier(issuers: [service.tokens.issuer])
    let verified = try verifier.verify(Array(token.utf8).span, now: 1_735_689_600)
    #expect(verified.subject == "Alice", "the spelling that was registered")
  }

  @Test func `an unknown name and a wrong password are refused alike`() throws {
    _ = try register("alice")
    #expect(try logIn("alice", "wrong password") == "credentials_invalid")
    #expect(try logIn("nobody", "wrong password") == "credentials_invalid")
    #expect(try logIn("not a name", "wrong password") == "credentials_invalid")
  }

  @Test func `too many failures delay the next, and time lets it pass`() throws {
    _ = try register("alice")
    for _ in 0..<3 { #expect(try logIn("alice", "wrong password") == "credentials_invalid") }
    #expect(try logIn("alice") == "login_throttled, after 1 s", "the right password is not looked at")
    #expect(try logIn("bob") == "credentials_invalid", "other names are not delayed")
    second = 1
    turn()
    #expect(try logIn("alice") == #"200 user("alice")"#)
    #expect(try logIn("alice", "wrong password") == "credentials_invalid", "a success clears the count")
    #expect(try logIn("alice") == #"200 user("alice")"#)
  }

  @Test func `work that was not begun can be given up, and counts for nothing`() throws {
    // More than there are threads: some of them wait.
    let names = (0..<8).map { "user\($0)" }
    var works: [(name: String, work: EndpointWork)] = []
    for name in names {
      let credentials = try credentials(name, "wrong password")
      guard case .working(let work) = try endpoints.logIn(credentials, from: network) else { continue }
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
    for _ in 0..<3 { #expect(try logIn(name, "wrong password") == "credentials_invalid") }
    #expect(try logIn(name, "wrong password") == "login_throttled, after 1 s")
  }
}
