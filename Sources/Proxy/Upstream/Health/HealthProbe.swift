import Bytes
import Configuration
import HTTP
import Transport

/// The reason for which a check could not be made to its end.
struct ProbeFailure: Error {
  let text: String
}

/// The request of a health check.
struct HealthProbe {
  /// The request's head, whole.
  let request: [UInt8]
  let loop: EventLoop
  let buffers: BufferPool

  init(_ check: HealthCheck, of server: UpstreamServer, loop: EventLoop, buffers: BufferPool) {
    request = Self.request(check, host: check.host.map { Array($0.utf8) } ?? server.authority.bytes)
    self.loop = loop
    self.buffers = buffers
  }

  /// Writes the request: fields of the check's own replace those that every check has.
  static func request(_ check: HealthCheck, host: [UInt8]) -> [UInt8] {
    var lines = [Field(name: "User-Agent", value: "portcullis"), Field(name: "Accept", value: "*/*")]
    lines.removeAll { line in
      check.headers.contains { $0.name.utf8Span.span.equalsIgnoringCase(line.name.utf8Span.span) }
    }
    var request = Array("GET \(check.target) HTTP/1.1\r\nHost: ".utf8) + host + Array("\r\n".utf8)
    for line in lines + check.headers { request += Array("\(line.name): \(line.value)\r\n".utf8) }
    return request + Array("Connection: close\r\n\r\n".utf8)
  }

  /// The status that the server answers with.
  ///
  /// - Parameter deadline: for all of it.
  func ask(_ address: SocketAddress, until deadline: MonotonicTime) async throws(ProbeFailure) -> Int {
    var server = HTTP1UpstreamStream(
      try await connect(to: address, until: deadline), isReused: false, limits: .response, buffers: buffers)
    try await send(over: &server.connection.channel, until: deadline)
    var response = ResponseHead()
    while true {
      switch server.receiveHead(to: .get, into: &response) {
      case .complete where response.isInterim: continue
      case .complete:
        await drain(&server, server.framing, until: deadline)
        return response.status
      case .failed(let failure): throw ProbeFailure(text: failure.text)
      case .incomplete:
        guard await loop.wait(for: server.connection.channel.readable, until: deadline) == .ready else {
          throw ProbeFailure(text: UpstreamFailure.responseTimedOut.text)
        }
      }
    }
  }

  private func connect(to address: SocketAddress, until deadline: MonotonicTime) async throws(ProbeFailure) -> Channel {
    let socket: Channel
    do throws(SystemError) {
      socket = try Channel.connect(to: address, in: loop)
    } catch {
      throw ProbeFailure(text: error.text)
    }
    if !socket.isWritable, await loop.wait(for: socket.writable, until: deadline) == .timedOut {
      throw ProbeFailure(text: UpstreamFailure.connectTimedOut.text)
    }
    if let error = socket.connectionError() { throw ProbeFailure(text: error.text) }
    return socket
  }

  private func send(over socket: inout Channel, until deadline: MonotonicTime) async throws(ProbeFailure) {
    var output = ByteBuffer(from: buffers)
    output.append(request.span)
    while !output.isEmpty {
      switch socket.send(&output) {
      case .bytes(0):
        guard await loop.wait(for: socket.writable, until: deadline) == .ready else {
          throw ProbeFailure(text: UpstreamFailure.responseTimedOut.text)
        }
      case .bytes: break
      case .failed(let error): throw ProbeFailure(text: error.text)
      }
    }
  }

  /// The number of bytes of the answer that are read, so that a server doesn't find its writing cut off.
  private static let drainMax = 64 * 1024

  private func drain(
    _ server: inout HTTP1UpstreamStream, _ framing: MessageFraming, until deadline: MonotonicTime
  ) async {
    let body = IncomingBody(framing, of: .response, keepsTrailers: false)
    let wanted = body.isComplete ? 0 : min(Self.drainMax, Int(clamping: body.remaining ?? .max))
    var drained = server.connection.input.count
    while drained < wanted {
      server.connection.input.removeAll()
      guard server.connection.channel.isReadable else {
        server.connection.input.giveBack()
        guard await loop.wait(for: server.connection.channel.readable, until: deadline) == .ready else { return }
        continue
      }
      server.connection.input.reserve(1024)
      switch server.connection.channel.receive(into: &server.connection.input) {
      case .bytes(let count): drained += count
      case .wouldBlock: break
      case .endOfStream, .failed: return
      }
    }
  }
}
