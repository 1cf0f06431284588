import Bytes
import Endpoints
import HTTP
import IssuerKeys
import Observability
import Policy
import Transport

/// One request and its response, from the decoded head to the line in the access log.
///
///     deciding ─(admitting)─▶ connecting ──▶ awaiting the response ──▶ relaying ────────────────────────┐
///      │   ▲                   ▲   └──────────────┬─┘ │                    │                            │
///      ▼   │                   └── next server ───┤   └──▶ opening a tunnel ──▶ tunnelling ──▶ parting ──┤
///     awaiting keys                               ▼                        │                            ▼
///      ├──▶ receiving the body ──▶ working ──▶ draining ──▶ replying ◀──────┘ ──────────────────────▶ ended
///
/// *Admitting* waits for nothing, so it is a step and no ``Phase``. A response that turns out to be malformed before anything of it was
/// sent goes from *relaying* to *replying*.
///
/// ``advance(_:_:_:)`` runs until the exchange has to wait and says for what. Each phase is a file, `Exchange+….swift`.
///
/// 1. An exchange ends in exactly one final response, a connection that is broken off, or a client that has left.
/// 2. Every wait has a deadline, but for those that end with the client's leaving.
/// 3. Nothing of a final response has reached the client in any phase before relaying, opening a tunnel and replying.
///
/// Its storage is kept from one exchange of a connection to the next. Confined to its worker.
struct Exchange: ~Copyable {
  /// The request's head.
  var request = RequestHead()
  /// The head of the upstream's response.
  var response = ResponseHead()
  var record: ExchangeRecord
  /// The configuration that the exchange is served by.
  var snapshot: WorkerSnapshot
  var phase = Phase.deciding
  /// The other end of the client's connection.
  private(set) var peer: Peer
  /// The listener that the request came in on.
  let listener: ListenerTag
  /// That listener's own rules; nil where there are none.
  private(set) var rules: ListenerRules?

  /// The way upstream; empty unless the request is forwarded.
  var forwarding = Cell<Forwarding>()
  /// The try that is under way; empty while there is none.
  var upstream = Cell<UpstreamRequest>()
  /// Empty unless a WebSocket is being opened or open.
  var tunnel = Cell<TunnelRelay>()

  /// The wait for keys that the request's token needs.
  var keyWait: KeyWait?
  /// The answer of the gateway's own that is under way.
  var reply: Reply?
  /// The hosted endpoint that works out the answer, and the body that it has got so far.
  var endpointRequest: PendingRequest?
  /// The moment by which the phase that waits must have come to an end.
  var deadline = MonotonicTime.never
  /// The pace of the client, as a sender and as a receiver.
  var pace: ClientPace
  /// The events that the exchange waits for; counts where ``advance(_:_:_:)`` has returned `wait`.
  private(set) var awaited: Awaited?
  /// The head could not be read, so nothing of it is logged.
  var isUnread = false

  enum Phase {
    case deciding
    /// The keys of the token's issuer are being fetched.
    case awaitingKeys
    /// A hosted endpoint gets its request's body.
    case receivingBody
    /// Threads work out a hosted endpoint's answer.
    case working
    /// A body that nobody wants is read before the gateway's own answer.
    case draining
    /// The gateway's own answer is written.
    case replying
    /// A stream to a server is leased or made.
    case connecting
    /// The request is sent, and no final response has come.
    case awaitingResponse
    case relaying
    /// The 101 is written.
    case openingTunnel
    case tunnelling
    /// A tunnel has ended; both sides may finish what they are saying.
    case parting
    case ended
  }

  /// The next step of an exchange, as a phase returns it.
  enum Next {
    /// Another phase, or the same again.
    case again
    /// The end of ``Exchange/awaited``.
    case wait
    /// The next turn of the loop, when the others had theirs.
    case nextTurn
    /// Nothing: the exchange has ended.
    case done
  }

  /// Up to three events, and the moment at which the wait for them ends.
  struct Awaited {
    let first: Interest
    let second: Interest?
    let third: Interest?
    let deadline: MonotonicTime
  }

  init(_ snapshot: WorkerSnapshot, peer: Peer, listener: ListenerTag, at now: MonotonicTime) {
    self.snapshot = snapshot
    self.peer = peer
    self.listener = listener
    rules = snapshot.rules(of: listener)
    record = ExchangeRecord(began: now, requestID: RequestID(high: 0, low: 0))
    pace = ClientPace(snapshot.shared.timeouts)
  }

  /// Goes by the configuration that counts by now; the peer is trusted or not by that, too.
  mutating func adopt(_ snapshot: WorkerSnapshot) {
    self.snapshot = snapshot
    rules = snapshot.rules(of: listener)
    peer = Peer(
      address: peer.address, scheme: peer.scheme, trustedProxies: snapshot.shared.policy.trustedProxies,
      certificate: peer.certificate)
  }

  /// The field of the listener that every answer carries; nil for none, and in clear.
  var transportSecurity: FieldBlock? { peer.scheme == .https ? rules?.transportSecurity : nil }

  /// Begins with a request whose head is in ``request``.
  mutating func begin() {
    phase = .deciding
    isUnread = false
  }

  /// Goes on after a wait, or begins, until there is something to wait for.
  ///
  /// - Parameter wake: the end of the wait that was asked for last.
  mutating func advance<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    var wake = wake
    while true {
      let next =
        switch phase {
        case .deciding: decide(&client, worker)
        case .awaitingKeys: awaitKeys(&client, worker, wake)
        case .receivingBody: receiveBody(&client, worker, wake)
        case .working: awaitWork(&client, worker, wake)
        case .draining: drain(&client, worker, wake)
        case .replying: sendReply(&client, worker, wake)
        case .connecting: connect(&client, worker, wake)
        case .awaitingResponse: awaitResponse(&client, worker, wake)
        case .relaying: relay(&client, worker, wake)
        case .openingTunnel: openTunnel(&client, worker, wake)
        case .tunnelling: relayTunnel(&client, worker, wake)
        case .parting: part(&client, worker, wake)
        case .ended: Next.done
        }
      if next != .again { return next }
      wake = .ready
    }
  }

  /// Waits for the first of the events, or the deadline.
  mutating func wait(
    _ first: Interest, or second: Interest? = nil, orElse third: Interest? = nil, until deadline: MonotonicTime
  ) -> Next {
    awaited = Awaited(first: first, second: second, third: third, deadline: deadline)
    return .wait
  }

  /// Ends the exchange.
  ///
  /// Everything that records an exchange hangs on this: today the line in the access log.
  mutating func end<Client: ClientStream & ~Copyable>(_ client: borrowing Client, _ worker: WorkerContext) -> Next {
    phase = .ended
    upstream.clear()
    forwarding.clear()
    if worker.isLogging, !listener.isAdmin { worker.logExchange(record, request, peer, snapshot, isUnread: isUnread) }
    return .again
  }

  /// Ends the exchange of a client that doesn't wait for its answer.
  mutating func abandon<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    // 499, as the logs of other gateways have it.
    record.status = 499
    client.ending = .closed
    return end(client, worker)
  }
}
