import Bytes
import Configuration
import HTTP
import Policy
import Transport

/// Requests on their way upstream, and responses on their way back.
///
///     connect ──▶ send the head ──▶ relay the request's body ──▶ response head ──▶ relay the response's body ──▶ keep or close
///                                        └──── an early response ────▲
///
/// 1. A request is sent again only if no byte of a response has come, the connection was a kept one, and doing it twice is doing it
///    once; never after a byte of its body was taken.
/// 2. An upstream connection is kept only if request and response ended where their framing said and nothing follows.
/// 3. A response that breaks off is never ended properly towards the client.
/// 4. What comes in on a kept connection while nobody uses it closes it. What comes in between the last look at it and the next request
///    can't be told from the answer to that, at any price: most of it is already under way when the request is sent.
extension ProxyService {
  /// Forwards a request and relays the response.
  ///
  /// - Parameters:
  ///   - first: the server whose turn it is, if that was found out already.
  ///   - begun: a try to go on with.
  func forward(
    _ client: inout Downstream, _ plan: ForwardPlan, _ serving: Serving, first: Int? = nil, begun: inout Attempt?,
    _ record: inout ExchangeRecord
  ) async {
    let group = serving.groups[plan.forwarding.upstream]
    let deadline = deadline(of: plan, client)
    var failure = ExchangeFailure.noServer
    var mayUseIdle = true
    var tried = EndpointSet()
    var first = first
    while let endpoint = first.take() ?? group.nextEndpoint(except: tried) {
      do throws(ExchangeFailure) {
        return try await attempt(
          &client, plan, serving, group, endpoint, begun: &begun, mayUseIdle: mayUseIdle, until: deadline, &record)
      } catch {
        failure = error
        group.failed(endpoint, error, before: deadline, log: log)
        switch error {
        case .upstream(.unreachable), .upstream(.connectTimedOut):
          // Nothing was sent: another server may do.
          tried.insert(endpoint)
          continue
        case .staleConnection:
          mayUseIdle = false
          continue
        case .upstream, .noServer, .clientGone, .clientSlow, .malformedBody, .bodyTooLarge: break
        }
        break
      }
    }
    await give(up: &client, plan, failure, &record)
  }

  /// When the whole exchange must have ended.
  func deadline(of plan: ForwardPlan, _ client: borrowing Downstream) -> MonotonicTime {
    plan.route.timeout.map { client.requestBegan.advanced(by: $0) } ?? .never
  }

  /// Why an exchange can't go on, as long as nothing of a response has reached the client.
  enum ExchangeFailure: Error, Equatable {
    case upstream(UpstreamFailure)
    /// The checks of all servers fail.
    case noServer
    /// A kept connection turned out to be closed, and the request may be sent on another.
    case staleConnection
    case clientGone
    case clientSlow
    case malformedBody
    case bodyTooLarge
  }

  /// Tells the client what went wrong.
  private func give(
    up client: inout Downstream, _ plan: ForwardPlan, _ failure: ExchangeFailure, _ record: inout ExchangeRecord
  ) async {
    let reason: RejectionReason
    switch failure {
    case .clientGone:
      // 499, as the logs of other gateways have it for a client that didn't wait for the answer.
      record.status = 499
      client.ending = .closed
      return
    case .clientSlow: reason = .requestTimeout
    case .malformedBody: reason = .malformedBody
    case .bodyTooLarge: reason = .bodyTooLarge
    case .noServer: reason = .upstreamUnavailable
    case .staleConnection, .upstream(.closedEarly): reason = .upstreamReset
    case .upstream(.unreachable(let error)):
      reason = error.isDescriptorShortage ? .overloaded : .upstreamUnreachable
    case .upstream(.nonsense): reason = .upstreamMalformed
    case .upstream(.connectTimedOut), .upstream(.responseTimedOut): reason = .upstreamTimeout
    }
    record.reason = reason
    await respond(&client, Rejection(reason, of: plan), &record)
  }

  /// One try: from the connection to the last byte of the response.
  ///
  /// - Throws: as long as nothing of a final response was sent to the client. What happens later ends in ``Downstream/ending``.
  private func attempt(
    _ client: inout Downstream, _ plan: ForwardPlan, _ serving: Serving, _ group: UpstreamGroup, _ endpoint: Int,
    begun: inout Attempt?, mayUseIdle: Bool, until deadline: MonotonicTime, _ record: inout ExchangeRecord
  ) async throws(ExchangeFailure) {
    var attempt =
      if let begun = begun.take() {
        begun
      } else {
        try await begin(client, plan, serving, group, endpoint, mayUseIdle: mayUseIdle, until: deadline, &record)
      }
    try await awaitResponse(&client, &attempt, group.settings, plan, until: deadline, &record)
    noteResponse(attempt, &record)
    if client.response.status == 101 { return try await tunnel(&client, &attempt.upstream, plan, serving, &record) }
    try await relayResponse(&client, &attempt, group, plan, until: deadline, &record)
    keep(attempt, after: client.response)
  }

  private func begin(
    _ client: borrowing Downstream, _ plan: ForwardPlan, _ serving: Serving, _ group: UpstreamGroup, _ endpoint: Int,
    mayUseIdle: Bool, until deadline: MonotonicTime, _ record: inout ExchangeRecord
  ) async throws(ExchangeFailure) -> Attempt {
    let limits = serving.snapshot.responseLimits
    record.upstream = group.server(at: endpoint).name
    let began = loop.now
    let isRepeatable = client.head.isRepeatable
    let upstream =
      if mayUseIdle, let idle = idleConnection(to: endpoint, of: group, limits, isRepeatable: isRepeatable) {
        idle
      } else {
        try await connect(to: endpoint, of: group, limits, until: deadline)
      }
    return start(upstream, client, plan, group, began: began, requestID: record.requestID)
  }

  /// Puts the request on its way: its head is written, though not sent yet.
  func start(
    _ upstream: consuming UpstreamConnection, _ client: borrowing Downstream, _ plan: consuming ForwardPlan,
    _ group: UpstreamGroup, began: MonotonicTime, requestID: RequestID
  ) -> Attempt {
    var request = BodyRelay(
      IncomingBody(client.head.framing, keepsTrailers: false),
      as: client.head.framing == .chunked ? .chunked : .plain, limit: plan.route.maxBody.count,
      identityNames: plan.forwarding.requestRules.identityNames, buffers: buffers)
    let endpoint = upstream.endpoint
    upstream.isLast = plan.closesConnection(of: client.head)
    let head = plan.head(requestID: requestID)
    plan.write(
      client.head, head, authority: group.server(at: endpoint).authority, peer: client.peer, to: &request.output)
    return Attempt(
      plan: plan, group: group, endpoint: endpoint, isRepeatable: client.head.isRepeatable, began: began,
      upstream: upstream,
      request: request)
  }

  /// Keeps the server's connection for another request, if it may be.
  func keep(_ attempt: consuming Attempt, after response: borrowing ResponseHead) {
    guard attempt.upstream.isReusable else { return }
    let (group, endpoint) = (attempt.group, attempt.endpoint)
    group.keep(attempt.upstream.surrender(), of: endpoint, rests: UpstreamConnection.mayBeFollowed(response))
  }

  /// Notes that the server has answered.
  func noteResponse(_ attempt: borrowing Attempt, _ record: inout ExchangeRecord) {
    attempt.group.answered(attempt.endpoint, log: log)
    record.upstreamNanoseconds = loop.now.nanoseconds - attempt.began.nanoseconds
  }

  // MARK: Connecting

  func idleConnection(
    to endpoint: Int, of group: UpstreamGroup, _ limits: HeadLimits, isRepeatable: Bool
  ) -> UpstreamConnection? {
    while let socket = group.takeIdle(of: endpoint) {
      // What can't be sent twice deserves a look whether the server has closed meanwhile.
      if !isRepeatable && socket.hasPendingInput { continue }
      return UpstreamConnection(socket, endpoint: endpoint, isReused: true, limits: limits, buffers: buffers)
    }
    return nil
  }

  private func connect(
    to endpoint: Int, of group: UpstreamGroup, _ limits: HeadLimits, until deadline: MonotonicTime
  ) async throws(ExchangeFailure) -> UpstreamConnection {
    do throws(UpstreamFailure) {
      let socket = try await open(
        group.address(of: endpoint), within: group.settings.connectTimeout, until: deadline)
      // The address may belong to a stranger by now.
      guard !group.isGone(endpoint) else { throw .unreachable(.addressGone) }
      return UpstreamConnection(socket, endpoint: endpoint, isReused: false, limits: limits, buffers: buffers)
    } catch {
      throw .upstream(error)
    }
  }

  private func open(
    _ address: SocketAddress, within timeout: Int64, until deadline: MonotonicTime
  ) async throws(UpstreamFailure) -> Socket {
    let socket: Socket
    do throws(SystemError) { socket = try connect(to: address) } catch { throw .unreachable(error) }
    if !socket.isWritable {
      let limit = min(deadline, loop.now.advanced(byNanoseconds: timeout))
      guard await loop.wait(for: socket.writable, until: limit) == .ready else { throw .connectTimedOut }
    }
    if let error = socket.connectionError() { throw .unreachable(error) }
    return socket
  }

  /// Begins to connect; if there is no descriptor left, once more after something was let go.
  private func connect(to address: SocketAddress) throws(SystemError) -> Socket {
    do throws(SystemError) {
      return try Socket.connect(to: address, in: loop)
    } catch {
      guard error.isDescriptorShortage, makeRoom() else { throw error }
      return try Socket.connect(to: address, in: loop)
    }
  }

  // MARK: Request out, response head in

  /// Sends the request, body and all, until the head of the final response is there.
  private func awaitResponse(
    _ client: inout Downstream, _ attempt: inout Attempt, _ settings: UpstreamSettings, _ plan: ForwardPlan,
    until deadline: MonotonicTime, _ record: inout ExchangeRecord
  ) async throws(ExchangeFailure) {
    var step = BodyRelay.Step.needsTurn
    // `Expect` goes upstream with the rest, and the upstream's 100 comes back. If it says nothing at all, so do we after a moment:
    // many a server just waits for the body.
    var continueAt =
      client.head.expectsContinue ? loop.now.advanced(byNanoseconds: Self.continuePatience) : .never
    var interimCount = 0
    var meter = clientMeter
    while true {
      if step != .finished && !attempt.upstream.isRequestCut {
        let before = attempt.request.payloadCount
        step = attempt.request.step(from: &client.socket, input: &client.input, to: &attempt.upstream.socket)
        meter.credit(Int(clamping: attempt.request.payloadCount - before))
        client.bodyProgress = attempt.request.isReceived ? .complete : .partial
        switch step {
        case .failed(.sourceClosed): throw .clientGone
        case .failed(.malformed): throw .malformedBody
        case .failed(.tooLarge): throw .bodyTooLarge
        case .failed(.sinkFailed):
          // The server reads no more; what it has said before that is still to be heard.
          attempt.upstream.isRequestCut = true
          attempt.responseDeadline = loop.now.advanced(byNanoseconds: settings.responseTimeout)
        case .finished:
          if attempt.responseDeadline == .never {
            client.requestEnded(at: loop.now)
            attempt.responseDeadline = loop.now.advanced(byNanoseconds: settings.responseTimeout)
          }
        case .needsSource, .needsSink, .needsTurn: break
        }
      }
      let arrival =
        attempt.hasResponse
        ? .complete : attempt.upstream.receiveHead(to: client.head.method, into: &client.response)
      attempt.hasResponse = false
      switch arrival {
      case .complete:
        guard client.response.isInterim else {
          if client.response.status == 101, !plan.opensWebSocket(client.head) {
            throw .upstream(.nonsense(.init(text: "upgrade_unasked")))
          }
          return
        }
        interimCount += 1
        if interimCount > 16 { throw .upstream(.nonsense(.init(text: "too_many_interim_responses"))) }
        if client.response.status == 100 {
          guard continueAt != .never else { continue }
          continueAt = .never
        }
        try await relayInterim(&client, plan)
        continue
      case .failed(let failure):
        let isStale = failure == .closedEarly && attempt.upstream.isReused && attempt.isRepeatable && interimCount == 0
        throw isStale ? .staleConnection : .upstream(failure)
      case .incomplete: break
      }
      let wake: Wake
      switch step {
      case .needsSource:
        let limit = min(deadline, meter.beginWait(at: loop.now))
        if loop.now >= continueAt {
          continueAt = .never
          try await sendContinue(&client)
        }
        wake = await loop.wait(
          for: attempt.upstream.socket.readable, or: client.socket.readable, until: min(limit, continueAt))
        meter.endWait(at: loop.now)
        if wake == .timedOut && loop.now >= limit {
          throw deadline <= loop.now ? .upstream(.responseTimedOut) : .clientSlow
        }
      case .needsSink:
        let limit = min(deadline, loop.now.advanced(byNanoseconds: settings.idleTimeout))
        wake = await loop.wait(
          for: attempt.upstream.socket.readable, or: attempt.upstream.socket.writable, or: client.departure,
          until: limit)
        if wake == .timedOut { throw .upstream(.responseTimedOut) }
      case .needsTurn:
        await loop.nextTurn()
        continue
      case .finished, .failed:
        wake = await loop.wait(
          for: attempt.upstream.socket.readable, or: client.departure,
          until: min(deadline, attempt.responseDeadline))
        if wake == .timedOut { throw .upstream(.responseTimedOut) }
      }
      if client.hasLeft(at: loop.now) { throw .clientGone }
    }
  }

  private func relayInterim(_ client: inout Downstream, _ plan: ForwardPlan) async throws(ExchangeFailure) {
    // HTTP/1.0 knows no interim responses.
    guard client.head.version == .http11 else { return }
    var output = ByteBuffer(from: buffers)
    DownstreamResponseWriter.writeInterim(client.response, rules: plan.forwarding.responseRules, to: &output)
    guard await client.send(&output, in: loop, meter: clientMeter) else { throw .clientGone }
  }

  /// How long an upstream may keep a client waiting for its 100, in nanoseconds: as long as clients commonly wait themselves.
  private static let continuePatience: Int64 = 1_000_000_000

  private func sendContinue(_ client: inout Downstream) async throws(ExchangeFailure) {
    var output = ByteBuffer(from: buffers)
    output.append("HTTP/1.1 100 Continue\r\n\r\n")
    guard await client.send(&output, in: loop, meter: clientMeter) else { throw .clientGone }
  }

  // MARK: Response back

  /// Relays the response, and what is left of the request beside it.
  private func relayResponse(
    _ client: inout Downstream, _ attempt: inout Attempt, _ group: UpstreamGroup, _ plan: ForwardPlan,
    until deadline: MonotonicTime, _ record: inout ExchangeRecord
  ) async throws(ExchangeFailure) {
    var response = beginResponse(&client, attempt)
    var step = response.relay.step(from: &attempt.upstream.socket, input: &attempt.upstream.input, to: &client.socket)
    if step != .finished {
      step = await relayRest(
        &client, &attempt.upstream, &attempt.request, &response.relay, step, group, response.promise, until: deadline,
        &record)
    }
    if let why = response.relay.nonsense(in: step) { throw .upstream(.nonsense(.init(text: why))) }
    endResponse(response, &client, &attempt, isWhole: step == .finished, &record)
  }

  /// Writes the response's head for the client, though it isn't sent yet.
  func beginResponse(_ client: inout Downstream, _ attempt: borrowing Attempt) -> ResponseRelay {
    let mayKeep =
      client.head.keepsAlive && attempt.request.isReceived && !isDraining && !client.hasSpokenTooSoon
    var relay = BodyRelay(
      IncomingBody(client.response.framing, of: .response, keepsTrailers: true),
      as: DownstreamResponseWriter.framing(for: client.response, clientVersion: client.head.version) == .chunked
        ? .chunked : .plain,
      identityNames: attempt.plan.forwarding.requestRules.identityNames, buffers: buffers)
    let plan = ResponseHeadPlan(clientVersion: client.head.version, keepsAlive: mayKeep)
    let promise = DownstreamResponseWriter.write(
      client.response, rules: attempt.plan.forwarding.responseRules, grant: attempt.plan.cors, plan: plan,
      date: date.span, to: &relay.output)
    client.ending = .closed
    return ResponseRelay(relay: relay, promise: promise)
  }

  /// Settles what becomes of both connections after a response.
  func endResponse(
    _ response: borrowing ResponseRelay, _ client: inout Downstream, _ attempt: inout Attempt, isWhole: Bool,
    _ record: inout ExchangeRecord
  ) {
    record.status = client.response.status
    record.sentBytes += response.relay.payloadCount
    guard isWhole else { return }
    attempt.upstream.isReusable =
      attempt.request.isFinished && !attempt.upstream.isRequestCut && attempt.upstream.mayBeKept(client.response)
    client.ending = response.promise.keepsAlive && attempt.request.isReceived ? .kept : .lingering
  }

  /// Relays what could not be relayed at once; `finished` if all of it was, otherwise ``Downstream/ending`` says how to end.
  ///
  /// Both directions go on side by side, neither waits for the other.
  private func relayRest(
    _ client: inout Downstream, _ upstream: inout UpstreamConnection, _ request: inout BodyRelay,
    _ relay: inout BodyRelay, _ firstStep: BodyRelay.Step, _ group: UpstreamGroup,
    _ promise: DownstreamResponseWriter.Promise, until deadline: MonotonicTime, _ record: inout ExchangeRecord
  ) async -> BodyRelay.Step {
    var meter = clientMeter
    var step = firstStep
    var requestStep = BodyRelay.Step.finished
    while true {
      switch step {
      case .finished, .failed(.sinkFailed): return step
      case .failed:
        if relay.nonsense(in: step) != nil { return step }
        group.brokeOff(upstream.endpoint, after: relay.payloadCount, log: log)
        breakOff(&client, promise, &record)
        return step
      case .needsSource, .needsSink, .needsTurn: break
      }
      let before = relay.payloadCount &+ request.payloadCount
      if request.isFinished || upstream.isRequestCut {
        requestStep = .finished
      } else {
        requestStep = request.step(from: &client.socket, input: &client.input, to: &upstream.socket)
        switch requestStep {
        case .failed(.sinkFailed):
          // The server reads no more; what it says is still relayed.
          upstream.isRequestCut = true
          requestStep = .finished
        case .failed: return .failed(.sinkFailed(SystemError(code: 0)))
        case .finished, .needsSource, .needsSink, .needsTurn: break
        }
      }

      if step == .needsTurn || requestStep == .needsTurn {
        await loop.nextTurn()
      } else {
        let isClientSlow = step == .needsSink
        let isClientAwaited = isClientSlow || requestStep == .needsSource
        let unsent = isClientSlow ? client.socket.unsentCount : 0
        var limit =
          isClientSlow ? MonotonicTime.never : loop.now.advanced(byNanoseconds: group.settings.idleTimeout)
        if isClientAwaited { limit = min(limit, meter.beginWait(at: loop.now)) }
        let response = isClientSlow ? client.socket.writable : upstream.socket.readable
        let wake: Wake
        switch requestStep {
        case .needsSource:
          wake = await loop.wait(
            for: response, or: client.socket.readable, or: client.departure, until: min(deadline, limit))
        case .needsSink:
          wake = await loop.wait(
            for: response, or: upstream.socket.writable, or: client.departure, until: min(deadline, limit))
        case .finished, .failed, .needsTurn:
          wake = await loop.wait(for: response, or: client.departure, until: min(deadline, limit))
        }
        if isClientAwaited { meter.endWait(at: loop.now) }
        if client.hasLeft(at: loop.now) { return .failed(.sinkFailed(SystemError(code: 0))) }
        if wake == .timedOut {
          // The kernel says that there is room only when much of its buffer has drained; what has drained counts all the same.
          let drained = isClientSlow ? max(0, unsent - client.socket.unsentCount) : 0
          meter.credit(drained)
          if drained == 0 || loop.now >= deadline {
            breakOff(&client, promise, &record)
            return step
          }
        }
      }
      step = relay.step(from: &upstream.socket, input: &upstream.input, to: &client.socket)
      meter.credit(Int(clamping: relay.payloadCount &+ request.payloadCount &- before))
    }
  }

  /// Ends a response that can't be completed.
  private func breakOff(
    _ client: inout Downstream, _ promise: DownstreamResponseWriter.Promise, _ record: inout ExchangeRecord
  ) {
    record.isBrokenOff = true
    // Where only the end of the connection ends the body, nothing less than a reset tells that this is not it.
    client.ending = promise.framing == .untilClose ? .reset : .closed
  }
}

/// A response on its way to the client, and what its head has promised.
struct ResponseRelay: ~Copyable {
  var relay: BodyRelay
  let promise: DownstreamResponseWriter.Promise
}

extension RequestHead {
  /// Whether a request may be sent a second time if it is not known what became of the first.
  var isRepeatable: Bool { framing == .none && method.isIdempotent }
}
