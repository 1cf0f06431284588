import Bytes
import Cryptography
package import JSON

/// Makes signed tokens: compact JWS over claims (RFC 7515 §7.1), on one thread.
package final class TokenSigner {
  /// The algorithm that it signs with.
  package let algorithm: SignatureAlgorithm
  /// The `kid` that its tokens carry; nil for none.
  package let keyIdentifier: String?
  private let method: Method

  private enum Method {
    case secret(HMAC)
    case privateKey(SignatureMaker)
  }

  /// A signer with that key, made ready.
  ///
  /// - Throws: ``KeyError/algorithmUnavailable(_:)``.
  package init(_ key: SigningKey) throws(KeyError) {
    algorithm = key.algorithm
    keyIdentifier = key.identifier
    switch key.material {
    case .secret(let secret):
      method = .secret(try secret.hmac(for: key.algorithm))
    case .privateKey(let privateKey):
      guard let scheme = key.algorithm.scheme else {
        throw .algorithmUnfit(key.algorithm, privateKey.publicKey.kind)
      }
      do throws(CryptographyError) {
        method = .privateKey(try SignatureMaker(privateKey, scheme: scheme))
      } catch {
        throw .algorithmUnavailable(key.algorithm)
      }
    }
  }

  /// A signer with a shared secret.
  ///
  /// - Throws: ``KeyError/secretTooShort(byteCount:needed:algorithm:)``, ``KeyError/algorithmOfAnotherFamily(_:)``,
  ///   ``KeyError/algorithmUnavailable(_:)``.
  package convenience init(
    algorithm: SignatureAlgorithm, secret: SharedSecret, keyIdentifier: String? = nil
  ) throws(KeyError) {
    try self.init(SigningKey(algorithm: algorithm, secret: secret, identifier: keyIdentifier))
  }

  /// A token that says `claims`, of that `typ`; by default an access token (RFC 9068 §2.1).
  ///
  /// - Throws: ``KeyError/algorithmUnavailable(_:)``.
  package func sign(_ claims: JSONObject, type: String = "at+jwt") throws(KeyError) -> [UInt8] {
    var header: JSONObject = ["alg": .string(algorithm.rawValue), "typ": .string(type)]
    if let keyIdentifier { header["kid"] = .string(keyIdentifier) }
    var token = ByteBuffer(capacity: 1024)
    Self.append(header, to: &token)
    token.append(UInt8(ascii: "."))
    Self.append(claims, to: &token)
    var signature = ByteBuffer(capacity: 512)
    do throws(CryptographyError) {
      switch method {
      case .secret(let hmac): try hmac.authenticate(token.readable, into: &signature)
      case .privateKey(let maker): try maker.sign(token.readable, into: &signature)
      }
    } catch {
      throw .algorithmUnavailable(algorithm)
    }
    token.append(UInt8(ascii: "."))
    Base64URL.encode(signature.readable, into: &token)
    return token.readable.array
  }

  private static func append(_ object: JSONObject, to token: inout ByteBuffer) {
    var text = ByteBuffer(capacity: 512)
    text.appendJSON(object)
    Base64URL.encode(text.readable, into: &token)
  }
}
