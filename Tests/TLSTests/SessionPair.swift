import Bytes
import Glibc
import Testing

@testable import TLS
@testable import Transport

/// Both sides of a TLS session, over a pair of sockets in one loop.
struct SessionPair: ~Copyable {
  var client: Channel
  var server: Channel
  let clientFilter: TLSFilter
  let serverFilter: TLSFilter
  /// Below the client's channel.
  let clientDescriptor: Int32

  /// - Throws: when there is no descriptor left.
  static func make(_ loop: EventLoop, client: ClientTLS, server: ServerTLS) async throws -> SessionPair {
    var descriptors: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &descriptors) == 0)
    let clientFilter = try TLSFilter(client: client)
    let serverFilter = try TLSFilter(server: server, early: ByteBuffer(capacity: 16))
    var pair = SessionPair(
      client: try loop.adopt(descriptor: descriptors[0], isConnected: true),
      server: try loop.adopt(descriptor: descriptors[1], isConnected: true), clientFilter: clientFilter,
      serverFilter: serverFilter, clientDescriptor: descriptors[0])
    pair.client.begin(clientFilter)
    pair.server.begin(serverFilter)
    for _ in 0..<2000 where clientFilter.failure == nil && !(clientFilter.isEstablished && serverFilter.isEstablished) {
      await loop.sleep(until: loop.now.advanced(byNanoseconds: 1_000_000))
    }
    return pair
  }

  /// The text on its way from one channel to the other, read whole.
  static func pass(_ text: [UInt8], from sender: inout Channel, to receiver: inout Channel, in loop: EventLoop) async
    -> [UInt8]
  {
    var output = ByteBuffer(capacity: text.count)
    output.append(text.span)
    var received: [UInt8] = []
    for _ in 0..<20_000 where received.count < text.count {
      _ = sender.send(&output)
      _ = sender.flush()
      var input = ByteBuffer(capacity: 65_536)
      guard case .bytes = receiver.receive(into: &input) else {
        await loop.sleep(until: loop.now.advanced(byNanoseconds: 200_000))
        continue
      }
      received += input.readable.array
    }
    return received
  }

  /// The next thing that a read brings other than "would block".
  static func next(_ channel: inout Channel, in loop: EventLoop) async -> Channel.Received {
    var input = ByteBuffer(capacity: 4096)
    for _ in 0..<2000 {
      let received = channel.receive(into: &input)
      if received != .wouldBlock { return received }
      await loop.sleep(until: loop.now.advanced(byNanoseconds: 1_000_000))
    }
    return .wouldBlock
  }
}

/// Runs a piece of work on a loop of its own.
func onLoop<Result: Sendable>(_ body: @escaping @Sendable (EventLoop) async throws -> Result) async throws -> Result {
  let loop = try EventLoop()
  try Transport.Thread.start(name: "test loop") { loop.run() }
  defer { loop.stop() }
  return try await Task(executorPreference: loop) { try await body(loop) }.value
}
