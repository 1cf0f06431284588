/// The time of a change, and who has caused it.
package struct ChangeStamp: Sendable, Hashable {
  /// Milliseconds since 1970.
  package let time: Int64
  package let initiator: Initiator

  /// - Parameter now: seconds since 1970.
  package init(now: Double, by initiator: Initiator) {
    time = UnixMilliseconds.from(seconds: now)
    self.initiator = initiator
  }

  /// The same moment, but caused by the gateway itself.
  var byGateway: ChangeStamp { ChangeStamp(time: time, initiator: .gateway) }

  private init(time: Int64, initiator: Initiator) {
    self.time = time
    self.initiator = initiator
  }
}

/// The one who causes a change of the accounts.
package struct Initiator: Sendable, Hashable {
  package enum Role: String, Sendable, Hashable, CaseIterable {
    /// A client, who need not be the user that he says he is.
    case user
    /// Someone at the command line.
    case `operator`
    /// The gateway, by a rule of its own.
    case gateway
  }

  package let role: Role
  /// The client's address; nil for others.
  package let address: String?
  /// The client's program as it calls itself, at most ``userAgentLimit`` bytes; nil where it does not.
  package let userAgent: String?

  package static let userAgentLimit = 256

  package static let `operator` = Initiator(role: .operator, address: nil, userAgent: nil)
  package static let gateway = Initiator(role: .gateway, address: nil, userAgent: nil)

  /// A client.
  package static func user(address: String?, userAgent: String?) -> Initiator {
    let agent = userAgent.map { String(decoding: $0.utf8.prefix(userAgentLimit), as: UTF8.self) }
    return Initiator(role: .user, address: address, userAgent: agent)
  }

  private init(role: Role, address: String?, userAgent: String?) {
    self.role = role
    self.address = address
    self.userAgent = userAgent
  }
}

/// Times as the database has them.
package enum UnixMilliseconds {
  /// - Parameter seconds: since 1970; what no clock says becomes a bound.
  package static func from(seconds: Double) -> Int64 {
    guard seconds.isFinite else { return seconds > 0 ? latest : 0 }
    return Int64(min(max(seconds, 0) * 1000, Double(latest)))
  }

  /// The time after that many milliseconds, which never overflows.
  static func after(_ time: Int64, _ span: Int64) -> Int64 { min(time, latest) + min(max(span, 0), latest) }

  /// Far enough for everything that ends, near enough for sums.
  private static let latest: Int64 = 1 << 53
}
