/// Base64 in the usual alphabet, with padding (RFC 4648 §4).
package enum Base64 {
  /// Appends the text of `bytes` to `output`.
  package static func encode(_ bytes: Span<UInt8>, into output: inout ByteBuffer) {
    output.reserve((bytes.count + 2) / 3 * 4)
    var read = 0
    while read < bytes.count {
      let count = min(3, bytes.count - read)
      var group = UInt32(bytes[read]) << 16
      if count > 1 { group |= UInt32(bytes[read + 1]) << 8 }
      if count > 2 { group |= UInt32(bytes[read + 2]) }
      for position in 0..<4 {
        let value = UInt8(truncatingIfNeeded: group >> (18 - 6 * UInt32(position))) & 63
        output.append(position <= count ? character(value) : UInt8(ascii: "="))
      }
      read += count
    }
  }

  private static func character(_ value: UInt8) -> UInt8 {
    switch value {
    case 0..<26: value + UInt8(ascii: "A")
    case 26..<52: value - 26 + UInt8(ascii: "a")
    case 52..<62: value - 52 + UInt8(ascii: "0")
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }
}
