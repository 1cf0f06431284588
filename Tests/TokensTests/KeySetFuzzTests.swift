import Bytes
import Cryptography
import TestSupport
import Testing

@testable import Tokens

/// Mutated keys from a seed that a failure names; as long as PORTCULLIS_FUZZ_SECONDS says, by default one second each.
@Suite struct `Fuzzed keys` {
  private static let pieces: [String] = [
    "\"", "{", "}", "[", "]", ",", ":", "null", "1e999", "\"kty\":\"oct\",", "\"kty\":\"RSA\",", "\"kty\":\"EC\",",
    "\"alg\":\"HS256\",",
    "\"crv\":\"P-521\",", "\"use\":\"sig\",", "\"key_ops\":[\"verify\"],", "\"kid\":\"k\",", "\"k\":\"\",",
    "\"e\":\"AQ\",", "AAAA",
    "\\u0000", "\\ud800", "-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n", "=", "\n", "\r\n", "\u{FEFF}",
  ]

  /// A key that is read can be used, is written as it was read, and is never a secret where none may be.
  @Test func `whatever a set holds, what is read of it can be used`() throws {
    let good = [
      JWK.set(JWK.text(JWK.ec), JWK.text(JWK.rsa, ["kid": #""r""#]), JWK.text(JWK.okp, ["kid": #""o""#])),
      JWK.set(JWK.text(JWK.oct), JWK.text(JWK.ec, ["alg": #""ES256""#, "use": #""sig""#, "key_ops": #"["verify"]"#])),
      JWK.set(JWK.text(JWK.rsa, ["alg": #""PS512""#])), JWK.text(JWK.ec), JWK.text(JWK.okp),
    ]
    try fuzz(good.map { Array($0.utf8) }) { mutated, origin in
      for policy in [SecretPolicy.allowed, .refused] {
        let read = try? KeyFile.read(mutated.span, allowing: SignatureAlgorithm.allCases, secrets: policy)
        guard let read else { continue }
        #expect(throws: KeyError.self, "\(origin)") { try SharedSecret(file: mutated.span) }
        #expect(policy == .allowed || read.keys.allSatisfy { $0.publicKey != nil }, "\(origin)")
        for key in read.keys {
          for algorithm in key.algorithms { _ = try SignatureVerifier(key, for: algorithm) }
        }
        // Kids that Unicode takes for the same may share one, so the set may be made of them.
        _ = try KeySet(read.keys)
        let published = read.keys.filter { $0.publicKey != nil }
        let text = JSONWebKeySet.text(of: published)
        let again = try JSONWebKeySet.read(text.span, allowing: SignatureAlgorithm.allCases, secrets: .refused)
        #expect(again.keys.count == published.count && again.unusable.isEmpty, "\(origin)")
        for unusable in read.unusable {
          #expect(unusable.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "\(origin)")
        }
      }
    }
  }

  @Test func `whatever a PEM text holds, what is read of it can be used`() throws {
    let privateKeys = try KeyPair.kinds.map { try #require(KeyPair.all[$0]).pem() }
    let publicKey = Array(`Sets and files of keys`.pem.utf8)
    try fuzz([publicKey] + privateKeys) { mutated, origin in
      if let key = try? PublicKey(pem: mutated.span) {
        #expect(throws: KeyError.self, "\(origin)") { try SharedSecret(file: mutated.span) }
        let algorithm = try #require(SignatureAlgorithm.all(for: key.kind).first)
        _ = try SignatureVerifier(VerificationKey(publicKey: key, algorithms: [algorithm]), for: algorithm)
      }
      if let key = try? PrivateKey(pem: mutated.span) {
        #expect(throws: KeyError.self, "\(origin)") { try SharedSecret(file: mutated.span) }
        let algorithm = try #require(SignatureAlgorithm.all(for: key.publicKey.kind).first)
        let signing = try SigningKey(algorithm: algorithm, privateKey: key)
        let token = try TokenSigner(signing).sign(`Every algorithm`.claims)
        let issuer = try Sample.issuer(algorithms: [algorithm], keys: [signing.verificationKey()])
        #expect(try Sample.verdict(token, [issuer]) == nil, "\(origin)")
      }
    }
  }

  private func fuzz(_ good: [[UInt8]], _ check: ([UInt8], String) throws -> Void) throws {
    let seed = UInt64.random(in: .min ... .max)
    var random = SplitMix64(seed: seed)
    let end = Fuzzing.end
    var round = 0
    repeat {
      var text = good[Int(random.next() % UInt64(good.count))]
      for _ in 0...(random.next() % 3) { mutate(&text, with: good, &random) }
      try check(text, "seed \(seed), round \(round)")
      round += 1
    } while ContinuousClock.now < end
  }

  private func mutate(_ text: inout [UInt8], with others: [[UInt8]], _ random: inout SplitMix64) {
    guard !text.isEmpty else { return }
    let place = Int(random.next() % UInt64(text.count))
    switch random.next() % 7 {
    case 0: text[place] ^= 1 << UInt8(random.next() % 8)
    case 1: text[place] = UInt8(truncatingIfNeeded: random.next())
    case 2: text.remove(at: place)
    case 3: text.removeLast(text.count - place)
    case 4: text.insert(contentsOf: Self.pieces[Int(random.next() % UInt64(Self.pieces.count))].utf8, at: place)
    case 5:
      let other = others[Int(random.next() % UInt64(others.count))]
      let start = Int(random.next() % UInt64(other.count))
      text.insert(contentsOf: other[start...].prefix(Int(random.next() % 200)), at: place)
    default:
      let end = min(text.count, place + Int(random.next() % 200))
      text.insert(contentsOf: Array(text[place..<end]), at: place)
    }
  }
}
