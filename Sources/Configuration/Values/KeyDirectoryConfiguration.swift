package import Tokens

/// A directory with the key pairs that the gateway signs with (`key_directory`).
package struct KeyDirectoryConfiguration: Sendable {
  /// Resolved against the configuration's folder; the gateway makes the directory and its first keys if they are missing.
  package var path: Located<String>
  /// The algorithm of new keys; never an HMAC; default ECDSA on P-256.
  ///
  /// A key that exists keeps its own.
  package var algorithm: SignatureAlgorithm = .es256

  package init(path: Located<String>) { self.path = path }
}

extension GatewayConfiguration {
  /// The directory whose keys sign; there is never more than one.
  package var keyDirectory: KeyDirectoryConfiguration? {
    if case .keyDirectory(let directory)? = accounts?.signing { return directory }
    return auth.identityAssertion?.keyDirectory
  }

  /// The longest time that a signature of a key of ``keyDirectory`` counts, in whole seconds: the life of what is signed, and the leeway.
  package var signatureLifetime: Int {
    var longest = Duration.zero
    if case .keyDirectory? = accounts?.signing { longest = accounts?.accessTokenTTL ?? .zero }
    if let assertion = auth.identityAssertion { longest = max(longest, assertion.ttl) }
    let (seconds, rest) = (longest + auth.leeway).components
    return Int(clamping: seconds) + (rest > 0 ? 1 : 0)
  }
}
