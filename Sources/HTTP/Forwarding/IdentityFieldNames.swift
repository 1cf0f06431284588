import Bytes

/// The names under which upstreams are told who asks.
///
/// No client may send one, in any spelling.
///
/// CGI, WSGI, PHP and others make `X_AUTH_USER` of `X-Auth-User`, and of `X_Auth.User` too. So names are compared folded: letters
/// in lower case, everything that is no letter or digit as `-`.
package struct IdentityFieldNames: Sendable, Equatable {
  private var lengths = LengthMask()
  private var folded: [[UInt8]] = []

  package init() {}

  package init(_ names: [String]) {
    for name in names {
      let bytes = name.utf8.map(\.foldedInName)
      lengths.insert(bytes.count)
      folded.append(bytes)
    }
  }

  package var isEmpty: Bool { folded.isEmpty }

  /// Whether an upstream might take the name for one of these.
  @inline(__always)
  package func covers(_ name: Span<UInt8>) -> Bool { lengths.contains(name.count) && isAmong(name) }

  @inline(never)
  private func isAmong(_ name: Span<UInt8>) -> Bool {
    for candidate in folded where candidate.count == name.count && Self.matches(name, candidate.span) { return true }
    return false
  }

  /// Whether an upstream might take the name for one of these.
  package func covers(_ name: String) -> Bool { covers(Array(name.utf8).span) }

  private static func matches(_ name: Span<UInt8>, _ folded: Span<UInt8>) -> Bool {
    for index in name.indices where name[index].foldedInName != folded[index] { return false }
    return true
  }
}
