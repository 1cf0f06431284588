import Bytes

/// `traceparent`, the place of a request in a distributed trace (W3C Trace Context §3.2).
///
/// The gateway passes on what is in form and begins no trace: one that says *not sampled* would turn the tracing of the services
/// behind it off.
package enum TraceParent {
  /// True if the value of the field is in form.
  ///
  /// That is `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits, lower-case hexadecimal, the two ids not zero. Versions after 00 may go on behind another `-`; ff is none.
  package static func isWellFormed(_ value: Span<UInt8>) -> Bool {
    guard value.count >= 55, value[2] == hyphen, value[35] == hyphen, value[52] == hyphen,
      isLowercaseHexadecimal(value.extracting(0..<2)), !value.extracting(0..<2).equals("ff"),
      isID(value.extracting(3..<35)), isID(value.extracting(36..<52)), isLowercaseHexadecimal(value.extracting(53..<55))
    else { return false }
    return value.count == 55 || !value.extracting(0..<2).equals("00") && value[55] == hyphen
  }

  /// True if the request has one place in a trace, in form, which goes on.
  static func isContinued(by head: borrowing RequestHead) -> Bool {
    guard !head.fields.repeated.contains(.traceparent), let line = head.fields.first(.traceparent) else { return false }
    return isWellFormed(head.fields.value(at: line))
  }

  private static func isID(_ digits: Span<UInt8>) -> Bool {
    guard isLowercaseHexadecimal(digits) else { return false }
    for index in digits.indices where digits[index] != UInt8(ascii: "0") { return true }
    return false
  }

  private static func isLowercaseHexadecimal(_ digits: Span<UInt8>) -> Bool {
    for index in digits.indices {
      let byte = digits[index]
      guard ASCII.isDigit(byte) || byte &- 97 < 6 else { return false }
    }
    return true
  }

  private static var hyphen: UInt8 { UInt8(ascii: "-") }
}
