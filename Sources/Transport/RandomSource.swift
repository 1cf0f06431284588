/// Fast random numbers for request ids, which must differ from each other but keep no secret (xoshiro256++).
///
/// Confined to its owner.
@usableFromInline
package struct RandomSource {
  @usableFromInline var state: (UInt64, UInt64, UInt64, UInt64)

  /// Seeded by the system.
  package init() {
    var system = SystemRandomNumberGenerator()
    state = (system.next(), system.next(), system.next(), system.next() | 1)
  }

  /// The same numbers in every run.
  package init(seed: UInt64) { state = (seed, ~seed, seed &* 0x9E37_79B9_7F4A_7C15, 1) }

  @inlinable @inline(__always) package mutating func next() -> UInt64 {
    let result = Self.rotate(state.0 &+ state.3, 23) &+ state.0
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = Self.rotate(state.3, 45)
    return result
  }

  @inlinable @inline(__always) static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value &<< count | value &>> (64 &- count)
  }
}
