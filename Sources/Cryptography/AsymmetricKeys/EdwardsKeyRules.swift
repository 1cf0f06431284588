import COpenSSL

/// Refuses bytes under which an Ed25519 signature would prove nothing (RFC 8032 §5.1.3).
enum EdwardsKeyRules {
  /// Checks that the bytes are a point of the curve in its one spelling, and not one of the few under which anybody can sign.
  static func check(_ bytes: Span<UInt8>) throws(AsymmetricKeyError) {
    guard bytes.count == 32 else { throw .coordinateLength(bytes.count, expected: 32) }
    // Little-endian, the sign of x in the highest bit: turned around, the rest is y.
    var y: [UInt8] = []
    for index in bytes.indices.reversed() { y.append(bytes[index]) }
    y[0] &= 0x7F
    guard isBelow(y, prime) else { throw .pointNotOnCurve }
    guard !smallOrders.contains(y) else { throw .pointOfSmallOrder }
    switch hasX(y) {
    case true?: return
    case false?: throw .pointNotOnCurve
    case nil: throw .unavailable
    }
  }

  private static func isBelow(_ left: [UInt8], _ right: [UInt8]) -> Bool { left.lexicographicallyPrecedes(right) }

  /// Tells whether the curve has a point at that height; nil if there is no memory to find out.
  ///
  /// There, x² = (y² − 1) / (dy² + 1); that is a square exactly if the product of both is one.
  private static func hasX(_ y: [UInt8]) -> Bool? {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let p = BigNumber(prime), let d = BigNumber(factor), let y = BigNumber(y),
      let one = BigNumber([1]), let u = BigNumber([]), let v = BigNumber([]),
      let context = unsafe BN_CTX_new()
    else { return nil }
    // SAFETY: every number outlives its use here, and is used nowhere else.
    defer { unsafe BN_CTX_free(context) }
    let isComputed =
      unsafe BN_mod_sqr(u.handle, y.handle, p.handle, context) == 1
      && BN_mod_mul(v.handle, u.handle, d.handle, p.handle, context) == 1
      && BN_mod_sub(u.handle, u.handle, one.handle, p.handle, context) == 1
      && BN_mod_add(v.handle, v.handle, one.handle, p.handle, context) == 1
      && BN_mod_mul(u.handle, u.handle, v.handle, p.handle, context) == 1
    guard isComputed else { return nil }
    switch unsafe BN_kronecker(u.handle, p.handle, context) {
    case 0, 1: return true
    case -1: return false
    default: return nil
    }
  }

  /// 2^255 − 19, big-endian as everything here.
  private static let prime = [0x7F] + [UInt8](repeating: 0xFF, count: 30) + [0xED]

  /// d of the curve −x² + y² = 1 + dx²y².
  private static let factor: [UInt8] = [
    0x52, 0x03, 0x6C, 0xEE, 0x2B, 0x6F, 0xFE, 0x73, 0x8C, 0xC7, 0x40, 0x79, 0x77, 0x79, 0xE8, 0x98,
    0x00, 0x70, 0x0A, 0x4D, 0x41, 0x41, 0xD8, 0xAB, 0x75, 0xEB, 0x4D, 0xCA, 0x13, 0x59, 0x78, 0xA3,
  ]

  /// The heights of the points of order 1, 2, 4 and 8.
  private static let smallOrders: [[UInt8]] = [
    [UInt8](repeating: 0, count: 31) + [1],
    [0x7F] + [UInt8](repeating: 0xFF, count: 30) + [0xEC],
    [UInt8](repeating: 0, count: 32),
    [
      0x05, 0xFC, 0x53, 0x6D, 0x88, 0x02, 0x38, 0xB1, 0x39, 0x33, 0xC6, 0xD3, 0x05, 0xAC, 0xDF, 0xD5,
      0xF0, 0x98, 0xEF, 0xF2, 0x89, 0xF4, 0xC3, 0x45, 0xB0, 0x27, 0xB2, 0xC2, 0x8F, 0x95, 0xE8, 0x26,
    ],
    [
      0x7A, 0x03, 0xAC, 0x92, 0x77, 0xFD, 0xC7, 0x4E, 0xC6, 0xCC, 0x39, 0x2C, 0xFA, 0x53, 0x20, 0x2A,
      0x0F, 0x67, 0x10, 0x0D, 0x76, 0x0B, 0x3C, 0xBA, 0x4F, 0xD8, 0x4D, 0x3D, 0x70, 0x6A, 0x17, 0xC7,
    ],
  ]
}
