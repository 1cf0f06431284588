import Bytes
package import JSON

/// A token whose signature and claims have been found good; made by ``TokenVerifier`` only.
///
/// Good for as long as ``rejection(at:)`` says nothing and the keys and the configuration are the same; so it may be kept and shown
/// to any thread. What its bearer may do is for each route to say, each time.
package final class VerifiedToken: Sendable {
  /// The place of its issuer in the list that the verifier was made with.
  package let issuerIndex: Int
  /// Its issuer's name; nil for the issuer whose tokens carry none.
  package let issuer: String?
  /// Whom it speaks for: `sub`, or `user` where that serves; never empty.
  package let subject: String
  /// Everything that it claims.
  package let claims: JSONObject
  /// The issuer's claim for roles, `roles` unless it has another: a list of strings, or one string; empty for anything else.
  package let roles: [String]
  /// The words of its claim for the scope (RFC 8693 §4.2), or its elements if it is a list of strings; empty for anything else.
  package let scopes: [String]
  let validity: TokenValidity

  init(issuerIndex: Int, issuer: TrustedIssuer, subject: String, claims: JSONObject, validity: TokenValidity) {
    self.issuerIndex = issuerIndex
    self.issuer = issuer.name
    self.subject = subject
    self.claims = claims
    self.validity = validity
    roles = Self.strings(of: issuer.claims.roles.value(in: claims)) { [$0] }
    scopes = Self.strings(of: issuer.claims.scope.value(in: claims)) { Self.words(of: $0) }
  }

  /// When it ends, in seconds since the epoch, the leeway included; infinite for one that does not.
  package var expiresAt: Double { validity.expiresAt }

  /// From when on it is good, in seconds since the epoch, if ``expiresAt`` hasn't come; infinite for one that never is.
  package var goodFrom: Double { validity.goodFrom }

  /// Why it is no good at the time `now` (seconds since the epoch), nil if it is.
  ///
  /// ``TokenRejection/expired``, ``TokenRejection/notYetValid``, ``TokenRejection/issuedInFuture`` or
  /// ``TokenRejection/lifetimeExceeded``; the last three only if the clock was set back.
  package func rejection(at now: Double) -> TokenRejection? { validity.rejection(at: now) }

  private static func words(of text: String) -> [String] {
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

  /// A list with something else than strings in it is no list of roles at all: nothing is picked out of it.
  private static func strings(of value: JSONValue?, one: (String) -> [String]) -> [String] {
    switch value {
    case .string(let text): return one(text)
    case .array(let elements):
      let strings = elements.compactMap(\.string)
      return strings.count == elements.count ? strings : []
    case .null, .bool, .number, .object, nil: return []
    }
  }
}
