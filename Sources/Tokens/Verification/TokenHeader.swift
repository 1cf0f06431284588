import Bytes
import JSON

/// The header of a token, as far as it tells how the token is signed (RFC 7515 §4.1).
///
/// Keys and addresses of keys that it carries (`jwk`, `jku`, `x5u`, `x5c`) are not read: whoever makes a token does not choose
/// what it is verified with.
struct TokenHeader {
  /// `alg` as written.
  let algorithmName: String
  /// The algorithm of that name, nil for one that this gateway doesn't know, `none` included.
  let algorithm: SignatureAlgorithm?
  /// `kid`, the name of the key.
  let keyIdentifier: String?
  /// `typ`, the kind of token.
  let type: String?
  /// True if there is a `crit`, of whatever form: we understand no extension, and an empty list is not allowed.
  let hasCritical: Bool

  /// - Throws: ``TokenFlaw/headerMemberMissing(_:)``, ``TokenFlaw/headerMemberOfWrongType(_:)``,
  ///   ``TokenFlaw/unencodedPayload``.
  init(_ header: JSONObject) throws(TokenFlaw) {
    guard let algorithmName = try Self.string("alg", in: header) else { throw .headerMemberMissing("alg") }
    self.algorithmName = algorithmName
    algorithm = SignatureAlgorithm(name: algorithmName)
    keyIdentifier = try Self.string("kid", in: header)
    type = try Self.string("typ", in: header)
    let critical = header["crit"]
    hasCritical = critical != nil
    // A JWT never has `b64` (RFC 7797 §7); where `crit` names it, as that RFC demands, `crit` is what is refused.
    if header["b64"] != nil && critical?.array?.contains(.string("b64")) != true { throw .unencodedPayload }
  }

  /// True if `typ` names an access token: absent, `JWT` or `at+jwt` (RFC 9068 §2.1), in any case, with or without `application/`.
  var isAccessTokenType: Bool {
    guard let type else { return true }
    let bytes = type.utf8Span.span
    return bytes.equalsIgnoringCase("jwt") || bytes.equalsIgnoringCase("at+jwt")
      || bytes.equalsIgnoringCase("application/jwt") || bytes.equalsIgnoringCase("application/at+jwt")
  }

  private static func string(_ name: String, in header: JSONObject) throws(TokenFlaw) -> String? {
    guard let value = header[name] else { return nil }
    guard let text = value.string else { throw .headerMemberOfWrongType(name) }
    return text
  }
}
