package import Bytes

/// An IPv4 or IPv6 address as a value.
///
/// IPv4 in the mapped form (`::ffff:192.0.2.1`) is the IPv4 address: a dual-stack socket reports its peers so, and a rule for
/// `192.0.2.0/24` must hold for them.
package struct IPAddress: Sendable, Hashable {
  package enum Family: Sendable, Hashable {
    case v4
    case v6
  }

  package let family: Family
  /// The address in network order; 32 bits of it for IPv4.
  package let bits: UInt128

  /// An IPv4 address, given as the number that its four octets make.
  package init(v4 address: UInt32) {
    family = .v4
    bits = UInt128(address)
  }

  /// An IPv6 address, given as the number that its sixteen octets make.
  package init(v6 address: UInt128) {
    let isMapped = address >> 32 == 0xFFFF
    family = isMapped ? .v4 : .v6
    bits = isMapped ? address & 0xFFFF_FFFF : address
  }

  /// Reads `192.0.2.1` or `2001:db8::1` (RFC 4291 §2.2), without brackets or zone; nil for anything else.
  package init?(_ text: Span<UInt8>) {
    if let address = Self.v4(text) {
      self.init(v4: address)
    } else if let address = Self.v6(text) {
      self.init(v6: address)
    } else {
      return nil
    }
  }

  package init?(_ text: String) { self.init(Array(text.utf8).span) }

  /// True for `127.0.0.0/8` and `::1`, which lead back to the same machine.
  package var isLoopback: Bool {
    switch family {
    case .v4: bits >> 24 == 127
    case .v6: bits == 1
    }
  }

  /// The address that stands for one client where clients are counted: the IPv4 address, or the /64 of an IPv6 one, all of which
  /// is a client's.
  package var network: IPAddress {
    family == .v4 ? self : IPAddress(v6: bits & ~UInt128(UInt64.max))
  }

  /// The number of bits of an address of the family.
  package var width: Int { family == .v4 ? 32 : 128 }

  static func isIPv6(_ text: Span<UInt8>) -> Bool { v6(text) != nil }

  // MARK: Reading

  /// Four decimal numbers of at most 255 without leading zeros, which some read as octal.
  private static func v4(_ text: Span<UInt8>) -> UInt32? {
    var address: UInt32 = 0
    var octet: UInt32 = 0
    var digits = 0
    var dots = 0
    for index in text.indices {
      let byte = text[index]
      if byte == UInt8(ascii: ".") {
        guard digits > 0, dots < 3 else { return nil }
        address = address << 8 | octet
        octet = 0
        digits = 0
        dots += 1
      } else {
        guard ASCII.isDigit(byte), digits == 0 || octet > 0 else { return nil }
        octet = octet * 10 + UInt32(byte - 48)
        digits += 1
        guard octet <= 255 else { return nil }
      }
    }
    return dots == 3 && digits > 0 ? address << 8 | octet : nil
  }

  /// Eight groups of at most four hexadecimal digits; `::` once for a run of zeros; the last two groups may be an IPv4 address.
  private static func v6(_ text: Span<UInt8>) -> UInt128? {
    guard text.count >= 2, text.count <= 45 else { return nil }
    var address: UInt128 = 0
    var groups = 0
    var gap: Int?
    var position = 0
    while position < text.count {
      if text[position] == UInt8(ascii: ":") {
        guard position + 1 < text.count else { return nil }
        if text[position + 1] == UInt8(ascii: ":") {
          guard gap == nil else { return nil }
          gap = groups
          position += 2
          if position == text.count { break }
        } else {
          guard groups > 0, position > 0 else { return nil }
          position += 1
        }
        guard text[position] != UInt8(ascii: ":") else { return nil }
      } else if position > 0 {
        return nil
      }
      let start = position
      var group: UInt128 = 0
      while position < text.count, position - start < 4, let digit = ASCII.hexadecimalValue(text[position]) {
        group = group << 4 | UInt128(digit)
        position += 1
      }
      guard position > start else { return nil }
      if position < text.count, text[position] == UInt8(ascii: ".") {
        guard groups <= 6, let tail = v4(text.extracting(start..<text.count)) else { return nil }
        address = address << 32 | UInt128(tail)
        groups += 2
        position = text.count
      } else {
        guard groups < 8 else { return nil }
        address = address << 16 | group
        groups += 1
      }
    }
    guard let gap else { return groups == 8 ? address : nil }
    guard groups < 8 else { return nil }
    // The groups behind the gap stand at the right already; those before it move to the left.
    let behind = UInt128(16 * (groups - gap))
    let low = address & ((1 << behind) - 1)
    let high = gap == 0 ? 0 : (address >> behind) << UInt128(128 - 16 * gap)
    return high | low
  }
}

extension IPAddress: CustomStringConvertible {
  /// The address as RFC 5952 writes it.
  package var description: String {
    var buffer = ByteBuffer(capacity: 64)
    write(to: &buffer)
    return buffer.text
  }

  /// Appends the address as RFC 5952 writes it, without brackets.
  package func write(to buffer: inout ByteBuffer) {
    guard family == .v6 else {
      for octet in 0..<4 {
        if octet > 0 { buffer.append(UInt8(ascii: ".")) }
        buffer.append(decimal: Int(bits >> UInt128(24 - 8 * octet) & 0xFF))
      }
      return
    }
    let zeros = longestZeroRun
    var group = 0
    while group < 8 {
      if let zeros, group == zeros.lowerBound {
        buffer.append("::")
        group = zeros.upperBound
      } else {
        if group > 0, group != zeros?.upperBound { buffer.append(UInt8(ascii: ":")) }
        buffer.append(hexadecimal: UInt64(self.group(group)))
        group += 1
      }
    }
  }

  private func group(_ index: Int) -> UInt16 { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * index)) }

  /// The first of the longest runs of two or more zero groups.
  private var longestZeroRun: Range<Int>? {
    var best: Range<Int>?
    var start = 0
    for index in 0...8 where index == 8 || group(index) != 0 {
      if index - start >= max(2, (best?.count ?? 1) + 1) { best = start..<index }
      start = index + 1
    }
    return best
  }
}
