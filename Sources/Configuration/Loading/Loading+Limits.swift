import JSON

extension Loading {
  /// `limits`.
  func limits(_ value: LocatedJSON?) -> LimitsConfiguration {
    var limits = LimitsConfiguration()
    guard let value, let reader = object(value, .limits) else { return limits }
    if let size = size(reader["head"], in: 1024...1 << 20) { limits.head = size }
    if let size = size(reader["target"], in: 256...1 << 20) { limits.target = size }
    if let count = integer(reader["fields"], in: 1...10_000) { limits.fields = count }
    if let token = reader["token"], let size = size(token, in: 1024...64 * 1024) {
      limits.token = size
      if size > limits.head {
        warning(
          at: token.location,
          "no token of that length arrives: a head of more than \(limits.head) bytes is refused, see 'head'")
      }
    }
    if let size = size(reader["response_head"], in: 1024...1 << 20) { limits.responseHead = size }
    if let timeout = timeout(reader["handshake_timeout"]) { limits.handshakeTimeout = timeout }
    if let timeout = timeout(reader["head_timeout"]) { limits.headTimeout = timeout }
    if let timeout = timeout(reader["idle_timeout"]) { limits.idleTimeout = timeout }
    if let rate = size(reader["body_rate"], in: 0...1 << 30) { limits.bodyRate = rate }
    if let size = bodyLimit(reader["max_body"]) { limits.maxBody = size }
    if let count = integer(reader["connections"], in: 1...1_000_000) { limits.connections = count }
    if let count = integer(reader["connections_per_address"], in: 1...1_000_000) {
      limits.connectionsPerAddress = count
    }
    return limits
  }

  /// `log`.
  func log(_ value: LocatedJSON?) -> LogConfiguration? {
    guard let value, let reader = object(value, .log) else { return nil }
    var log = LogConfiguration()
    if let destination = logDestination(reader["access"]) { log.access = destination }
    if let format = choice(reader["format"], AccessLogFormat.self) { log.format = format }
    if let destination = logDestination(reader["error"]) { log.error = destination }
    if let level = choice(reader["level"], LogLevel.self) { log.level = level }
    return log
  }

  private func logDestination(_ value: LocatedJSON?) -> LogDestination? {
    guard let path = path(value), case .string(let text)? = value?.content else { return nil }
    return switch text {
    case "stdout": .standardOutput
    case "stderr": .standardError
    case "off": .off
    default: .file(path)
    }
  }
}
