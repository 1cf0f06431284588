import Bytes
import JSON

/// A JWK Set (RFC 7517 §5): the keys of it that can be used, and why the others can't.
package struct JSONWebKeySet: Sendable {
  /// The most keys that a set may have.
  package static let countMax = 1000

  /// In the order of the text.
  package let keys: [VerificationKey]
  package let unusable: [UnusableKey]

  init(keys: [VerificationKey], unusable: [UnusableKey] = []) {
    self.keys = keys
    self.unusable = unusable
  }

  /// Reads the set in a text; how long that may be is for whoever gets it to say.
  ///
  /// A key that can't be used is left out, as RFC 7517 §5 has it, and so are keys that nobody could tell apart. What is left may
  /// be nothing.
  ///
  /// - Parameter allowing: the algorithms that the issuer may use.
  /// - Throws: why the text is no set at all.
  package static func read(
    _ bytes: Span<UInt8>, allowing algorithms: [SignatureAlgorithm], secrets: SecretPolicy
  ) throws(KeySetError) -> JSONWebKeySet {
    guard let set = try parse(bytes).object else { throw .notAKeySet }
    return try JSONWebKeySet(set, algorithms, secrets)
  }

  init(
    _ set: JSONObject, _ algorithms: [SignatureAlgorithm], _ secrets: SecretPolicy
  ) throws(KeySetError) {
    guard let members = set["keys"]?.array else { throw .notAKeySet }
    guard members.count <= Self.countMax else { throw .tooManyKeys(members.count) }
    var found: [Found] = []
    var unusable: [UnusableKey] = []
    for (place, member) in members.enumerated() {
      do throws(JSONWebKeyFlaw) {
        guard let object = member.object else { throw .notAnObject }
        let key = try JSONWebKey.read(object, allowing: algorithms, secrets: secrets)
        found.append(Found(place: place, key: key))
      } catch {
        unusable.append(UnusableKey(place: place, identifier: member.object?["kid"]?.string, flaw: error))
      }
    }
    let ambiguous = Self.ambiguous(found, beside: unusable)
    unusable += ambiguous.values
    keys = found.filter { ambiguous[$0.place] == nil }.map(\.key)
    self.unusable = unusable.sorted { $0.place < $1.place }
  }

  private struct Found {
    let place: Int
    let key: VerificationKey
  }

  /// The keys, by their places, that share a `kid` and an algorithm with another: which of them a token means, nobody can say.
  ///
  /// Of a key that is there twice, one is kept. A damaged key with the same `kid` may have been meant as well.
  private static func ambiguous(_ found: [Found], beside unusable: [UnusableKey]) -> [Int: UnusableKey] {
    var ambiguous: [Int: UnusableKey] = [:]
    var damaged: [ExactText: Int] = [:]
    for key in unusable where key.flaw.isDamage {
      if let identifier = key.identifier { damaged[ExactText(identifier)] = key.place }
    }
    var named: [ExactText: [Found]] = [:]
    for one in found {
      guard let identifier = one.key.identifier else { continue }
      let name = ExactText(identifier)
      if let other = damaged[name] { ambiguous[one.place] = UnusableKey(one.place, identifier, sameAs: other) }
      for other in named[name] ?? [] where one.key.isConfusable(with: other.key) {
        ambiguous[one.place] = UnusableKey(one.place, identifier, sameAs: other.place)
        if one.key.isSame(as: other.key) { continue }
        ambiguous[other.place] = ambiguous[other.place] ?? UnusableKey(other.place, identifier, sameAs: one.place)
      }
      named[name, default: []].append(one)
    }
    return ambiguous
  }

  /// The set of those keys as others may see it: public parts only, no shared secret.
  package static func text(of keys: [VerificationKey]) -> [UInt8] {
    var text = ByteBuffer(capacity: 2048)
    let objects = keys.compactMap(JSONWebKey.object).map(JSONValue.object)
    text.appendJSON(["keys": .array(objects)] as JSONObject)
    return text.readable.array
  }

  static func parse(_ bytes: Span<UInt8>) throws(KeySetError) -> JSONValue {
    do throws(JSONError) {
      return try JSONReader.parse(bytes, limits: limits)
    } catch {
      throw .notJSON(error)
    }
  }

  /// Room for more keys than are accepted, so that a set of too many can be told to be one, and for certificates in them.
  private static let limits = JSONLimits(depth: 16, members: 100_000, stringBytes: 64 * 1024)
}

extension UnusableKey {
  fileprivate init(_ place: Int, _ identifier: String, sameAs other: Int) {
    self.init(place: place, identifier: identifier, flaw: .identifierRepeated(otherPlace: other))
  }
}

extension VerificationKey {
  /// Whether a token could mean either.
  fileprivate func isConfusable(with other: VerificationKey) -> Bool {
    guard let identifier, let others = other.identifier, identifier.equalsExactly(others) else { return false }
    return algorithms.contains(where: other.algorithms.contains)
  }
}
