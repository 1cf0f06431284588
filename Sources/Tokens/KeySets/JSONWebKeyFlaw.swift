package import JSON

/// The reason why a key of a key set is not used.
package enum JSONWebKeyFlaw: Error, Sendable, Hashable {
  case notAnObject
  case memberMissing(String)
  /// A member that isn't of the type that RFC 7517 and RFC 7518 have it be.
  case memberOfWrongType(String, expected: String)
  case memberNotBase64URL(String)
  case typeUnknown(String)
  case curveUnknown(String)
  /// `use` says that the key is for something else than signatures.
  case otherUse(String)
  /// `key_ops` doesn't say that the key may verify.
  case otherOperations
  /// `alg` names something that we don't verify.
  case algorithmUnknown(String)
  /// The key serves none of the algorithms that the issuer may use.
  case algorithmsNotAllowed([SignatureAlgorithm])
  /// A shared secret in a place that others can read.
  case secretInPublic
  /// A private key in a place that others can read, so that they can sign.
  case privateKeyInPublic
  /// Another key has this `kid` and serves the same algorithm.
  case identifierRepeated(otherPlace: Int)
  case unfit(KeyError)

  /// The reason in words: nothing of the key itself, and its members escaped for a terminal.
  package var message: String {
    switch self {
    case .notAnObject: "it is not an object"
    case .memberMissing(let name): "it has no '\(name)'"
    case .memberOfWrongType(let name, let expected): "'\(name)' is not \(expected)"
    case .memberNotBase64URL(let name): "'\(name)' is not base64url without padding"
    case .typeUnknown(let text): "kty \(VisibleText.short(text)) is none of RSA, EC, OKP and oct"
    case .curveUnknown(let text):
      "crv \(VisibleText.short(text)) is not one of this kty that signs: P-256, P-384, P-521 or Ed25519"
    case .otherUse(let text): "use is \(VisibleText.short(text)), not \"sig\""
    case .otherOperations: "key_ops has no \"verify\""
    case .algorithmUnknown(let text): "alg \(VisibleText.short(text)) is not one that this gateway verifies"
    case .algorithmsNotAllowed(let algorithms):
      "the issuer's algorithms have no \(algorithms.map(\.rawValue).joined(separator: ", "))"
    case .secretInPublic: "a shared secret (kty \"oct\") is taken from a file only"
    case .privateKeyInPublic: "it is published with its private part, so anyone can sign with it"
    case .identifierRepeated(let place): "key \(place + 1) has the same kid"
    case .unfit(let error): error.message
    }
  }
}

extension JSONWebKeyFlaw {
  /// True for a key that was meant for use here and is not as it should be; false for one that is for something else.
  var isDamage: Bool {
    switch self {
    case .memberMissing, .memberOfWrongType, .memberNotBase64URL, .unfit: true
    case .notAnObject, .typeUnknown, .curveUnknown, .otherUse, .otherOperations, .algorithmUnknown,
      .algorithmsNotAllowed, .secretInPublic, .privateKeyInPublic, .identifierRepeated:
      false
    }
  }
}

/// A key of a key set that is not used, and why.
package struct UnusableKey: Sendable, Hashable {
  /// The key's index in the set, from 0.
  package let place: Int
  package let identifier: String?
  /// The `kty`, `crv` and `alg` of the key, as far as they are strings.
  private let kind: [Member]
  package let flaw: JSONWebKeyFlaw

  private struct Member: Sendable, Hashable {
    let name: String
    let value: String
  }

  init(place: Int, key: JSONObject?, flaw: JSONWebKeyFlaw) {
    self.place = place
    identifier = key?["kid"]?.string
    kind = ["kty", "crv", "alg"].compactMap { name in key?[name]?.string.map { Member(name: name, value: $0) } }
    self.flaw = flaw
  }

  /// The key and what is wrong with it, in words: `key 2 (kid "a"): …`.
  package var message: String {
    let name = identifier.map { " (kid \(VisibleText.short($0)))" } ?? ""
    return "key \(place + 1)\(name): \(flaw.message)"
  }

  /// The same with the key's kind: `key 2 (kid "a", kty "RSA", alg "PS512"): …`.
  package var messageWithKind: String {
    let members = (identifier.map { [Member(name: "kid", value: $0)] } ?? []) + kind
    let words = members.map { "\($0.name) \(VisibleText.short($0.value))" }.joined(separator: ", ")
    return "key \(place + 1)\(words.isEmpty ? "" : " (\(words))"): \(flaw.message)"
  }
}

/// The reason why a text is no set of keys.
package enum KeySetError: Error, Sendable, Equatable {
  case notJSON(JSONError)
  /// JSON, but not an object with a list of `keys`.
  case notAKeySet
  /// More keys than ``JSONWebKeySet/countMax``.
  case tooManyKeys(Int)
  /// A file with one key, which can't be used.
  case unusable(JSONWebKeyFlaw)
  /// A file with neither JSON nor PEM in it.
  case neitherJSONNorPEM

  /// The reason in words, and what would be right.
  package var message: String {
    switch self {
    case .notJSON(let error):
      "not JSON: \(VisibleText.plain(error.message)) (line \(error.location.line), column \(error.location.column))"
    case .notAKeySet: "not a JWK Set: an object with a list of \"keys\" is expected"
    case .tooManyKeys(let count): "\(count) keys; at most \(JSONWebKeySet.countMax) are accepted"
    case .unusable(let flaw): flaw.message
    case .neitherJSONNorPEM: "neither a PEM public key (-----BEGIN PUBLIC KEY-----) nor a JSON Web Key"
    }
  }
}
