import HTTP

/// From where a route may be reached (`allow_addresses`, `deny_addresses`).
struct AddressRules: Sendable {
  /// Nil for anywhere.
  let allowed: [AddressRange]?
  /// Counts more than ``allowed``.
  let denied: [AddressRange]

  /// Nil if everybody may come from anywhere.
  init?(allowed: [AddressRange]?, denied: [AddressRange]) {
    if allowed == nil && denied.isEmpty { return nil }
    self.allowed = allowed
    self.denied = denied
  }

  /// True if a client at this address may pass.
  ///
  /// A client without address, on a Unix socket, lies in no network: it passes unless it must be in one. A client of unknown address
  /// passes no rule.
  func admit(_ client: ClientAddress) -> Bool {
    let address: IPAddress
    switch client {
    case .known(let known): address = known
    case .local: return allowed == nil
    case .unknown: return false
    }
    return !denied.contains { $0.contains(address) } && (allowed?.contains { $0.contains(address) } ?? true)
  }
}
