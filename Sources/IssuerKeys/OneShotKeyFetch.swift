import Configuration
import Observability
import Synchronization
package import Transport

/// Keys that are fetched once, for commands that judge tokens as the gateway would.
package enum OneShotKeyFetch {
  /// The finding about the keys of an issuer.
  package struct Finding: Sendable {
    /// As the configuration names him.
    package let issuer: String
    /// The URL that his keys are fetched from, or that says where they are.
    package let url: String
    /// The reason for which they could not be fetched; nil if they were, or no fetch was tried.
    package let failure: String?
    /// Of each key that can't be used, which one it is and why.
    package let unusable: [String]
  }

  /// Fetches the keys of the issuer with that index, if they are behind a URL and not there yet; blocks until the fetch has
  /// ended.
  ///
  /// - Returns: nil if there was nothing to fetch.
  /// - Throws: when there is no descriptor or thread left.
  package static func fetch(of issuers: [IssuerSettings], at place: Int) throws(SystemError) -> Finding? {
    guard let source = source(of: issuers, at: place) else { return nil }
    let keeper = try KeySetRefresher(log: ErrorLog(sink: nil, level: .error))
    let loop = try EventLoop()
    let found = Mutex<Finding?>(nil)
    keeper.fetchOnce(source) { outcome in
      let finding = finding(of: source, outcome)
      found.withLock { $0 = finding }
      loop.stop()
    }
    loop.run()
    return found.withLock { $0 }
  }

  /// The URL from which the keys of the issuer with that index are to be fetched; nil if they are there, or come from a file.
  package static func missing(of issuers: [IssuerSettings], at place: Int) -> Finding? {
    source(of: issuers, at: place).map { finding(of: $0, nil) }
  }

  private static func source(of issuers: [IssuerSettings], at place: Int) -> KeySource? {
    guard issuers.indices.contains(place) else { return nil }
    let source = issuers[place].source
    return source.settings.origin.url != nil && source.keys == nil ? source : nil
  }

  private static func finding(
    of source: KeySource, _ outcome: Result<KeySource.Change, KeyFetchFailure>?
  ) -> Finding {
    var failure: String?
    var unusable: [String] = []
    switch outcome {
    case .success(.changed(let reading)), .success(.otherFlaws(let reading)): unusable = reading.unusable
    case .failure(let reason): failure = reason.text
    case .success(.unchanged), nil: break
    }
    let url = source.settings.origin.url.map { "\($0)" } ?? ""
    return Finding(issuer: source.settings.issuer, url: url, failure: failure, unusable: unusable)
  }
}
