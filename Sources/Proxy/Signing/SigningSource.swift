import Synchronization
import Tokens

/// The key pairs that the gateway signs with by now.
///
/// Shared by the workers, which verify with what is new when they are told so, and by the one who watches the directory. As long as a new
/// configuration names the same directory, it lives on with all that it has. For any thread.
///
/// What is new is first verified and published by all, and only then signed with: no worker is ever shown a token that another has
/// signed and it can't verify yet.
package final class SigningSource: Sendable {
  let directory: SigningDirectory
  private let state: Mutex<State>

  private struct State {
    var known: SigningKeys
    var signing: SigningKey
  }

  init(_ directory: SigningDirectory, _ keys: SigningKeys) {
    self.directory = directory
    state = Mutex(State(known: keys, signing: keys.current))
  }

  /// What is verified and published.
  var keys: SigningKeys { state.withLock { $0.known } }

  /// What signs.
  var current: SigningKey { state.withLock { $0.signing } }

  /// Takes what the directory holds by now.
  ///
  /// - Returns: whether it is anything new.
  func adopt(_ keys: SigningKeys) -> Bool {
    state.withLock { state in
      guard state.known.records != keys.records else { return false }
      state.known = keys
      return true
    }
  }

  /// Signs with what is new: every worker verifies with it.
  func settle() { state.withLock { $0.signing = $0.known.current } }
}
