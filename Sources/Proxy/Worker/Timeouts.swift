import Configuration
import Transport

/// The limits on time and pace of a configuration in nanoseconds, so that no request has to convert them.
struct Timeouts: Sendable {
  /// From the first byte of a request's head to its last; also the grace of a slow body.
  let head: Int64
  /// From the first byte of a TLS handshake to its end.
  let handshake: Int64
  /// Between two requests of a connection.
  let idle: Int64
  /// Bytes per second that a body must make; 0 asks for none.
  let bodyRate: Int

  init(_ limits: LimitsConfiguration) {
    head = limits.headTimeout.wholeNanoseconds
    handshake = limits.handshakeTimeout.wholeNanoseconds
    idle = limits.idleTimeout.wholeNanoseconds
    bodyRate = limits.bodyRate
  }
}

extension BodyLimit {
  /// In bytes.
  var count: UInt64 {
    switch self {
    case .unlimited: .max
    case .bytes(let count): UInt64(count.magnitude)
    }
  }
}
