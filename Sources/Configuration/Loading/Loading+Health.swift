import Bytes
import HTTP
import JSON

extension Loading {
  /// `health_check` of an upstream.
  func healthCheck(_ value: LocatedJSON?) -> HealthCheck? {
    guard let value, let reader = object(value, .healthCheck) else { return nil }
    let target = checkTarget(required("path", of: reader))
    let host = checkHost(reader["host"])
    let headers = fieldLines(reader["headers"], for: .check)
    let statuses = checkStatuses(reader["status"])
    let interval = duration(reader["interval"], in: .milliseconds(10)...Self.longest)
    let timeout = timeout(reader["timeout"])
    let healthyAfter = integer(reader["healthy_after"], in: Self.counts)
    let unhealthyAfter = integer(reader["unhealthy_after"], in: Self.counts)
    guard let target else { return nil }
    var check = HealthCheck(target: target)
    check.host = host
    check.headers = headers
    if let statuses { check.statuses = statuses }
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

  private func checkHost(_ value: LocatedJSON?) -> String? {
    guard let text = nonEmptyString(value) else { return nil }
    guard UpstreamAuthority(text.value) != nil else {
      error(at: text.location, "\"\(text.value)\" is no host, such as \"app.example.com\" or \"app.example.com:8080\"")
      return nil
    }
    return text.value
  }

  /// A status, a range of them, or several of both.
  private func checkStatuses(_ value: LocatedJSON?) -> [ClosedRange<Int>]? {
    guard let value else { return nil }
    if case .number = value.content { return integer(value, in: Self.statuses).map { [$0...$0] } }
    guard let text = nonEmptyString(value) else { return nil }
    var ranges: [ClosedRange<Int>] = []
    for part in text.value.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map(Self.status)
      guard 1...2 ~= ends.count, let first = ends[0], let last = ends[ends.count - 1], first <= last else {
        error(
          at: text.location,
          "\"\(text.value)\" is no status: write one from 100 to 599, a range, or several, such as \"200-299,304\"")
        return nil
      }
      ranges.append(first...last)
    }
    return ranges
  }

  private static let statuses = 100...599

  private static func status(_ text: Substring) -> Int? {
    guard text.utf8.count == 3, text.utf8.allSatisfy(ASCII.isDigit), let status = Int(text) else { return nil }
    return statuses.contains(status) ? status : nil
  }

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
