import Bytes
import JSON

extension Loading {
  /// `health_check` of an upstream.
  func healthCheck(_ value: LocatedJSON?) -> HealthCheck? {
    guard let value, let reader = object(value, .healthCheck) else { return nil }
    let target = checkTarget(required("path", of: reader))
    let interval = duration(reader["interval"], in: .milliseconds(10)...Self.longest)
    let timeout = timeout(reader["timeout"])
    let healthyAfter = integer(reader["healthy_after"], in: Self.counts)
    let unhealthyAfter = integer(reader["unhealthy_after"], in: Self.counts)
    guard let target else { return nil }
    var check = HealthCheck(target: target)
    if let interval { check.interval = interval }
    if let timeout { check.timeout = timeout }
    if let healthyAfter { check.healthyAfter = healthyAfter }
    if let unhealthyAfter { check.unhealthyAfter = unhealthyAfter }
    return check
  }

  /// `passive_health` of an upstream; without the key it has its defaults.
  func passiveHealth(_ value: LocatedJSON?) -> PassiveHealth? {
    guard let value else { return PassiveHealth() }
    guard let reader = objectOrFalse(value, .passiveHealth) else { return nil }
    var health = PassiveHealth()
    if let count = integer(reader["failures"], in: Self.counts) { health.failures = count }
    if let eject = timeout(reader["eject"]) { health.eject = eject }
    if let longest = timeout(reader["max_eject"]), let value = reader["max_eject"] {
      health.maxEject = longest
      if longest < health.eject {
        error(at: value.location, "'max_eject' is shorter than 'eject', which is \(Self.text(health.eject))")
      }
    } else {
      health.maxEject = max(health.maxEject, health.eject)
    }
    return health
  }

  private static let counts = 1...1000

  private func checkTarget(_ value: LocatedJSON?) -> String? {
    guard let text = nonEmptyString(value) else { return nil }
    guard text.value.hasPrefix("/") else {
      error(at: text.location, "\"\(text.value)\" is not a path: it begins with '/'")
      return nil
    }
    guard text.value.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "#") }) else {
      error(
        at: text.location,
        "a path to ask for holds visible ASCII characters, others percent-encoded, and no fragment")
      return nil
    }
    return text.value
  }
}
