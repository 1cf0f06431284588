import JSON

/// The keys of an issuer.
package struct KeySet: Sendable {
  /// The keys, in the order given.
  package let keys: [VerificationKey]
  /// Tells this set from the one before it: what was verified under another generation is verified anew.
  package let generation: UInt64

  /// - Throws: ``KeyError/identifierRepeated(_:)``.
  package init(_ keys: [VerificationKey], generation: UInt64 = 0) throws(KeyError) {
    for (index, key) in keys.enumerated() {
      guard let identifier = key.identifier else { continue }
      for other in keys[..<index] where other.identifier?.equalsExactly(identifier) == true {
        if other.algorithms.contains(where: key.algorithms.contains) { throw .identifierRepeated(identifier) }
      }
    }
    self.keys = keys
    self.generation = generation
  }

  /// The place of the key for a token of that algorithm and `kid`; nil if there is none that may be used.
  ///
  /// A key with the token's `kid`; else the only key of the algorithm, if it was configured without a `kid` or the token names
  /// none. A `kid` that nobody has is never answered with somebody else's key.
  package func index(for algorithm: SignatureAlgorithm, identifier: String?) -> Int? {
    var only: Int?
    var count = 0
    for (index, key) in keys.enumerated() where key.algorithms.contains(algorithm) {
      if let identifier, key.identifier?.equalsExactly(identifier) == true { return index }
      only = index
      count += 1
    }
    guard count == 1, let only else { return nil }
    return identifier == nil || keys[only].identifier == nil ? only : nil
  }
}
