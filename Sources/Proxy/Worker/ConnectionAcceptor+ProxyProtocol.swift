import Configuration
import HTTP
import Observability
import Transport

/// A parked connection, as the word says that is kept with it.
struct ParkedConnection {
  let listener: ListenerTag
  /// A PROXY header must come before anything else.
  let isUnintroduced: Bool

  init(_ listener: ListenerTag, isUnintroduced: Bool = false) {
    self.listener = listener
    self.isUnintroduced = isUnintroduced
  }

  init(tag: UInt64) { self.init(ListenerTag(rawValue: Int(tag >> 1)), isUnintroduced: tag & 1 == 1) }

  var tag: UInt64 { UInt64(listener.rawValue) << 1 | (isUnintroduced ? 1 : 0) }
}

/// Connections that a load balancer passes on, which come with a PROXY header.
extension ConnectionAcceptor {
  /// Waits for the header of a connection that has just come, if its peer may send one.
  func expectHeader(
    of channel: consuming Channel, listener: ListenerTag, by rule: ProxyProtocolConfiguration
  ) {
    if let networks = rule.networks {
      let peer = channel.peerAddress.flatMap(IPAddress.init)
      guard let peer, networks.contains(where: { $0.contains(peer) }) else {
        return noteRefusal(
          of: channel.peerAddress, because: "its address is in none of the networks of 'proxy_protocol'")
      }
    }
    worker.connectionOpened()
    park(
      channel, as: ParkedConnection(listener, isUnintroduced: true), for: worker.snapshot.shared.timeouts.head)
  }

  /// Goes on with a connection whose header was read.
  func introduced(_ channel: consuming Channel, listener: ListenerTag) {
    guard admits(channel) else { return drop(channel, listener: listener) }
    // A drain has closed what was quiet; nothing more is waited for.
    guard channel.isReadable || !worker.isDraining else { return drop(channel, listener: listener) }
    park(channel, listener: listener, for: worker.snapshot.shared.timeouts.head)
  }

  /// Closes a connection that has no proper header, and says why.
  func refuse(_ channel: consuming Channel, listener: ListenerTag, because why: String) {
    noteRefusal(of: channel.peerAddress, because: why)
    drop(channel, listener: listener)
  }

  /// Closes a connection that is not served.
  func drop(_ channel: consuming Channel, listener: ListenerTag) {
    let id = channel.id
    _ = consume channel
    worker.closed(id, listener: listener)
  }

  /// Says why a connection is closed, unless the like was said within the last minute.
  private func noteRefusal(of peer: SocketAddress?, because why: String) {
    guard let unsaid = refusals.note(why, at: loop.now) else { return }
    let more = unsaid == 0 ? "" : " (and \(unsaid) more since this was last said)"
    worker.log.warning("a connection from \(peer.map { "\($0.host)" } ?? "an unknown peer") was closed: \(why)\(more)")
  }
}
