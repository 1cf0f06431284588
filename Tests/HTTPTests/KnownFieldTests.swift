import Bytes
import HTTP
import Testing

@Suite("Known fields") struct KnownFieldTests {
  static let names: [(String, KnownField)] = [
    ("Host", .host), ("Content-Length", .contentLength), ("Transfer-Encoding", .transferEncoding), ("Expect", .expect),
    ("Connection", .connection), ("Keep-Alive", .keepAlive), ("TE", .te), ("Trailer", .trailer), ("Upgrade", .upgrade),
    ("HTTP2-Settings", .http2Settings), ("Proxy-Connection", .proxyConnection),
    ("Proxy-Authenticate", .proxyAuthenticate), ("Proxy-Authorization", .proxyAuthorization),
    ("Authorization", .authorization), ("Cookie", .cookie), ("Set-Cookie", .setCookie),
    ("WWW-Authenticate", .wwwAuthenticate), ("Origin", .origin), ("Sec-Fetch-Site", .secFetchSite),
    ("Access-Control-Request-Method", .accessControlRequestMethod),
    ("Access-Control-Request-Headers", .accessControlRequestHeaders), ("Access-Control-Allow-Origin", .accessControl),
    ("Access-Control-Max-Age", .accessControl), ("Via", .via), ("Forwarded", .forwarded),
    ("X-Forwarded-For", .xForwardedFor), ("X-Forwarded-Proto", .xForwardedProto), ("X-Forwarded-Host", .xForwardedHost),
    ("X-Forwarded-Port", .xForwardedPort), ("X-Forwarded-Prefix", .xForwardedPrefix), ("X-Forwarded-Uri", .xForwarded),
    ("X-HTTP-Method-Override", .methodOverride), ("X-HTTP-Method", .methodOverride),
    ("X-Method-Override", .methodOverride), ("X_HTTP_Method_Override", .lookalike), ("x-http.method", .lookalike),
    ("Strict-Transport-Security", .strictTransportSecurity), ("Strict_Transport_Security", .other),
    ("Client-Cert", .clientCertificate), ("client-cert-CHAIN", .clientCertificate), ("Client_Cert", .lookalike),
    ("client.cert_chain", .lookalike), ("Client-Certs", .other), ("Client_Cert_Chains", .other),
    ("X-Method_Override", .lookalike), ("X-HTTP-Methods", .other), ("X_Method_Overrides", .other),
    ("X_Forwarded_Port", .lookalike), ("X-Real-IP", .xRealIP), ("X-Original-URL", .xOriginal),
    ("X-Rewrite-URL", .xRewrite), ("X-Request-Id", .xRequestID), ("traceparent", .traceparent),
    ("tracestate", .tracestate), ("Sec-WebSocket-Key", .secWebSocketKey),
    ("Sec-WebSocket-Version", .secWebSocketVersion), ("Sec-WebSocket-Protocol", .secWebSocketProtocol),
    ("Sec-WebSocket-Extensions", .secWebSocketExtensions), ("Sec-WebSocket-Accept", .secWebSocketAccept),
    ("User-Agent", .userAgent), ("Referer", .referer), ("Content-Type", .contentType),
    ("Content-Encoding", .contentEncoding), ("Date", .date), ("Server", .server), ("Vary", .vary),
    ("Location", .location), ("Retry-After", .retryAfter),
    ("X_Forwarded_For", .lookalike), ("X-Forwarded.Host", .lookalike),
    ("x_real_ip", .lookalike), ("X_Original_URL", .lookalike), ("X~Rewrite-URL", .lookalike),
    ("X_Request_ID", .lookalike), ("X_Real_IPs", .other), ("X-Custom", .other), ("X-Request-Ids", .other),
    ("Content_Length", .lookalike), ("transfer.encoding", .lookalike), ("Content~Length", .lookalike),
    ("Transfer_Encodings", .other), ("Content_Type", .other), ("Proxy", .proxy), ("Prox_", .other), ("Hosts", .other),
    ("X-Forwarded-", .xForwarded), ("Access-Control", .other),
    ("x", .other),
    ("~", .other), ("^ost", .other), ("Content-Lengti", .other), ("Acontent-Length", .other),
    ("Access-Control-Request-Methox", .accessControl),
  ]

  @Test(arguments: names) func `are told by their name, in any case`(_ name: String, _ field: KnownField) {
    for spelling in [name, name.lowercased(), name.uppercased()] {
      let known = KnownField(name: Array(spelling.utf8).span)
      #expect(known == field, "\(spelling)")
      let reading = Array("GET / HTTP/1.0\r\n\(spelling): 1\r\n".utf8)
      var head = RequestHead()
      _ = Readings.request(reading, into: &head)
      if name != "Host" { #expect(head.fields.known(at: 0) == field, "\(spelling) in a head") }
    }
  }

  @Test func `all have a name in this table`() {
    #expect(Set(Self.names.map(\.1)) == Set(KnownField.allCases))
  }

  @Test func `fit one word`() {
    #expect(KnownField.allCases.count <= 64)
    var all = KnownFieldSet()
    for field in KnownField.allCases {
      #expect(!all.contains(field))
      all.insert(field)
    }
    let hosts: KnownFieldSet = [.host, .via]
    #expect(hosts.subtracting([.host]) == [.via])
    #expect(hosts.union([.date]) == [.date, .host, .via])
    #expect(hosts.isDisjoint(with: [.date]))
    #expect(!hosts.isDisjoint(with: [.via]))
    #expect(KnownFieldSet().isEmpty)
  }
}

@Suite struct `Methods` {
  @Test(arguments: ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get"])
  func `keep their name`(_ name: String) throws {
    let known = Method(Array(name.utf8).span)
    let method = try #require(known)
    var buffer = ByteBuffer()
    method.write(to: &buffer)
    #expect(method.text == name)
    #expect(buffer.text == name)
  }

  @Test(arguments: ["", "G T", "G\u{7F}", String(repeating: "A", count: 33)])
  func `are tokens of at most 32 octets`(_ name: String) {
    let method = Method(Array(name.utf8).span)
    #expect(method == nil)
  }

  @Test func `are safe or idempotent as RFC 9110 says`() {
    let methods: [Method] = [.get, .head, .options, .trace, .put, .delete, .post, .patch, .connect, .other([65])]
    #expect(methods.map(\.isSafe) == [true, true, true, true] + Array(repeating: false, count: 6))
    #expect(methods.map(\.isIdempotent) == Array(repeating: true, count: 6) + Array(repeating: false, count: 4))
  }
}
