import Transport

extension GatewayLog {
  /// Says what has become of a server.
  ///
  /// - Parameter why: the last failure that led to it.
  func note(_ change: ServerHealth.Change, of server: Int, in upstream: UpstreamSettings, why: String?) {
    let name = "upstream '\(upstream.name)': \(upstream.servers[server].name)"
    let cause = why.map { ", the last one: \($0)" } ?? ""
    switch change {
    case .unhealthy(let count):
      warning("\(name) is unhealthy: \(Self.inARow(count, "check")) failed\(cause)")
    case .healthy(let count): info("\(name) is healthy again: \(Self.inARow(count, "check")) passed")
    case .ejected(let count, let nanoseconds):
      warning(
        "\(name) is left out for \(Duration.nanoseconds(nanoseconds)): \(Self.inARow(count, "request")) failed\(cause)")
    case .ejectedAgain(let nanoseconds):
      warning(
        "\(name) is left out for another \(Duration.nanoseconds(nanoseconds)): its trial failed\(cause)")
    case .readmitted: info("\(name) is used again: it has answered a request")
    }
  }

  private static func inARow(_ count: Int, _ thing: String) -> String {
    count == 1 ? "a \(thing)" : "\(count) \(thing)s in a row"
  }
}
