import JSON

extension Loading {
  /// `websocket` of a route: on unless it is `false`.
  func webSocket(_ value: LocatedJSON?) -> WebSocketConfiguration? {
    var webSocket = WebSocketConfiguration()
    guard let value else { return webSocket }
    switch value.content {
    case .bool(let isOn): return isOn ? webSocket : nil
    case .object:
      guard let reader = object(value, .webSocket) else { return webSocket }
      if let outlives = bool(reader["outlive_token"]) { webSocket.outlivesToken = outlives }
      if let timeout = timeout(reader["idle_timeout"]) { webSocket.idleTimeout = timeout }
      return webSocket
    case .null, .number, .string, .list:
      error(at: value.location, "\(ObjectKind.webSocket.name) is an object, true or false, found \(value.kind)")
      return webSocket
    }
  }
}
