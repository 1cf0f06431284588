import Bytes
import Configuration
import HTTP
import JSON
import Tokens

/// Keeps secrets out of explanations.
///
/// 1. A token (JWT) is shown by its beginning, which tells it from others and is no secret, and its length; another credential by
///    its length alone.
/// 2. Credentials stand in `Authorization`, in cookies, wherever `token_from` looks, and in fields whose name says so (`X-Api-Key`).
///    Text that has the shape of a JWT is one, in any place.
/// 3. A string of the configuration that an environment variable is part of is shown as it is written there: `${NAME}`.
struct Redaction {
  private let places: TokenExtractor
  /// Strings that variables are part of, each with the text that stands in the file.
  private let variables: [String: String]

  /// - Parameter configuration: what the policy was made from.
  init(_ places: TokenExtractor, _ configuration: GatewayConfiguration) {
    self.places = places
    variables = configuration.textsOfVariables
  }

  /// A credential by its length and, if it is a token, its beginning.
  static func shown(_ credential: String) -> String {
    let count = credential.utf8.count
    return (count > 24 && looksLikeToken(credential) ? String(credential.prefix(10)) : "") + "…[\(count) bytes]"
  }

  /// A string of the configuration, which may hold a secret, in double quotes.
  func quoted(_ text: String) -> String { VisibleText.quoted(variables[text] ?? text) }

  /// A value of the configuration, or of a token that is compared with it, as JSON.
  func json(_ value: JSONValue) -> String { value.string.map(quoted) ?? VisibleText.json(value) }

  /// A field line without what it may hold of secrets.
  func line(_ line: String) -> String {
    guard let colon = line.firstIndex(of: ":") else { return Self.withoutTokens(line) }
    let name = String(line[..<colon])
    let value = String(line[line.index(after: colon)...].drop { $0 == " " })
    if let written = variables[value] { return "\(name): \(written)" }
    switch name.lowercased() {
    case "cookie": return "\(name): \(cookies(value[...]))"
    case "set-cookie":
      let parts = value.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
      return "\(name): \(cookies(parts[0]))" + (parts.count > 1 ? ";\(parts[1])" : "")
    case "location", "referer": return "\(name): \(target(value))"
    default: return isCredential(name) ? "\(name): \(credential(value))" : "\(name): \(Self.withoutTokens(value))"
    }
  }

  private func credential(_ value: String) -> String {
    let words = value.split(separator: " ", maxSplits: 1)
    guard words.count == 2 else { return Self.shown(value) }
    return "\(words[0]) \(Self.shown(String(words[1])))"
  }

  /// True if a field of that name holds a credential.
  private func isCredential(_ name: String) -> Bool {
    let name = name.lowercased()
    if places.headers.contains(where: { FoldedFieldName($0.span).covers(Array(name.utf8).span) }) { return true }
    if Self.publicNames.contains(name) { return false }
    return Self.secretWords.contains { name.contains($0) } || name.hasSuffix("-key") || name.hasSuffix("apikey")
  }

  /// Parts of the names of fields that hold credentials.
  private static let secretWords = ["authorization", "token", "secret", "password", "passwd", "credential"]

  /// Fields that have such names and hold none.
  private static let publicNames: Set<String> = [
    "access-control-allow-credentials", "idempotency-key", "sec-websocket-key", "surrogate-key",
  ]

  /// The body of an answer that the configuration spells out.
  func body(_ text: String) -> String {
    if let written = variables[text] { return written }
    var text = text
    for (value, written) in variables { text = text.replacing(Self.literal(value), with: Self.literal(written)) }
    return Self.withoutTokens(text)
  }

  /// The string as it stands in JSON.
  private static func literal(_ text: String) -> String {
    var literal = ByteBuffer(capacity: 64)
    literal.appendJSON(.string(text))
    return literal.text
  }

  /// A request line without the values of parameters that may hold a token.
  func requestLine(_ line: String) -> String {
    line.split(separator: " ", omittingEmptySubsequences: false).map { target(String($0)) }.joined(separator: " ")
  }

  /// A target without the values of parameters that may hold a token.
  func target(_ target: String) -> String {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return Self.withoutTokens(target) }
    let parameters = parts[1].split(separator: "&", omittingEmptySubsequences: false).map { parameter in
      let pair = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, holdsToken(pair[0]) else { return Self.withoutTokens(String(parameter)) }
      return "\(pair[0])=\(Self.shown(String(pair[1])))"
    }
    return Self.withoutTokens(String(parts[0])) + "?" + parameters.joined(separator: "&")
  }

  private func holdsToken(_ parameter: Substring) -> Bool {
    places.mustRedact(parameter: Array(parameter.utf8).span)
  }

  private func cookies(_ value: Substring) -> String {
    value.split(separator: ";").map { cookie in
      let name = cookie.prefix { $0 != "=" }
      return cookie.count > name.count ? "\(name)=…" : "\(name)"
    }.joined(separator: ";")
  }

  /// The text with everything in it that has the shape of a JWT shown by its beginning.
  static func withoutTokens(_ text: String) -> String { TokenShape.masked(text, by: shown) }

  private static func looksLikeToken(_ text: String) -> Bool {
    TokenShape.next(in: text.utf8Span.span)?.lowerBound == 0
  }
}
