import Cryptography

/// Numbers for forging signatures, big-endian unless said otherwise.
enum ECDSANumbers {
  /// The number of points of the curve (FIPS 186-5, SP 800-186 §3.2.1).
  static func order(_ curve: EllipticCurve) -> [UInt8] {
    switch curve {
    case .p256: bytes("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551")
    case .p384:
      bytes(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973")
    case .p521:
      bytes(
        "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5"
          + "C9B8899C47AEBB6FB71E91386409")
    }
  }

  /// L of Ed25519 (RFC 8032 §5.1), little-endian.
  static let edwardsOrder: [UInt8] = bytes("1000000000000000000000000000000014DEF9DEA2F79CD65812631A5CF5D3ED")
    .reversed()

  static var modulus: [UInt8] {
    if case .rsa(let modulus, _) = Forge.key(.rsa(modulusBits: 2048)).publicKey.components { return modulus }
    return []
  }

  /// The sum, what goes beyond the length cut off.
  static func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    sumLittleEndian(a.reversed(), b.reversed()).reversed()
  }

  static func sumLittleEndian(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    var carry = 0
    return zip(a, b).map { left, right in
      let sum = Int(left) + Int(right) + carry
      carry = sum >> 8
      return UInt8(sum & 0xFF)
    }
  }

  /// A raw signature as SEQUENCE of two INTEGERs.
  static func der(_ raw: [UInt8]) -> [UInt8] {
    let halves = [raw.prefix(raw.count / 2), raw.suffix(raw.count / 2)].map { half in
      let number = Array(half.drop { $0 == 0 })
      return PublishedKey.der(0x02, number.first ?? 0 >= 0x80 ? [0] + number : number)
    }
    return PublishedKey.der(0x30, halves[0] + halves[1])
  }

  private static func bytes(_ hexadecimal: String) -> [UInt8] {
    stride(from: 0, to: hexadecimal.utf8.count, by: 2).map { place in
      UInt8(hexadecimal.dropFirst(place).prefix(2), radix: 16) ?? 0
    }
  }
}
