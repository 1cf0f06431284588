import Bytes
import Endpoints
import HTTP
import Observability
import Policy
import Transport

/// Phases *draining* and *replying*: answers that the gateway gives itself.
///
/// Before the answer, a short body that is not wanted is read and dropped, so that the connection can be kept.
extension Exchange {
  /// The most of a refused request's body that is read so that the connection can be kept, in bytes.
  private static var drainMax: UInt64 { 64 * 1024 }
  private static var drainTime: Int64 { 1_000_000_000 }

  /// Answers the request.
  mutating func reply<Client: ClientStream & ~Copyable>(
    _ reply: consuming Reply, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    guard !reply.closes, !worker.isDraining, client.mayBeKept else {
      return begin(reply, keepsAlive: false, &client, worker)
    }
    guard !client.isBodyReceived else { return begin(reply, keepsAlive: true, &client, worker) }
    // Nobody can say where the next request begins behind a body of which a part was taken; and whoever waits for a 100 that
    // doesn't come need not send the body at all.
    guard !client.isBodyTouched, !client.awaitsContinue, client.announcedCount <= Self.drainMax else {
      return begin(reply, keepsAlive: false, &client, worker)
    }
    self.reply = reply
    deadline = worker.loop.now.advanced(byNanoseconds: Self.drainTime)
    phase = .draining
    return .again
  }

  /// Drops the request's body, then answers.
  mutating func drain<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    var isDrained = wake == .ready
    var payload = ByteBuffer(from: worker.buffers)
    while isDrained, !client.isBodyReceived {
      switch client.readBody(into: &payload) {
      case .payload: isDrained = client.bodyWireCount <= Self.drainMax
      case .wouldBlock: return wait(client.readable, until: deadline)
      case .failed: isDrained = false
      }
      payload.removeAll()
    }
    guard let reply = self.reply.take() else { return end(client, worker) }
    return begin(reply, keepsAlive: isDrained && !worker.isDraining && client.mayBeKept, &client, worker)
  }

  /// Puts the answer on its way.
  private mutating func begin<Client: ClientStream & ~Copyable>(
    _ reply: consuming Reply, keepsAlive: Bool, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    switch consume reply {
    case .rejection(let rejection):
      var body = ByteBuffer(from: worker.buffers)
      var id = ByteBuffer(from: worker.buffers)
      record.appendID(to: &id)
      rejection.writeBody(requestID: id.readable, to: &body)
      send(rejection.status, rejection.fields, body.readable, keepsAlive: keepsAlive, &client, worker)
    case .fixed(let answer):
      send(answer.status, answer.fields, answer.body.span, keepsAlive: keepsAlive, &client, worker)
    case .document(let status, let fields, let body):
      send(status, fields, body.span, keepsAlive: keepsAlive, &client, worker)
    }
    // An answer that fits needs no further turn.
    if keepsAlive, client.flushAtTurnEnd() { return end(client, worker) }
    pace.reset()
    phase = .replying
    return .again
  }

  private mutating func send<Client: ClientStream & ~Copyable>(
    _ status: Int, _ fields: FieldBlock, _ body: Span<UInt8>, keepsAlive: Bool, _ client: inout Client,
    _ worker: WorkerContext
  ) {
    record.status = status
    let response = LocalResponse(status: status, fields: fields, contentLength: body.count)
    if request.method != .head && response.mayHaveBody { record.sentBytes = UInt64(body.count) }
    client.begin(response, body, keepsAlive: keepsAlive, date: worker.date.span)
  }

  /// Writes the answer as fast as the client takes it.
  mutating func sendReply<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    switch flush(&client, worker, wake) {
    case .done: return end(client, worker)
    case .wait: return .wait
    case .failed:
      client.ending = .closed
      return end(client, worker)
    }
  }

  /// The outcome of ``flush(_:_:_:)``.
  enum Flush {
    case done
    case wait
    /// The client is gone, or takes nothing.
    case failed
  }

  /// Writes what waits to be written to the client, unless it is too slow.
  mutating func flush<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Flush {
    let now = worker.loop.now
    pace.endWait(at: now)
    if wake == .timedOut, !pace.hasDrained(to: client.unsentCount) { return .failed }
    let before = client.pendingCount
    let write = client.flush()
    pace.credit(UInt64(before - client.pendingCount))
    switch write {
    case .done: return .done
    case .wouldBlock:
      _ = wait(client.writable, until: pace.beginWait(at: now, unsentCount: client.unsentCount))
      return .wait
    case .failed: return .failed
    }
  }
}
