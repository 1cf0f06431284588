import Bytes

/// Names of cookies or query parameters that may hold a token, guarded against other names under which PHP would find the same.
///
/// PHP (`php_register_variable_ex`) makes `access_token` of `access.token`, `access token` and `access[token`, and of
/// `access_token[0]` a list of that name. It skips blanks in front and stops at NUL. It decodes the names of parameters, and those of
/// cookies in versions before 7.4.11.
package struct GuardedParameterNames: Sendable, Equatable {
  private struct Entry: Sendable, Equatable {
    let name: [UInt8]
    let folded: [UInt8]
  }

  private var entries: [Entry] = []

  package init() {}

  package init(_ names: [[UInt8]]) {
    entries = names.map { Entry(name: $0, folded: Self.folded($0)) }
  }

  package var isEmpty: Bool { entries.isEmpty }

  /// True if PHP would take the cookie of that name for one of these, and it is none.
  package func isLookalike(cookie name: Span<UInt8>) -> Bool {
    original(of: name) != nil && !entries.contains { $0.name.span.equals(name) }
  }

  /// True if PHP would take the parameter of that name for one of these, and it is none for the gateway.
  package func isLookalike(parameter name: Span<UInt8>) -> Bool {
    original(of: name) != nil && !entries.contains { name.equalsDecoded($0.name.span) }
  }

  /// The name under which PHP would find it; nil if that is none of these.
  package func original(of name: Span<UInt8>) -> [UInt8]? {
    for entry in entries where Self.matches(name, entry.folded.span) { return entry.name }
    return nil
  }

  /// The name that PHP makes of a configured one, in which nothing is escaped.
  private static func folded(_ name: [UInt8]) -> [UInt8] {
    name.map { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "[") ? UInt8(ascii: "_") : $0 }
  }

  /// True if PHP makes `folded` of the name.
  private static func matches(_ name: Span<UInt8>, _ folded: Span<UInt8>) -> Bool {
    var position = 0
    var matched = 0
    while position < name.count {
      var byte = decoded(name, at: &position)
      if byte == 0 { break }
      if byte == ASCII.space, matched == 0 { continue }
      if byte == UInt8(ascii: "["), isClosed(name, from: position) { break }
      if byte == ASCII.space || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "[") { byte = UInt8(ascii: "_") }
      guard matched < folded.count, folded[matched] == byte else { return false }
      matched &+= 1
    }
    return matched == folded.count
  }

  /// True if a `]` follows, escaped or not, so that what stands before it is an index.
  private static func isClosed(_ name: Span<UInt8>, from start: Int) -> Bool {
    var position = start
    while position < name.count {
      let byte = decoded(name, at: &position)
      if byte == UInt8(ascii: "]") { return true }
      if byte == 0 { return false }
    }
    return false
  }

  /// The octet that begins there, an escape decoded and `+` as a space; the place is moved behind it.
  private static func decoded(_ name: Span<UInt8>, at position: inout Int) -> UInt8 {
    let byte = name[position]
    position &+= 1
    if byte == UInt8(ascii: "+") { return ASCII.space }
    guard byte == UInt8(ascii: "%"), position &+ 1 < name.count, let high = ASCII.hexadecimalValue(name[position]),
      let low = ASCII.hexadecimalValue(name[position &+ 1])
    else { return byte }
    position &+= 2
    return high << 4 | low
  }
}
