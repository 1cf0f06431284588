import Bytes

/// The names of known fields, found by length and by their first and last eight octets.
struct KnownFieldNames: Sendable {
  struct Entry: Sendable {
    var head: UInt64
    var tail: UInt64
    var field: KnownField
    var name: [UInt8]
  }

  static let all = KnownFieldNames()
  static var caseBits: UInt64 { 0x2020_2020_2020_2020 }

  /// In order of length.
  private var entries: [Entry] = []
  /// Where in ``entries`` the names of each length begin, up to one length more than there is.
  private var starts: [Int] = []

  private init() {
    for (text, field) in Self.names {
      let name = Array(text.utf8)
      let span = name.span
      let head = span.word(at: 0, count: min(name.count, 8)) | Self.caseBits
      let tail = name.count > 8 ? span.word(at: name.count - 8) | Self.caseBits : head
      entries.append(Entry(head: head, tail: tail, field: field, name: name))
    }
    entries.sort { $0.name.count < $1.name.count }
    let longest = entries.last?.name.count ?? 0
    for length in 0...(longest + 1) {
      starts.append(entries.firstIndex { $0.name.count >= length } ?? entries.count)
    }
  }

  /// The place of the entry that a name of that length with these octets at its ends may be.
  @inline(__always)
  func entry(_ head: UInt64, _ tail: UInt64, _ count: Int) -> Int? {
    guard count &+ 1 < starts.count else { return nil }
    var index = starts[count]
    let end = starts[count &+ 1]
    while index < end {
      if entries[index].head == head && entries[index].tail == tail { return index }
      index &+= 1
    }
    return nil
  }

  @inline(__always)
  func field(of entry: Int) -> KnownField { entries[entry].field }

  func isName(_ name: Span<UInt8>, of entry: Int) -> Bool {
    let expected = entries[entry].name
    return name.equalsIgnoringCase(expected.span)
  }

  private static let names: [(String, KnownField)] = [
    ("host", .host), ("content-length", .contentLength), ("transfer-encoding", .transferEncoding), ("expect", .expect),
    ("connection", .connection), ("keep-alive", .keepAlive), ("te", .te), ("trailer", .trailer), ("upgrade", .upgrade),
    ("http2-settings", .http2Settings), ("proxy-connection", .proxyConnection),
    ("proxy", .proxy), ("proxy-authenticate", .proxyAuthenticate), ("proxy-authorization", .proxyAuthorization),
    ("authorization", .authorization), ("cookie", .cookie), ("set-cookie", .setCookie),
    ("www-authenticate", .wwwAuthenticate), ("origin", .origin), ("sec-fetch-site", .secFetchSite),
    ("access-control-request-method", .accessControlRequestMethod),
    ("access-control-request-headers", .accessControlRequestHeaders), ("via", .via), ("forwarded", .forwarded),
    ("x-forwarded-for", .xForwardedFor), ("x-forwarded-proto", .xForwardedProto),
    ("x-forwarded-host", .xForwardedHost), ("x-forwarded-port", .xForwardedPort),
    ("x-forwarded-prefix", .xForwardedPrefix), ("x-real-ip", .xRealIP), ("x-http-method-override", .methodOverride),
    ("x-http-method", .methodOverride), ("x-method-override", .methodOverride), ("x-request-id", .xRequestID),
    ("traceparent", .traceparent), ("tracestate", .tracestate), ("sec-websocket-key", .secWebSocketKey),
    ("sec-websocket-version", .secWebSocketVersion), ("sec-websocket-protocol", .secWebSocketProtocol),
    ("sec-websocket-extensions", .secWebSocketExtensions), ("sec-websocket-accept", .secWebSocketAccept),
    ("user-agent", .userAgent), ("referer", .referer), ("content-type", .contentType),
    ("content-encoding", .contentEncoding), ("date", .date), ("server", .server), ("vary", .vary),
    ("location", .location), ("retry-after", .retryAfter),
  ]
}
