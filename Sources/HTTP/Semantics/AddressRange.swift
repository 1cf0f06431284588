/// The addresses that share a prefix, as CIDR writes them (RFC 4632 §3.1).
package struct AddressRange: Sendable, Hashable {
  package let prefix: IPAddress
  /// The number of leading bits that count.
  package let prefixLength: Int

  /// Reads `192.0.2.0/24`, `2001:db8::/32`, or a single address; nil for anything else.
  ///
  /// Bits behind the prefix must be zero: `10.0.0.1/8` is more likely a slip than a wish.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
    prefix = address
    guard parts.count == 2 else {
      prefixLength = address.width
      return
    }
    guard parts[1].utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), parts[1] == "0" || !parts[1].hasPrefix("0"),
      let length = Int(parts[1]), length <= address.width
    else { return nil }
    prefixLength = length
    guard address.bits & ~Self.mask(length, width: address.width) == 0 else { return nil }
  }

  package func contains(_ address: IPAddress) -> Bool {
    address.family == prefix.family
      && (address.bits ^ prefix.bits) & Self.mask(prefixLength, width: prefix.width) == 0
  }

  private static func mask(_ length: Int, width: Int) -> UInt128 {
    let all: UInt128 = width == 128 ? .max : (1 << UInt128(width)) - 1
    return length == 0 ? 0 : all & (all << UInt128(width - length))
  }
}

extension AddressRange: CustomStringConvertible {
  package var description: String { "\(prefix)/\(prefixLength)" }
}
