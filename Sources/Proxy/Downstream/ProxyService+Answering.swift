import Bytes
import Configuration
import HTTP
import Policy
import Transport

/// Answers that the gateway gives itself.
extension ProxyService {
  /// Refuses a request.
  func respond(_ client: inout Downstream, _ rejection: Rejection, _ record: inout ExchangeRecord) async {
    let body = body(of: rejection, record)
    let keepsAlive = rejection.closes ? false : await canKeep(&client)
    let response = OwnResponse(status: rejection.status, fields: rejection.fields, contentLength: body.count)
    await send(response, body.readable, to: &client, keepsAlive: keepsAlive, &record)
  }

  /// Gives an answer that the configuration spells out.
  func respond(_ client: inout Downstream, _ answer: OwnAnswer, _ record: inout ExchangeRecord) async {
    let keepsAlive = await canKeep(&client)
    let response = OwnResponse(status: answer.status, fields: answer.fields, contentLength: answer.body.count)
    await send(response, answer.body.span, to: &client, keepsAlive: keepsAlive, &record)
  }

  /// Refuses a request without a body to a client that can take an answer now.
  func answerAtOnce(_ client: inout Downstream, _ rejection: Rejection, _ record: inout ExchangeRecord) {
    let body = body(of: rejection, record)
    let response = OwnResponse(status: rejection.status, fields: rejection.fields, contentLength: body.count)
    sendAtOnce(response, body.readable, to: &client, &record)
  }

  /// Gives an answer that the configuration spells out to a request without a body and a client that can take it now.
  func answerAtOnce(_ client: inout Downstream, _ answer: OwnAnswer, _ record: inout ExchangeRecord) {
    let response = OwnResponse(status: answer.status, fields: answer.fields, contentLength: answer.body.count)
    sendAtOnce(response, answer.body.span, to: &client, &record)
  }

  private func body(of rejection: Rejection, _ record: borrowing ExchangeRecord) -> ByteBuffer {
    var body = ByteBuffer(from: buffers)
    var id = ByteBuffer(from: buffers)
    record.appendID(to: &id)
    rejection.writeBody(requestID: id.readable, to: &body)
    return body
  }

  /// Whether the next request may come on the connection after an answer to this one, whose body nobody wants.
  func canKeep(_ client: inout Downstream) async -> Bool {
    guard client.head.keepsAlive, !isDraining, !client.hasSpokenTooSoon else { return false }
    return client.head.framing == .none ? true : await client.drainBody(in: loop)
  }

  /// Sends an answer and settles what becomes of the connection.
  func send(
    _ response: OwnResponse, _ body: Span<UInt8>, to client: inout Downstream, keepsAlive: Bool,
    _ record: inout ExchangeRecord
  ) async {
    var output = write(response, body, for: client, keepsAlive: keepsAlive, &record)
    if keepsAlive, client.socket.sendAtTurnEnd(&output) {
      client.ending = .kept
      return
    }
    let isSent = await client.send(&output, in: loop, meter: clientMeter)
    client.ending = !isSent ? .closed : keepsAlive ? .kept : .lingering
  }

  private func sendAtOnce(
    _ response: OwnResponse, _ body: Span<UInt8>, to client: inout Downstream, _ record: inout ExchangeRecord
  ) {
    let keepsAlive = !isDraining
    var output = write(response, body, for: client, keepsAlive: keepsAlive, &record)
    client.ending = !client.socket.sendAtTurnEnd(&output) ? .closed : keepsAlive ? .kept : .lingering
  }

  private func write(
    _ response: OwnResponse, _ body: Span<UInt8>, for client: borrowing Downstream, keepsAlive: Bool,
    _ record: inout ExchangeRecord
  ) -> ByteBuffer {
    record.status = response.status
    var output = ByteBuffer(from: buffers)
    response.write(version: client.head.version, keepsAlive: keepsAlive, date: date.span, to: &output)
    if client.head.method != .head && response.status != 204 && response.status != 304 {
      output.append(body)
      record.sentBytes = UInt64(body.count)
    }
    return output
  }

  /// How slowly a client may send or take a body.
  var clientMeter: RateMeter {
    let timings = serving.snapshot.timings
    return RateMeter(bytesPerSecond: timings.bodyRate, grace: timings.head)
  }
}
