import JSON
import Testing

@testable import Tokens

/// The examples of RFC 7515 appendix A, whose payload names no subject.
@Suite struct RFC7515Tests {
  struct Example: Sendable, CustomTestStringConvertible {
    let section: String
    let token: String
    let key: String

    var testDescription: String { section }
  }

  static let payload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

  static let examples = [
    Example(
      section: "A.1",
      token: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(payload).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
      key: """
        {"kty":"oct",
        "k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
        """),
    Example(
      section: "A.2",
      token: "eyJhbGciOiJSUzI1NiJ9.\(payload)."
        + "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
        + "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
        + "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
        + "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
        + "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
        + "p0igcN_IoypGlUPQGe77Rw",
      key: """
        {"kty":"RSA",
        "n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ\
        S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapH\
        g665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW\
        yuXpoQ",
        "e":"AQAB"}
        """),
    Example(
      section: "A.3",
      token: "eyJhbGciOiJFUzI1NiJ9.\(payload)."
        + "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
      key: """
        {"kty":"EC", "crv":"P-256",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}
        """),
    Example(
      section: "A.4",
      token: "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA."
        + "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZq"
        + "wqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8Kp"
        + "EHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
      key: """
        {"kty":"EC", "crv":"P-521",
        "x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}
        """),
  ]

  @Test(arguments: examples)
  func `the signature is the key's`(_ example: Example) throws {
    #expect(try SignatureLayer(JSONReader.parse(Array(example.key.utf8).span)).accepts(example.token))
  }

  @Test(arguments: examples.prefix(3))
  func `the token passes every check but the one for its subject`(_ example: Example) throws {
    let keys = try SignatureLayer(JSONReader.parse(Array(example.key.utf8).span)).keys
    let issuer = TrustedIssuer(name: "joe", audience: .any, algorithms: SignatureAlgorithm.allCases, keys: keys)
    let token = Array(example.token.utf8)
    #expect(try Sample.verdict(token, [issuer], now: 1_300_819_379) == .subjectMissing)
    #expect(try Sample.verdict(token, [issuer], now: 1_300_819_380) == .expired)
    let named = TrustedIssuer(
      name: "joe", audience: .any, algorithms: SignatureAlgorithm.allCases,
      claims: ClaimNames(subject: ClaimPath("iss")),
      keys: keys)
    #expect(try Sample.verdict(token, [named], now: 1_300_819_379) == nil)
  }

  /// A.5 is unsecured; A.6 and A.7 are the JSON serialisations.
  @Test(
    arguments: [
      ("A.5", "eyJhbGciOiJub25lIn0.\(payload).", .algorithmRefused),
      (
        "A.6",
        #"{"payload":"\#(payload)","signatures":[{"protected":"eyJhbGciOiJFUzI1NiJ9","header":{"kid":"#
          + #""e9bc097a-ce51-4036-9562-d2ade882db0d"},"signature":"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjD"#
          + #"xw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"}]}"#,
        .malformed
      ),
      (
        "A.7",
        #"{"payload":"\#(payload)","protected":"eyJhbGciOiJFUzI1NiJ9","header":{"kid":"#
          + #""e9bc097a-ce51-4036-9562-d2ade882db0d"},"signature":"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjD"#
          + #"xw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"}"#,
        .malformed
      ),
    ] as [(String, String, TokenRejection)])
  func `what is no signed compact token is refused`(_ section: String, _ token: String, _ reason: TokenRejection) throws
  {
    let keys = try SignatureLayer(JSONReader.parse(Array(Self.examples[2].key.utf8).span)).keys
    let issuer = TrustedIssuer(name: "joe", audience: .any, algorithms: SignatureAlgorithm.allCases, keys: keys)
    #expect(try Sample.verdict(Array(token.utf8), [issuer], now: 1_300_819_379) == reason)
  }
}
