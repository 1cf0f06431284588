import Observability
import Policy
import Transport

/// A WebSocket that is open, as its worker knows it beside the exchange that relays its bytes.
///
/// Confined to the worker.
final class Tunnel {
  /// The client's connection.
  let client: ChannelID
  /// Nil for one that stays open whatever becomes of a token.
  var warrant: WebSocketWarrant?
  /// The reason for which it has to end, once it was told to.
  fileprivate(set) var order: Ending?

  init(client: ChannelID, warrant: WebSocketWarrant?) {
    self.client = client
    self.warrant = warrant
  }

  typealias Ending = TunnelEnding
}

extension TunnelEnding {
  /// The Close frame for both sides (RFC 6455 §7.4); nil if none is sent.
  var close: (code: UInt16, reason: StaticString)? {
    switch self {
    case .client, .upstream, .stalled: nil
    case .idle: (1001, "idle_timeout")
    case .token(let reason): (1008, reason.word)
    case .stopping: (1001, "going_away")
    }
  }
}

/// The tunnels of a worker.
///
/// Confined to it.
final class TunnelRegistry {
  private let loop: EventLoop
  private var tunnels: [ObjectIdentifier: Tunnel] = [:]

  init(loop: EventLoop) { self.loop = loop }

  var count: Int { tunnels.count }

  /// - Parameter order: the reason for which it has to end already; nil for none.
  func insert(_ tunnel: Tunnel, order: Tunnel.Ending? = nil) {
    tunnel.order = order
    tunnels[ObjectIdentifier(tunnel)] = tunnel
  }

  func remove(_ tunnel: Tunnel) { tunnels[ObjectIdentifier(tunnel)] = nil }

  /// Ends the tunnels for which `isOver` returns a reason; the others go on.
  ///
  /// The caller decides by whatever it knows: that a token or a session was revoked, that the gateway stops.
  func cut(_ isOver: (Tunnel) -> Tunnel.Ending?) {
    for tunnel in tunnels.values {
      guard tunnel.order == nil, let ending = isOver(tunnel) else { continue }
      tunnel.order = ending
      loop.interrupt(tunnel.client)
    }
  }

  /// Verifies the tokens of all tunnels that depend on one, some at a time: keys or configuration have changed.
  ///
  /// Each does so before it passes another byte in any case; this is for those that are quiet.
  func judgeAgain() async {
    for (index, tunnel) in tunnels.values.filter({ $0.warrant != nil }).enumerated() {
      loop.interrupt(tunnel.client)
      if index % Self.batch == Self.batch - 1 { await loop.nextTurn() }
    }
  }

  /// The number of tokens that are verified before others get a turn.
  private static let batch = 32
}
