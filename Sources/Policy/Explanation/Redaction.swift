import Bytes
import HTTP

/// Keeps credentials out of what is told: of a token only its beginning is shown, which tells it from others and is no secret.
struct Redaction {
  private let places: TokenPlaces

  init(_ places: TokenPlaces) { self.places = places }

  /// A credential by its beginning and its length.
  static func shown(_ credential: String) -> String {
    let count = credential.utf8.count
    return (count > 24 ? String(credential.prefix(10)) : "") + "…[\(count) bytes]"
  }

  /// A field line without what it may hold of credentials.
  func line(_ line: String) -> String {
    guard let colon = line.firstIndex(of: ":") else { return Self.withoutTokens(line) }
    let name = line[..<colon]
    let value = line[line.index(after: colon)...].drop { $0 == " " }
    let lowercase = name.lowercased()
    if lowercase == "cookie" { return "\(name): \(cookies(value))" }
    let isCredential = places.headers.contains { FoldedFieldName($0.span).covers(Array(name.utf8).span) }
    guard isCredential || lowercase == "authorization" || lowercase == "proxy-authorization" else {
      return "\(name): \(Self.withoutTokens(String(value)))"
    }
    let words = value.split(separator: " ", maxSplits: 1)
    guard words.count == 2 else { return "\(name): \(Self.shown(String(value)))" }
    return "\(name): \(words[0]) \(Self.shown(String(words[1])))"
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
    let name = Array(parameter.utf8)
    return name.span.equalsDecoded(Array("access_token".utf8).span)
      || places.queries.contains { name.span.equalsDecoded($0.span) }
      || places.guardedQueries.isLookalike(parameter: name.span)
  }

  private func cookies(_ value: Substring) -> String {
    value.split(separator: ";").map { cookie in
      let name = cookie.prefix { $0 != "=" }
      return cookie.count > name.count ? "\(name)=…" : "\(name)"
    }.joined(separator: ";")
  }

  /// The text with everything in it that looks like a JWT shown by its beginning.
  private static func withoutTokens(_ text: String) -> String {
    var output = ""
    var run = ""
    for character in text {
      if character.isASCII, character.isLetter || character.isNumber || "-_.".contains(character) {
        run.append(character)
      } else {
        output += looksLikeToken(run) ? shown(run) : run
        output.append(character)
        run = ""
      }
    }
    return output + (looksLikeToken(run) ? shown(run) : run)
  }

  private static func looksLikeToken(_ text: String) -> Bool {
    text.hasPrefix("eyJ") && text.utf8.count { $0 == UInt8(ascii: ".") } >= 2
  }
}
