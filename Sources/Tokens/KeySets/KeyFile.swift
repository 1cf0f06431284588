import Bytes
import Cryptography
import JSON

/// A file with the keys of an issuer: a JWK Set, a single JWK, or a public key in PEM, told apart by what is in it.
package enum KeyFile {
  /// Reads the keys in the file's contents.
  ///
  /// A PEM file has one key, without a `kid`. A file of one key is refused if that can't be used; a set may have some that can't.
  ///
  /// - Parameter allowing: the algorithms that the issuer may use.
  /// - Throws: ``KeySetError``.
  package static func read(
    _ contents: Span<UInt8>, allowing algorithms: [SignatureAlgorithm], secrets: SecretPolicy = .allowed
  ) throws(KeySetError) -> JSONWebKeySet {
    if isJSON(contents) {
      guard let object = try JSONWebKeySet.parse(contents).object else { throw .notAKeySet }
      if object["keys"] != nil || object["kty"] == nil { return try JSONWebKeySet(object, algorithms, secrets) }
      return try single { () throws(JSONWebKeyFlaw) in
        try JSONWebKey.read(object, allowing: algorithms, secrets: secrets)
      }
    }
    let key = try publicKey(contents)
    return try single { () throws(JSONWebKeyFlaw) in
      let fit = SignatureAlgorithm.all(for: key.kind)
      let chosen = fit.filter(algorithms.contains)
      guard !chosen.isEmpty else { throw .algorithmsNotAllowed(fit) }
      do throws(KeyError) {
        return try VerificationKey(publicKey: key, algorithms: chosen)
      } catch {
        throw .unfit(error)
      }
    }
  }

  /// True if the first character that isn't white space begins an object or a list.
  private static func isJSON(_ contents: Span<UInt8>) -> Bool {
    for index in contents.indices {
      switch contents[index] {
      case ASCII.space, ASCII.tab, ASCII.carriageReturn, ASCII.lineFeed: continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): return true
      default: return false
      }
    }
    return false
  }

  private static func publicKey(_ contents: Span<UInt8>) throws(KeySetError) -> PublicKey {
    do throws(AsymmetricKeyError) {
      return try PublicKey(pem: contents)
    } catch {
      throw error == .notPEM ? .neitherJSONNorPEM : .unusable(.unfit(.unfit(error)))
    }
  }

  private static func single(_ read: () throws(JSONWebKeyFlaw) -> VerificationKey) throws(KeySetError) -> JSONWebKeySet
  {
    do throws(JSONWebKeyFlaw) {
      return JSONWebKeySet(keys: [try read()])
    } catch {
      throw .unusable(error)
    }
  }
}
