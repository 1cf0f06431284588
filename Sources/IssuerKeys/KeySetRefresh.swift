import Configuration
import Transport

/// A source of keys as its keeper sees it; confined to the keeper.
final class KeySetRefresh {
  let source: KeySource
  /// For files.
  var watch = FileWatch()
  /// For what is fetched.
  var schedule: FetchSchedule
  var isFetching = false
  /// True if the last fetch failed, so that the next success is logged.
  var isFailing = false

  init(_ source: KeySource, now: MonotonicTime) {
    self.source = source
    schedule = FetchSchedule(now: now)
  }

  /// The beginning of log lines about it.
  var name: String { "issuer '\(source.settings.issuer)'" }

  /// The place of its keys, for logs.
  var place: String {
    switch source.settings.origin {
    case .secretFile(let path), .publicKeyFile(let path), .keySetFile(let path): "'\(path)'"
    case .keySetURL(let url), .discovery(let url): "\(url)"
    }
  }
}
