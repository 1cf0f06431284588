import Configuration

/// The arguments of `portcullis token issue`.
struct IssueArguments {
  let user: String
  /// In seconds; nil for as long as tokens of `/login` live.
  let lifetime: Int?
  /// Words separated by single spaces; nil for none.
  let scope: String?

  init(_ options: ArgumentReader.Options) throws(UsageError) {
    guard let user = options.user else { throw UsageError(message: "'token issue' needs --user NAME") }
    self.user = user
    lifetime = try options.lifetime.map(Self.seconds)
    if let scope = options.scope, !Self.isScope(scope) {
      throw UsageError(message: "--scope takes words separated by single spaces, such as \"orders:read orders:write\"")
    }
    scope = options.scope
  }

  private static func seconds(_ text: String) throws(UsageError) -> Int {
    guard let (seconds, rest) = Duration(configurationText: text)?.components, seconds >= 1, rest == 0 else {
      throw UsageError(message: "--ttl takes whole seconds, such as 90s, 5m, 1h or 30d, not '\(text)'")
    }
    return Int(clamping: seconds)
  }

  /// True for a list of scope words (RFC 6749 §3.3).
  static func isScope(_ text: String) -> Bool {
    text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).allSatisfy { word in
      !word.isEmpty
        && word.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }
  }
}
