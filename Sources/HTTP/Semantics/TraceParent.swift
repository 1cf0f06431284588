package import Bytes

/// The place of a request in a distributed trace, as `traceparent` says it (W3C Trace Context §3.2).
package struct TraceParent: Sendable, Hashable {
  private let traceHigh: UInt64
  private let traceLow: UInt64
  private let parent: UInt64

  /// The begin of a trace of its own.
  ///
  /// All-zero ids mean none, so a zero becomes one.
  package init(traceHigh: UInt64, traceLow: UInt64, parent: UInt64) {
    self.traceHigh = traceHigh
    self.traceLow = traceLow == 0 ? 1 : traceLow
    self.parent = parent == 0 ? 1 : parent
  }

  /// The begin of a trace that has the request's id as its own, so that a log of either finds the other.
  package init(of request: RequestID, parent: UInt64) {
    self.init(traceHigh: request.high, traceLow: request.low, parent: parent)
  }

  /// Appends the field's line.
  ///
  /// The flags say that nothing was recorded here.
  package func writeLine(to buffer: inout ByteBuffer) {
    buffer.append("traceparent: 00-")
    buffer.append(hexadecimal: traceHigh, width: 16)
    buffer.append(hexadecimal: traceLow, width: 16)
    buffer.append(UInt8(ascii: "-"))
    buffer.append(hexadecimal: parent, width: 16)
    buffer.append("-00\r\n")
  }

  /// Whether the value of the field is in form.
  ///
  /// That is `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits, lower-case hexadecimal, the two ids not zero. Versions after 00 may go on behind another `-`; ff is none.
  package static func isWellFormed(_ value: Span<UInt8>) -> Bool {
    guard value.count >= 55, value[2] == hyphen, value[35] == hyphen, value[52] == hyphen,
      isLowercaseHexadecimal(value.extracting(0..<2)), !value.extracting(0..<2).equals("ff"),
      isID(value.extracting(3..<35)), isID(value.extracting(36..<52)), isLowercaseHexadecimal(value.extracting(53..<55))
    else { return false }
    return value.count == 55 || !value.extracting(0..<2).equals("00") && value[55] == hyphen
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
