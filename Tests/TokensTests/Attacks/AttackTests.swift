import Bytes
import Cryptography
import Testing
import Tokens

/// A token that must be refused, though its signature is right unless the case says otherwise.
struct Attack: Sendable, CustomTestStringConvertible {
  /// The row of the project's list of published failures that it stands for.
  let row: Int
  let name: String
  let token: [UInt8]
  let reason: TokenRejection

  init(_ row: Int, _ name: String, header: String, _ reason: TokenRejection) {
    self.init(row, name, token: Sample.token(header), reason)
  }

  init(_ row: Int, _ name: String, payload: String, _ reason: TokenRejection) {
    self.init(row, name, token: Sample.token(Sample.header, payload), reason)
  }

  init(_ row: Int, _ name: String, token: [UInt8], _ reason: TokenRejection) {
    self.row = row
    self.name = name
    self.token = token
    self.reason = reason
  }

  var testDescription: String { AttackClass.description(row, name) }
}

@Suite struct `Attacks on tokens` {
  @Test func `the token that all of them are made from is accepted`() throws {
    #expect(try Sample.verdict(Sample.token()) == nil)
  }

  @Test func `every attack has a class`() {
    #expect(AttackTable.all.allSatisfy { AttackClass.names[$0.row] != nil })
  }

  @Test(arguments: algorithms + headers + form + encoding + json + claims + types)
  func `each is refused for its own reason`(_ attack: Attack) throws {
    #expect(try Sample.verdict(attack.token) == attack.reason)
  }

  static let algorithms: [Attack] =
    [
      "none", "None", "NONE", "nOnE", "none ", "", " HS256", "hs256", "HS256\\u0000", "HS256,none", "SHA256", "HS1",
      "ES256K",
    ].map {
      Attack(1, "alg \"\($0)\"", header: #"{"alg":"\#($0)"}"#, .algorithmRefused)
    } + [
      Attack(
        1, "alg none without a signature",
        token: Array(
          (Sample.encoded(Array(#"{"alg":"none"}"#.utf8)) + "." + Sample.encoded(Array(Sample.payload.utf8)) + ".").utf8
        ),
        .algorithmRefused),
      Attack(
        1, "HS256 without a signature", token: Sample.token().dropSignature(), .signatureInvalid),
      Attack(2, "an algorithm of public keys, signed with the secret", header: #"{"alg":"RS256"}"#, .algorithmRefused),
      Attack(
        4, "an algorithm of another hash than the issuer's", token: Sample.token(#"{"alg":"HS512"}"#, hash: .sha512),
        .algorithmRefused),
      Attack(4, "HS256 by name, HS512 by signature", token: Sample.token(hash: .sha512), .signatureInvalid),
      Attack(
        5, "a signature cut short", token: Sample.token().replacingSignature { Array($0.dropLast()) }, .signatureInvalid
      ),
      Attack(
        5, "a signature of one byte", token: Sample.token().replacingSignature { Array($0.prefix(1)) },
        .signatureInvalid),
      Attack(
        5, "a signature with a byte more", token: Sample.token().replacingSignature { $0 + [0] }, .signatureInvalid),
      Attack(
        6, "a signature of zeros", token: Sample.token().replacingSignature { $0.map { _ in 0 } }, .signatureInvalid),
      Attack(
        2, "a signature with another secret",
        token: Sample.token(secret: Array("0123456789abcdef0123456789abcdef".utf8)), .signatureInvalid),
      Attack(2, "a signature with an empty secret", token: Sample.token(secret: []), .signatureInvalid),
    ]

  static let headers: [Attack] = [
    Attack(1, "no alg", header: #"{"typ":"JWT"}"#, .malformed),
    Attack(1, "alg null", header: #"{"alg":null}"#, .malformed),
    Attack(1, "alg a list", header: #"{"alg":["HS256"]}"#, .malformed),
    Attack(1, "alg a number", header: #"{"alg":256}"#, .malformed),
    Attack(1, "Alg", header: #"{"Alg":"HS256"}"#, .malformed),
    Attack(
      8, "a key in the header",
      token: Sample.token(
        #"{"alg":"HS256","jwk":{"kty":"oct","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"}}"#,
        secret: Array("0123456789abcdef0123456789abcdef".utf8)), .signatureInvalid),
    Attack(
      8, "addresses of keys in the header",
      token: Sample.token(
        #"{"alg":"HS256","jku":"https://evil.example/k","x5u":"https://evil.example/c","x5c":["MA=="]}"#, secret: [1]),
      .signatureInvalid),
    Attack(9, "kid a number", header: #"{"alg":"HS256","kid":1}"#, .malformed),
    Attack(9, "kid null", header: #"{"alg":"HS256","kid":null}"#, .malformed),
    Attack(9, "kid an object", header: #"{"alg":"HS256","kid":{"$ne":""}}"#, .malformed),
    Attack(10, "crit with an unknown extension", header: #"{"alg":"HS256","crit":["x"],"x":1}"#, .criticalUnsupported),
    Attack(10, "crit empty", header: #"{"alg":"HS256","crit":[]}"#, .criticalUnsupported),
    Attack(10, "crit null", header: #"{"alg":"HS256","crit":null}"#, .criticalUnsupported),
    Attack(10, "crit a string", header: #"{"alg":"HS256","crit":"exp"}"#, .criticalUnsupported),
    Attack(10, "crit of mixed types", header: #"{"alg":"HS256","crit":[1,"exp"]}"#, .criticalUnsupported),
    Attack(10, "crit with a registered name", header: #"{"alg":"HS256","crit":["alg"]}"#, .criticalUnsupported),
    Attack(
      11, "b64 false, as crit demands", header: #"{"alg":"HS256","b64":false,"crit":["b64"]}"#, .criticalUnsupported),
    Attack(11, "b64 false without crit", header: #"{"alg":"HS256","b64":false}"#, .malformed),
    Attack(11, "b64 true without crit", header: #"{"alg":"HS256","b64":true}"#, .malformed),
    Attack(11, "b64 that crit does not name", header: #"{"alg":"HS256","b64":false,"crit":["x"]}"#, .malformed),
  ]

  static let form: [Attack] = [
    Attack(12, "nothing", token: [], .malformed),
    Attack(12, "no dot", token: Array("abcd".utf8), .malformed),
    Attack(12, "one dot", token: Array("abcd.abcd".utf8), .malformed),
    Attack(12, "two dots alone", token: Array("..".utf8), .malformed),
    Attack(12, "three dots", token: Sample.token() + [UInt8(ascii: ".")], .malformed),
    Attack(12, "a dot before", token: [UInt8(ascii: ".")] + Sample.token(), .malformed),
    Attack(12, "thousands of dots", token: [UInt8](repeating: UInt8(ascii: "."), count: 8000), .malformed),
    Attack(12, "millions of dots", token: [UInt8](repeating: UInt8(ascii: "."), count: 2_000_000), .tooLarge),
    Attack(12, "16 KiB and a byte", token: Sample.token(ofCount: 16_385), .tooLarge),
    Attack(
      13, "five parts, encrypted", token: Array("eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA".utf8),
      .malformed),
    Attack(12, "a scheme before", token: Array("Bearer ".utf8) + Sample.token(), .malformed),
    Attack(
      12, "the JSON serialisation", token: Array(#"{"payload":"e30","signature":"AA","protected":"e30"}"#.utf8),
      .malformed),
    Attack(12, "an empty header", token: Sample.signed("." + Sample.encoded(Array(Sample.payload.utf8))), .malformed),
    Attack(12, "an empty payload", token: Sample.signed(Sample.encoded(Array(Sample.header.utf8)) + "."), .malformed),
  ]

  static let encoding: [Attack] = {
    let header = Sample.encoded(Array(#"{"alg":"HS256" }"#.utf8))
    let payload = Sample.encoded(Array(Sample.payload.utf8))
    return [
      Attack(24, "padding on the header", token: Sample.signed(header + "==." + payload), .malformed),
      Attack(24, "padding on the payload", token: Sample.signed(header + "." + payload + "="), .malformed),
      Attack(
        24, "padding on the signature", token: Sample.signed(header + "." + payload) + [UInt8(ascii: "=")], .malformed),
      Attack(24, "spare bits in the header", token: Sample.signed(header.dropLast() + "R." + payload), .malformed),
      Attack(24, "spare bits in the signature", token: Sample.token().withSpareBits(), .malformed),
      Attack(24, "a newline at the end", token: Sample.token() + [0x0A], .malformed),
      Attack(24, "a space in front", token: [0x20] + Sample.token(), .malformed),
      Attack(
        24, "a newline in the payload",
        token: Sample.signed(header + "." + payload.prefix(8) + "\n" + payload.dropFirst(8)), .malformed),
      Attack(24, "the other alphabet", token: Sample.signed(header + ".+/+/" + payload), .malformed),
      Attack(24, "a NUL at the end", token: Sample.token() + [0], .malformed),
      Attack(24, "a percent escape", token: Array("%65".utf8) + Sample.token().dropFirst(), .malformed),
      Attack(24, "a length that no bytes have", token: Sample.signed(header + "." + payload + "A"), .malformed),
    ]
  }()

  static let json: [Attack] = [
    Attack(21, "a header with alg twice", header: #"{"alg":"none","alg":"HS256"}"#, .malformed),
    Attack(21, "a header with alg twice, once escaped", header: #"{"alg":"HS256","\u0061lg":"none"}"#, .malformed),
    Attack(21, "sub twice", payload: Sample.payload(["sub": #""alice","sub":"admin""#]), .malformed),
    Attack(21, "a name twice deep inside", payload: Sample.payload(["x": #"{"a":{"b":1,"b":2}}"#]), .malformed),
    Attack(15, "a huge exponent", payload: Sample.payload(["exp": "1e1000000000"]), .malformed),
    Attack(
      15, "an expiry of 4,000 digits", payload: Sample.payload(["exp": String(repeating: "9", count: 4000)]), .malformed
    ),
    Attack(15, "a number with a leading zero", payload: Sample.payload(["x": "01"]), .malformed),
    Attack(16, "lists 5,000 deep", payload: String(repeating: "[", count: 5000), .malformed),
    Attack(
      16, "objects 1,000 deep",
      payload: Sample.payload([
        "x": String(repeating: #"{"a":"#, count: 1000) + "1" + String(repeating: "}", count: 1000)
      ]),
      .malformed),
    Attack(16, "half a surrogate pair", payload: Sample.payload(["x": #""\ud800""#]), .malformed),
    Attack(
      16, "bytes that aren't UTF-8",
      token: Sample.token(rawPayload: Array("{\"sub\":\"".utf8) + [0xC0, 0xAF] + Array("\"}".utf8)), .malformed),
    Attack(
      16, "a byte order mark", token: Sample.token(rawPayload: [0xEF, 0xBB, 0xBF] + Array(Sample.payload.utf8)),
      .malformed),
    Attack(16, "two values", payload: Sample.payload + "{}", .malformed),
    Attack(16, "a trailing comma", payload: #"{"iss":"https://login.example.com/",}"#, .malformed),
    Attack(16, "a comment", payload: "{}//", .malformed),
    Attack(16, "NaN", payload: Sample.payload(["exp": "NaN"]), .malformed),
    Attack(16, "a list of claims", payload: "[\(Sample.payload)]", .malformed),
    Attack(16, "a string of claims", payload: #""alice""#, .malformed),
    Attack(16, "null", payload: "null", .malformed),
    Attack(16, "a header that is a list", header: #"["HS256"]"#, .malformed),
    Attack(16, "a header that is a string", header: #""HS256""#, .malformed),
  ]

  static let claims: [Attack] = [
    Attack(
      20, "iss a list with the issuer", payload: Sample.payload(["iss": #"["https://login.example.com/"]"#]), .malformed
    ),
    Attack(20, "iss null", payload: Sample.payload(["iss": "null"]), .malformed),
    Attack(20, "iss an object", payload: Sample.payload(["iss": "{}"]), .malformed),
    Attack(20, "iss absent", payload: Sample.payload(["iss": nil]), .issuerUnknown),
    Attack(20, "iss empty", payload: Sample.payload(["iss": #""""#]), .issuerUnknown),
    Attack(
      20, "iss without its last slash", payload: Sample.payload(["iss": #""https://login.example.com""#]),
      .issuerUnknown),
    Attack(
      20, "iss in another case", payload: Sample.payload(["iss": #""https://LOGIN.example.com/""#]), .issuerUnknown),
    Attack(
      20, "iss with more behind", payload: Sample.payload(["iss": #""https://login.example.com/.evil.example""#]),
      .issuerUnknown),
    Attack(
      20, "iss with a NUL behind", payload: Sample.payload(["iss": #""https://login.example.com/\u0000""#]),
      .issuerUnknown),
    Attack(20, "aud a number", payload: Sample.payload(["aud": "1"]), .malformed),
    Attack(20, "aud an object", payload: Sample.payload(["aud": #"{"orders":true}"#]), .malformed),
    Attack(20, "aud of mixed types", payload: Sample.payload(["aud": #"["orders",1]"#]), .malformed),
    Attack(20, "aud null", payload: Sample.payload(["aud": "null"]), .malformed),
    Attack(20, "aud an empty list", payload: Sample.payload(["aud": "[]"]), .audienceMismatch),
    Attack(20, "aud absent", payload: Sample.payload(["aud": nil]), .audienceMismatch),
    Attack(20, "aud another", payload: Sample.payload(["aud": #""billing""#]), .audienceMismatch),
    Attack(20, "aud others", payload: Sample.payload(["aud": #"["billing","Orders"]"#]), .audienceMismatch),
    Attack(20, "aud with ours as a part", payload: Sample.payload(["aud": #""orders billing""#]), .audienceMismatch),
    Attack(20, "sub a number", payload: Sample.payload(["sub": "1"]), .malformed),
    Attack(20, "sub a list", payload: Sample.payload(["sub": #"["alice"]"#]), .malformed),
    Attack(20, "sub absent", payload: Sample.payload(["sub": nil]), .subjectMissing),
    Attack(20, "sub empty", payload: Sample.payload(["sub": #""""#]), .subjectMissing),
    Attack(
      20, "user in the place of sub", payload: Sample.payload(["sub": nil, "user": #""alice""#]), .subjectMissing),
    Attack(15, "exp a string", payload: Sample.payload(["exp": #""1700000600""#]), .malformed),
    Attack(15, "exp null", payload: Sample.payload(["exp": "null"]), .malformed),
    Attack(15, "exp true", payload: Sample.payload(["exp": "true"]), .malformed),
    Attack(15, "exp negative", payload: Sample.payload(["exp": "-1"]), .malformed),
    Attack(15, "exp of 2^53", payload: Sample.payload(["exp": "9007199254740992"]), .malformed),
    Attack(15, "exp 1e400", payload: Sample.payload(["exp": "1e400"]), .malformed),
    Attack(15, "exp absent", payload: Sample.payload(["exp": nil]), .expiryMissing),
    Attack(15, "nbf a string", payload: Sample.payload(["nbf": #""0""#]), .malformed),
    Attack(15, "iat a list", payload: Sample.payload(["iat": "[1699999900]"]), .malformed),
    Attack(15, "iat negative", payload: Sample.payload(["iat": "-5"]), .malformed),
  ]

  static let types: [Attack] =
    [
      "rt+jwt", "refresh+jwt", "id+jwt", "assertion+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "JWE", "jws",
      "at+jwt ", "at jwt",
      "text/at+jwt", "application/", "application/application/jwt", "",
    ].map { Attack(26, "typ \"\($0)\"", header: #"{"alg":"HS256","typ":"\#($0)"}"#, .typeRefused) } + [
      Attack(26, "typ a number", header: #"{"alg":"HS256","typ":1}"#, .malformed),
      Attack(26, "typ null", header: #"{"alg":"HS256","typ":null}"#, .malformed),
      Attack(26, "typ a list", header: #"{"alg":"HS256","typ":["JWT"]}"#, .malformed),
    ]
}

extension Sample {
  static func token(rawPayload: [UInt8]) -> [UInt8] {
    signed(encoded(Array(header.utf8)) + "." + encoded(rawPayload))
  }

  /// A good token of exactly that many bytes.
  static func token(ofCount count: Int) -> [UInt8] {
    let without = token(header, payload(["x": "\"\""])).count
    for padding in ((count - without) * 3 / 4 - 8)..<count {
      // A header of another length shifts where the payload's groups of four end.
      for header in [#"{"alg":"HS256"}"#, #"{"alg":"HS256" }"#, #"{"alg":"HS256"  }"#] {
        let token = token(header, payload(["x": "\"" + String(repeating: "x", count: padding) + "\""]))
        if token.count == count { return token }
      }
    }
    return []
  }
}

extension [UInt8] {
  fileprivate var signatureStart: Int { (lastIndex(of: UInt8(ascii: ".")) ?? 0) + 1 }

  func dropSignature() -> [UInt8] { Array(prefix(signatureStart)) }

  func replacingSignature(_ change: ([UInt8]) -> [UInt8]) -> [UInt8] {
    var signature: [UInt8] = []
    let text = Array(suffix(from: signatureStart))
    _ = Base64URL.decode(text.span, into: &signature)
    return dropSignature() + Array(Sample.encoded(change(signature)).utf8)
  }

  /// The same signature in another spelling: the bits that no byte uses are set.
  func withSpareBits() -> [UInt8] {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    guard let last, let value = alphabet.firstIndex(of: last) else { return self }
    return dropLast() + [alphabet[value | 1]]
  }
}
