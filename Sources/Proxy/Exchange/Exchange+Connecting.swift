import Bytes
import HTTP
import Observability
import Policy
import TLS
import Transport

/// Phase *connecting*: a server is chosen, and a stream to it leased or made; then the request is put on its way.
///
/// 1. A request is sent again only if no byte of a response has come, the connection was a kept one, and doing it twice is doing it
///    once; never after a byte of its body was taken.
/// 2. What comes in on a kept connection while nobody uses it closes it. What comes in between the last look at it and the next
///    request can't be told from the answer to that, at any price: most of it is already under way when the request is sent.
extension Exchange {
  /// Begins to forward the request.
  mutating func forward<Client: ClientStream & ~Copyable>(
    _ plan: consuming ForwardPlan, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    let group = snapshot.groups[plan.forwarding.upstream]
    let deadline = plan.route.timeout.map { client.requestBegan.advanced(by: $0) } ?? .never
    forwarding.put(Forwarding(plan, group, deadline: deadline, at: worker.loop.now))
    phase = .connecting
    return connect(&client, worker, .ready)
  }

  /// Goes on to the next server, or with the connection that is being made.
  mutating func connect<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    if forwarding.value.connecting != nil { return finishConnecting(&client, worker, wake) }
    let now = worker.loop.now
    guard forwarding.value.chooseEndpoint(at: now) else { return giveUp(forwarding.value.failure, &client, worker) }
    record.upstream = forwarding.value.serverName
    if forwarding.value.mayUseIdle {
      while let stream = forwarding.value.lease(limits: snapshot.shared.responseLimits, buffers: worker.buffers) {
        // A request that can't be sent twice deserves a look whether the server has closed meanwhile.
        if !request.isRepeatable && stream.hasPendingInput { continue }
        if forwarding.value.group.speaksTLS, forwarding.value.group.isOutOfDate(stream) { continue }
        return prepare(over: stream, &client, worker)
      }
    }
    do throws(SystemError) {
      forwarding.value.connecting = try Self.open(forwarding.value.address, worker)
    } catch {
      return fail(.upstream(.unreachable(error)), &client, worker)
    }
    let timeout = forwarding.value.group.settings.connectTimeout
    deadline = min(forwarding.value.deadline, now.advanced(byNanoseconds: timeout))
    return .again
  }

  /// Begins to connect; if there is no descriptor left, once more after something was let go.
  private static func open(_ address: SocketAddress, _ worker: WorkerContext) throws(SystemError) -> Channel {
    do throws(SystemError) {
      return try worker.connector.connect(to: address)
    } catch {
      guard error.isDescriptorShortage, worker.makeRoom() else { throw error }
      return try worker.connector.connect(to: address)
    }
  }

  private mutating func finishConnecting<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    guard var channel = forwarding.value.connecting.take() else { return .again }
    if !channel.isWritable {
      if wake == .timedOut { return fail(.upstream(.connectTimedOut), &client, worker) }
      if client.hasLeft(at: worker.loop.now) { return fail(.clientGone, &client, worker) }
      let writable = channel.writable
      forwarding.value.connecting = consume channel
      return wait(writable, or: client.departure, until: deadline)
    }
    if let failure = channel.failureToConnect {
      let fault = (channel.filter as? TLSFilter)?.failure
      return fail(.upstream(failure), fault: fault, &client, worker)
    }
    // The address may belong to a stranger by now.
    if forwarding.value.group.isGone(forwarding.value.endpoint) {
      return fail(.upstream(.unreachable(.addressGone)), &client, worker)
    }
    if forwarding.value.mustSecure(channel) {
      do throws(TLSError) {
        try forwarding.value.secure(&channel)
      } catch {
        return fail(.upstream(.handshakeFailed), fault: error, &client, worker)
      }
      forwarding.value.connecting = consume channel
      return .again
    }
    let stream = HTTP1UpstreamStream(
      channel, isReused: false, limits: snapshot.shared.responseLimits, buffers: worker.buffers)
    return prepare(over: stream, &client, worker)
  }

  /// Writes the request's head for the stream; the next phase sends it.
  private mutating func prepare<Client: ClientStream & ~Copyable>(
    over stream: consuming HTTP1UpstreamStream, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    upstream.put(
      UpstreamRequest(
        over: stream, bodyLimit: forwarding.value.plan.route.maxBody.count, buffers: worker.buffers))
    forwarding.value.begin(request, requestID: record.requestID, peer: peer, over: &upstream.value.stream)
    // `Expect` goes upstream with the rest, and the upstream's 100 comes back. If it says nothing at all, so does the gateway after
    // a moment: many a server just waits for the body.
    if request.expectsContinue {
      upstream.value.continueAt = worker.loop.now.advanced(byNanoseconds: Self.continuePatience)
    }
    pace.reset()
    phase = .awaitingResponse
    return .again
  }

  /// The time for which an upstream may keep a client waiting for its 100, in nanoseconds: as long as clients commonly wait.
  private static var continuePatience: Int64 { 1_000_000_000 }

  /// The try has failed, and nothing of a response has reached the client: goes on to the next try, or gives up.
  ///
  /// - Parameter fault: what was wrong with the TLS session to the server, if it is that.
  mutating func fail<Client: ClientStream & ~Copyable>(
    _ failure: ExchangeFailure, fault: TLSError? = nil, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    let endpoint = forwarding.value.endpoint
    upstream.clear()
    forwarding.value.failure = failure
    forwarding.value.group.failed(
      endpoint, failure, fault: fault, before: forwarding.value.deadline, log: worker.log)
    switch failure {
    case .upstream(.unreachable), .upstream(.connectTimedOut), .upstream(.untrusted), .upstream(.handshakeFailed):
      // Nothing was sent: another server may do.
      forwarding.value.tried.insert(endpoint)
      phase = .connecting
      return .again
    case .staleConnection:
      forwarding.value.mayUseIdle = false
      forwarding.value.again = endpoint
      phase = .connecting
      return .again
    case .upstream, .noServer, .clientGone, .clientSlow, .malformedBody, .bodyTooLarge:
      return giveUp(failure, &client, worker)
    }
  }

  /// Tells the client what went wrong.
  private mutating func giveUp<Client: ClientStream & ~Copyable>(
    _ failure: ExchangeFailure, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    guard let reason = failure.reason else { return abandon(&client, worker) }
    record.reason = reason
    return reply(.rejection(Rejection(reason, of: forwarding.value.plan)), &client, worker)
  }
}

extension Forwarding {
  /// Writes the request's head.
  fileprivate func begin(
    _ request: borrowing RequestHead, requestID: RequestID, peer: Peer, over stream: inout HTTP1UpstreamStream
  ) {
    stream.isLast = plan.closesConnection(of: request)
    stream.connection.beginOutgoing(
      chunkedWithout: request.body.isUntilEnd ? plan.forwarding.requestRules.identityNames : nil)
    plan.write(
      request, plan.head(requestID: requestID), authority: group.server(at: endpoint).authority, peer: peer,
      to: &stream.connection.output)
  }

  /// Begins another try at the endpoint whose turn it is; false if there is none left.
  fileprivate mutating func chooseEndpoint(at now: MonotonicTime) -> Bool {
    guard let next = again.take() ?? group.nextEndpoint(except: tried) else { return false }
    endpoint = next
    began = now
    return true
  }

  /// True if the connection stands, and a TLS session is to be made over it.
  fileprivate func mustSecure(_ channel: borrowing Channel) -> Bool {
    group.speaksTLS && !(channel.filter is TLSFilter)
  }

  /// Begins the TLS session.
  fileprivate func secure(_ channel: inout Channel) throws(TLSError) { try group.secure(&channel, to: endpoint) }

  fileprivate var serverName: String { group.server(at: endpoint).name }
  fileprivate var address: SocketAddress { group.address(of: endpoint) }
  fileprivate func lease(limits: HeadLimits, buffers: borrowing BufferPool) -> HTTP1UpstreamStream? {
    group.lease(to: endpoint, limits: limits, buffers: buffers)
  }

  /// Writes the response's head.
  func begin<Client: ClientStream & ~Copyable>(
    _ response: borrowing ResponseHead, to client: inout Client, keepsAlive: Bool, date: Span<UInt8>,
    opening: TunnelOpening?
  ) { client.begin(response, of: plan, keepsAlive: keepsAlive, date: date, opening: opening) }

  /// Notes that the server has answered.
  func answered(log: ErrorLog) { group.answered(endpoint, log: log) }

  /// Takes the server's connection back for another request, if there is room for it.
  func giveBack(_ connection: consuming Channel, rests: Bool) {
    group.giveBack(connection, of: endpoint, rests: rests)
  }
}

extension Channel {
  /// The reason why there is no connection, or no TLS session over it; nil if it stands.
  fileprivate var failureToConnect: UpstreamFailure? {
    switch (filter as? TLSFilter)?.failure {
    case nil, .connection: connectionError().map { .unreachable($0) }
    case .certificate: .untrusted
    case .timedOut: .connectTimedOut
    case .notTLS, .nothingInCommon, .alert, .closedEarly, .malformed: .handshakeFailed
    }
  }
}
