import JSON

/// The claims that decide whether a token is good (RFC 7519 §4.1), each of the type that it must have.
struct RegisteredClaims {
  let issuer: String?
  /// As claimed, perhaps empty.
  let subject: String?
  /// Who the token is for; nil if it doesn't say, empty if it says nobody.
  let audience: [String]?
  /// `exp`, in seconds since the epoch.
  let expiry: Double?
  /// `nbf`, in seconds since the epoch.
  let notBefore: Double?
  /// `iat`, in seconds since the epoch.
  let issuedAt: Double?

  /// - Throws: ``TokenFlaw/claimOfWrongType(_:expected:)`` for the first claim that isn't what RFC 7519 has it be.
  init(_ claims: JSONObject) throws(TokenFlaw) {
    issuer = try Self.string("iss", in: claims)
    subject = try Self.string("sub", in: claims)
    audience = try Self.audience(in: claims)
    expiry = try Self.time("exp", in: claims)
    notBefore = try Self.time("nbf", in: claims)
    issuedAt = try Self.time("iat", in: claims)
  }

  private static func string(_ name: String, in claims: JSONObject) throws(TokenFlaw) -> String? {
    guard let value = claims[name] else { return nil }
    guard let text = value.string else { throw .claimOfWrongType(name, expected: "a string") }
    return text
  }

  private static func audience(in claims: JSONObject) throws(TokenFlaw) -> [String]? {
    switch claims["aud"] {
    case nil: return nil
    case .string(let text): return [text]
    case .array(let elements):
      let names = elements.compactMap(\.string)
      if names.count == elements.count { return names }
    case .null, .bool, .number, .object: break
    }
    throw .claimOfWrongType("aud", expected: "a string or a list of strings")
  }

  /// A NumericDate (RFC 7519 §2): seconds since the epoch, with or without a fraction.
  private static func time(_ name: String, in claims: JSONObject) throws(TokenFlaw) -> Double? {
    guard let value = claims[name] else { return nil }
    guard let seconds = value.number?.double, seconds >= 0, seconds < JSONNumber.exactLimit else {
      throw .claimOfWrongType(name, expected: "a number of seconds since 1970, below 2^53")
    }
    return seconds
  }
}
