import Configuration
import Glibc
import JSON
import Observability
import TestSupport
import Testing
import Transport

@testable import Gateway
@testable import Proxy

@Suite struct `The addresses that the process listens on` {
  private let directory: TemporaryDirectory
  private let log = ErrorLog(sink: nil, level: .error)

  init() throws { directory = try TemporaryDirectory() }

  /// A configuration with these entries of `listen`; `a` to `z` stand for sockets in the test's directory.
  private func configuration(_ listen: String, admin: String = "") throws -> GatewayConfiguration {
    let listen = listen.replacing(/unix:([a-z])/) { "unix:\(directory(String($0.1)))" }
    let text = """
      { "listen": [\(listen)], \(admin)
        "routes": [{ "path": "/", "auth": "none", "respond": { "status": 200 } }] }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    return try #require(result.configuration, "\(result.diagnostics)")
  }

  private func isBound(_ name: String) -> Bool { directory.names.contains(name) }

  @Test func `each worker gets a socket of its own for a port, and all the one of a path`() throws {
    var listeners = Listeners(workerCount: 3)
    let change = try listeners.change(
      to: configuration(#""127.0.0.1:0", "unix:a""#, admin: #""admin": {"listen": "127.0.0.1:0"},"#))
    #expect(change.added.map(\.count) == [3, 3, 3])
    #expect(change.removed.isEmpty)
    let sockets = change.added.map { $0.map(\.socket) }
    let ports = Set(sockets.map { $0[0].address.port })
    #expect(ports.count == 1 && ports.first != 0, "port 0 is the same for all")
    #expect(Set(change.added.map { $0.map(\.tag.isAdmin) }) == [[false, false, true]])
  }

  @Test func `what both configurations have is not touched, the rest comes and goes`() throws {
    var listeners = Listeners(workerCount: 1)
    let first = try listeners.change(to: configuration(#""unix:a", "unix:b""#))
    listeners.adopt(first, log: log)
    let second = try listeners.change(to: configuration(#""unix:c", "unix:a""#))
    #expect(second.added[0].count == 1)
    #expect(second.removed == [first.added[0][1].tag])
    #expect(isBound("c"))
    listeners.adopt(second, log: log)
    let third = try listeners.change(to: configuration(#""unix:a", "unix:c""#))
    #expect(third.added[0].isEmpty && third.removed.isEmpty)
  }

  @Test func `a path that serves operators instead of clients is another listener`() throws {
    var listeners = Listeners(workerCount: 1)
    let first = try listeners.change(to: configuration(#""127.0.0.1:0", "unix:a""#))
    listeners.adopt(first, log: log)
    let second = try listeners.change(
      to: configuration(#""127.0.0.1:0""#, admin: #""admin": {"listen": "unix:\#(directory("z"))"},"#))
    #expect(second.added[0].map(\.tag.isAdmin) == [true])
    #expect(second.removed == [first.added[0][1].tag])
  }

  @Test func `every address that can't be bound is said, with its place, and nothing changes`() throws {
    var listeners = Listeners(workerCount: 1)
    do throws(ConfigurationErrors) {
      _ = try listeners.change(to: try! configuration(#""unix:a", "192.0.2.1:1", "unix:/nonexistent/s""#))
      Issue.record("it was bound")
    } catch {
      #expect(error.diagnostics.map(\.location.line) == [1, 1])
      #expect(error.diagnostics.map(\.message).allSatisfy { $0.hasPrefix("can't listen on ") })
    }
    let change = try listeners.change(to: configuration(#""unix:a""#))
    #expect(change.added[0].count == 1, "the one that could be bound was let go")
  }

  @Test func `the rights of a path follow the configuration`() throws {
    var listeners = Listeners(workerCount: 1)
    let change = try listeners.change(to: configuration(#"{"address": "unix:a", "mode": "0600"}"#))
    listeners.adopt(change, log: log)
    listeners.adopt(try listeners.change(to: configuration(#"{"address": "unix:a", "mode": "0666"}"#)), log: log)
    var status = stat()
    #expect(stat(directory("a"), &status) == 0 && status.st_mode & 0o777 == 0o666)
    _ = change
  }

  @Test(
    arguments: [
      ("a:80", 80, nil, EACCES, "CAP_NET_BIND_SERVICE"), ("a:8080", 8080, nil, EACCES, nil),
      ("a:8080", 8080, nil, EADDRNOTAVAIL, "no address of this machine"), ("unix:/x/y", nil, "/x/y", ENOENT, "folder"),
      ("unix:/x/y", nil, "/x/y", EACCES, nil), ("a:80", 80, nil, EADDRINUSE, nil),
    ] as [(String, UInt16?, String?, Int32, String?)])
  func `a message shows the way out where there is one`(
    name: String, port: UInt16?, path: String?, code: Int32, hint: String?
  ) {
    let text = Listeners.problem(name, port: port, path: path, SystemError(code: code))
    #expect(text.hasPrefix("can't listen on \(name): "))
    if let hint { #expect(text.contains(hint)) } else { #expect(!text.contains(";")) }
  }
}
