import Bytes
import Foundation
import TLS
import Testing
import Transport

/// The judgement of a client about servers that don't speak TLS; those that do are met end to end.
@Suite struct `A TLS session with a server` {
  /// A server on a socket of its own that reads what comes first and answers that.
  final class Server: Sendable {
    let path = FileManager.default.temporaryDirectory.appending(path: "tls.\(UInt32.random(in: 0...UInt32.max))").path
    private let listener: Int32

    init(answering answer: [UInt8]?) throws {
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      listener = descriptor
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array(path.utf8)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      let size = socklen_t(MemoryLayout<sockaddr_un>.size)
      let bound = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
      }
      try #require(bound == 0 && listen(descriptor, 1) == 0)
      try Transport.Thread.start(name: "server") {
        let connection = accept(descriptor, nil, nil)
        var buffer = [UInt8](repeating: 0, count: 4096)
        _ = read(connection, &buffer, buffer.count)
        if let answer {
          _ = write(connection, answer, answer.count)
        } else {
          // Until the other side has had enough.
          while read(connection, &buffer, buffer.count) > 0 {}
        }
        close(connection)
      }
    }

    deinit {
      close(listener)
      unlink(path)
    }
  }

  func handshake(answer: [UInt8]?, within nanoseconds: Int64 = 5_000_000_000) async throws -> TLSError? {
    let server = try Server(answering: answer)
    let loop = try EventLoop()
    let path = server.path
    try Transport.Thread.start(name: "loop") { loop.run() }
    defer { loop.stop() }
    let error: TLSError? = try await Task(executorPreference: loop) {
      var channel = try Channel.connect(to: .unix(path: path), in: loop)
      let context = try ClientContext(ClientTLSSettings(trust: .system()))
      let filter = try TLSFilter(client: ClientTLS(context, .host("localhost")))
      channel.begin(filter)
      let deadline = MonotonicTime.current().advanced(byNanoseconds: nanoseconds)
      return await loop.wait(for: channel.writable, until: deadline) == .timedOut ? .timedOut : filter.failure
    }.value
    withExtendedLifetime(server) {}
    return error
  }

  @Test func `that speaks plain HTTP is told to do so`() async throws {
    #expect(try await handshake(answer: Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) == .notTLS)
  }

  @Test func `that hangs up is told to have done so`() async throws {
    let error = try await handshake(answer: [])
    // Whatever the kernel makes of a hang-up.
    #expect([.closedEarly, .connection(SystemError(code: ECONNRESET))].contains(error), "\(String(describing: error))")
  }

  @Test func `that refuses is quoted by the number of its alert`() async throws {
    #expect(try await handshake(answer: [21, 3, 3, 0, 2, 2, 40]) == .alert(40))
  }

  @Test func `that says nothing is given up`() async throws {
    #expect(try await handshake(answer: nil, within: 50_000_000) == .timedOut)
  }

  @Test(
    arguments: [
      [22, 3, 3, 0, 4, 2, 0, 0, 0], [22, 3, 3, 0, 0], [23, 3, 3, 0, 1, 0], [20, 3, 3, 0, 1, 1], [22, 3, 3, 255, 255],
    ] as [[UInt8]])
  func `that sends nonsense does no harm`(_ answer: [UInt8]) async throws {
    #expect(try await handshake(answer: answer) != nil)
  }
}
