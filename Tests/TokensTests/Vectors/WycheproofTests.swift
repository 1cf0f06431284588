import JSON
import Testing

@testable import Tokens

/// Project Wycheproof's vectors for JSON Web Signature and JSON Web Key.
@Suite(.enabled(if: VectorFolder.isThere, "PORTCULLIS_VECTORS names no folder"))
struct WycheproofTests {
  /// The vectors, by number, about which the gateway is stricter.
  static let refusedThoughValid: [Int: String] = [
    346: "the key says PS256, the token PS384: one key, one algorithm",
    350: "the key says PS256, the token PS384: one key, one algorithm",
    347: "the key's alg is ES521, which is none",
    351: "the key's alg is ES521, which is none",
    372: "a character that is not base64url: one token, one spelling",
    373: "a character that is not base64url: one token, one spelling",
  ]

  /// Vectors that are, to the byte, another one that is valid.
  static let refusedThoughSame = [367: 357, 370: 357]

  @Test func `the signature vectors are judged as they should be`() throws {
    var judged = 0
    for group in try VectorFolder.objects("wycheproof_jws.json") {
      let key = try #require(group["public"].flatMap { $0 == .null ? nil : $0 } ?? group["private"])
      judged += try judge(group, with: try SignatureLayer(key))
    }
    #expect(judged == 401)
  }

  @Test func `the key vectors are judged as they should be`() throws {
    var judged = 0
    for group in try VectorFolder.objects("wycheproof_jwk.json") {
      // A set of secrets and public keys is for a file of the operator's own to hold, never for a URL.
      let secrets: SecretPolicy = group["comment"] == .string("jws_mixedSymmetryKeyset") ? .refused : .allowed
      let key = try #require(group["public"].flatMap { $0 == .null ? nil : $0 } ?? group["private"])
      judged += try judge(group, with: try SignatureLayer(key, secrets: secrets))
    }
    #expect(judged == 26)
  }

  private func judge(_ group: JSONObject, with layer: SignatureLayer) throws -> Int {
    let tests = try #require(group["tests"]?.array).compactMap(\.object)
    var seen: [Int: String] = [:]
    for test in tests {
      let number = try #require(test["id"]?.number?.integer)
      let token = try #require(test["jws"]?.string)
      seen[number] = token
      var isGood = test["result"] == .string("valid") && Self.refusedThoughValid[number] == nil
      if let same = Self.refusedThoughSame[number] { isGood = token == seen[same] }
      let comment = test["comment"]?.string ?? ""
      #expect(layer.accepts(token) == isGood, "\(group["comment"]?.string ?? "") \(number) \(comment)")
    }
    return tests.count
  }
}
