import Observability
import Transport

extension ErrorLog {
  /// Says what has become of an endpoint.
  ///
  /// - Parameter why: the last failure that led to it.
  func note(
    _ change: ServerHealth.Change, of endpoint: UpstreamEndpoint, in upstream: UpstreamSettings, why: String?
  ) {
    let name = "upstream '\(upstream.name)': \(endpoint.label)"
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

  /// Says that a request has failed at an endpoint, unless the like was said within the last minute.
  ///
  /// - Parameters:
  ///   - kind: the same text for failures of one kind.
  ///   - text: what is said, where that differs from one failure to the next.
  func noteFailure(
    _ kind: String, text: @autoclosure () -> String? = nil, of endpoint: UpstreamEndpoint,
    in upstream: UpstreamSettings, at now: MonotonicTime
  ) {
    guard let unsaid = endpoint.failures.note(kind, at: now) else { return }
    let more =
      unsaid == 0 ? "" : " (this has happened \(unsaid == 1 ? "once" : "\(unsaid) times") more since it was last said)"
    warning("upstream '\(upstream.name)': \(endpoint.label): \(text() ?? kind)\(more)")
  }

  private static func inARow(_ count: Int, _ thing: String) -> String {
    count == 1 ? "a \(thing)" : "\(count) \(thing)s in a row"
  }
}
