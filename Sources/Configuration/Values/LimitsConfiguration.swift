/// Bounds on the memory and time that one client takes (`limits`); sizes in bytes.
package struct LimitsConfiguration: Sendable {
  /// A request's head, with its request line; default 32 KiB, 431 beyond.
  package var head = 32 * 1024
  /// A request's target; default 8 KiB, 414 beyond.
  package var target = 8 * 1024
  /// Field lines of a head; default 100, 431 beyond.
  package var fields = 100
  /// A token; default 16 KiB, `token_too_large` beyond.
  package var token = 16 * 1024
  /// A response's head; default 64 KiB, 502 beyond.
  package var responseHead = 64 * 1024
  /// From the first byte of a TLS handshake to its last; default 10 s, the connection is closed beyond.
  package var handshakeTimeout: Duration = .seconds(10)
  /// From the first byte of a head to its last; default 10 s, 408 beyond.
  package var headTimeout: Duration = .seconds(10)
  /// The longest wait of a connection between requests; default 75 s.
  package var idleTimeout: Duration = .seconds(75)
  /// The bytes a second that a body must make, on average, once bytes are due; default 240 B; 0 asks for none.
  package var bodyRate = 240
  /// A request's body, where the route has no `max_body`; default 10 MiB, 413 beyond.
  package var maxBody: BodyLimit = .bytes(defaultMaxBody)
  /// Connections of a worker; default 10,000.
  package var connections = 10_000
  /// Connections of one client address to a worker; none unless configured.
  package var connectionsPerAddress: Int?

  package init() {}

  /// 10 MiB.
  package static let defaultMaxBody = 10 * 1024 * 1024
}
