import Bytes
import HTTP
import Observability
import Policy
import Transport

/// Phase *awaiting the response*: the request is sent, body and all, until the head of the final response is there.
///
/// A response may come before the request has been sent whole; it is then relayed beside the rest of it.
extension Exchange {
  /// The most interim responses that an upstream may send.
  private static var interimMax: Int { 16 }

  mutating func awaitResponse<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    var wake = wake
    let now = worker.loop.now
    while true {
      // An interim response goes out before anything else.
      if client.pendingCount > 0 {
        switch flush(&client, worker, wake) {
        case .done: break
        case .wait: return .wait
        case .failed: return fail(.clientGone, &client, worker)
        }
      } else {
        pace.endWait(at: now)
        if wake == .timedOut, now >= deadline { return fail(lateness(at: now), &client, worker) }
      }
      wake = .ready
      if client.hasLeft(at: now) { return fail(.clientGone, &client, worker) }
      if !upstream.value.isSendingOver, let failure = sendRequest(&client, at: now) {
        return fail(failure, &client, worker)
      }
      switch Self.receiveHead(over: upstream, to: request, into: &response) {
      case .complete:
        guard response.isInterim else { return takeResponse(&client, worker) }
        if let failure = takeInterim(&client) { return fail(failure, &client, worker) }
      case .failed(let failure):
        let isStale =
          failure == .closedEarly && upstream.value.stream.isReused && request.isRepeatable
          && upstream.value.interimCount == 0
        return fail(isStale ? .staleConnection : .upstream(failure), &client, worker)
      case .incomplete:
        if upstream.value.sendStep == .needsSource, now >= upstream.value.continueAt {
          upstream.value.continueAt = .never
          client.beginContinue()
        } else {
          return waitForResponse(client, at: now)
        }
      }
    }
  }

  private static func receiveHead(
    over upstream: borrowing Cell<UpstreamRequest>, to request: borrowing RequestHead,
    into response: inout ResponseHead
  ) -> HTTP1UpstreamStream.Arrival {
    upstream.value.stream.receiveHead(to: request.method, into: &response)
  }

  /// Sends what can be sent of the request now.
  private mutating func sendRequest<Client: ClientStream & ~Copyable>(
    _ client: inout Client, at now: MonotonicTime
  ) -> ExchangeFailure? {
    let before = upstream.value.sending.payloadCount
    let step = upstream.value.send(from: &client)
    pace.credit(upstream.value.sending.payloadCount &- before)
    switch step {
    case .failed(.sourceClosed): return .clientGone
    case .failed(.malformed): return .malformedBody
    case .failed(.tooLarge): return .bodyTooLarge
    case .failed(.sinkFailed):
      // The server reads no more; what it has said before that is still to be heard.
      upstream.value.isCut = true
    case .finished: client.requestEnded(at: now)
    case .needsSource, .needsSink, .needsTurn: return nil
    }
    upstream.value.responseDeadline = now.advanced(byNanoseconds: forwarding.value.group.settings.responseTimeout)
    return nil
  }

  private mutating func waitForResponse<Client: ClientStream & ~Copyable>(
    _ client: borrowing Client, at now: MonotonicTime
  ) -> Next {
    let response = upstream.value.stream.readable
    switch upstream.value.sendStep {
    case .needsTurn: return .nextTurn
    case .needsSource:
      deadline = min(forwarding.value.deadline, pace.beginWait(at: now))
      return wait(response, or: client.readable, until: min(deadline, upstream.value.continueAt))
    case .needsSink:
      let idleTimeout = forwarding.value.group.settings.idleTimeout
      deadline = min(forwarding.value.deadline, now.advanced(byNanoseconds: idleTimeout))
      return wait(response, or: upstream.value.stream.writable, orElse: client.departure, until: deadline)
    case .finished, .failed:
      deadline = min(forwarding.value.deadline, upstream.value.responseDeadline)
      return wait(response, or: client.departure, until: deadline)
    }
  }

  /// The meaning of ``Exchange/deadline`` being over.
  private func lateness(at now: MonotonicTime) -> ExchangeFailure {
    upstream.value.sendStep == .needsSource && now < forwarding.value.deadline
      ? .clientSlow : .upstream(.responseTimedOut)
  }

  /// Passes an interim response on.
  private mutating func takeInterim<Client: ClientStream & ~Copyable>(_ client: inout Client) -> ExchangeFailure? {
    upstream.value.interimCount += 1
    if upstream.value.interimCount > Self.interimMax {
      return .upstream(.malformedResponse(.init(text: "too_many_interim_responses")))
    }
    if response.status == 100 {
      // The client gets one, and only if it waits for it.
      guard upstream.value.continueAt != .never else { return nil }
      upstream.value.continueAt = .never
    }
    client.beginInterim(response, rules: forwarding.value.plan.forwarding.responseRules)
    return nil
  }

  /// The server has answered: goes over to relaying, or to a tunnel.
  private mutating func takeResponse<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    if response.status == 101 {
      guard forwarding.value.plan.opensWebSocket(request) else {
        return fail(.upstream(.malformedResponse(.init(text: "upgrade_unasked"))), &client, worker)
      }
    }
    forwarding.value.answered(log: worker.log)
    record.upstreamNanoseconds = worker.loop.now.nanoseconds - forwarding.value.began.nanoseconds
    return response.status == 101 ? beginTunnel(&client, worker) : beginRelaying(&client, worker)
  }
}
