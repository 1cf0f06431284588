/// A fast hash of byte strings for tables that strangers fill: seeded anew in each process, so that no stranger can choose
/// what collides.
///
/// Multiplies and folds 16 bytes a step, four steps at a time. No cryptography: equal hashes are only a hint, and whoever uses it
/// compares the bytes.
package struct SeededHash: Sendable {
  // Each lane multiplies with one key and begins with another: were both the same, a word and its neighbour could change places.
  private let first: UInt64
  private let second: UInt64
  private let third: UInt64
  private let fourth: UInt64

  /// A hash with a seed of its own.
  package init() {
    self.init(seed: UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
  }

  /// A hash with that seed: the same bytes give the same value.
  package init(seed first: UInt64, _ second: UInt64) {
    self.first = first
    self.second = second
    third = Self.fold(first ^ Self.odd, second)
    fourth = Self.fold(second ^ Self.odd, ~first)
  }

  /// The hash of the bytes.
  package func hash(_ span: Span<UInt8>) -> UInt64 {
    // SAFETY: any bytes are numbers, and every load below checks that they lie inside; few large loads, so few checks.
    let bytes = unsafe span.bytes
    let count = bytes.byteCount
    guard count >= 16 else { return hashFew(span) }
    var (a, b, c, d) = (second, third, fourth, first)
    var offset = 0
    while offset &+ 64 <= count {
      let block = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Block.self)
      a = Self.fold(block.0 ^ first, block.1 ^ a)
      b = Self.fold(block.2 ^ second, block.3 ^ b)
      c = Self.fold(block.4 ^ third, block.5 ^ c)
      d = Self.fold(block.6 ^ fourth, block.7 ^ d)
      offset &+= 64
    }
    while offset &+ 16 <= count {
      let pair = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Pair.self)
      (a, b) = (b, Self.fold(pair.0 ^ first, pair.1 ^ a))
      offset &+= 16
    }
    // The last sixteen bytes, some of them for a second time, instead of whatever is left.
    let pair = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: count &- 16, as: Pair.self)
    let last = Self.fold(pair.0 ^ fourth, pair.1 ^ a)
    return Self.fold(last ^ (Self.odd &* UInt64(truncatingIfNeeded: count)), b ^ Self.fold(c ^ second, d ^ third))
  }

  private func hashFew(_ bytes: Span<UInt8>) -> UInt64 {
    var (low, high) = (UInt64(truncatingIfNeeded: bytes.count), UInt64(0))
    for index in bytes.indices {
      high = high << 8 | low >> 56
      low = low << 8 | UInt64(bytes[index])
    }
    return Self.fold(Self.fold(low ^ first, high ^ second) ^ third, Self.odd)
  }

  private static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  /// Digits of the golden ratio: any odd number without pattern would do.
  private static let odd: UInt64 = 0x9E37_79B9_7F4A_7C15

  private typealias Pair = (UInt64, UInt64)
  private typealias Block = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
}
