import Bytes
import HTTP
import Policy
import TLS
import Transport

/// A client's HTTP/1.1 connection while it is in use: one exchange after the other.
///
///     awaiting a head ──▶ exchange ──▶ kept: awaiting a head
///        │                   ├──▶ lingering ──▶ closed
///        ├──▶ parked         └──▶ closed, reset
///        └──▶ closed
///
/// Everything on a request's way runs inside ``run(_:)``, which the loop calls when a wait has ended, until there is something to wait for.
///
/// 1. Either one wait, or the call that is running, holds it; never two of them.
/// 2. Requests sent ahead give others their turn after ``streakMax`` of them.
final class HTTP1ServerConnection: WaitHandler {
  private let worker: WorkerContext
  private let listener: ListenerTag
  private let state: Confined<State>

  private struct State: ~Copyable {
    var stage = Stage.head
    var client: Cell<HTTP1ClientStream>
    var exchange: Exchange
    /// The number of requests in a row that had been sent ahead.
    var streak = 0
    /// The end of lingering.
    var lingerEnd = MonotonicTime.never

    mutating func advance(_ worker: WorkerContext, _ wake: Wake) -> Exchange.Next {
      Self.advance(&exchange, client, worker, wake)
    }

    // Static, as the others below: a method of the state can't change two of its parts at once, which is what an exclusive access allows.
    private static func advance(
      _ exchange: inout Exchange, _ client: borrowing Cell<HTTP1ClientStream>, _ worker: WorkerContext, _ wake: Wake
    ) -> Exchange.Next { exchange.advance(&client.value, worker, wake) }

    mutating func receiveHead(at now: MonotonicTime, timeout: Int64) -> HTTP1ClientStream.Arrival? {
      Self.receiveHead(into: &exchange.request, client, at: now, timeout: timeout)
    }

    private static func receiveHead(
      into request: inout RequestHead, _ client: borrowing Cell<HTTP1ClientStream>, at now: MonotonicTime,
      timeout: Int64
    ) -> HTTP1ClientStream.Arrival? { client.value.receiveHead(into: &request, at: now, timeout: timeout) }

    mutating func refuse(_ rejection: Rejection, _ worker: WorkerContext) {
      client.value.takeUnread()
      exchange.begin()
      Self.refuse(rejection, &exchange, client, worker)
    }

    private static func refuse(
      _ rejection: Rejection, _ exchange: inout Exchange, _ client: borrowing Cell<HTTP1ClientStream>,
      _ worker: WorkerContext
    ) { exchange.refuse(rejection, &client.value, worker) }
  }

  private enum Stage {
    case head
    case exchange
    case lingering
  }

  /// The number of requests sent ahead that are served before others get a turn.
  private static let streakMax = 16
  private static let lingerTime: Int64 = 2_000_000_000

  init(_ channel: consuming Channel, listener: ListenerTag, worker: WorkerContext) {
    self.worker = worker
    self.listener = listener
    let snapshot = worker.snapshot
    let session = channel.filter as? TLSFilter
    let peer = Peer(
      address: channel.peerAddress.flatMap(IPAddress.init), scheme: session == nil ? .http : .https,
      trustedProxies: snapshot.shared.policy.trustedProxies, certificate: session?.clientCertificate)
    var client = HTTP1ClientStream(
      channel, limits: snapshot.shared.requestLimits, buffers: worker.buffers, now: worker.loop.now)
    let exchange = Exchange(snapshot, peer: peer, listener: listener, at: worker.loop.now)
    client.adopt(exchange.transportSecurity)
    state = Confined(State(client: Cell(client), exchange: exchange))
    super.init()
  }

  /// Serves what has arrived.
  func start() {
    expectHead()
    run(.ready)
  }

  /// Answers without reading a request: the client is not to go on here.
  func refuse(_ reason: RejectionReason) {
    state.value.refuse(Rejection(reason), worker)
    state.value.stage = .exchange
    run(.ready)
  }

  override func didWake(_ wake: Wake) { run(wake) }

  private func expectHead() {
    state.value.stage = .head
    state.value.client.value.expectHead(at: worker.loop.now, timeout: worker.headTimeout)
  }

  /// Goes on until there is something to wait for, or the connection is closed or parked.
  private func run(_ wake: Wake) {
    var wake = wake
    while true {
      let next =
        switch state.value.stage {
        case .head: awaitHead(wake)
        case .exchange: advance(wake)
        case .lingering: linger(wake)
        }
      switch next {
      case .again: wake = .ready
      case .wait: return
      case .nextTurn: return worker.loop.nextTurn(then: self)
      case .done: return
      }
    }
  }

  /// Goes on with the exchange.
  private func advance(_ wake: Wake) -> Exchange.Next {
    let next = state.value.advance(worker, wake)
    switch next {
    case .again, .nextTurn: return next
    case .done: return settle()
    case .wait:
      guard let awaited = state.value.exchange.awaited else { return .again }
      let isWaiting = worker.loop.wait(
        for: awaited.first, or: awaited.second, or: awaited.third, until: awaited.deadline, then: self)
      return isWaiting ? .wait : .again
    }
  }

  private func wait(for interest: Interest, until deadline: MonotonicTime) -> Exchange.Next {
    worker.loop.wait(for: interest, until: deadline, then: self) ? .wait : .again
  }

  // MARK: Heads

  private func awaitHead(_ wake: Wake) -> Exchange.Next {
    let timeout = worker.headTimeout
    let arrival =
      wake == .timedOut
      ? state.value.client.value.lateness
      : state.value.receiveHead(at: worker.loop.now, timeout: timeout)
    guard let arrival else {
      return wait(for: state.value.client.value.readable, until: state.value.client.value.headDeadline)
    }
    if !worker.isServing(state.value.exchange.snapshot) { adoptSnapshot() }
    switch arrival {
    case .request: state.value.exchange.begin()
    case .rejected(let rejection): state.value.refuse(Rejection(rejection), worker)
    case .timedOut: state.value.refuse(Rejection(.requestTimeout), worker)
    case .quiet: return park()
    case .closed: return close()
    }
    state.value.stage = .exchange
    return .again
  }

  /// Goes by the configuration that counts by now.
  private func adoptSnapshot() {
    let snapshot = worker.snapshot
    state.value.exchange.adopt(snapshot)
    state.value.client.value.adopt(snapshot.shared.requestLimits)
    state.value.client.value.adopt(state.value.exchange.transportSecurity)
  }

  // MARK: Ends

  /// After an exchange.
  private func settle() -> Exchange.Next {
    switch state.value.client.value.ending {
    case .kept:
      expectHead()
      let isAhead = !state.value.client.value.connection.input.isEmpty
      state.value.streak = isAhead ? state.value.streak + 1 : 0
      guard state.value.streak == Self.streakMax else { return .again }
      state.value.streak = 0
      return .nextTurn
    case .lingering:
      state.value.stage = .lingering
      state.value.lingerEnd = worker.loop.now.advanced(byNanoseconds: Self.lingerTime)
      return .again
    case .reset:
      state.value.client.value.connection.channel.resetOnClose()
      return close()
    case .closed: return close()
    }
  }

  /// Ends the sending side and reads on for a while: a reset for unread bytes would destroy an answer on its way.
  private func linger(_ wake: Wake) -> Exchange.Next {
    let now = worker.loop.now
    guard wake == .ready, now < state.value.lingerEnd else { return close() }
    switch state.value.client.value.connection.flushAll() {
    case .done: break
    case .wouldBlock:
      // The bytes that a filter keeps are part of the response: a slow client gets them, and lingering begins behind them.
      state.value.lingerEnd = now.advanced(byNanoseconds: max(Self.lingerTime, worker.headTimeout))
      return wait(for: state.value.client.value.writable, until: state.value.lingerEnd)
    case .failed: return close()
    }
    let limit = min(state.value.lingerEnd, now.advanced(byNanoseconds: Self.lingerTime))
    state.value.lingerEnd = limit
    state.value.client.value.finishSending()
    if state.value.client.value.discardInput() { return close() }
    // A client that sends faster than it is read must not keep the others waiting, nor the time of the loop from passing.
    guard !state.value.client.value.isReadable else { return .nextTurn }
    return wait(for: state.value.client.value.readable, until: limit)
  }

  private func close() -> Exchange.Next {
    let id = state.value.client.value.id
    state.value.client.clear()
    worker.closed(id, listener: listener)
    return .done
  }

  /// Puts a quiet connection aside.
  private func park() -> Exchange.Next {
    let client = state.value.client.take()
    worker.park(client.surrender(), listener: listener)
    return .done
  }
}

extension IPAddress {
  /// The address of a peer; nil for a unix socket.
  init?(_ address: SocketAddress) {
    switch address {
    case .ipv4(let bits, _): self.init(v4: bits)
    case .ipv6(let high, let low, _, _): self.init(v6: UInt128(high) << 64 | UInt128(low))
    case .unix: return nil
    }
  }
}
