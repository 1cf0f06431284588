import Bytes

/// The rule by which a request is the last on its upstream connection.
extension UpstreamRequestWriter {
  /// True if the request goes with `Connection: close`, on a connection that is not used again.
  ///
  /// A server that does not read the body of a GET, HEAD, DELETE or OPTIONS (RFC 9110 gives it no meaning there) takes its bytes
  /// for the next request, with whatever identity a stranger has written into them. Told to close, it reads none. An empty chunked
  /// body has bytes too; one of length zero has none. A WebSocket's handshake asks for its upgrade instead.
  package static func closesConnection(
    of head: borrowing RequestHead, rules: ForwardingRules, forwardsWebSocket: Bool
  ) -> Bool {
    guard head.body.isEmpty || !head.method.isUsedWithoutBody else { return true }
    return rules.closesConnections && !(forwardsWebSocket && head.isWebSocketUpgrade)
  }
}

extension Method {
  /// True if servers may not expect that a body follows.
  fileprivate var isUsedWithoutBody: Bool {
    switch self {
    case .get, .head, .delete, .options, .trace, .connect: true
    case .post, .put, .patch, .other: false
    }
  }
}
