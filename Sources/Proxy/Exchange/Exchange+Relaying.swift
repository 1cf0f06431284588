import Bytes
import HTTP
import Observability
import Policy
import Transport

/// Phase *relaying*: the response goes to the client, and what is left of the request to the server beside it.
///
/// 1. Neither direction waits for the other.
/// 2. An upstream connection is kept only if request and response ended where their framing said and nothing follows.
/// 3. A response that breaks off is never ended properly towards the client.
extension Exchange {
  /// Writes the response's head for the client, and relays what is there.
  mutating func beginRelaying<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    upstream.value.stream.beginBody()
    forwarding.value.begin(
      response, to: &client, keepsAlive: client.mayBeKept && client.isBodyReceived && !worker.isDraining,
      date: worker.date.span, opening: nil)
    phase = .relaying
    pace.reset()
    return relay(&client, worker, .ready)
  }

  mutating func relay<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    let now = worker.loop.now
    pace.endWait(at: now)
    if client.hasLeft(at: now) { return endRelaying(isWhole: false, &client, worker) }
    if wake == .timedOut {
      let hasDrained = upstream.value.isClientSlow && pace.hasDrained(to: client.unsentCount)
      guard hasDrained, now < forwarding.value.deadline else { return breakOff(&client, worker) }
    }
    let before = upstream.value.receiving.payloadCount &+ upstream.value.sending.payloadCount
    let step = upstream.value.receive(to: &client)
    switch step {
    case .finished: return endRelaying(isWhole: true, &client, worker)
    case .failed(.sinkFailed): return endRelaying(isWhole: false, &client, worker)
    case .failed:
      if let why = BodyRelay.malformation(in: step, hasBegun: client.hasBegunMessage) {
        client.withdraw()
        return fail(.upstream(.malformedResponse(.init(text: why))), &client, worker)
      }
      forwarding.value.group.brokeOff(
        forwarding.value.endpoint, after: upstream.value.receiving.payloadCount, log: worker.log)
      return breakOff(&client, worker)
    case .needsSource, .needsSink, .needsTurn: break
    }
    if !upstream.value.isSendingOver {
      switch upstream.value.send(from: &client) {
      // The server reads no more; what it says is still relayed.
      case .failed(.sinkFailed): upstream.value.isCut = true
      case .failed: return endRelaying(isWhole: false, &client, worker)
      case .finished, .needsSource, .needsSink, .needsTurn: break
      }
    }
    pace.credit(upstream.value.receiving.payloadCount &+ upstream.value.sending.payloadCount &- before)
    return waitToRelay(step, client, at: now)
  }

  private mutating func waitToRelay<Client: ClientStream & ~Copyable>(
    _ step: BodyRelay.Step, _ client: borrowing Client, at now: MonotonicTime
  ) -> Next {
    let sendStep = upstream.value.sendStep
    if step == .needsTurn || sendStep == .needsTurn { return .nextTurn }
    let isClientSlow = step == .needsSink
    upstream.value.isClientSlow = isClientSlow
    var limit = forwarding.value.deadline
    if !isClientSlow {
      limit = min(limit, now.advanced(byNanoseconds: forwarding.value.group.settings.idleTimeout))
    }
    if isClientSlow || sendStep == .needsSource {
      limit = min(limit, pace.beginWait(at: now, unsentCount: isClientSlow ? client.unsentCount : nil))
    }
    let response = isClientSlow ? client.writable : upstream.value.stream.readable
    switch sendStep {
    case .needsSource: return wait(response, or: client.readable, orElse: client.departure, until: limit)
    case .needsSink:
      return wait(response, or: upstream.value.stream.writable, orElse: client.departure, until: limit)
    case .finished, .failed, .needsTurn: return wait(response, or: client.departure, until: limit)
    }
  }

  /// Ends a response that can't be completed.
  private mutating func breakOff<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    record.isBrokenOff = true
    client.breakOff()
    return endRelaying(isWhole: false, &client, worker)
  }

  /// Settles what becomes of both connections after a response.
  private mutating func endRelaying<Client: ClientStream & ~Copyable>(
    isWhole: Bool, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    record.status = response.status
    record.sentBytes += upstream.value.receiving.payloadCount
    guard isWhole else {
      if client.ending != .reset { client.ending = .closed }
      return end(client, worker)
    }
    if client.ending == .kept, !client.isBodyReceived { client.ending = .lingering }
    if upstream.value.sendStep == .finished, upstream.value.stream.mayBeKept {
      forwarding.value.giveBack(
        upstream.value.stream.connection.channel.detach(), rests: HTTP1UpstreamStream.mayBeFollowed(response))
    }
    return end(client, worker)
  }
}
