import Configuration
import Foundation
import HTTP
import JSON
import Observability
import Synchronization
import TestSupport
import Testing
import Tokens
import Transport

@testable import IssuerKeys

/// The order and the number of fetches, files, and keys for commands.
@Suite(.timeLimit(.minutes(1))) struct `The rhythm of refreshing keys` {
  typealias Keys = `The keys of an issuer`

  /// The announcements of the refresher, in order.
  final class Announcements: Sendable {
    private let words = Mutex<[String]>([])
    private let arrivals = DispatchSemaphore(value: 0)

    func add(_ word: String) {
      words.withLock { $0.append(word) }
      arrivals.signal()
    }

    var all: [String] { words.withLock { $0 } }

    /// Waits until that many have come; each may take half a minute.
    func wait(for count: Int) {
      while all.count < count, arrivals.wait(timeout: .now() + 30) == .success {}
      #expect(all.count >= count)
    }
  }

  let announcements = Announcements()

  func refresher() throws -> KeySetRefresher { try KeySetRefresher(log: ErrorLog(sink: nil, level: .error)) }

  func source(_ origin: KeyOrigin, issuer: String = "i") -> KeySource {
    KeySource(
      KeySource.Settings(
        issuer: issuer, origin: origin, authorities: nil, algorithms: [.eddsa], cooldown: 1_000_000_000))
  }

  /// A source at a server, by a path.
  func source(at server: ScriptedServer, _ path: String = "/keys") throws -> KeySource {
    source(.keySetURL(try HTTPURL("http://127.0.0.1:\(server.port)\(path)")))
  }

  static func answer(_ text: String) -> [String] {
    ["HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"]
  }

  /// Looks after the sources; each end of a fetch is announced with its number and the key that is there by then.
  func tend(_ sources: [KeySource], by refresher: KeySetRefresher) {
    refresher.tend(sources, signing: nil) { [announcements] in
      announcements.add("news")
    } announceEnd: { [announcements] source, number in
      announcements.add("end \(number): \(source.keys?.keys.first?.identifier ?? "none")")
    }
  }

  // MARK: Fetching

  @Test func `what was never fetched is fetched at once; its keys are announced before the end of the fetch`() throws {
    let server = try ScriptedServer { _ in Self.answer(Keys.text(of: "a")) }
    let refresher = try refresher()
    let source = try source(at: server)
    tend([source], by: refresher)
    announcements.wait(for: 2)
    #expect(announcements.all == ["news", "end 1: a"])
    #expect(source.keys?.keys.map(\.identifier) == ["a"])
    #expect(server.requests.count == 1)
    #expect(server.requests.first?.contains("\r\nAccept: application/jwk-set+json, application/json\r\n") == true)
  }

  @Test func `one fetch of a source runs at a time`() throws {
    let server = try ScriptedServer { _ in Self.answer(Keys.text(of: "a")) }
    let refresher = try refresher()
    let source = try source(at: server)
    tend([source], by: refresher)
    // The fetch of the source's beginning is under way, or has ended, when this comes.
    for _ in 0..<5 { refresher.fetch(source) }
    announcements.wait(for: 2)
    #expect(server.requests.count == 1)
  }

  @Test func `a source that stays keeps its rhythm`() throws {
    let server = try ScriptedServer { head in Self.answer(Keys.text(of: head.hasPrefix("GET /a ") ? "a" : "b")) }
    let refresher = try refresher()
    let (old, new) = (try source(at: server, "/a"), try source(at: server, "/b"))
    tend([old], by: refresher)
    announcements.wait(for: 2)
    tend([old, new], by: refresher)
    announcements.wait(for: 4)
    #expect(announcements.all == ["news", "end 1: a", "news", "end 2: b"])
    #expect(server.requests.map { $0.prefix(6) } == ["GET /a", "GET /b"])
  }

  // MARK: Files

  @Test func `a file is read at once, and again when it has changed`() throws {
    let directory = try TemporaryDirectory()
    let path = directory("keys")
    try Data(Keys.set(Keys.key("a"))).write(to: URL(filePath: path))
    let refresher = try refresher()
    let source = source(.keySetFile(path))
    tend([source], by: refresher)
    announcements.wait(for: 1)
    #expect(source.keys?.keys.map(\.identifier) == ["a"])
    try Data(Keys.set(Keys.key("b"))).write(to: URL(filePath: path), options: .atomic)
    announcements.wait(for: 2)
    #expect(announcements.all == ["news", "news"])
    #expect(source.keys?.keys.map(\.identifier) == ["b"])
  }

  // MARK: Commands

  func settings(_ source: KeySource) -> IssuerSettings {
    let place = SourceLocation(line: 1, column: 1)
    let configuration = IssuerConfiguration(
      name: Located(source.settings.issuer, at: place), audience: .any, keys: Located(source.settings.origin, at: place)
    )
    return IssuerSettings(configuration, source: source)
  }

  @Test func `a command has keys fetched once that are not there`() throws {
    let server = try ScriptedServer { _ in Self.answer(Keys.text(of: "a")) }
    let issuer = settings(try source(at: server))
    let missing = try #require(OneShotKeyFetch.missing(of: [issuer], at: 0))
    #expect(missing.issuer == "i" && missing.url.hasSuffix("/keys") && missing.failure == nil)
    let finding = try #require(try OneShotKeyFetch.fetch(of: [issuer], at: 0))
    #expect(finding.failure == nil && finding.unusable == [])
    #expect(issuer.source.keys?.keys.map(\.identifier) == ["a"])
    #expect(try OneShotKeyFetch.fetch(of: [issuer], at: 0) == nil, "they are there")
    #expect(OneShotKeyFetch.missing(of: [issuer], at: 0) == nil)
    #expect(server.requests.count == 1)
  }

  @Test func `a command is told why there are no keys`() throws {
    let server = try ScriptedServer { _ in ["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"] }
    let issuer = settings(try source(at: server))
    #expect(try OneShotKeyFetch.fetch(of: [issuer], at: 0)?.failure == "the answer has status 404")
    #expect(try OneShotKeyFetch.fetch(of: [issuer], at: 1) == nil, "there is no such issuer")
    #expect(try OneShotKeyFetch.fetch(of: [settings(source(.keySetFile("f")))], at: 0) == nil, "files are not fetched")
  }
}
