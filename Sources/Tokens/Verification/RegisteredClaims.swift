import Bytes
import JSON

/// The claims that decide whether a token is good (RFC 7519 §4.1), each of the type that it must have.
struct RegisteredClaims {
  let issuer: String?
  /// True if `sub` is a number, which only some issuers may say.
  let hasNumericSubject: Bool
  /// The audience that the token names; nil if it has no `aud`, empty if that names nobody.
  let audience: [String]?
  /// `exp`, in seconds since the epoch.
  let expiry: Double?
  /// `nbf`, in seconds since the epoch.
  let notBefore: Double?
  /// `iat`, in seconds since the epoch.
  let issuedAt: Double?

  /// Looks at each claim once: there may be many, and this is done for every token that is seen for the first time.
  ///
  /// - Throws: ``TokenFlaw/claimOfWrongType(_:expected:)`` for the first claim that isn't what RFC 7519 has it be.
  init(_ claims: JSONObject) throws(TokenFlaw) {
    var (issuer, audience): (String?, [String]?)
    var hasNumericSubject = false
    var (expiry, notBefore, issuedAt): (Double?, Double?, Double?)
    let members = claims.members.span
    for place in members.indices where members[place].name.utf8.count == 3 {
      let value = members[place].value
      let text = members[place].name
      let name = text.utf8Span.span
      if name.equals("iss") { issuer = try Self.string("iss", value) }
      if name.equals("sub") {
        hasNumericSubject = value.number != nil
        if !hasNumericSubject { _ = try Self.string("sub", value) }
      }
      if name.equals("aud") { audience = try Self.audience(value) }
      if name.equals("exp") { expiry = try Self.time("exp", value) }
      if name.equals("nbf") { notBefore = try Self.time("nbf", value) }
      if name.equals("iat") { issuedAt = try Self.time("iat", value) }
    }
    (self.issuer, self.hasNumericSubject, self.audience) = (issuer, hasNumericSubject, audience)
    (self.expiry, self.notBefore, self.issuedAt) = (expiry, notBefore, issuedAt)
  }

  private static func string(_ name: String, _ value: JSONValue) throws(TokenFlaw) -> String {
    guard let text = value.string else { throw .claimOfWrongType(name, expected: "a string") }
    return text
  }

  private static func audience(_ value: JSONValue) throws(TokenFlaw) -> [String] {
    switch value {
    case .string(let text): return [text]
    case .array(let elements):
      let names = elements.compactMap(\.string)
      if names.count == elements.count { return names }
    case .null, .bool, .number, .object: break
    }
    throw .claimOfWrongType("aud", expected: "a string or a list of strings")
  }

  /// A NumericDate (RFC 7519 §2): seconds since the epoch, with or without a fraction.
  private static func time(_ name: String, _ value: JSONValue) throws(TokenFlaw) -> Double {
    guard let seconds = value.number?.double, seconds >= 0, seconds < JSONNumber.exactLimit else {
      throw .claimOfWrongType(name, expected: "a number of seconds since 1970, below 2^53")
    }
    return seconds
  }
}
