package import HTTP

/// `health_check` of an upstream: a request that each server is asked at intervals.
package struct HealthCheck: Sendable, Equatable {
  /// The target of the GET: a path and perhaps a query, in visible ASCII characters.
  package var target: String
  /// The value of `Host`; nil for the server's address.
  package var host: String?
  /// Further fields of the request.
  package var headers: [Field] = []
  /// Statuses of a server that is well; default 200 to 399.
  package var statuses: [ClosedRange<Int>] = [200...399]
  /// From one check to the next, at least 10 ms; default 5 s.
  package var interval: Duration = .seconds(5)
  /// For the whole check, from connecting to the head of the answer; default 1 s.
  package var timeout: Duration = .seconds(1)
  /// The number of checks in a row that must succeed for a server that was down to be used again, 1 to 1000; default 2.
  package var healthyAfter = 2
  /// The number of checks in a row that must fail for a server to be left out, 1 to 1000; default 3.
  package var unhealthyAfter = 3

  package init(target: String) { self.target = target }

  /// Judges a status: true if the server that answers with it is well.
  package func accepts(_ status: Int) -> Bool { statuses.contains { $0.contains(status) } }
}

/// `passive_health` of an upstream: how servers are judged by the requests that they fail.
package struct PassiveHealth: Sendable, Equatable {
  /// The number of failures in a row (to connect, or to answer in time) after which a server is left out, 1 to 1000; default 3.
  package var failures = 3
  /// For how long it is left out the first time; it doubles each time after; default 10 s.
  package var eject: Duration = .seconds(10)
  /// The longest that it is left out, not below `eject`; default 5 min, or `eject` if that is longer.
  package var maxEject: Duration = .seconds(5 * 60)

  package init() {}
}
