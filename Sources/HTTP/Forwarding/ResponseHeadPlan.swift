/// The changes that a route makes to every response that it relays.
///
/// Compiled once.
package final class ResponseRules: Sendable {
  package let edits: FieldEdits
  /// True if the upstream's `Access-Control-*` are replaced by the gateway's.
  package let replacesCORS: Bool
  /// True if the edits put in a `Strict-Transport-Security` of the route's own.
  let setsTransportSecurity: Bool

  package init(edits: FieldEdits = FieldEdits(), replacesCORS: Bool = false) {
    self.edits = edits
    self.replacesCORS = replacesCORS
    setsTransportSecurity = edits.added.hasTransportSecurity
  }

  /// False if the rules surely don't mention the line's name.
  @inline(__always)
  func mayTreat(_ line: FieldLine) -> Bool {
    (line.known.isOneName
      ? edits.removed.known.contains(line.known) : edits.removed.lengths.contains(Int(line.nameCount)))
      || replacesCORS && ResponseFieldRule.grants.contains(line.known)
  }
}

/// The particulars of one response in how it is written to its client.
package struct ResponseHeadPlan: ~Copyable {
  /// The version of the request.
  package var clientVersion: Version
  /// True if the connection to the client could be kept.
  package var keepsAlive: Bool
  /// True if a 101 to a WebSocket handshake is passed on.
  package var forwardsWebSocket: Bool
  /// The protocol that a 101 selects where the upstream's selects no protocol (RFC 6455 §4.2.2); nil for nothing.
  package var webSocketProtocol: [UInt8]?
  /// The field of the listener in place of an upstream's `Strict-Transport-Security`; nil where that passes.
  package var transportSecurity: FieldBlock?

  package init(
    clientVersion: Version, keepsAlive: Bool, forwardsWebSocket: Bool = false, webSocketProtocol: [UInt8]? = nil,
    transportSecurity: FieldBlock? = nil
  ) {
    self.transportSecurity = transportSecurity
    self.clientVersion = clientVersion
    self.keepsAlive = keepsAlive
    self.forwardsWebSocket = forwardsWebSocket
    self.webSocketProtocol = webSocketProtocol
  }
}
