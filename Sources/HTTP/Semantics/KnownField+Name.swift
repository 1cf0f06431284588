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
    let name = FoldedName(bytes, at: start, count: count)
    let known = exact(name)
    if known == .other && !isPlain && name.startsLikeForwarding {
      return isForwardingLookalike(bytes.extracting(start..<(start &+ count))) ? .forwardedLookalike : .other
    }
    return known
  }

  private static func exact(_ name: FoldedName) -> KnownField {
    switch name.count {
    case 2:
      if name.is("te") { return .te }
    case 3:
      if name.is("via") { return .via }
    case 4:
      if name.is("host") { return .host }
      if name.is("date") { return .date }
      if name.is("vary") { return .vary }
    case 6:
      if name.is("cookie") { return .cookie }
      if name.is("origin") { return .origin }
      if name.is("expect") { return .expect }
      if name.is("server") { return .server }
    case 7:
      if name.is("referer") { return .referer }
      if name.is("upgrade") { return .upgrade }
      if name.is("trailer") { return .trailer }
    case 8:
      if name.is("location") { return .location }
    case 9:
      if name.is("forwarded") { return .forwarded }
      if name.is("x-real-ip") { return .xRealIP }
    case 10:
      if name.is("connection") { return .connection }
      if name.is("user-agent") { return .userAgent }
      if name.is("set-cookie") { return .setCookie }
      if name.is("keep-alive") { return .keepAlive }
      if name.is("tracestate") { return .tracestate }
    case 11:
      if name.is("traceparent") { return .traceparent }
      if name.is("retry-after") { return .retryAfter }
    case 12:
      if name.is("content-type") { return .contentType }
      if name.is("x-request-id") { return .xRequestID }
    case 13:
      if name.is("authorization") { return .authorization }
    case 14:
      if name.is("content-length") { return .contentLength }
      if name.is("sec-fetch-site") { return .secFetchSite }
      if name.is("http2-settings") { return .http2Settings }
    case 15:
      if name.is("x-forwarded-for") { return .xForwardedFor }
    case 16:
      if name.is("content-encoding") { return .contentEncoding }
      if name.is("x-forwarded-host") { return .xForwardedHost }
      if name.is("www-authenticate") { return .wwwAuthenticate }
      if name.is("proxy-connection") { return .proxyConnection }
    case 17:
      if name.is("transfer-encoding") { return .transferEncoding }
      if name.is("x-forwarded-proto") { return .xForwardedProto }
      if name.is("sec-websocket-key") { return .secWebSocketKey }
    case 18:
      if name.is("proxy-authenticate") { return .proxyAuthenticate }
    case 19:
      if name.is("proxy-authorization") { return .proxyAuthorization }
    case 20:
      if name.is("sec-websocket-accept") { return .secWebSocketAccept }
    case 21:
      if name.is("sec-websocket-version") { return .secWebSocketVersion }
    case 22:
      if name.is("sec-websocket-protocol") { return .secWebSocketProtocol }
    case 24:
      if name.is("sec-websocket-extensions") { return .secWebSocketExtensions }
    case 29:
      if name.is("access-control-request-method") { return .accessControlRequestMethod }
    case 30:
      if name.is("access-control-request-headers") { return .accessControlRequestHeaders }
    default: break
    }
    return family(name)
  }

  /// Fields known by how their names begin.
  private static func family(_ name: FoldedName) -> KnownField {
    if name.starts(with: "x-forwarded-") { return .xForwarded }
    if name.starts(with: "x-original-") { return .xOriginal }
    if name.starts(with: "x-rewrite-") { return .xRewrite }
    if name.starts(with: "access-control-") { return .accessControl }
    return .other
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

/// A field name that can be compared with literals eight octets at a time, whatever its case.
private struct FoldedName: ~Escapable {
  // Token characters differ by 0x20 only in the case of letters, but for `^` and `~`, which no literal here holds: setting that
  // bit is folding. It makes DEL of `_`, which no literal holds either.
  private let bytes: Span<UInt8>
  private let start: Int
  let count: Int
  /// The first octets, at most eight, and the last eight if there are so many.
  private let head: UInt64
  private let tail: UInt64

  @inline(__always)
  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, at start: Int, count: Int) {
    self.bytes = bytes
    self.start = start
    self.count = count
    if count >= 8 {
      head = bytes.word(at: start) | Self.caseBits
      tail = bytes.word(at: start &+ count &- 8) | Self.caseBits
    } else {
      if start &+ 8 <= bytes.count {
        head = (bytes.word(at: start) | Self.caseBits) & ~(UInt64.max << UInt64(8 &* count))
      } else {
        var word: UInt64 = 0
        for index in 0..<count { word |= UInt64(bytes[start &+ index] | 0x20) << UInt64(8 &* index) }
        head = word
      }
      tail = 0
    }
  }

  /// Whether this is the name, which is as long as this one and spelt in lower case.
  @inline(__always)
  func `is`(_ literal: StaticString) -> Bool {
    let length = literal.utf8CodeUnitCount
    if length < 8 { return head == Self.word(of: literal, at: 0, count: length) }
    guard head == Self.word(of: literal, at: 0, count: 8), tail == Self.word(of: literal, at: length - 8, count: 8)
    else { return false }
    return length <= 16 || bytes.extracting(start..<(start &+ count)).equalsIgnoringCase(literal)
  }

  /// Whether the name begins with this, eight octets or more in lower case, and goes on.
  @inline(__always)
  func starts(with literal: StaticString) -> Bool {
    let length = literal.utf8CodeUnitCount
    guard count > length, head == Self.word(of: literal, at: 0, count: 8) else { return false }
    return bytes.extracting(start..<(start &+ length)).equalsIgnoringCase(literal)
  }

  /// Whether the name begins with `x`, whatever follows.
  @inline(__always)
  var startsLikeForwarding: Bool { head & 0xFF == 0x78 }

  /// Known when this is compiled: the loads are from a literal.
  @inline(__always)
  private static func word(of literal: StaticString, at start: Int, count: Int) -> UInt64 {
    var word: UInt64 = 0
    // SAFETY: callers stay within the literal's length.
    for index in 0..<count { unsafe word |= UInt64(literal.utf8Start[start &+ index]) << UInt64(8 &* index) }
    return word
  }

  @inline(__always)
  private static var caseBits: UInt64 { 0x2020_2020_2020_2020 }
}

extension Span<UInt8> {
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
