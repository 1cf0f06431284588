import Bytes
import Cryptography
import Tokens

/// Keys: sets, single keys and PEM.
///
/// The keys that are taken: they can be used, and are written so that they read the same; nothing private is written.
enum KeyTarget {
  static func readSet(_ bytes: [UInt8]) {
    for secrets in [SecretPolicy.allowed, .refused] {
      do throws(KeySetError) {
        check(try JSONWebKeySet.read(bytes.span, allowing: SignatureAlgorithm.allCases, secrets: secrets), secrets)
      } catch {
        require(!error.message.isEmpty, "whoever is refused is told why")
      }
    }
    if let set = try? KeyFile.read(bytes.span, allowing: [.es256, .rs256, .hs256, .eddsa]) {
      check(set, .allowed)
      checkIsNoSecret(bytes)
    }
  }

  static func readPEM(_ bytes: [UInt8]) {
    _ = SecretOddity.all(in: bytes.span)
    do throws(AsymmetricKeyError) {
      let key = try PublicKey(pem: bytes.span)
      checkIsNoSecret(bytes)
      guard let verification = try? VerificationKey(publicKey: key, algorithms: SignatureAlgorithm.all(for: key.kind))
      else { return require(false, "a key that is taken can be used") }
      check([verification])
    } catch {
      require(!error.message.isEmpty, "whoever is refused is told why")
    }
    if let key = try? PrivateKey(pem: bytes.span) {
      checkIsNoSecret(bytes)
      guard let text = try? key.pem(), let again = try? PrivateKey(pem: text.span) else {
        return require(false, "a key that is written can be read")
      }
      require(again.publicKey == key.publicKey, "a key is written as it was read")
    }
    if let set = try? KeyFile.read(bytes.span, allowing: SignatureAlgorithm.allCases) { check(set, .allowed) }
  }

  private static func checkIsNoSecret(_ bytes: [UInt8]) {
    require((try? SharedSecret(file: bytes.span)) == nil, "what is read as a key is taken for no secret", shown(bytes))
  }

  private static func check(_ set: JSONWebKeySet, _ secrets: SecretPolicy) {
    require(set.keys.count <= JSONWebKeySet.countMax, "a set has its limit")
    require(set.unusable.allSatisfy { !$0.message.isEmpty }, "whoever is left out is told why")
    if secrets == .refused { require(set.keys.allSatisfy { $0.publicKey != nil }, "no secret comes from outside") }
    // Two keys without names, or a set that can't be told apart, must not have been let through.
    guard let keys = try? KeySet(set.keys) else { return require(false, "what is taken can be told apart") }
    let issuer = TrustedIssuer(
      name: "i", audience: .any, algorithms: SignatureAlgorithm.allCases, keys: keys)
    require((try? TokenVerifier(issuers: [issuer])) != nil, "what is taken can be used")
    check(set.keys)
  }

  private static func check(_ keys: [VerificationKey]) {
    let publicKeys = keys.filter { $0.publicKey != nil }
    let text = JSONWebKeySet.text(of: keys)
    for member in ["\"d\":", "\"k\":", "\"p\":", "\"q\":"] {
      require(!text.contains(Array(member.utf8)), "nothing private is written", shown(text))
    }
    guard
      let again = try? JSONWebKeySet.read(text.span, allowing: SignatureAlgorithm.allCases, secrets: .refused)
    else { return require(false, "a set that is written can be read", shown(text)) }
    let before = publicKeys.compactMap(\.publicKey)
    require(again.keys.compactMap(\.publicKey) == before, "a set is written as it was read", shown(text))
    require(again.keys.map(\.identifier) == publicKeys.map(\.identifier), "keys keep their names", shown(text))
  }
}
