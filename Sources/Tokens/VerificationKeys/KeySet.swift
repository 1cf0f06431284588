import Bytes

/// The keys of an issuer.
package struct KeySet: Sendable {
  /// The keys, in the order given.
  package let keys: [VerificationKey]
  /// Tells this set from the one before it: what was verified under another generation is verified anew.
  package let generation: UInt64
  /// The indexes of the keys with a `kid`.
  private let places: [ExactText: [Int]]

  /// - Throws: ``KeyError/identifierRepeated(_:)``.
  package init(_ keys: [VerificationKey], generation: UInt64 = 0) throws(KeyError) {
    var places: [ExactText: [Int]] = [:]
    for (index, key) in keys.enumerated() {
      guard let identifier = key.identifier else { continue }
      for other in places[ExactText(identifier)] ?? [] {
        if keys[other].algorithms.contains(where: key.algorithms.contains) { throw .identifierRepeated(identifier) }
      }
      places[ExactText(identifier), default: []].append(index)
    }
    self.keys = keys
    self.generation = generation
    self.places = places
  }

  /// The place of the key for a token of that algorithm and `kid`; nil if there is none that may be used.
  ///
  /// A key with the token's `kid`; else the only key of the algorithm, if it was configured without a `kid` or the token names
  /// none. A `kid` that no key has is never answered with another key.
  package func index(for algorithm: SignatureAlgorithm, identifier: String?) -> Int? {
    if let identifier {
      for index in places[ExactText(identifier)] ?? [] {
        if keys[index].algorithms.contains(algorithm) { return index }
      }
      // Every key has a name, and none has this one.
      if places.count == keys.count { return nil }
    }
    var only: Int?
    for (index, key) in keys.enumerated() where key.algorithms.contains(algorithm) {
      guard only == nil else { return nil }
      only = index
    }
    guard let only else { return nil }
    return identifier == nil || keys[only].identifier == nil ? only : nil
  }

  /// Compares the keys of two sets, and their order.
  package func hasSameKeys(as other: KeySet) -> Bool {
    keys.count == other.keys.count && zip(keys, other.keys).allSatisfy { $0.isSame(as: $1) }
  }
}
