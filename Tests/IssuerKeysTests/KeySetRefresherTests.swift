import Configuration
import HTTP
import Observability
import Synchronization
import TestSupport
import Testing
import Tokens
import Transport

@testable import IssuerKeys

/// The keeper of keys with servers on loopback; every wait ends with a condition.
@Suite(.timeLimit(.minutes(1))) struct `The refreshing of keys` {
  typealias Keys = `The keys of an issuer`

  static func answer(_ body: String, _ fields: String = "") -> [String] {
    ["HTTP/1.1 200 OK\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"]
  }

  func source(_ origin: KeyOrigin, issuer: String = "i") -> KeySource {
    KeySource(
      KeySource.Settings(
        issuer: issuer, origin: origin, authorities: nil, algorithms: [.eddsa], cooldown: 1_000_000_000))
  }

  func refresher() throws -> KeySetRefresher { try KeySetRefresher(log: ErrorLog(sink: nil, level: .error)) }

  func until(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(1)) }
  }

  /// The outcome of one fetch, in words.
  func outcome(of source: KeySource) async throws -> String {
    let refresher = try refresher()
    return await withCheckedContinuation { continuation in
      refresher.fetchOnce(source) { outcome in
        switch outcome {
        case .success(.changed(let reading)): continuation.resume(returning: "\(reading.keys.keys.count) keys")
        case .success(.unchanged): continuation.resume(returning: "unchanged")
        case .success(.otherFlaws): continuation.resume(returning: "other flaws")
        case .failure(let failure): continuation.resume(returning: failure.text)
        }
      }
    }
  }

  // MARK: One fetch

  @Test(
    arguments: [
      (Self.answer(Keys.text(of: "a")), "1 keys"), (Self.answer(#"{"keys":[]}"#), "0 keys"),
      (Self.answer("nonsense"), "not JSON"),
      (["HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n"], "the answer has status 500"),
      ([], "the answer broke off"),
    ] as [([String], String)]) func `a key set is taken, or the reason said`(pieces: [String], text: String)
    async throws
  {
    let server = try ScriptedServer { _ in pieces }
    let source = source(.keySetURL(try HTTPURL("http://127.0.0.1:\(server.port)/keys")))
    let outcome = try await outcome(of: source)
    #expect(outcome.contains(text), "\(outcome)")
  }

  @Test(arguments: [
    ("", "1 keys"), ("/", "is that of another issuer"),
  ]) func `a provider's description leads to its keys, if it is the issuer's own`(suffix: String, text: String)
    async throws
  {
    let server = try ScriptedServer { head in
      let host = head.split(separator: "Host: ")[1].prefix { $0 != "\r\n" }
      return head.hasPrefix("GET /.well-known/openid-configuration ")
        ? Self.answer(#"{"issuer":"http://\#(host)\#(suffix)","jwks_uri":"http://\#(host)/k"}"#)
        : Self.answer(Keys.text(of: "a"))
    }
    let issuer = "http://127.0.0.1:\(server.port)"
    let source = source(.discovery(try HTTPURL(issuer + "/.well-known/openid-configuration")), issuer: issuer)
    let outcome = try await outcome(of: source)
    #expect(outcome.contains(text), "\(outcome)")
    #expect(server.requests.count == (suffix.isEmpty ? 2 : 1))
  }

  // MARK: Looking after

  @Test func `keys are fetched at once, and again when somebody misses one`() async throws {
    let name = Mutex("a")
    let server = try ScriptedServer { _ in Self.answer(Keys.text(of: name.withLock { $0 })) }
    let source = source(.keySetURL(try HTTPURL("http://127.0.0.1:\(server.port)/keys")))
    let announced = Announced()
    let refresher = try refresher()
    refresher.tend([source], signing: nil) {
      announced.news.add(1, ordering: .relaxed)
    } announceEnd: { _, number in
      announced.ends.withLock { $0.append(number) }
    }
    try await until { announced.ends.withLock { $0.count } == 1 }
    #expect(source.keys?.keys.map(\.identifier) == ["a"])
    #expect(announced.news.load(ordering: .relaxed) == 1)
    refresher.fetch(source)
    try await until { announced.ends.withLock { $0.count } == 2 }
    #expect(announced.news.load(ordering: .relaxed) == 1, "the same keys are no news")
    name.withLock { $0 = "b" }
    refresher.fetch(source)
    try await until { announced.ends.withLock { $0.count } == 3 }
    #expect(source.keys?.keys.map(\.identifier) == ["b"])
    let numbers = announced.ends.withLock { $0 }
    #expect(numbers == numbers.sorted() && Set(numbers).count == 3, "ends are numbered")
    refresher.tend([], signing: nil, announce: {}, announceEnd: { _, _ in })
  }

  @Test func `a failed fetch ends too, and leaves the keys in force`() async throws {
    let fails = Atomic(false)
    let server = try ScriptedServer { _ in fails.load(ordering: .relaxed) ? [] : Self.answer(Keys.text(of: "a")) }
    let source = source(.keySetURL(try HTTPURL("http://127.0.0.1:\(server.port)/keys")))
    let announced = Announced()
    let refresher = try refresher()
    refresher.tend([source], signing: nil, announce: {}) { _, number in announced.ends.withLock { $0.append(number) } }
    try await until { announced.ends.withLock { $0.count } == 1 }
    fails.store(true, ordering: .relaxed)
    refresher.fetch(source)
    try await until { announced.ends.withLock { $0.count } == 2 }
    #expect(source.keys?.keys.map(\.identifier) == ["a"])
    refresher.tend([], signing: nil, announce: {}, announceEnd: { _, _ in })
  }

  @Test func `a request that waits for a source that is gone is told`() async throws {
    let source = source(.keySetURL(try HTTPURL("http://127.0.0.1:1/keys")))
    let announced = Announced()
    let refresher = try refresher()
    refresher.tend([], signing: nil, announce: {}) { _, number in announced.ends.withLock { $0.append(number) } }
    refresher.fetch(source)
    try await until { announced.ends.withLock { !$0.isEmpty } }
    #expect(source.keys == nil)
  }

  /// The calls of a refresher.
  private final class Announced: Sendable {
    let news = Atomic(0)
    let ends = Mutex<[UInt64]>([])
  }
}
