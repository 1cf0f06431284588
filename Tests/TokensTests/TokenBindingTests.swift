import Cryptography
import Testing
import Tokens

/// Tokens that are bound to a key (`cnf`).
@Suite struct `Bound tokens` {
  /// The digest of no bytes, and its text.
  private static let digest: [UInt8] = [
    0xE3, 0xB0, 0xC4, 0x42, 0x98, 0xFC, 0x1C, 0x14, 0x9A, 0xFB, 0xF4, 0xC8, 0x99, 0x6F, 0xB9, 0x24, 0x27, 0xAE, 0x41,
    0xE4, 0x64, 0x9B, 0x93, 0x4C, 0xA4, 0x95, 0x99, 0x1B, 0x78, 0x52, 0xB8, 0x55,
  ]
  private static let text = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"

  /// - Returns: nil unless these are 32 bytes.
  private static func thumbprint(_ digest: [UInt8]) -> CertificateThumbprint? { CertificateThumbprint(digest.span) }

  private func verdict(
    _ confirmation: String?, requiresBinding: Bool = false, certificate: CertificateThumbprint? = nil
  ) throws -> TokenRejection? {
    let token = Sample.token(Sample.header, Sample.payload(["cnf": confirmation]))
    let verifier = try TokenVerifier(issuers: [Sample.issuer(requiresBinding: requiresBinding)])
    do throws(TokenRejection) {
      _ = try verifier.verify(token.span, now: Sample.now, certificate: certificate)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: [
    #"{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}"#, #"{"x5t#S256":"\#(text)"}"#, "{}", "null", "[]", "1",
    #""x""#, "true", #"{"jwk":{"kty":"oct"}}"#, #"{"kid":"1"}"#,
  ])
  func `one with a cnf of whatever form is no bearer token`(confirmation: String) throws {
    for isRequired in [false, true] {
      #expect(try verdict(confirmation, requiresBinding: isRequired) == .bindingFailed)
    }
  }

  @Test func `one without counts unless the issuer's tokens must be bound`() throws {
    #expect(try verdict(nil) == nil)
    #expect(try verdict(nil, requiresBinding: true) == .bindingFailed)
  }

  @Test func `one that is bound to a certificate counts with that certificate alone`() throws {
    let certificate = try #require(Self.thumbprint(Self.digest))
    let other = Self.thumbprint(Self.digest.dropLast() + [0x54])
    let bound = #"{"x5t#S256":"\#(Self.text)"}"#
    for isRequired in [false, true] {
      #expect(try verdict(bound, requiresBinding: isRequired, certificate: certificate) == nil)
      #expect(
        try verdict(bound, requiresBinding: isRequired, certificate: other) == .bindingFailed)
    }
    for refused in [
      #"{"x5t#S256":"\#(Self.text)","jkt":"x"}"#, #"{"x5t#S256":"\#(Self.text)="}"#,
      #"{"x5t#S256":"\#(Self.text.dropLast())"}"#,
      #"{"x5t#S256":["\#(Self.text)"]}"#, #"{"x5t":"\#(Self.text)"}"#, #""\#(Self.text)""#, #"{"x5t#S256":""}"#,
    ] { #expect(try verdict(refused, certificate: certificate) == .bindingFailed, "\(refused)") }
    #expect(try verdict(nil, requiresBinding: true, certificate: certificate) == .bindingFailed)
    #expect(Self.thumbprint(Array(Self.digest.dropLast())) == nil)
  }

  @Test(
    arguments: [
      (nil, true, "cnf: absent; required"),
      (#"{"x5t#S256":"\#(text)"}"#, false, "bound to a client certificate, which the connection must prove"),
      (#"{"jkt":"x"}"#, false, #"cnf: {"jkt":"x"}; bound in a way that is not supported"#),
    ] as [(String?, Bool, String)])
  func `why one is refused is said`(confirmation: String?, isRequired: Bool, sentence: String) throws {
    let token = Sample.token(Sample.header, Sample.payload(["cnf": confirmation]))
    let verifier = try TokenVerifier(issuers: [Sample.issuer(requiresBinding: isRequired)])
    let inspection = TokenInspection(token.span, verifier: verifier, now: Sample.now)
    #expect(inspection.verdict == .bindingFailed)
    #expect(inspection.checks.first { $0.outcome == .failed }?.sentence.hasSuffix(sentence) == true)
  }
}
