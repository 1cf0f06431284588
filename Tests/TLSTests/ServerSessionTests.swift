import Bytes
import Glibc
import Testing

@testable import TLS
@testable import Transport

/// The server's side of a session: what it keeps, when it ends, and which sessions it continues.
@Suite struct `A TLS session with a client` {
  private static let tickets = try? TicketKeys(now: 1_800_000_000)

  private static func server(
    _ listener: String = "test", certificate: String = TestFiles.certificate, isStrict: Bool = false,
    protocols: [String] = ["http/1.1"], hasTickets: Bool = true
  ) throws -> ServerTLS {
    var settings = ServerTLSSettings(pairs: [try TestFiles.pair(certificate)], listener: listener)
    settings.tickets = hasTickets ? tickets : nil
    settings.isStrict = isStrict
    settings.protocols = protocols
    return try ServerTLS(settings)
  }

  private static func context(applicationProtocol: String? = nil, verifies: Bool = true) throws -> ClientContext {
    var settings = ClientTLSSettings(trust: verifies ? try TestFiles.trust() : nil)
    settings.applicationProtocol = applicationProtocol
    return try ClientContext(settings)
  }

  private static func pair(_ loop: EventLoop, _ server: ServerTLS, host: String = "localhost") async throws
    -> SessionPair
  {
    try await SessionPair.make(loop, client: ClientTLS(context(verifies: false), .host(host)), server: server)
  }

  // MARK: Bytes

  @Test func `takes no more once the kernel is full, and says what it keeps`() async throws {
    let (taken, flushed, unsent, isWritable) = try await onLoop { loop in
      var pair = try await Self.pair(loop, Self.server())
      var taken = 0
      // The client reads nothing: what the kernel does not hold is kept, and then nothing more is taken.
      for _ in 0..<1000 {
        var output = ByteBuffer(capacity: 1 << 16)
        output.append([UInt8](repeating: 7, count: 1 << 16).span)
        guard case .bytes(let count) = pair.server.send(&output), count > 0 else { break }
        taken += count
      }
      let flushed = pair.server.flush()
      return (taken, flushed, pair.server.unsentCount, pair.server.isWritable)
    }
    #expect(taken > 1 << 16 && taken < 1 << 24)
    #expect(flushed == .wouldBlock)
    #expect(unsent > 0)
    #expect(!isWritable)
  }

  @Test func `writes what it keeps when the client reads on, without being asked`() async throws {
    let (sent, received) = try await onLoop { loop in
      var pair = try await Self.pair(loop, Self.server())
      var sent = 0
      for _ in 0..<1000 {
        var output = ByteBuffer(capacity: 1 << 16)
        output.append([UInt8](repeating: 7, count: 1 << 16).span)
        guard case .bytes(let count) = pair.server.send(&output), count > 0 else { break }
        sent += count
      }
      var received = 0
      for _ in 0..<20_000 where received < sent {
        var input = ByteBuffer(capacity: 1 << 16)
        guard case .bytes(let count) = pair.client.receive(into: &input) else {
          await loop.sleep(until: loop.now.advanced(byNanoseconds: 200_000))
          continue
        }
        received += count
      }
      return (sent, received)
    }
    #expect(received == sent)
  }

  @Test func `several records that came together are read with one call`() async throws {
    let count = try await onLoop { loop in
      var pair = try await Self.pair(loop, Self.server())
      for number in 0..<5 {
        var output = ByteBuffer(capacity: 64)
        output.append(text: "record \(number)")
        _ = pair.client.send(&output)
      }
      for _ in 0..<1000 where !pair.server.isReadable {
        await loop.sleep(until: loop.now.advanced(byNanoseconds: 1_000_000))
      }
      var input = ByteBuffer(capacity: 4096)
      guard case .bytes(let count) = pair.server.receive(into: &input) else { return 0 }
      return count
    }
    #expect(count == 5 * 8)
  }

  // MARK: Ends

  @Test func `ends with the connection, farewell or not: requests say themselves where they end`() async throws {
    let (after, without) = try await onLoop { loop in
      var polite = try await Self.pair(loop, Self.server())
      polite.client.finishSending()
      let after = await SessionPair.next(&polite.server, in: loop)
      var ragged = try await Self.pair(loop, Self.server())
      shutdown(ragged.clientDescriptor, Int32(SHUT_WR))
      let without = await SessionPair.next(&ragged.server, in: loop)
      return (after, without)
    }
    #expect(after == .endOfStream)
    #expect(without == .endOfStream)
  }

  // MARK: Names and protocols

  @Test func `is refused for an unknown name where only known ones are served`() async throws {
    let failures = try await onLoop { loop in
      let server = try Self.server(isStrict: true)
      var failures: [TLSError?] = []
      for host in ["localhost", "x.b.test", "b.test", "elsewhere.test"] {
        failures.append(try await Self.pair(loop, server, host: host).clientFilter.failure)
      }
      return failures
    }
    // RFC 6066 §3: unrecognized_name.
    #expect(failures == [nil, nil, .alert(112), .alert(112)])
  }

  @Test func `is refused where the client speaks no protocol of ours`() async throws {
    let failures = try await onLoop { loop in
      let server = try Self.server()
      var failures: [TLSError?] = []
      for name in ["http/1.1", "h2", "http/1.0"] {
        let client = ClientTLS(try Self.context(applicationProtocol: name), .host("localhost"))
        failures.append(try await SessionPair.make(loop, client: client, server: server).clientFilter.failure)
      }
      return failures
    }
    // RFC 7301 §3.2: no_application_protocol.
    #expect(failures == [nil, .alert(120), .alert(120)])
  }

  // MARK: Resumption

  /// True if a session of one server is continued at another one.
  private static func resumes(_ loop: EventLoop, _ first: ServerTLS, _ second: ServerTLS) async throws -> Bool {
    let (context, sessions) = (try context(), ClientSessions())
    func connect(_ server: ServerTLS) async throws -> Bool {
      let client = ClientTLS(context, .host("localhost"), sessions: sessions, server: "server", at: 1_800_000_100)
      var pair = try await SessionPair.make(loop, client: client, server: server)
      // The ticket comes with the first bytes.
      _ = await SessionPair.pass([1], from: &pair.server, to: &pair.client, in: loop)
      return pair.serverFilter.isResumed
    }
    _ = try await connect(first)
    return try await connect(second)
  }

  @Test func `is continued where certificate and listener are the same`() async throws {
    let (same, reread, listener, without) = try await onLoop { loop in
      let first = try Self.server()
      return (
        try await Self.resumes(loop, first, first), try await Self.resumes(loop, first, Self.server()),
        try await Self.resumes(loop, first, Self.server("other")),
        try await Self.resumes(loop, Self.server(hasTickets: false), Self.server(hasTickets: false))
      )
    }
    #expect(same && reread)
    #expect(!listener && !without)
  }
}
