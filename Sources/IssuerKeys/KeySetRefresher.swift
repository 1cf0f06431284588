import Configuration
import HTTP
import HTTPClient
package import Observability
package import Signing
import Tokens
package import Transport

/// Looks after the keys of all issuers, the gateway itself among them: watches files, fetches key sets, and says when something has
/// changed.
///
/// There is one for the process, with a thread of its own, so that keys are fetched once, not once by each worker, and no worker
/// waits for a file or for another server. Nothing that goes wrong here ends anything: keys that were obtained stay in force.
package actor KeySetRefresher {
  private nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  private let log: ErrorLog
  private let resolver: NameResolver
  private var random = RandomSource()
  private var tended: [KeySetRefresh] = []
  private var signing: TendedSigning?
  private var announce: @Sendable () -> Void = {}
  private var announceEnd: @Sendable (_ source: KeySource, _ number: UInt64) -> Void = { _, _ in }
  /// The number of fetches that have ended.
  private var endCount: UInt64 = 0
  private var isTicking = false

  /// The interval between two looks at files and at the clock.
  private static let interval: Duration = .seconds(1)
  /// The interval between two looks at the gateway's own keys: soon after a rotation only the new key's tokens are accepted.
  private static let signingInterval: Duration = .milliseconds(250)

  /// Starts the threads.
  ///
  /// - Throws: when there is no descriptor or thread left.
  package init(log: ErrorLog) throws(SystemError) {
    self.log = log
    resolver = try NameResolver()
    let loop = try EventLoop()
    self.loop = loop
    try Thread.start(name: "keys") { loop.run() }
  }

  // MARK: For any thread

  /// Counts who waits for keys.
  package nonisolated let places = KeyWaitPlaces()

  /// Looks after these from now on, and no others; those that it looks after already keep their rhythm.
  ///
  /// - Parameters:
  ///   - signing: what the gateway itself signs with, if it has key pairs.
  ///   - announce: is called, on the keeper's thread, when the keys of some source have become others.
  ///   - announceEnd: is called there when a fetch has ended, failed or not, after `announce`; ends are numbered.
  package nonisolated func tend(
    _ sources: [KeySource], signing: SigningSource?, announce: @escaping @Sendable () -> Void,
    announceEnd: @escaping @Sendable (_ source: KeySource, _ number: UInt64) -> Void
  ) {
    loop.post {
      self.assumeIsolated { keeper in
        keeper.announce = announce
        keeper.announceEnd = announceEnd
        keeper.change(to: sources, signing)
      }
    }
  }

  /// Fetches the keys of a source now, because a request misses one.
  ///
  /// Ask ``KeySource/takeTurn(at:hasNone:told:)`` first, which says when.
  package nonisolated func fetch(_ source: KeySource) {
    loop.post {
      self.assumeIsolated { keeper in
        // A source that no configuration names any more is not fetched, but requests that wait for it are told.
        guard let each = keeper.tended.first(where: { $0.source === source }) else {
          return keeper.announceEnd(source, keeper.noteEnd(of: source))
        }
        keeper.log.debug("\(each.name): a key is missed")
        keeper.begin(each)
      }
    }
  }

  /// Fetches the keys of a source once, for a command that ends afterwards.
  ///
  /// - Parameter report: is called on the keeper's thread with what has come of it.
  nonisolated func fetchOnce(
    _ source: KeySource, report: @escaping @Sendable (Result<KeySource.Change, KeyFetchFailure>) -> Void
  ) {
    loop.post {
      self.assumeIsolated { keeper in
        _ = Task(executorPreference: keeper.loop) { report(await keeper.outcome(of: source).change) }
      }
    }
  }

  // MARK: Rhythm

  private func change(to sources: [KeySource], _ signing: SigningSource?) {
    self.signing = signing.map(TendedSigning.init)
    let previous = tended
    tended = sources.map { source in
      previous.first { $0.source === source } ?? KeySetRefresh(source, now: loop.now)
    }
    lookAtSigning()
    look()
    guard !isTicking, !tended.isEmpty || signing != nil else { return }
    isTicking = true
    loop.every(Self.interval) { self.assumeIsolated { $0.look() } }
    loop.every(Self.signingInterval) { self.assumeIsolated { $0.lookAtSigning() } }
  }

  private func lookAtSigning() {
    if let signing { look(at: signing) }
  }

  private func look() {
    for each in tended {
      switch each.source.settings.origin {
      case .secretFile(let path), .publicKeyFile(let path), .keySetFile(let path): look(at: path, of: each)
      case .keySetURL, .discovery:
        if each.schedule.isExpired(at: loop.now), each.source.forget() {
          log.error("\(each.name): its keys are too old to be used: its tokens are refused until \(each.place) answers")
          announce()
        }
        if each.schedule.isDue(at: loop.now) { begin(each) }
      }
    }
  }

  // MARK: Files

  private func look(at signing: TendedSigning) {
    let place = "'\(signing.source.directory.path)'"
    switch signing.look(now: loop.unixTime) {
    case .nothing: break
    case .news(let keys):
      let name = keys.current.identifier ?? ""
      log.info(
        "signing keys: \(keys.records.count) from \(place); '\(name)' (\(keys.current.algorithm.rawValue)) signs")
      announce()
    case .failure(let why): log.error("signing keys: \(why); those that were read before stay in force")
    }
  }

  private func look(at path: String, of each: KeySetRefresh) {
    let stamp = Result { () throws(SystemError) in try FileStamp(path: path) }
    guard each.watch.mustRead(stamp, now: loop.unixTime) else { return }
    do throws(KeyProblem) {
      note(try each.source.adopt(try KeyFileReader.read(path)), of: each)
    } catch {
      guard each.watch.isSettled else { return }
      log.error(
        "\(each.name): \(each.place) can't be used: \(error.text); the keys that were read before stay in force")
    }
  }

  // MARK: Fetching

  /// One fetch at a time.
  private func begin(_ each: KeySetRefresh) {
    guard !each.isFetching, each.source.settings.origin.url != nil else { return }
    each.isFetching = true
    each.source.fetchBegan()
    Task(executorPreference: loop) { [source = each.source] in await self.fetch(anew: source) }
  }

  private func fetch(anew source: KeySource) async {
    let (outcome, lifetime) = await outcome(of: source)
    // Before the log speaks of it: a request that comes then must not wait for this fetch as if it were still under way.
    let number = noteEnd(of: source)
    defer { announceEnd(source, number) }
    guard let each = tended.first(where: { $0.source === source }) else { return }
    each.isFetching = false
    switch outcome {
    case .success(let change):
      each.schedule.succeeded(at: loop.now, lifetime: lifetime, chance: random.nextFraction())
      if each.isFailing { log.info("\(each.name): its keys can be fetched again from \(each.place)") }
      each.isFailing = false
      note(change, of: each)
    case .failure(let failure):
      let pause = each.schedule.failed(at: loop.now, chance: random.nextFraction())
      each.isFailing = true
      let seconds = (pause + 999_999_999) / 1_000_000_000
      let meanwhile = each.source.keys == nil ? "there are none yet" : "those fetched before stay in force"
      log.warning(
        "\(each.name): no keys from \(each.place): \(failure.text); \(meanwhile), the next try is in \(seconds) s")
    }
  }

  /// Counts the end of a fetch and returns its number.
  private func noteEnd(of source: KeySource) -> UInt64 {
    endCount += 1
    source.fetchEnded(endCount)
    return endCount
  }

  /// Fetches the keys, and returns the change and the freshness in nanoseconds, if the response names it.
  private func outcome(of source: KeySource) async -> (
    change: Result<KeySource.Change, KeyFetchFailure>, lifetime: Int64?
  ) {
    do throws(KeyFetchFailure) {
      let document = try await document(of: source.settings)
      return (.success(try Self.adopt(document.bytes, by: source)), document.lifetime.map { $0 * 1_000_000_000 })
    } catch {
      return (.failure(error), nil)
    }
  }

  private static func adopt(_ document: [UInt8], by source: KeySource) throws(KeyFetchFailure) -> KeySource.Change {
    do throws(KeyProblem) { return try source.adopt(document) } catch { throw .keys(error) }
  }

  /// The key set, from where the configuration says that it is, or the provider.
  private func document(of settings: KeySource.Settings) async throws(KeyFetchFailure) -> DocumentFetch.Document {
    let fetch = DocumentFetch(
      loop: loop, resolver: resolver, authorities: settings.authorities, proxies: settings.proxies,
      deadline: loop.now.advanced(by: DocumentFetch.timeLimit), accept: "application/jwk-set+json, application/json")
    switch settings.origin {
    case .keySetURL(let url): return try await Self.get(url, by: fetch)
    case .discovery(let url):
      let description = try await Self.get(url, by: fetch)
      let keySet: HTTPURL
      do throws(DescriptionFault) {
        keySet = try ProviderDescription(description.bytes.span, issuer: settings.issuer, at: description.url).keySet
      } catch {
        throw .description(error)
      }
      return try await Self.get(keySet, by: fetch)
    case .secretFile, .publicKeyFile, .keySetFile: throw .fetch(.brokenOff)
    }
  }

  private static func get(
    _ url: HTTPURL, by fetch: DocumentFetch
  ) async throws(KeyFetchFailure) -> DocumentFetch.Document {
    do throws(FetchFailure) { return try await fetch.get(url) } catch { throw .fetch(error) }
  }

  // MARK: News

  /// The most unusable keys of a set that are logged.
  private static let unusableMax = 10

  private func note(_ change: KeySource.Change, of each: KeySetRefresh) {
    switch change {
    case .unchanged: log.debug("\(each.name): the keys from \(each.place) are those known")
    case .changed(let reading):
      let count = reading.keys.keys.count
      let text = "\(each.name): \(count) \(count == 1 ? "key" : "keys") from \(each.place)"
      if count == 0 { log.warning("\(text): all its tokens are refused") } else { log.info(text) }
      note(reading.unusable, of: each)
      announce()
    case .otherFlaws(let reading): note(reading.unusable, of: each)
    }
  }

  private func note(_ unusable: [String], of each: KeySetRefresh) {
    for reason in unusable.prefix(Self.unusableMax) { log.warning("\(each.name): not used: \(reason)") }
    if unusable.count > Self.unusableMax {
      log.warning("\(each.name): \(unusable.count - Self.unusableMax) more keys are not used")
    }
  }
}

extension RandomSource {
  /// A number from 0 to 1.
  mutating func nextFraction() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
}
