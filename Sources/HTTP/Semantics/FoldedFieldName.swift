import Bytes

/// A field name as those upstreams read it that fold names: letters in lower case, `-` for whatever is no letter or digit.
///
/// CGI, WSGI, PHP and others make `X_AUTH_USER` of `X-Auth-User`, and of `X_Auth.User` too. Two names that fold onto one can't be
/// told apart behind them. Names are folded here and nowhere else.
package struct FoldedFieldName: Sendable, Hashable {
  package let bytes: [UInt8]

  package init(_ name: Span<UInt8>) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(name.count)
    for index in name.indices { bytes.append(name[index].foldedInName) }
    self.bytes = bytes
  }

  package init(_ name: String) { self.init(name.utf8Span.span) }

  /// True if the name folds onto this one.
  package func covers(_ name: Span<UInt8>) -> Bool {
    guard name.count == bytes.count else { return false }
    for index in name.indices where name[index].foldedInName != bytes[index] { return false }
    return true
  }

  /// True if an upstream might take one of the two names for the other.
  package static func matches(_ left: String, _ right: String) -> Bool {
    FoldedFieldName(left).covers(right.utf8Span.span)
  }
}

extension Span<UInt8> {
  /// True if the name begins with this, which is folded already, once it is folded.
  func foldedStarts(with prefix: StaticString) -> Bool {
    let length = prefix.utf8CodeUnitCount
    guard count >= length else { return false }
    for index in 0..<length {
      // SAFETY: `index` is below the literal's length.
      guard unsafe self[index].foldedInName == prefix.utf8Start[index] else { return false }
    }
    return true
  }

  /// True if the name is this, which is folded already, once it is folded.
  func foldedEquals(_ name: StaticString) -> Bool { count == name.utf8CodeUnitCount && foldedStarts(with: name) }
}

extension UInt8 {
  /// The octet of a folded field name.
  fileprivate var foldedInName: UInt8 { ASCII.isAlphanumeric(self) ? ASCII.lowercased(self) : UInt8(ascii: "-") }
}
