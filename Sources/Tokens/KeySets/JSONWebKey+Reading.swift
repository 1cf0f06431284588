import Bytes
import Cryptography
import JSON

extension JSONWebKey {
  /// The key for those algorithms of the issuer's that it can serve: the one that its `alg` names, else all of its kind.
  ///
  /// The key's own members decide about its use, never a token (RFC 8725 §3.1). Private members are not looked at.
  static func read(
    _ key: JSONObject, allowing allowed: [SignatureAlgorithm], secrets: SecretPolicy
  ) throws(JSONWebKeyFlaw) -> VerificationKey {
    let type = try string("kty", in: key)
    try checkPurpose(of: key)
    let own = try algorithm(of: key)
    let identifier = try optionalString("kid", in: key)
    if type == "oct" { return try secret(key, identifier, own, allowed, secrets) }
    let publicKey = try publicKey(key, type)
    if secrets == .refused && key["d"] != nil { throw .privateKeyInPublic }
    let algorithms = SignatureAlgorithm.all(for: publicKey.kind)
    if let own, !algorithms.contains(own) { throw .unfit(.algorithmUnfit(own, publicKey.kind)) }
    let chosen = try intersection(own.map { [$0] } ?? algorithms, allowed)
    do throws(KeyError) {
      return try VerificationKey(publicKey: publicKey, identifier: identifier, algorithms: chosen)
    } catch {
      throw .unfit(error)
    }
  }

  private static func secret(
    _ key: JSONObject, _ identifier: String?, _ own: SignatureAlgorithm?, _ allowed: [SignatureAlgorithm],
    _ policy: SecretPolicy
  ) throws(JSONWebKeyFlaw) -> VerificationKey {
    guard policy == .allowed else { throw .secretInPublic }
    if let own, own.family != .secret { throw .unfit(.algorithmOfAnotherFamily(own)) }
    let octets = try bytes("k", in: key)
    let secret: SharedSecret
    do throws(KeyError) { secret = try SharedSecret(octets: octets) } catch { throw .unfit(error) }
    var chosen = try intersection(own.map { [$0] } ?? [.hs256, .hs384, .hs512], allowed)
    // Without an `alg`, it serves those that it is long enough for; if it is for none, the first of them says what is missing.
    let fit = chosen.filter { secret.byteCount >= $0.hmacHash?.byteCount ?? 0 }
    if own == nil && !fit.isEmpty { chosen = fit }
    do throws(KeyError) {
      return try VerificationKey(secret: secret, identifier: identifier, algorithms: chosen)
    } catch {
      throw .unfit(error)
    }
  }

  private static func publicKey(_ key: JSONObject, _ type: String) throws(JSONWebKeyFlaw) -> PublicKey {
    switch type {
    case "RSA":
      let (modulus, exponent) = (try bytes("n", in: key), try bytes("e", in: key))
      return try fit { () throws(AsymmetricKeyError) in
        try PublicKey(rsaModulus: modulus.span, exponent: exponent.span)
      }
    case "EC":
      let curve = try curve(of: key)
      let (x, y) = (try bytes("x", in: key), try bytes("y", in: key))
      return try fit { () throws(AsymmetricKeyError) in try PublicKey(curve, x: x.span, y: y.span) }
    case "OKP":
      let name = try string("crv", in: key)
      guard name == "Ed25519" else { throw .curveUnknown(name) }
      let x = try bytes("x", in: key)
      return try fit { () throws(AsymmetricKeyError) in try PublicKey(ed25519: x.span) }
    default:
      throw .typeUnknown(type)
    }
  }

  private static func fit(_ make: () throws(AsymmetricKeyError) -> PublicKey) throws(JSONWebKeyFlaw) -> PublicKey {
    do throws(AsymmetricKeyError) {
      return try make()
    } catch {
      throw .unfit(.unfit(error))
    }
  }

  /// Refuses keys that are for something else than verifying (RFC 7517 §4.2, §4.3).
  private static func checkPurpose(of key: JSONObject) throws(JSONWebKeyFlaw) {
    if let use = try optionalString("use", in: key), use != "sig" { throw .otherUse(use) }
    guard let operations = key["key_ops"] else { return }
    guard let list = operations.array, list.allSatisfy({ $0.string != nil }) else {
      throw .memberOfWrongType("key_ops", expected: "a list of strings")
    }
    guard list.contains(.string("verify")) else { throw .otherOperations }
  }

  private static func algorithm(of key: JSONObject) throws(JSONWebKeyFlaw) -> SignatureAlgorithm? {
    guard let name = try optionalString("alg", in: key) else { return nil }
    guard let algorithm = SignatureAlgorithm(name: name) else { throw .algorithmUnknown(name) }
    return algorithm
  }

  private static func intersection(
    _ own: [SignatureAlgorithm], _ allowed: [SignatureAlgorithm]
  ) throws(JSONWebKeyFlaw) -> [SignatureAlgorithm] {
    let both = own.filter(allowed.contains)
    guard !both.isEmpty else { throw .algorithmsNotAllowed(own) }
    return both
  }

  private static func curve(of key: JSONObject) throws(JSONWebKeyFlaw) -> EllipticCurve {
    let name = try string("crv", in: key)
    switch name {
    case "P-256": return .p256
    case "P-384": return .p384
    case "P-521": return .p521
    default: throw .curveUnknown(name)
    }
  }

  private static func bytes(_ name: String, in key: JSONObject) throws(JSONWebKeyFlaw) -> [UInt8] {
    var bytes: [UInt8] = []
    let text = try string(name, in: key)
    guard Base64URL.decode(text.utf8Span.span, into: &bytes) else { throw .memberNotBase64URL(name) }
    return bytes
  }

  private static func string(_ name: String, in key: JSONObject) throws(JSONWebKeyFlaw) -> String {
    guard let text = try optionalString(name, in: key) else { throw .memberMissing(name) }
    return text
  }

  private static func optionalString(_ name: String, in key: JSONObject) throws(JSONWebKeyFlaw) -> String? {
    guard let value = key[name] else { return nil }
    guard let text = value.string else { throw .memberOfWrongType(name, expected: "a string") }
    return text
  }
}
