import JSON

extension Loading {
  /// `rate_limit` or `registration_limit`; nil if there is none, or no sense in it.
  func rateLimit(_ value: LocatedJSON?) -> RateLimitConfiguration? {
    guard let value, let reader = object(value, .rateLimit) else { return nil }
    let counts = 1...1_000_000_000
    let requests = integer(required("requests", of: reader), in: counts)
    let period = timeout(required("per", of: reader))
    let burst = integer(reader["burst"], in: counts)
    let subject = rateLimitSubject(reader["by"])
    guard let requests, let period else { return nil }
    return RateLimitConfiguration(requests: requests, period: period, burst: burst, subject: subject ?? .address)
  }

  private func rateLimitSubject(_ value: LocatedJSON?) -> RateLimitConfiguration.Subject? {
    guard let value else { return nil }
    switch value.content {
    case .string("user"): return .user
    case .string("address"): return .address
    case .string("route"): return .route
    case .object:
      guard let reader = object(value, .rateLimitHeader), let name = nonEmptyString(required("header", of: reader))
      else { return nil }
      return fieldName(name.value, for: .condition, at: name.location).map { .header($0) }
    case .string, .null, .bool, .number, .list:
      error(at: value.location, "expected \"user\", \"address\", \"route\" or {\"header\": NAME}")
      return nil
    }
  }
}
