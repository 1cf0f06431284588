import Synchronization
package import Tokens

/// The key pairs that the gateway signs with now.
///
/// Shared by the workers, which verify with what is new when they are told so, and by the one who watches the directory. As long as a new
/// configuration names the same directory, it lives on with all that it has. For any thread.
///
/// New keys are first published and verified with by all workers, and only then sign: no worker ever gets a token that another
/// has signed and it can't verify yet. After a revocation the new key signs at once: tokens of the old one are worthless.
package final class SigningSource: Sendable {
  package let directory: SigningDirectory
  private let state: Mutex<State>

  private struct State {
    var known: SigningKeys
    /// Counts what has become known.
    var version = 0
    var signing: SigningKey
    /// The version that `signing` belongs to.
    var settled = 0
  }

  /// The key that is to sign once all workers have what was known at one time.
  package struct Successor: Sendable {
    fileprivate let key: SigningKey
    fileprivate let version: Int
  }

  init(_ directory: SigningDirectory, _ keys: SigningKeys) {
    self.directory = directory
    state = Mutex(State(known: keys, signing: keys.current))
  }

  /// The keys that are verified with and published.
  package var keys: SigningKeys { state.withLock { $0.known } }

  /// The key that signs.
  var current: SigningKey { state.withLock { $0.signing } }

  /// Returns the key for a token that is issued at that time, in seconds since 1970.
  ///
  /// If the workers take too long to get ready, that is a key that some don't know yet: a token of any other key would be refused
  /// for good.
  package func signer(at now: Int) -> SigningKey {
    state.withLock { state in
      let record = state.known.records.first { $0.identifier == state.signing.identifier }
      guard let last = record?.lastIssue, now > last else { return state.signing }
      return state.known.current
    }
  }

  /// Takes the keys that the directory holds now.
  func adopt(_ keys: SigningKeys) {
    state.withLock { state in
      guard state.known.records != keys.records else { return }
      state.known = keys
      state.version += 1
      if !keys.records.contains(where: { $0.identifier == state.signing.identifier }) {
        state.signing = keys.current
        state.settled = state.version
      }
    }
  }

  /// The argument for ``settle(on:)`` once every worker verifies with the keys that are known now, or with later ones.
  package var successor: Successor { state.withLock { Successor(key: $0.known.current, version: $0.version) } }

  /// Signs with that key, unless a later one does.
  package func settle(on successor: Successor) {
    state.withLock { state in
      guard successor.version > state.settled else { return }
      state.settled = successor.version
      state.signing = successor.key
    }
  }
}
