import Bytes
import Cryptography

@testable import Tokens

extension SignatureAttack {
  /// Keys and addresses of keys that the attacker brings along, and signatures that fit them.
  static let embeddedKeys: [SignatureAttack] = ([.rs256, .es256, .eddsa] as [SignatureAlgorithm]).flatMap { algorithm in
    let kind = Forge.kind(algorithm)
    let key = Forge.attackersKey(kind)
    let jwk = { (identifier: String) -> String in
      let own = try? VerificationKey(publicKey: key.publicKey, identifier: identifier, algorithms: [algorithm])
      return JSONWebKeySet.text(of: own.map { [$0] } ?? []).span.text.dropFirst(9).dropLast(2).description
    }
    let twin = Forge.token(algorithm)
    let real = Forge.identifier(kind)
    let tries: [(String, String, TokenRejection)] = [
      ("jwk under the issuer's kid", Forge.header(algorithm, #","jwk":\#(jwk(real))"#), .signatureInvalid),
      (
        "jwk under a kid of its own", #"{"alg":"\#(algorithm.rawValue)","kid":"mine","jwk":\#(jwk("mine"))}"#,
        .keyUnknown
      ),
      ("jku", Forge.header(algorithm, #","jku":"https://evil.example/keys""#), .signatureInvalid),
      ("jku of this machine", Forge.header(algorithm, #","jku":"http://127.0.0.1:1/keys""#), .signatureInvalid),
      ("x5u", Forge.header(algorithm, #","x5u":"https://evil.example/chain.pem""#), .signatureInvalid),
      ("x5c", Forge.header(algorithm, #","x5c":["MAA="]"#), .signatureInvalid),
      ("x5t", Forge.header(algorithm, #","x5t":"AAAAAAAAAAAAAAAAAAAAAAAAAAA","x5t#S256":"AA""#), .signatureInvalid),
      ("nothing but the signature", Forge.header(algorithm), .signatureInvalid),
    ]
    return tries.map { name, header, reason in
      let token = Forge.token(header, key: key, scheme: algorithm.scheme ?? .ed25519)
      return SignatureAttack(8, "\(algorithm.rawValue), the attacker's key: \(name)", token, twin: twin, reason)
    }
  }

  /// Names of keys that mean something to a file system, a database or a careless comparison.
  static let identifiers: [SignatureAttack] = identifierTexts.flatMap { identifier in
    let twin = Forge.token(.rs256)
    let signed = Forge.signed(#"{"alg":"RS256","kid":"\#(identifier)"}"#, .rs256)
    let keyed = Sample.token(#"{"alg":"HS256","kid":"\#(identifier)"}"#, secret: [])
    let name = "kid '\(String(identifier.prefix(30)))'"
    return [
      SignatureAttack(9, name + " with the issuer's signature", signed, twin: twin, .keyUnknown),
      SignatureAttack(9, name + " with an HMAC of nothing", keyed, twin: twin, .keyUnknown),
    ]
  }

  private static let identifierTexts = [
    "../../../../../dev/null", "/dev/null", "file:///dev/null", "rsa.pem", "./rsa", "rsa/../rsa", "RSA", "rsa ",
    " rsa", #"rsa\u0000"#, #"rsa\u0000.pem"#, "", "0", "*", "%", "' OR '1'='1", "x' UNION SELECT 'secret'--",
    "${jndi:x}", "rsa|id", "`id`", #"rsa\u200b"#, #"\uff52sa"#, String(repeating: "k", count: 4000),
  ]

  /// Keys that say nothing of an algorithm do not let the token say it.
  static let otherKeys: [SignatureAttack] = [
    SignatureAttack(
      3, "no kid, and no key for HMAC", Forge.signed(#"{"alg":"HS256"}"#, .rs256),
      twin: Forge.signed(#"{"alg":"RS256"}"#, .rs256), .keyUnknown),
    SignatureAttack(
      3, "the kid of a key of another kind", Forge.signed(#"{"alg":"RS256","kid":"p256"}"#, .rs256),
      twin: Forge.token(.rs256), .keyUnknown),
    SignatureAttack(
      3, "the kid of a key on another curve", Forge.signed(#"{"alg":"ES384","kid":"p256"}"#, .es384),
      twin: Forge.token(.es384), .keyUnknown),
    SignatureAttack(
      3, "PS256 for a key that is for RS256", Forge.token(.ps256), twin: Forge.token(.rs256), .algorithmRefused,
      only: .rs256),
    SignatureAttack(
      3, "RS512 for a key that is for RS256", Forge.token(.rs512), twin: Forge.token(.rs256), .algorithmRefused,
      only: .rs256),
  ]

  /// Other statements of a header, every signature being right.
  static let headers: [SignatureAttack] = ([.ps256, .es256, .eddsa] as [SignatureAlgorithm]).flatMap { algorithm in
    let twin = Forge.token(algorithm)
    let kid = Forge.identifier(Forge.kind(algorithm))
    let names = ["none", "None", "NONE", "nOnE", "", "\(algorithm.rawValue) ", "ES256K", "ed25519", "Ed448", "HS256 "]
    let unnamed: [(Int, String, String, TokenRejection)] = names.map { name in
      (1, "alg '\(name)'", #"{"alg":"\#(name)","kid":"\#(kid)"}"#, .algorithmRefused)
    }
    let others: [(Int, String, String, TokenRejection)] = [
      (1, "no alg", #"{"kid":"\#(kid)"}"#, .malformed),
      (1, "alg twice", #"{"alg":"none","alg":"\#(algorithm.rawValue)","kid":"\#(kid)"}"#, .malformed),
      (1, "alg a list", #"{"alg":["\#(algorithm.rawValue)"],"kid":"\#(kid)"}"#, .malformed),
      (10, "crit unknown", Forge.header(algorithm, #","crit":["exp"]"#), .criticalUnsupported),
      (10, "crit empty", Forge.header(algorithm, #","crit":[]"#), .criticalUnsupported),
      (11, "b64 false", Forge.header(algorithm, #","b64":false"#), .malformed),
      (11, "b64 false and in crit", Forge.header(algorithm, #","b64":false,"crit":["b64"]"#), .criticalUnsupported),
      (14, "PBES2", #"{"alg":"PBES2-HS256+A128KW","p2c":2147483647,"p2s":"AA","kid":"\#(kid)"}"#, .algorithmRefused),
      (13, "RSA-OAEP", #"{"alg":"RSA-OAEP","enc":"A128GCM","zip":"DEF","kid":"\#(kid)"}"#, .algorithmRefused),
      (26, "an ID token", Forge.header(algorithm, #","typ":"id+jwt""#), .typeRefused),
      (26, "an assertion of the gateway's own", Forge.header(algorithm, #","typ":"assertion+jwt""#), .typeRefused),
    ]
    let tries = unnamed + others
    let forged = tries.map { row, name, header, reason in
      SignatureAttack(row, "\(algorithm.rawValue): \(name)", Forge.signed(header, algorithm), twin: twin, reason)
    }
    let unsigned = twin.dropSignature()
    return forged + [
      SignatureAttack(
        24, "\(algorithm.rawValue): padding", twin + Array(repeating: UInt8(ascii: "="), count: 2), twin: twin,
        .malformed),
      SignatureAttack(24, "\(algorithm.rawValue): spare bits", twin.withSpareBits(), twin: twin, .malformed),
      SignatureAttack(24, "\(algorithm.rawValue): a newline", twin + [0x0A], twin: twin, .malformed),
      SignatureAttack(13, "\(algorithm.rawValue): five parts", twin + Array(".AAAA.AAAA".utf8), twin: twin, .malformed),
      SignatureAttack(12, "\(algorithm.rawValue): a fourth part", twin + Array(".AAAA".utf8), twin: twin, .malformed),
      SignatureAttack(12, "\(algorithm.rawValue): no third part", unsigned.dropLast(), twin: twin, .malformed),
      SignatureAttack(
        15, "\(algorithm.rawValue): expired", Forge.token(algorithm, Sample.payload(["exp": "1699999999.5"])),
        twin: twin,
        .expired),
      SignatureAttack(
        15, "\(algorithm.rawValue): exp 1e400", Forge.token(algorithm, Sample.payload(["exp": "1e400"])), twin: twin,
        .malformed),
      SignatureAttack(
        20, "\(algorithm.rawValue): iss a list",
        Forge.token(algorithm, Sample.payload(["iss": "[\"\(Sample.issuerName)\"]"])), twin: twin, .malformed),
    ]
  }
}
