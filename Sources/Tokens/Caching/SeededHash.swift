/// A fast hash of byte strings for tables that strangers fill: seeded anew in each process, so that nobody outside can choose
/// what collides.
///
/// Multiplies and folds 16 bytes a step, two steps at a time. No cryptography: equal hashes are only a hint, and whoever uses it
/// compares the bytes.
package struct SeededHash: Sendable {
  private let first: UInt64
  private let second: UInt64

  /// A hash with a seed of its own.
  package init() {
    self.init(seed: UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
  }

  /// A hash with that seed: the same bytes give the same value.
  package init(seed first: UInt64, _ second: UInt64) {
    self.first = first
    self.second = second
  }

  /// The hash of the bytes.
  package func hash(_ span: Span<UInt8>) -> UInt64 {
    // SAFETY: every bit pattern of a byte may be read as raw bytes; there is no padding.
    let bytes = unsafe span.bytes
    let count = bytes.byteCount
    var (left, right) = (first ^ UInt64(truncatingIfNeeded: count), second)
    var offset = 0
    while offset &+ 32 <= count {
      left = Self.fold(word(bytes, offset) ^ first, word(bytes, offset &+ 8) ^ left)
      right = Self.fold(word(bytes, offset &+ 16) ^ second, word(bytes, offset &+ 24) ^ right)
      offset &+= 32
    }
    if offset &+ 16 <= count {
      left = Self.fold(word(bytes, offset) ^ first, word(bytes, offset &+ 8) ^ left)
      offset &+= 16
    }
    if offset &+ 8 <= count {
      right = Self.fold(word(bytes, offset) ^ second, right ^ Self.odd)
      offset &+= 8
    }
    var rest: UInt64 = 0
    while offset < count {
      rest = rest << 8 | UInt64(span[offset])
      offset &+= 1
    }
    return Self.fold(left ^ rest ^ Self.odd, right ^ second)
  }

  /// Digits of the golden ratio: any odd number without pattern would do.
  private static let odd: UInt64 = 0x9E37_79B9_7F4A_7C15

  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  private func word(_ bytes: RawSpan, _ offset: Int) -> UInt64 {
    // SAFETY: any eight bytes are a UInt64, and the load checks that they lie inside.
    unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }
}
