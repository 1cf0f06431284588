/// The reason why a path could mean two things to two servers, or nothing at all.
package enum PathFault: Error, Sendable, Equatable, CaseIterable {
  /// It does not begin with a slash.
  case notAbsolute
  /// `%` without two hexadecimal digits behind it.
  case malformedEscape
  /// A raw or encoded backslash.
  case backslash
  /// `#`, white space, a control character or an octet above 0x7F.
  case forbiddenOctet
  /// An encoded control character, NUL among them.
  case encodedControl
  /// `%25` before two hexadecimal digits: an escape of an escape.
  case doubleEncoding
  /// `..` above the root.
  case aboveRoot
  /// `;` parameters on a dot segment, or an encoded `?` or `#` behind one.
  case dotSegmentParameters
  /// A dot segment beside an encoded slash.
  case encodedSlashTraversal
  /// An ASCII character encoded as UTF-8 of more octets than it takes (RFC 3629 §3).
  case overlongEncoding

  /// The sentence for the client.
  package var message: StaticString {
    switch self {
    case .notAbsolute: "The path does not begin with a slash."
    case .malformedEscape: "The path holds a malformed escape."
    case .backslash: "The path holds a backslash."
    case .forbiddenOctet: "The path holds a character that must be escaped."
    case .encodedControl: "The path holds an encoded control character."
    case .doubleEncoding: "The path holds an escape of an escape."
    case .aboveRoot: "The path climbs above the root."
    case .dotSegmentParameters: "The path holds parameters on a dot segment."
    case .encodedSlashTraversal: "The path holds a dot segment beside an encoded slash."
    case .overlongEncoding: "The path holds an overlong encoding."
    }
  }
}
