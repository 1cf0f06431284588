import Bytes

extension JSONScanner {
  /// Reads the number at the position: `[-] int [frac] [exp]` (RFC 8259 §6); finite and of bounded length, unless numbers are not
  /// judged here.
  mutating func number() throws(JSONFault) -> JSONNumber {
    let start = position
    let isNegative = current == UInt8(ascii: "-")
    if isNegative { position &+= 1 }
    var significand = Significand()
    let firstDigit = current
    try digits(of: start, into: &significand)
    if firstDigit == UInt8(ascii: "0") && significand.digitCount > 1 { throw JSONFault(.numberLeadingZero, at: start) }
    var scale = 0
    if current == UInt8(ascii: ".") {
      position &+= 1
      let whole = significand.digitCount
      try digits(of: start, into: &significand)
      scale = whole &- significand.digitCount
    }
    if current | 0x20 == UInt8(ascii: "e") {
      position &+= 1
      scale &+= try exponent(ofNumberAt: start)
    }
    let text = try text(start..<position)
    if let magnitude = significand.exactly(timesTenTo: scale) {
      return JSONNumber(double: isNegative ? -magnitude : magnitude, text: text)
    }
    if limits.digits == nil { return JSONNumber(double: nil, text: text) }
    guard let double = Double(text), double.isFinite else { throw JSONFault(.numberOutOfRange, at: start) }
    return JSONNumber(double: double, text: text)
  }

  private mutating func digits(of number: Int, into significand: inout Significand) throws(JSONFault) {
    let first = position
    while ASCII.isDigit(current) {
      significand.append(current &- 48)
      position &+= 1
    }
    if position == first { throw JSONFault(position < bytes.count ? .numberMalformed : .unexpectedEnd, at: position) }
    if let limit = limits.digits, significand.digitCount > limit { throw JSONFault(.numberTooLong(limit), at: number) }
  }

  private mutating func exponent(ofNumberAt start: Int) throws(JSONFault) -> Int {
    let isNegative = current == UInt8(ascii: "-")
    if isNegative || current == UInt8(ascii: "+") { position &+= 1 }
    let first = position
    var value = 0
    while ASCII.isDigit(current) {
      value = min(value &* 10 &+ Int(current &- 48), 9999)
      position &+= 1
    }
    if position == first { throw JSONFault(position < bytes.count ? .numberMalformed : .unexpectedEnd, at: position) }
    if limits.digits != nil, value > JSONLimits.exponent { throw JSONFault(.numberOutOfRange, at: start) }
    return isNegative ? -value : value
  }
}

/// The digits of a number as they are read.
private struct Significand {
  private(set) var digitCount = 0
  /// The digits' value, right as long as there are at most 19.
  private var value: UInt64 = 0

  mutating func append(_ digit: UInt8) {
    value = value &* 10 &+ UInt64(digit)
    digitCount &+= 1
  }

  /// The number if one multiplication or division gives it without rounding twice: both operands are then exact (Clinger's fast path).
  func exactly(timesTenTo scale: Int) -> Double? {
    guard digitCount <= 19, value < 1 << 53 else { return nil }
    if scale == 0 { return Double(value) }
    guard scale.magnitude <= 22 else { return nil }
    var power = 1.0
    for _ in 0..<scale.magnitude { power *= 10 }
    return scale < 0 ? Double(value) / power : Double(value) * power
  }
}
