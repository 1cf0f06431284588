import Policy
import Transport

/// A WebSocket that is open: both directions, and how each is getting on.
struct TunnelRelay: ~Copyable {
  let tunnel: Tunnel
  /// From the client to the upstream.
  var up: TunnelWay
  /// From the upstream to the client.
  var down: TunnelWay
  var upStep = TunnelWay.Step.needsSource
  var downStep = TunnelWay.Step.needsSource
  var upPace: Pace
  var downPace: Pace
  /// The side that has said Close in a frame; nil before.
  var closer: Tunnel.Ending?
  /// The side that has ended its connection first; nil before.
  var first: Tunnel.Ending?
  /// The verifier by whose keys the token was judged last.
  var judge: Authenticator
  let idleTimeout: Int64
  /// The time for which bytes may wait for a side that takes none, in nanoseconds.
  let stallTime: Int64
  /// The end of parting, and who has ended by then.
  var partingEnd = MonotonicTime.never
  var hasClientEnded = false
  var hasUpstreamEnded = false

  /// The moment at which something has last moved in one direction.
  struct Pace {
    private(set) var moved: MonotonicTime
    private var count: UInt64 = 0

    init(at now: MonotonicTime) { moved = now }

    mutating func note(_ count: UInt64, at now: MonotonicTime) {
      guard count != self.count else { return }
      self.count = count
      moved = now
    }
  }
}
