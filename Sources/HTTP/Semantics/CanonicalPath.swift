import Bytes

/// The one spelling of a path, which is matched against routes and sent upstream alike.
///
/// Dot segments are resolved, runs of slashes merged, escapes of unreserved characters decoded, the hexadecimal digits of other
/// escapes upper-cased, and visible characters that RFC 3986 has no place for escaped. A path that is still open to two readings
/// is a ``PathFault``. Canonical paths stay as they are, so what a route strips or adds can be checked by the same function.
package enum CanonicalPath {
  /// Parts of a canonical path that want a second look.
  package struct Traits: Sendable, Equatable {
    /// Some segment holds `%2F`.
    ///
    /// The route says whether that is taken.
    package var hasEncodedSlash = false
    /// Some segment holds `;` or `%3B`, or an encoded `?` or `#`: it is matched with and without what follows.
    package var hasParameters = false
  }

  /// Appends the canonical spelling of the path.
  /// - Throws: `PathFault`; what was appended until then stays.
  package static func append(_ path: Span<UInt8>, to output: inout [UInt8]) throws(PathFault) -> Traits {
    if isPlain(path) {
      output.append(path)
      return Traits()
    }
    guard path.count > 0, path[0] == slash else { throw .notAbsolute }
    let base = output.count
    output.append(slash)
    var position = 1
    while position < path.count {
      let start = output.count
      try appendSegment(of: path, from: &position, to: &output)
      let isLast = position == path.count
      position += 1
      switch try kind(of: output.span.extracting(start..<output.count)) {
      case .empty: break
      case .current: output.removeLast(output.count - start)
      case .parent:
        guard start > base + 1 else { throw .aboveRoot }
        output.removeLast(output.count - start + 1)
        while output.last != slash { output.removeLast() }
      case .name: if !isLast { output.append(slash) }
      }
    }
    return traits(of: output.span.extracting(base..<output.count))
  }

  /// True if the path is spelt as ``append(_:to:)`` would spell it.
  package static func isCanonical(_ path: Span<UInt8>) -> Bool {
    if isPlain(path) { return true }
    var copy: [UInt8] = []
    guard (try? append(path, to: &copy)) != nil else { return false }
    return copy.span.equals(path)
  }

  /// The path as a server reads it that takes `;` and `%3B` for the begin of parameters and drops them, and decodes `%3F` and `%23`
  /// before it looks where the path ends.
  package static func withoutParameters(_ path: Span<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    var skips = false
    for index in path.indices {
      let byte = path[index]
      let octet = escapedOctet(path, at: index)
      if endsPath(octet) { break }
      if byte == slash {
        skips = false
        if output.last != slash { output.append(slash) }
      } else {
        skips = skips || beginsParameters(byte, octet)
        if !skips { output.append(byte) }
      }
    }
    return output
  }

  /// The path as a server reads it that decodes `%2F` before it takes the path apart.
  package static func withSlashesDecoded(_ path: Span<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    var index = 0
    while index < path.count {
      let isEncoded = escapedOctet(path, at: index) == slash
      let byte = isEncoded ? slash : path[index]
      if byte != slash || output.last != slash { output.append(byte) }
      index += isEncoded ? 3 : 1
    }
    return output
  }

  // MARK: The fast way

  /// True if the path is canonical at first sight: slashes and characters that only ever mean themselves, and no segment that is
  /// empty or begins with a dot.
  static func isPlain(_ path: Span<UInt8>) -> Bool {
    guard path.count > 0, path[0] == slash else { return false }
    var position = 0
    while position &+ 9 <= path.count,
      OctetScan.isPlainPath(path.word(at: position), next: path.word(at: position &+ 1))
    {
      position &+= 8
    }
    while position < path.count {
      let byte = path[position]
      position &+= 1
      guard isPlain(byte) else { return false }
      if byte == slash, position < path.count, path[position] == slash || path[position] == dot { return false }
    }
    return true
  }

  /// `pchar` of RFC 3986 §3.3 and `/`, without `%` and `;`.
  private static func isPlain(_ byte: UInt8) -> Bool {
    // ! $ & ' ( ) * + , - . / 0-9 : =, and @ A-Z _ a-z ~
    let low: UInt64 = 0x27FF_FFD2_0000_0000
    let high: UInt64 = 0x47FF_FFFE_87FF_FFFF
    let half = byte < 64 ? low : high
    return byte < 128 && (half >> UInt64(byte & 63)) & 1 == 1
  }

  // MARK: Segment by segment

  private enum SegmentKind {
    case empty
    case current
    case parent
    case name
  }

  /// Appends one segment, up to the next slash or the end, escape by escape.
  private static func appendSegment(
    of path: Span<UInt8>, from position: inout Int, to output: inout [UInt8]
  ) throws(PathFault) {
    while position < path.count, path[position] != slash {
      let byte = path[position]
      position += 1
      if byte == percent {
        guard position + 1 < path.count, let high = ASCII.hexadecimalValue(path[position]),
          let low = ASCII.hexadecimalValue(path[position + 1])
        else { throw .malformedEscape }
        position += 2
        let octet = high << 4 | low
        if ASCII.isUnreserved(octet) { output.append(octet) } else { try appendEscape(of: octet, to: &output) }
      } else if isPlain(byte) || byte == semicolon {
        output.append(byte)
      } else if byte == backslash {
        throw .backslash
      } else if byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "#"), byte != UInt8(ascii: "?") {
        try appendEscape(of: byte, to: &output)
      } else {
        throw .forbiddenOctet
      }
    }
  }

  private static func appendEscape(of octet: UInt8, to output: inout [UInt8]) throws(PathFault) {
    if octet < 0x20 || octet == 0x7F { throw .encodedControl }
    if octet == backslash { throw .backslash }
    output.append(percent)
    output.append(hexadecimalDigit(octet >> 4))
    output.append(hexadecimalDigit(octet & 15))
  }

  /// Says what a segment is to the resolution of dots, and refuses those whose meaning is open.
  private static func kind(of segment: Span<UInt8>) throws(PathFault) -> SegmentKind {
    if segment.isEmpty { return .empty }
    // Between encoded slashes lie what a server that decodes them would take for segments.
    var partStart = 0
    var partEnd: Int?
    var isWhole = true
    for index in segment.indices {
      let octet = escapedOctet(segment, at: index)
      if octet == percent, index + 4 < segment.count, ASCII.hexadecimalValue(segment[index + 3]) != nil,
        ASCII.hexadecimalValue(segment[index + 4]) != nil
      {
        throw .doubleEncoding
      }
      if octet >= 0xC0, isOverlong(octet, before: escapedOctet(segment, at: index + 3)) { throw .overlongEncoding }
      if partEnd == nil, beginsParameters(segment[index], octet) || endsPath(octet) { partEnd = index }
      if octet == slash {
        if dots(in: segment, from: partStart, to: partEnd ?? index) != nil { throw .encodedSlashTraversal }
        isWhole = false
        partStart = index + 3
        partEnd = nil
      }
    }
    guard let kind = dots(in: segment, from: partStart, to: partEnd ?? segment.count) else { return .name }
    if !isWhole { throw .encodedSlashTraversal }
    if partEnd != nil { throw .dotSegmentParameters }
    return kind
  }

  /// The dot segment that these octets are, nil if they are none.
  private static func dots(in segment: Span<UInt8>, from start: Int, to end: Int) -> SegmentKind? {
    switch end - start {
    case 1 where segment[start] == dot: .current
    case 2 where segment[start] == dot && segment[start + 1] == dot: .parent
    default: nil
    }
  }

  private static func traits(of path: Span<UInt8>) -> Traits {
    var traits = Traits()
    for index in path.indices {
      let octet = escapedOctet(path, at: index)
      if beginsParameters(path[index], octet) || endsPath(octet) { traits.hasParameters = true }
      if octet == slash { traits.hasEncodedSlash = true }
    }
    return traits
  }

  /// True if parameters begin with that character, or with what it escapes.
  private static func beginsParameters(_ byte: UInt8, _ octet: UInt8) -> Bool {
    byte == semicolon || octet == semicolon
  }

  /// True if an escape of that octet ends the path for a server that decodes first and takes the target apart then.
  private static func endsPath(_ octet: UInt8) -> Bool { octet == UInt8(ascii: "?") || octet == UInt8(ascii: "#") }

  /// True if two escapes in a row begin UTF-8 of an ASCII character in two, three or four octets, which a careless decoder takes for
  /// that character: `%C0%AF` for a slash.
  private static func isOverlong(_ first: UInt8, before second: UInt8) -> Bool {
    switch first {
    case 0xC0, 0xC1: second & 0xC0 == 0x80
    case 0xE0: second & 0xE0 == 0x80
    case 0xF0: second & 0xF0 == 0x80
    default: false
    }
  }

  /// The octet that is escaped here; 0, which no path holds, if there is no escape.
  private static func escapedOctet(_ path: Span<UInt8>, at index: Int) -> UInt8 {
    guard index + 2 < path.count, path[index] == percent, let high = ASCII.hexadecimalValue(path[index + 1]),
      let low = ASCII.hexadecimalValue(path[index + 2])
    else { return 0 }
    return high << 4 | low
  }

  private static func hexadecimalDigit(_ value: UInt8) -> UInt8 { value < 10 ? value + 48 : value + 55 }

  private static var slash: UInt8 { UInt8(ascii: "/") }
  private static var dot: UInt8 { UInt8(ascii: ".") }
  private static var percent: UInt8 { UInt8(ascii: "%") }
  private static var semicolon: UInt8 { UInt8(ascii: ";") }
  private static var backslash: UInt8 { UInt8(ascii: "\\") }
}
