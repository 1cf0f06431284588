/// A hash that grows octet by octet, so that one pass over a path gives the hash of every prefix of it (FNV-1a).
///
/// It needs no secret seed: the tables that it finds places in are filled from the configuration alone, so a stranger
/// can choose the keys that are looked up, but not the ones that collide.
struct RollingHash {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }

  /// The hash of the octets so far.
  var value: UInt64 { state ^ (state >> 32) }
}
