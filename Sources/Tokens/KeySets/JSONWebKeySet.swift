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

  /// Reads the set in a text; the caller bounds the text's length.
  ///
  /// A key that can't be used is left out, as RFC 7517 §5 has it, and so are keys that can't be told apart. What is left may
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
        found.append(Found(place: place, object: object, key: key))
      } catch {
        unusable.append(UnusableKey(place: place, key: member.object, flaw: error))
      }
    }
    let ambiguous = Self.ambiguous(found, beside: unusable)
    unusable += ambiguous.values
    keys = found.filter { ambiguous[$0.place] == nil }.map(\.key)
    self.unusable = unusable.sorted { $0.place < $1.place }
  }

  /// The two members of a token's header that choose its key.
  private struct Claim: Hashable {
    let name: ExactText
    let algorithm: SignatureAlgorithm
  }

  private struct Found {
    let place: Int
    let object: JSONObject
    let key: VerificationKey

    func repeating(_ other: Int) -> UnusableKey {
      UnusableKey(place: place, key: object, flaw: .identifierRepeated(otherPlace: other))
    }
  }

  /// The keys, by their places, that share a `kid` and an algorithm with another: a token does not say which of them it means.
  ///
  /// Of a key that is there twice, one is kept. A damaged key with the same `kid` may have been meant as well. Takes time linear in the
  /// number of keys.
  private static func ambiguous(_ found: [Found], beside unusable: [UnusableKey]) -> [Int: UnusableKey] {
    var ambiguous: [Int: UnusableKey] = [:]
    var damaged: [ExactText: Int] = [:]
    for key in unusable where key.flaw.isDamage {
      if let identifier = key.identifier { damaged[ExactText(identifier)] = key.place }
    }
    var firsts: [Claim: Found] = [:]
    for one in found {
      guard let identifier = one.key.identifier else { continue }
      let name = ExactText(identifier)
      if let other = damaged[name] { ambiguous[one.place] = one.repeating(other) }
      for algorithm in one.key.algorithms {
        guard let first = firsts[Claim(name: name, algorithm: algorithm)] else {
          firsts[Claim(name: name, algorithm: algorithm)] = one
          continue
        }
        // All that come later are compared with the first: they are left out anyway.
        ambiguous[one.place] = ambiguous[one.place] ?? one.repeating(first.place)
        if one.key.isSame(as: first.key) { continue }
        ambiguous[first.place] = ambiguous[first.place] ?? first.repeating(one.place)
      }
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
