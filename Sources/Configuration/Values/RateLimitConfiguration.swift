/// A limit of requests (`rate_limit`, `registration_limit`).
package struct RateLimitConfiguration: Sendable, Hashable {
  /// The number of requests in the period.
  package let requests: Int
  package let period: Duration
  /// The number of requests that may come at once; by default ``requests``.
  package let burst: Int
  package let subject: Subject

  /// The ones who are counted each by himself.
  package enum Subject: Sendable, Hashable {
    /// Users; anonymous requests count as their addresses.
    case user
    /// Networks: an IPv4 address, or the /64 of an IPv6 one.
    case address
    /// The values of a request field.
    case header(String)
    /// All together.
    case route
  }

  package init(requests: Int, period: Duration, burst: Int? = nil, subject: Subject = .address) {
    self.requests = requests
    self.period = period
    self.burst = burst ?? requests
    self.subject = subject
  }
}
