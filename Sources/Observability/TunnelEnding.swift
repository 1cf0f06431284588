package import Policy

/// The end of a WebSocket, as the access log has it.
package enum TunnelEnding: Equatable {
  /// The client closed or broke off first.
  case client
  /// The upstream did.
  case upstream
  /// Neither side has said anything for too long.
  case idle
  /// One side did not take what the other one said.
  case stalled
  /// The token that opened it is good no longer.
  case token(RejectionReason)
  /// The gateway stops.
  case stopping

  /// For the access log.
  package var word: StaticString {
    switch self {
    case .client: "client"
    case .upstream: "upstream"
    case .idle: "idle"
    case .stalled: "stalled"
    case .token: "token"
    case .stopping: "stopping"
    }
  }
}
