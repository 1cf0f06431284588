/// What a route makes of every response that it relays.
///
/// Compiled once.
package final class ResponseRules: Sendable {
  package let edits: FieldEdits
  /// Whether the upstream's `Access-Control-*` are replaced by the gateway's.
  package let replacesCORS: Bool

  package init(edits: FieldEdits = FieldEdits(), replacesCORS: Bool = false) {
    self.edits = edits
    self.replacesCORS = replacesCORS
  }
}

/// What is particular to one response in how it is written to its client.
package struct ResponseHeadPlan: ~Copyable {
  /// The version of the request.
  package var clientVersion: Version
  /// Whether the connection to the client could be kept.
  package var keepsAlive: Bool
  /// Whether a 101 to a WebSocket handshake is passed on.
  package var forwardsWebSocket: Bool
  /// What a 101 selects where the upstream's selects no protocol (RFC 6455 §4.2.2); nil for nothing.
  package var webSocketProtocol: [UInt8]?

  package init(
    clientVersion: Version, keepsAlive: Bool, forwardsWebSocket: Bool = false, webSocketProtocol: [UInt8]? = nil
  ) {
    self.clientVersion = clientVersion
    self.keepsAlive = keepsAlive
    self.forwardsWebSocket = forwardsWebSocket
    self.webSocketProtocol = webSocketProtocol
  }
}
