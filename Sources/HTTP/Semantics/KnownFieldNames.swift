import Bytes

/// The names of known fields, found by their first and last eight octets in one look.
///
/// There is one table, made when it is first looked into and never freed.
@safe
struct KnownFieldNames: @unchecked Sendable {
  // Sendable because nobody changes the table once it is made.
  struct Entry: Sendable {
    /// The octets, folded; of a name of up to eight both are the same.
    var head: UInt64 = 0
    var tail: UInt64 = 0
    /// The length of the name; 0 for a place that holds none.
    var count = 0
    var field = KnownField.other
  }

  static let all = KnownFieldNames()
  static var caseBits: UInt64 { 0x2020_2020_2020_2020 }

  /// Each name at the place that its octets hash to.
  // SAFETY: of `placeCount` entries, initialised in `init`, never changed and never freed; places are below that count.
  private let entries: UnsafePointer<Entry>
  /// The names that are longer than the octets looked at, at the same places.
  private let longNames: [[UInt8]]
  /// Odd; chosen so that no two names share a place.
  private let multiplier: UInt64

  /// A power of two, large enough that a multiplier is soon found.
  private static var placeBits: UInt64 { 8 }

  private init() {
    let names = Self.names.map { Array($0.0.utf8) }
    let found = zip(names, Self.names).map { name, pair in
      let head = name.span.word(at: 0, count: min(name.count, 8)) | Self.caseBits
      let tail = name.count > 8 ? name.span.word(at: name.count - 8) | Self.caseBits : head
      return Entry(head: head, tail: tail, count: name.count, field: pair.1)
    }
    var multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
    var placed: [Entry]?
    repeat {
      multiplier = multiplier &* 0x5851_F42D_4C95_7F2D &+ 2
      placed = Self.placed(found, multiplier)
    } while placed == nil
    let entries = placed ?? []
    var longNames = [[UInt8]](repeating: [], count: entries.count)
    for (entry, name) in zip(found, names) where name.count > 16 {
      longNames[Self.place(of: entry.head, entry.tail, multiplier)] = name
    }
    let memory = UnsafeMutablePointer<Entry>.allocate(capacity: entries.count)
    for index in entries.indices { unsafe (memory + index).initialize(to: entries[index]) }
    unsafe self.entries = UnsafePointer(memory)
    self.longNames = longNames
    self.multiplier = multiplier
  }

  /// Every entry at its place; nil if two share one.
  private static func placed(_ found: [Entry], _ multiplier: UInt64) -> [Entry]? {
    var entries = [Entry](repeating: Entry(), count: 1 << Int(placeBits))
    for entry in found {
      let place = place(of: entry.head, entry.tail, multiplier)
      guard entries[place].count == 0 else { return nil }
      entries[place] = entry
    }
    return entries
  }

  @inline(__always)
  private static func place(of head: UInt64, _ tail: UInt64, _ multiplier: UInt64) -> Int {
    let mixed = (head ^ (tail << 29 | tail >> 35)) &* multiplier
    return Int(truncatingIfNeeded: mixed >> (64 &- placeBits))
  }

  /// The place of the entry that a name of that length with these octets at its ends may be.
  @inline(__always)
  func entry(_ head: UInt64, _ tail: UInt64, _ count: Int) -> Int? {
    let place = Self.place(of: head, tail, multiplier)
    let entry = unsafe entries[place]
    return entry.head == head && entry.tail == tail && entry.count == count ? place : nil
  }

  @inline(__always)
  func field(of entry: Int) -> KnownField { unsafe entries[entry & ((1 << Int(Self.placeBits)) - 1)].field }

  func isName(_ name: Span<UInt8>, of entry: Int) -> Bool {
    let expected = longNames[entry]
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
    ("client-cert", .clientCertificate), ("client-cert-chain", .clientCertificate), ("user-agent", .userAgent),
    ("referer", .referer), ("content-type", .contentType),
    ("content-encoding", .contentEncoding), ("date", .date), ("server", .server), ("vary", .vary),
    ("location", .location), ("strict-transport-security", .strictTransportSecurity),
    ("retry-after", .retryAfter),
  ]
}
