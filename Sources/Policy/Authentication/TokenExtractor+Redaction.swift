import HTTP

extension TokenExtractor {
  /// Whether the query parameter of that name is written without its value, wherever people read it.
  package func mustRedact(parameter name: Span<UInt8>) -> Bool {
    for usual in Self.usualParameters where name.equalsDecoded(usual.span) { return true }
    for configured in queries where name.equalsDecoded(configured.span) { return true }
    return guardedQueries.isLookalike(parameter: name)
  }

  /// What RFC 6750 §2.3 and OAuth 2.0 call tokens, and what many call them: redacted though nobody has configured it.
  private static let usualParameters = ["access_token", "id_token", "refresh_token", "token"].map { Array($0.utf8) }
}
