/// The rules for the WebSockets of a route (`websocket`).
package struct WebSocketConfiguration: Sendable, Equatable {
  /// True if a WebSocket stays open when the token that opened it has expired or is refused by now; default false.
  package var outlivesToken: Bool
  /// The longest silence of both sides, pings included; default 1 h.
  package var idleTimeout: Duration

  package init(outlivesToken: Bool = false, idleTimeout: Duration = .seconds(3600)) {
    self.outlivesToken = outlivesToken
    self.idleTimeout = idleTimeout
  }
}
