import Bytes

/// The two spellings of an ECDSA signature: r and s one after the other, each as long as a coordinate (RFC 7518 §3.4), and the
/// SEQUENCE of two INTEGERs in DER that libcrypto takes and gives (RFC 3279 §2.2.3).
struct ECDSASignature {
  /// At most: SEQUENCE and its length (3), twice an INTEGER and its length (2), a zero for the sign and 66 bytes.
  typealias DER = InlineArray<144, UInt8>

  private let order: [UInt8]
  private let half: Int

  init(_ curve: EllipticCurve) {
    order = curve.order
    half = curve.coordinateByteCount
  }

  /// Writes the signature in DER, and says how long that is; nil unless `raw` has the exact length and 0 < r, s < n.
  ///
  /// The range is checked here, whatever the library does: r = s = 0 was a valid signature of any message in Java
  /// (CVE-2022-21449).
  func encode(_ raw: Span<UInt8>, into der: inout DER) -> Int? {
    guard raw.count == 2 * half else { return nil }
    let r = raw.extracting(..<half)
    let s = raw.extracting(half...)
    guard isInRange(r), isInRange(s) else { return nil }
    let (rCount, sCount) = (Self.integerByteCount(r), Self.integerByteCount(s))
    let count = 4 + rCount + sCount
    var writer = Writer(der: der)
    writer.append(0x30)
    if count >= 0x80 { writer.append(0x81) }
    writer.append(UInt8(count))
    writer.append(integer: r, byteCount: rCount)
    writer.append(integer: s, byteCount: sCount)
    der = writer.der
    return writer.count
  }

  /// Appends r and s of a signature in DER to `output`; false, and nothing is appended, for bytes that are none.
  func decode(_ der: Span<UInt8>, into output: inout ByteBuffer) -> Bool {
    var reader = Reader(der: der)
    guard reader.next() == 0x30, let count = reader.length(), count == der.count - reader.position else { return false }
    guard let r = reader.integer(), let s = reader.integer(), reader.position == der.count else { return false }
    guard r.count <= half, s.count <= half else { return false }
    for number in [r, s] {
      for _ in number.count..<half { output.append(0) }
      output.append(der.extracting(number))
    }
    return true
  }

  private func isInRange(_ number: Span<UInt8>) -> Bool {
    var isZero = true
    for index in number.indices where number[index] != 0 { isZero = false }
    if isZero { return false }
    for index in number.indices where number[index] != order[index] { return number[index] < order[index] }
    return false
  }

  /// The length of the number, which isn't zero, as an INTEGER: no zeros in front but the one that says it isn't negative.
  private static func integerByteCount(_ number: Span<UInt8>) -> Int {
    let zeros = leadingZeros(number)
    return number.count - zeros + (number[zeros] >= 0x80 ? 1 : 0)
  }

  private static func leadingZeros(_ number: Span<UInt8>) -> Int {
    var zeros = 0
    while zeros + 1 < number.count, number[zeros] == 0 { zeros += 1 }
    return zeros
  }

  private struct Writer {
    var der: DER
    var count = 0

    mutating func append(_ byte: UInt8) {
      der[count] = byte
      count += 1
    }

    mutating func append(integer number: Span<UInt8>, byteCount: Int) {
      append(0x02)
      append(UInt8(byteCount))
      let zeros = ECDSASignature.leadingZeros(number)
      if byteCount > number.count - zeros { append(0) }
      for index in zeros..<number.count { append(number[index]) }
    }
  }

  private struct Reader: ~Escapable {
    let der: Span<UInt8>
    var position = 0

    @_lifetime(copy der)
    init(der: Span<UInt8>) { self.der = der }

    mutating func next() -> UInt8? {
      guard position < der.count else { return nil }
      position += 1
      return der[position - 1]
    }

    /// A length of at most 255, in its shortest form.
    mutating func length() -> Int? {
      guard let first = next() else { return nil }
      if first < 0x80 { return Int(first) }
      guard first == 0x81, let second = next(), second >= 0x80 else { return nil }
      return Int(second)
    }

    /// The place of a positive INTEGER without its sign's zero.
    mutating func integer() -> Range<Int>? {
      guard next() == 0x02, let count = length(), count > 0, count <= der.count - position else { return nil }
      var start = position
      position += count
      guard der[start] < 0x80 else { return nil }
      if count > 1 && der[start] == 0 { start += 1 }
      return start..<position
    }
  }
}
