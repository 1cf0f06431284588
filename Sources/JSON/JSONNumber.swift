/// A JSON number (RFC 8259 §6): the text it was written as, and its value.
package struct JSONNumber: Sendable {
  /// The nearest `Double`; NaN until it is computed.
  private let nearest: Double
  /// The number as it was written, for rendering it again without loss.
  package let text: String

  /// For the reader, which has checked the grammar.
  ///
  /// - Parameter double: the value; nil to have it worked out when it is asked for.
  init(double: Double?, text: String) {
    nearest = double ?? .nan
    self.text = text
  }

  /// The nearest `Double`; infinite for a number that is too large for any, which only limits without `digits` let through.
  package var double: Double { nearest.isNaN ? Double(text) ?? .infinity : nearest }

  package init(_ integer: Int) {
    nearest = Double(integer)
    text = String(integer)
  }

  /// A number of that value; nil if it isn't finite.
  package init?(_ double: Double) {
    guard double.isFinite else { return nil }
    nearest = double
    text = double == double.rounded() && double.magnitude < Self.exactLimit ? String(Int(double)) : "\(double)"
  }

  /// The value if it was written as a whole number (no fraction, no exponent) that `Double` holds exactly: below 2^53 in magnitude.
  package var integer: Int? {
    let double = double
    guard double.magnitude < Self.exactLimit, isWrittenWhole else { return nil }
    return Int(double)
  }

  /// True if it was written as a whole number: with no fraction and no exponent.
  package var isWrittenWhole: Bool {
    for byte in text.utf8 where byte &- 48 >= 10 && byte != UInt8(ascii: "-") { return false }
    return true
  }

  /// 2^53: below it every whole number is a `Double` of its own.
  package static let exactLimit: Double = 9_007_199_254_740_992
}

extension JSONNumber: Equatable {
  /// Compares two numbers by value.
  ///
  /// Beyond the range in which `Double` tells whole numbers apart, only the same text is the same number.
  package static func == (left: JSONNumber, right: JSONNumber) -> Bool {
    let double = left.double
    guard double == right.double else { return false }
    return double.magnitude < exactLimit || left.text.equalsExactly(right.text)
  }
}
