import Bytes
import HTTP
import Policy
import Transport

/// Answers that the gateway gives itself.
extension Worker {
  /// Refuses a request.
  func respond(_ client: inout Downstream, _ rejection: Rejection, _ record: inout ExchangeRecord) async {
    var body = ByteBuffer(from: buffers)
    rejection.appendBody(to: &body, requestID: record.requestID)
    let keepsAlive = rejection.closes ? false : await canKeep(&client)
    var output = ByteBuffer(from: buffers)
    output.appendStatusLine(rejection.status, date: texts.imfFixdate.span)
    rejection.appendFields(to: &output)
    output.appendEnd(contentLength: body.count, keepsAlive: keepsAlive, version: client.head.version)
    if client.head.method != .head { output.append(body.readable) }
    await finish(&client, &output, status: rejection.status, keepsAlive: keepsAlive, &record)
  }

  /// Gives an answer that the configuration spells out.
  func respond(_ client: inout Downstream, _ answer: OwnAnswer, _ record: inout ExchangeRecord) async {
    let keepsAlive = await canKeep(&client)
    var output = ByteBuffer(from: buffers)
    output.appendStatusLine(answer.status, date: texts.imfFixdate.span)
    answer.appendFields(to: &output)
    output.appendEnd(contentLength: nil, keepsAlive: keepsAlive, version: client.head.version)
    if client.head.method != .head { output.append(answer.body.span) }
    await finish(&client, &output, status: answer.status, keepsAlive: keepsAlive, &record)
  }

  /// Whether the next request may come on the connection after an answer to this one, whose body nobody wants.
  private func canKeep(_ client: inout Downstream) async -> Bool {
    guard client.head.keepsAlive, !isDraining else { return false }
    return client.head.framing == .none ? true : await client.drainBody(in: loop)
  }

  private func finish(
    _ client: inout Downstream, _ output: inout ByteBuffer, status: Int, keepsAlive: Bool,
    _ record: inout ExchangeRecord
  ) async {
    record.status = status
    let count = output.count
    let isSent = await client.send(&output, in: loop, meter: clientMeter)
    record.sentBytes += UInt64(count - output.count)
    client.ending = !isSent ? .closed : keepsAlive ? .kept : .lingering
  }

  /// How slowly a client may send or take a body.
  var clientMeter: RateMeter {
    let limits = serving.snapshot.configuration.limits
    return RateMeter(bytesPerSecond: limits.bodyRate, grace: limits.headTimeout)
  }
}

extension ByteBuffer {
  /// Appends the first lines of an answer of the gateway's own.
  fileprivate mutating func appendStatusLine(_ status: Int, date: Span<UInt8>) {
    append("HTTP/1.1 ")
    append(decimal: status)
    append(ASCII.space)
    append(Status.phrase(status))
    append("\r\nDate: ")
    append(date)
    append("\r\n")
  }

  /// Appends the last lines of its head.
  fileprivate mutating func appendEnd(contentLength: Int?, keepsAlive: Bool, version: Version) {
    if let contentLength {
      append("Content-Length: ")
      append(decimal: contentLength)
      append("\r\n")
    }
    if !keepsAlive {
      append("Connection: close\r\n")
    } else if version == .http10 {
      append("Connection: keep-alive\r\n")
    }
    append("\r\n")
  }
}
