import Bytes
import JSON
import Testing

@testable import Tokens

/// The examples of RFC 7520, RFC 7797 and RFC 8037.
@Suite(.enabled(if: VectorFolder.isThere, "PORTCULLIS_VECTORS names no folder"))
struct CookbookTests {
  struct Example {
    let name: String
    let document: JSONObject

    func value(_ path: String...) -> JSONValue? { path.reduce(JSONValue.object(document)) { $0?.object?[$1] } }
  }

  /// Its `sig` was copied from the example before it.
  static let misprinted = "rfc7797/hmac-sha2_b64_false.json"

  let examples: [Example]

  init() throws {
    examples = try VectorFolder.objects("jose_cookbook.json").map { entry in
      let document = try #require(entry["doc"]?.object)
      // The example of nesting has its signature one level further in.
      return Example(name: entry["file"]?.string ?? "", document: document["sign"]?.object ?? document)
    }
  }

  @Test func `every signature of every example is the key's`() throws {
    var count = 0
    for example in examples {
      let keys = example.value("input", "key")
      let signings = example.value("signing")
      let each = zip(signings?.array ?? [signings ?? .null], keys?.array ?? [keys ?? .null])
      for (signing, key) in each {
        let name = signing.object?["protected"]?.object?["alg"] ?? signing.object?["unprotected"]?.object?["alg"]
        let alg: String? = (name ?? example.value("input", "alg"))?.string
        let algorithm = try #require(alg.flatMap { SignatureAlgorithm(name: $0) })
        let set = try SignatureLayer(key).keys
        let verifier = try #require(
          try PreparedKeys(set, allowing: [algorithm]).verifier(for: algorithm, identifier: nil), "\(example.name)")
        let signed = Array(try #require(signing.object?["sig-input"]?.string).utf8)
        var signature: [UInt8] = []
        let text = try #require(signing.object?["sig"]?.string)
        #expect(Base64URL.decode(text.utf8Span.span, into: &signature))
        let isValid = verifier.isValid(signature.span, for: signed.span)
        #expect(isValid == (example.name != Self.misprinted), "\(example.name)")
        count += 1
      }
    }
    #expect(count == 14)
  }

  @Test func `tokens are accepted, but for detached and unencoded payloads`() throws {
    var verdicts: [String: Bool] = [:]
    for example in examples {
      guard let token = example.value("output", "compact")?.string, let key = example.value("input", "key") else {
        continue
      }
      verdicts[example.name] = try SignatureLayer(key).accepts(token)
    }
    #expect(
      verdicts == [
        "6.nesting_signatures_and_encryption.json": true, "curve25519/jws.json": true,
        "jws/4_1.rsa_v15_signature.json": true, "jws/4_2.rsa-pss_signature.json": true,
        "jws/4_3.ecdsa_signature.json": true, "jws/4_4.hmac-sha2_integrity_protection.json": true,
        "jws/4_5.signature_with_detached_content.json": false, "rfc7797/hmac-sha2_b64_false.json": false,
      ])
  }
}
