import Bytes

extension KnownField {
  /// The field that the name stands for.
  package init(name: Span<UInt8>) {
    self = name.isEmpty ? .other : Self.named(in: name, at: 0, count: name.count, isPlain: false)
  }

  /// The field that a name stands for which takes `count` > 0 octets of `bytes` from `start`, token characters all.
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
      return !isPlain && isGuardedLookalike(bytes.extracting(start..<(start &+ count))) ? .lookalike : .other
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
    return !isPlain && isRemovedLookalike(name) ? .lookalike : .other
  }

  /// The same of the fields that frame a message, and of those that tell of a client's certificate.
  @inline(never)
  private static func isGuardedLookalike(_ name: Span<UInt8>) -> Bool {
    name.foldedEquals("content-length") || name.foldedEquals("transfer-encoding")
      || name.foldedEquals("client-cert") || name.foldedEquals("client-cert-chain")
  }

  /// True if an upstream that folds names would read one of the fields that are removed or replaced.
  private static func isRemovedLookalike(_ name: Span<UInt8>) -> Bool {
    name.foldedStarts(with: "x-forwarded-") || name.foldedStarts(with: "x-original-")
      || name.foldedStarts(with: "x-rewrite-") || name.foldedEquals("x-real-ip") || name.foldedEquals("x-request-id")
      || name.foldedEquals("x-http-method-override") || name.foldedEquals("x-http-method")
      || name.foldedEquals("x-method-override")
  }
}

extension Span<UInt8> {
  fileprivate func hasPrefix(ignoringCase lowercasePrefix: StaticString) -> Bool {
    let length = lowercasePrefix.utf8CodeUnitCount
    return count >= length && extracting(first: length).equalsIgnoringCase(lowercasePrefix)
  }
}
