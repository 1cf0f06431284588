import Bytes
import Configuration
import HTTP
import HTTPClient
import TLS
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
  /// The TLS that the server speaks; nil for one that is asked in clear.
  private let tls: UpstreamTLS?
  private let identity: ServerIdentity

  init(_ check: HealthCheck, of server: UpstreamServer, tls: UpstreamTLS? = nil, loop: EventLoop) {
    self.tls = tls
    identity = server.identity
    request = Self.request(check, host: check.host.map { Array($0.utf8) } ?? server.authority.bytes)
    self.loop = loop
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

  /// The number of bytes of the answer that are read, so that a server doesn't find its writing cut off.
  private static let drainMax = 64 * 1024

  /// The status that the server answers with.
  ///
  /// - Parameter deadline: for all of it.
  func ask(_ address: SocketAddress, until deadline: MonotonicTime) async throws(ProbeFailure) -> Int {
    var channel: Channel
    do throws(FetchFailure) {
      channel = try await connect(to: address, until: deadline)
    } catch {
      throw ProbeFailure(text: error == .timedOut ? UpstreamFailure.connectTimedOut.text : error.text)
    }
    do throws(FetchFailure) {
      return try await ask(over: &channel, until: deadline)
    } catch {
      throw ProbeFailure(error)
    }
  }

  private func connect(
    to address: SocketAddress, until deadline: MonotonicTime
  ) async throws(FetchFailure) -> Channel {
    var channel = try await Channel.connected(to: address, in: loop, until: deadline)
    if let tls { try await channel.secure(as: ClientTLS(tls.context, identity), in: loop, until: deadline) }
    return channel
  }

  private func ask(over channel: inout Channel, until deadline: MonotonicTime) async throws(FetchFailure) -> Int {
    var output = ByteBuffer(capacity: request.count)
    output.append(request.span)
    try await channel.send(&output, in: loop, until: deadline)
    var reader = ResponseReader(in: loop, until: deadline)
    var response = ResponseHead()
    let framing = try await reader.receiveHead(over: &channel, into: &response)
    // The health of the server is told by its head; nothing behind it counts.
    do throws(FetchFailure) { try await reader.dropBody(over: &channel, framing, limit: Self.drainMax) } catch {}
    return response.status
  }
}

extension ProbeFailure {
  /// The failure of a check whose connection was there.
  fileprivate init(_ failure: FetchFailure) {
    if failure == .timedOut {
      text = UpstreamFailure.responseTimedOut.text
    } else if failure == .brokenOff {
      text = UpstreamFailure.closedEarly.text
    } else {
      text = failure.text
    }
  }
}
