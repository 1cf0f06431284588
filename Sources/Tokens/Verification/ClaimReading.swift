import Bytes
package import JSON

/// The claims of a token that was found good, and what they mean to its issuer.
///
/// This is the one place where the meaning is worked out: requirements, identity fields, assertions, the log and explanations use it.
package struct ClaimReading: Sendable {
  /// Everything that the token claims.
  package let claims: JSONObject
  /// The one for whom it speaks: `sub`, the issuer's own claim in its place, or `user` where that serves; never empty.
  package let subject: String
  private let names: ClaimNames

  init(_ claims: JSONObject, subject: String, names: ClaimNames) {
    self.claims = claims
    self.subject = subject
    self.names = names
  }

  /// The roles; empty where the claim is none that names roles.
  package var roles: [String] { Self.roles(names.roles.value(in: claims)).words }

  /// The words of the scope (RFC 8693 §4.2); empty where the claim is none that names a scope.
  package var scopes: [String] { Self.scope(names.scope.value(in: claims)).words.flatMap(Self.split) }

  /// The meaning of a claim that the configuration names.
  ///
  /// `sub`, `roles` and `scope` stand for those of the issuer; the issuer's own names for roles and scope mean the same.
  package func meaning(of claim: ClaimPath) -> ClaimMeaning {
    switch claim.text {
    case "sub": return .value(.string(subject))
    case "roles": return Self.roles(names.roles.value(in: claims))
    case "scope": return Self.scope(names.scope.value(in: claims))
    default: break
    }
    let value = claim.value(in: claims)
    if claim == names.roles { return Self.roles(value) }
    if claim == names.scope { return Self.scope(value) }
    return value.map(ClaimMeaning.value) ?? .nothing
  }

  /// One string is one role, a list of strings is a list of roles, and an object has its roles for names.
  private static func roles(_ value: JSONValue?) -> ClaimMeaning {
    if let object = value?.object { return .words(object.members.map(\.name)) }
    return scope(value)
  }

  /// A list with something else than strings in it is no list of words at all: nothing is picked out of it.
  private static func scope(_ value: JSONValue?) -> ClaimMeaning {
    switch value {
    case .string(let text): return .word(text)
    case .array(let elements):
      let strings = elements.compactMap(\.string)
      return strings.count == elements.count ? .words(strings) : .nothing
    case .null, .bool, .number, .object, nil: return .nothing
    }
  }

  /// The words between spaces (U+0020 and no other).
  private static func split(_ text: String) -> [String] {
    let bytes = text.utf8Span.span
    var words: [String] = []
    var start = 0
    while start < bytes.count {
      let end = bytes.firstIndex(of: ASCII.space, from: start) ?? bytes.count
      if end > start { words.append(bytes.extracting(start..<end).text) }
      start = end + 1
    }
    return words
  }
}

/// The meaning of a claim.
package enum ClaimMeaning: Sendable, Equatable {
  /// The claim is absent, or has no form in which it could name roles or a scope.
  case nothing
  /// Roles or a scope in one string.
  case word(String)
  /// Roles or a scope in a list.
  case words([String])
  /// Any other claim as it is.
  case value(JSONValue)

  /// As JSON; nil for nothing.
  package var json: JSONValue? {
    switch self {
    case .nothing: nil
    case .word(let word): .string(word)
    case .words(let words): .array(words.map(JSONValue.string))
    case .value(let value): value
    }
  }

  fileprivate var words: [String] {
    switch self {
    case .word(let word): [word]
    case .words(let words): words
    case .nothing, .value: []
    }
  }
}

/// Reads the claims of an issuer's tokens, for any thread.
package final class ClaimReader: Sendable {
  /// The issuer's name; nil for the one whose tokens carry none.
  package let issuer: String?
  private let names: ClaimNames
  private let acceptsUserClaim: Bool

  init(_ issuer: TrustedIssuer) {
    self.issuer = issuer.name
    names = issuer.claims
    acceptsUserClaim = issuer.acceptsUserClaim
  }

  /// Reads claims; nil if they name no subject.
  func reading(of claims: JSONObject) -> ClaimReading? {
    guard let subject = subject(of: claims), !subject.isEmpty else { return nil }
    return ClaimReading(claims, subject: subject, names: names)
  }

  /// Reads the claims of a token once more that the issuer's verifier has found good; nil for any other text.
  package func reading(ofToken text: Span<UInt8>) -> ClaimReading? {
    guard let claims = try? UnverifiedToken.claims(of: text) else { return nil }
    return reading(of: claims)
  }

  private func subject(of claims: JSONObject) -> String? {
    let claimed = names.subject.value(in: claims)
    if claimed == nil, names.hasUsualSubject, acceptsUserClaim { return claims["user"]?.string }
    switch claimed {
    case .string(let text): return text
    case .number(let number): return names.takesNumericSubject ? number.wholeText : nil
    case .null, .bool, .array, .object, nil: return nil
    }
  }
}

extension JSONNumber {
  /// The digits of a number that was written as a whole one, without fraction and exponent; nil for any other.
  ///
  /// `-0` is none: programs disagree about its digits.
  fileprivate var wholeText: String? { isWrittenWhole && !text.utf8.elementsEqual("-0".utf8) ? text : nil }
}
