/// A JSON number (RFC 8259 §6): its value, always finite, and the text it was written as.
package struct JSONNumber: Sendable {
  /// The nearest `Double`; finite.
  package let double: Double
  /// The number as it was written, for rendering it again without loss.
  package let text: String

  /// For the reader, which has checked both.
  init(double: Double, text: String) {
    self.double = double
    self.text = text
  }

  package init(_ integer: Int) {
    double = Double(integer)
    text = String(integer)
  }

  /// A number of that value; nil if it isn't finite.
  package init?(_ double: Double) {
    guard double.isFinite else { return nil }
    self.double = double
    text = double == double.rounded() && double.magnitude < Self.exactLimit ? String(Int(double)) : "\(double)"
  }

  /// The value if it was written as a whole number (no fraction, no exponent) that `Double` holds exactly: below 2^53 in magnitude.
  package var integer: Int? {
    guard double.magnitude < Self.exactLimit, isWrittenWhole else { return nil }
    return Int(double)
  }

  private var isWrittenWhole: Bool {
    for byte in text.utf8 where byte &- 48 >= 10 && byte != UInt8(ascii: "-") { return false }
    return true
  }

  /// 2^53: below it every whole number is a `Double` of its own.
  package static let exactLimit: Double = 9_007_199_254_740_992
}

extension JSONNumber: Equatable {
  /// Whether both are the same number.
  ///
  /// Where `Double` no longer tells whole numbers apart, only the same text is the same number.
  package static func == (left: JSONNumber, right: JSONNumber) -> Bool {
    guard left.double == right.double else { return false }
    return left.double.magnitude < exactLimit || left.text.equalsExactly(right.text)
  }
}
