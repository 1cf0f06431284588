import HTTP

extension TokenExtractor {
  /// True if logs and explanations leave out the value of the query parameter of that name.
  package func mustRedact(parameter name: Span<UInt8>) -> Bool {
    for usual in Self.usualParameters where name.equalsDecoded(usual.span) { return true }
    for configured in queries where name.equalsDecoded(configured.span) { return true }
    return guardedQueries.isLookalike(parameter: name)
  }

  /// The names that RFC 6750 §2.3, OAuth 2.0 and common practice give to tokens: redacted even if not configured.
  private static let usualParameters = ["access_token", "id_token", "refresh_token", "token"].map { Array($0.utf8) }
}
