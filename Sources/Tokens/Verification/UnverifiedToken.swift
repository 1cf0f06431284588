import Bytes
import JSON

/// A client's token taken apart, a compact JWS (RFC 7515 §7.1): nothing of it is proven.
struct UnverifiedToken {
  let header: TokenHeader
  let claims: JSONObject
  let registered: RegisteredClaims
  /// The number of bytes at the token's beginning that are signed: header, dot, payload.
  let signedCount: Int
  let signature: [UInt8]

  /// Takes a text apart that is not too long, which is for the caller to judge.
  ///
  /// - Throws: the first thing that makes the text no token.
  init(_ token: Span<UInt8>) throws(TokenFlaw) {
    let (first, second) = try Self.dots(in: token)
    signedCount = second
    header = try TokenHeader(try Self.object(.header, token.extracting(..<first)))
    claims = try Self.object(.payload, token.extracting((first + 1)..<second))
    registered = try RegisteredClaims(claims)
    signature = try Self.bytes(.signature, token.extracting((second + 1)...))
  }

  /// Finds the two dots by looking, never by splitting, so that thousands of dots cost nothing.
  static func dots(in token: Span<UInt8>) throws(TokenFlaw) -> (Int, Int) {
    let dot = UInt8(ascii: ".")
    if let first = token.firstIndex(of: dot), let second = token.firstIndex(of: dot, from: first + 1),
      token.firstIndex(of: dot, from: second + 1) == nil
    {
      return (first, second)
    }
    var count = 1
    for index in token.indices where token[index] == dot { count += 1 }
    throw .notThreeParts(count: count)
  }

  /// The claims alone.
  static func claims(of token: Span<UInt8>) throws(TokenFlaw) -> JSONObject {
    let (first, second) = try dots(in: token)
    return try object(.payload, token.extracting((first + 1)..<second))
  }

  private static func bytes(_ part: TokenPart, _ text: Span<UInt8>) throws(TokenFlaw) -> [UInt8] {
    var bytes: [UInt8] = []
    guard Base64URL.decode(text, into: &bytes) else { throw .base64(part) }
    return bytes
  }

  /// The JSON object that one part of a token holds.
  static func object(_ part: TokenPart, _ text: Span<UInt8>) throws(TokenFlaw) -> JSONObject {
    let bytes = try bytes(part, text)
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONReader.parse(bytes.span, limits: .token)
    } catch {
      throw .json(part, error)
    }
    guard let object = value.object else { throw .notAnObject(part) }
    return object
  }
}
