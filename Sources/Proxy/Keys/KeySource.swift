import Configuration
import Synchronization
import Tokens
import Transport

/// Where an issuer's keys come from, and those that it has by now.
///
/// Shared by the workers, which read it when they are told that something has changed, and by the one who looks after it. As long as a
/// new configuration says the same of it, it lives on with all that it has. For any thread.
final class KeySource: Sendable {
  /// What the configuration says of it: sources that agree in all of this are one.
  struct Settings: Hashable, Sendable {
    let issuer: String
    let origin: KeyOrigin
    /// The file of further certificate authorities.
    let authorities: String?
    /// What its keys may be used for.
    let algorithms: [SignatureAlgorithm]
    /// The least time between two fetches for keys that somebody has missed, in nanoseconds.
    let cooldown: Int64
  }

  let settings: Settings
  private let known: Mutex<Known>
  /// From when on somebody who misses a key has a fetch begun; in nanoseconds of the monotonic clock.
  private let open = Atomic<Int64>(0)
  /// The same for those who find no key at all: they don't spend the turn of the first token that needs a new one.
  private let openForAny = Atomic<Int64>(0)

  private struct Known {
    var keys: KeySet?
    /// What the keys were read from.
    var document: [UInt8] = []
    var unusable: [String] = []
  }

  /// A source whose keys nobody has seen yet.
  init(_ settings: Settings) {
    self.settings = settings
    known = Mutex(Known())
  }

  /// The keys; nil if they have never been obtained, or are too old to count.
  var keys: KeySet? { known.withLock { $0.keys } }

  /// What the keys were read from last; empty if nothing was.
  var document: [UInt8] { known.withLock { $0.document } }

  /// What has come of a document.
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

  /// Whether somebody who misses a key is to have the keys fetched: once in each cooldown, whoever asks.
  ///
  /// A load, but for that once; allocates nothing.
  ///
  /// - Parameter hasNone: whether he misses it because there are none.
  func takeTurn(now: MonotonicTime, hasNone: Bool) -> Bool {
    hasNone ? take(openForAny, now) : take(open, now)
  }

  private func take(_ turn: borrowing Atomic<Int64>, _ now: MonotonicTime) -> Bool {
    let opens = turn.load(ordering: .relaxed)
    guard now.nanoseconds >= opens else { return false }
    let next = now.advanced(byNanoseconds: settings.cooldown).nanoseconds
    return turn.compareExchange(expected: opens, desired: next, ordering: .relaxed).exchanged
  }
}
