package import Configuration
import HTTP
import Synchronization
import Tokens
import Transport

/// The source of an issuer's keys, and the keys that it has now.
///
/// Shared by the workers, which read it when they are told that something has changed, and by the one who looks after it. As long as a
/// new configuration says the same of it, it lives on with all that it has. For any thread.
package final class KeySource: Sendable {
  /// The settings of a source: two sources with equal settings are one.
  package struct Settings: Hashable, Sendable {
    package let issuer: String
    package let origin: KeyOrigin
    /// The file of further certificate authorities.
    let authorities: String?
    /// The algorithms that its keys may be used for.
    let algorithms: [SignatureAlgorithm]
    /// The time after which keys that a request has missed may be fetched once more, in nanoseconds.
    let cooldown: Int64
    /// The proxies that it is fetched through.
    var proxies = ForwardProxies()
  }

  package let settings: Settings
  private let known: Mutex<Known>
  private let turns: Mutex<FetchTurns>

  private struct Known {
    var keys: KeySet?
    /// The document that the keys were read from.
    var document: [UInt8] = []
    var unusable: [String] = []
  }

  /// A source without keys yet.
  init(_ settings: Settings) {
    self.settings = settings
    known = Mutex(Known())
    turns = Mutex(FetchTurns(cooldown: settings.cooldown))
  }

  /// The keys; nil if they have never been obtained, or are too old to count.
  var keys: KeySet? { known.withLock { $0.keys } }

  /// The document that the keys were read from last; empty without one.
  package var document: [UInt8] { known.withLock { $0.document } }

  /// The change that a document makes.
  enum Change {
    /// It says what was known already.
    case unchanged
    /// The keys are those known, but others than before can't be used.
    case otherFlaws(KeyReading)
    case changed(KeyReading)
  }

  /// Takes the keys that the document holds in place of those that were known.
  ///
  /// - Throws: why it holds none; nothing has changed then.
  func adopt(_ document: [UInt8]) throws(KeyProblem) -> Change {
    if known.withLock({ $0.keys != nil && $0.document == document }) { return .unchanged }
    let reading = try KeyReading(document, settings)
    return known.withLock { known in
      let previous = known
      known = Known(keys: reading.keys, document: document, unusable: reading.unusable)
      // Written otherwise, it may be the same.
      guard previous.keys?.hasSameKeys(as: reading.keys) == true else { return .changed(reading) }
      return previous.unusable == reading.unusable ? .unchanged : .otherFlaws(reading)
    }
  }

  /// The keys count no more.
  ///
  /// - Returns: whether there were any.
  func forget() -> Bool {
    known.withLock { known in
      defer { known = Known() }
      return known.keys != nil
    }
  }

  /// Decides what a request does that misses a key.
  ///
  /// - Parameters:
  ///   - hasNone: whether it is missed because there is none at all.
  ///   - told: the last end of a fetch that the worker has been told of.
  func takeTurn(at now: MonotonicTime, hasNone: Bool, told: UInt64) -> FetchTurns.Turn {
    turns.withLock { $0.take(at: now, hasNone: hasNone, told: told) }
  }

  /// Notes that the keys are being fetched.
  func fetchBegan() { turns.withLock { $0.began() } }

  /// Notes that they are no more; what has come of it must be known by then.
  ///
  /// - Parameter number: larger than that of any end before, whatever the source.
  func fetchEnded(_ number: UInt64) { turns.withLock { $0.ended(number) } }
}
