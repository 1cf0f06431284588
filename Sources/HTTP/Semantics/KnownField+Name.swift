import Bytes

extension KnownField {
  /// Which field the name stands for.
  package init(name: Span<UInt8>) {
    self = name.isEmpty ? .other : Self.named(in: name, at: 0, count: name.count, isPlain: false)
  }

  /// Which field the name stands for that takes `count` > 0 octets of `bytes` from `start`, token characters all.
  ///
  /// `isPlain` says that the name is known to hold nothing but letters and hyphens.
  @inline(__always)
  static func named(in bytes: Span<UInt8>, at start: Int, count: Int, isPlain: Bool) -> KnownField {
    // Token characters differ by 0x20 only in the case of letters, but for `^` and `~`, which no name here holds: setting that
    // bit is folding. It makes DEL of `_`, which no name holds either.
    let head = bytes.word(at: start, count: min(count, 8)) | KnownFieldNames.caseBits
    let tail = count > 8 ? bytes.word(at: start &+ count &- 8) | KnownFieldNames.caseBits : head
    if let entry = KnownFieldNames.all.entry(head, tail, count) {
      // The words cover sixteen octets.
      if count <= 16 || KnownFieldNames.all.isName(bytes.extracting(start..<(start &+ count)), of: entry) {
        return KnownFieldNames.all.field(of: entry)
      }
    }
    // All families begin with `x-` or `access-`.
    let first = UInt8(truncatingIfNeeded: head)
    guard first == UInt8(ascii: "x") || head == UInt64(octetsOf: "access-c") else {
      return !isPlain && isFramingLookalike(bytes.extracting(start..<(start &+ count))) ? .lookalike : .other
    }
    return family(head, bytes.extracting(start..<(start &+ count)), isPlain: isPlain)
  }

  /// Fields known by how their names begin, of which `head` holds the first eight octets folded.
  @inline(never)
  private static func family(_ head: UInt64, _ name: Span<UInt8>, isPlain: Bool) -> KnownField {
    if head == UInt64(octetsOf: "access-c") {
      return name.hasPrefix(ignoringCase: "access-control-") ? .accessControl : .other
    }
    if head == UInt64(octetsOf: "x-forwar"), name.hasPrefix(ignoringCase: "x-forwarded-") { return .xForwarded }
    if head == UInt64(octetsOf: "x-origin"), name.hasPrefix(ignoringCase: "x-original-") { return .xOriginal }
    if head == UInt64(octetsOf: "x-rewrit"), name.hasPrefix(ignoringCase: "x-rewrite-") { return .xRewrite }
    return !isPlain && isForwardingLookalike(name) ? .lookalike : .other
  }

  /// The same of the fields that frame a message.
  @inline(never)
  private static func isFramingLookalike(_ name: Span<UInt8>) -> Bool {
    name.count == 14 && name.foldedStarts(with: "content-length")
      || name.count == 17 && name.foldedStarts(with: "transfer-encoding")
  }

  /// Whether an upstream that takes `_`, `.` and their like for `-` would read one of the forwarding fields.
  ///
  /// CGI and all that descends from it does so.
  private static func isForwardingLookalike(_ name: Span<UInt8>) -> Bool {
    name.foldedStarts(with: "x-forwarded-") || name.foldedStarts(with: "x-original-")
      || name.foldedStarts(with: "x-rewrite-") || name.count == 9 && name.foldedStarts(with: "x-real-ip")
      || name.count == 12 && name.foldedStarts(with: "x-request-id")
  }
}

extension Span<UInt8> {
  fileprivate func hasPrefix(ignoringCase lowercasePrefix: StaticString) -> Bool {
    let length = lowercasePrefix.utf8CodeUnitCount
    return count >= length && extracting(first: length).equalsIgnoringCase(lowercasePrefix)
  }

  /// Whether the name begins with this once letters are lower-cased and all that is no letter or digit has become `-`.
  func foldedStarts(with prefix: StaticString) -> Bool {
    let length = prefix.utf8CodeUnitCount
    guard count >= length else { return false }
    for index in 0..<length {
      // SAFETY: `index` is below the literal's length.
      guard unsafe self[index].foldedInName == prefix.utf8Start[index] else { return false }
    }
    return true
  }
}

extension UInt8 {
  /// The octet of a field name as those upstreams read it that fold names: in lower case, `-` for all but letters and digits.
  var foldedInName: UInt8 { ASCII.isAlphanumeric(self) ? ASCII.lowercased(self) : UInt8(ascii: "-") }
}
