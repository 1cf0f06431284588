import Bytes
import HTTP
import Transport

/// Why a check could not be made to its end.
struct ProbeFailure: Error {
  let text: String
}

/// One request of a health check.
struct HealthProbe {
  let target: String
  let authority: UpstreamAuthority
  /// For all of it.
  let deadline: MonotonicTime
  let loop: EventLoop
  let buffers: BufferPool

  /// The status that the server answers with.
  func ask(_ address: SocketAddress) async throws(ProbeFailure) -> Int {
    var server = UpstreamConnection(
      try await connect(to: address), endpoint: 0, isReused: false, limits: .response, buffers: buffers)
    try await send(over: &server.socket)
    var response = ResponseHead()
    while true {
      switch server.receiveHead(to: .get, into: &response) {
      case .complete where response.isInterim: continue
      case .complete:
        await drain(&server, response.framing)
        return response.status
      case .failed(let failure): throw ProbeFailure(text: failure.text)
      case .incomplete:
        guard await loop.wait(for: server.socket.readable, until: deadline) == .ready else {
          throw ProbeFailure(text: UpstreamFailure.responseTimedOut.text)
        }
      }
    }
  }

  private func connect(to address: SocketAddress) async throws(ProbeFailure) -> Socket {
    let socket: Socket
    do throws(SystemError) {
      socket = try Socket.connect(to: address, in: loop)
    } catch {
      throw ProbeFailure(text: error.text)
    }
    if !socket.isWritable, await loop.wait(for: socket.writable, until: deadline) == .timedOut {
      throw ProbeFailure(text: UpstreamFailure.connectTimedOut.text)
    }
    if let error = socket.connectionError() { throw ProbeFailure(text: error.text) }
    return socket
  }

  private func send(over socket: inout Socket) async throws(ProbeFailure) {
    var request = ByteBuffer(from: buffers)
    request.append("GET ")
    request.append(text: target)
    request.append(" HTTP/1.1\r\nHost: ")
    request.append(authority.bytes.span)
    request.append("\r\nUser-Agent: portcullis\r\nAccept: */*\r\nConnection: close\r\n\r\n")
    while !request.isEmpty {
      switch socket.send(&request) {
      case .bytes(0):
        guard await loop.wait(for: socket.writable, until: deadline) == .ready else {
          throw ProbeFailure(text: UpstreamFailure.responseTimedOut.text)
        }
      case .bytes: break
      case .failed(let error): throw ProbeFailure(text: error.text)
      }
    }
  }

  /// How much of the answer is read so that a server doesn't find its writing cut off.
  private static let drainMax = 64 * 1024

  private func drain(_ server: inout UpstreamConnection, _ framing: MessageFraming) async {
    let body = IncomingBody(framing, keepsTrailers: false)
    let wanted = body.isComplete ? 0 : min(Self.drainMax, Int(clamping: body.remaining ?? .max))
    var drained = server.input.count
    while drained < wanted {
      server.input.removeAll()
      guard server.socket.isReadable else {
        server.input.giveBack()
        guard await loop.wait(for: server.socket.readable, until: deadline) == .ready else { return }
        continue
      }
      server.input.reserve(1024)
      switch server.socket.receive(into: &server.input) {
      case .bytes(let count): drained += count
      case .wouldBlock: break
      case .endOfStream, .failed: return
      }
    }
  }
}
