import JSON
import Policy
import Testing

/// The places where a request's token is found, and texts that are no token.
@Suite struct TokenExtractorTests {
  static let auth = #"""
    "token_from": [
      { "header": "Authorization" }, { "header": "X-Token" }, { "cookie": "at" }, { "query": "access_token" },
      { "websocket_protocol": "bearer" }],
    """#

  static let handshake = [
    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]

  /// The outcome of a request whose fields hold `A` for a good token and `B` for another good one.
  func outcome(_ requestLine: String, _ fields: [String], auth: String = Self.auth) throws -> String {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#, auth: auth)
    let tokens = ["A": try Gateway.token(), "B": try Gateway.token(["sub": .string("bob")])]
    func filled(_ text: String) -> String {
      tokens.reduce(text) { text, token in
        text.split(separator: "<\(token.key)>", omittingEmptySubsequences: false).joined(separator: token.value)
      }
    }
    let decision = try gateway.decide(filled(requestLine), fields.map(filled))
    if case .reject = decision { return decision.summary }
    return decision.identity?.user ?? decision.summary
  }

  @Test(arguments: [
    // The scheme in any case, more than one space, or the bare token.
    (["Authorization: Bearer <A>"], "alice"), (["authorization: bearer <A>"], "alice"),
    (["Authorization: BEARER <A>"], "alice"), (["Authorization: Bearer   <A>"], "alice"),
    (["Authorization: <A>"], "alice"), (["Authorization:\t<A> "], "alice"),
    // What is there and not understood is malformed, never missing.
    (["Authorization:"], "401 token_malformed"), (["Authorization: Basic"], "401 token_malformed"),
    (["Authorization: Basic\tYTpi"], "401 token_malformed"), (["Authorization: Basic,x y"], "401 token_malformed"),
    (["Authorization: <A> x"], "401 token_malformed"), (["Authorization: Bearer=<A> x"], "401 token_malformed"),
    // Credentials of another scheme are for the upstream.
    (["Authorization: Basic YTpi"], "401 token_missing"), (["Authorization: Digest <A>"], "401 token_missing"),
    (["Authorization: Token <A>"], "401 token_missing"), (["Authorization: bearers <A>"], "401 token_missing"),
    (["Authorization: Basic YTpi, Bearer <A>"], "401 token_missing"),
    (["Authorization: AWS4-HMAC-SHA256 a=b"], "401 token_missing"),
    (["Authorization: Bearer"], "401 token_malformed"), (["Authorization: Bearer "], "401 token_malformed"),
    (["Authorization: Bearer <A> <A>"], "401 token_malformed"), (["Authorization: Bearer\t<A>"], "401 token_malformed"),
    (["Authorization: Bearer,<A>"], "401 token_malformed"),
    (["Authorization: Bearer <A>, Bearer <A>"], "401 token_malformed"),
    (["Authorization: Bearer \"<A>\""], "401 token_malformed"), (["Authorization: null"], "401 token_malformed"),
    // Another field.
    (["X-Token: <A>"], "alice"), (["x-token: Bearer <A>"], "alice"), (["X-Token: Basic <A>"], "401 token_missing"),
    (["X-Token: <A>", "X-Token: <A>"], "alice"), (["X-Token: <A>", "X-Token: <B>"], "401 token_ambiguous"),
    (["X_Token: <A>"], "401 token_missing"),
    ([], "401 token_missing"),
  ])
  func `a token in a field`(fields: [String], outcome: String) throws {
    #expect(try self.outcome("GET /", fields) == outcome)
  }

  @Test(arguments: [
    (["Cookie: at=<A>"], "alice"), (["Cookie: x=1; at=<A>; y=2"], "alice"), (["Cookie: x=1;at=<A>"], "alice"),
    (["Cookie: x=1", "Cookie: at=<A>"], "alice"), (["Cookie: at=<A>; at=<A>"], "alice"),
    (["Cookie: at=<A>; at=<B>"], "401 token_ambiguous"), (["Cookie: at=<A>", "Cookie: at=<B>"], "401 token_ambiguous"),
    (["Cookie: at=<A>; at="], "401 token_malformed"), (["Cookie: at="], "401 token_malformed"),
    (["Cookie: at"], "401 token_malformed"), (["Cookie: at =<A>"], "alice"),
    (["Cookie: at=\"<A>\""], "401 token_malformed"),
    (["Cookie: AT=<A>"], "401 token_missing"), (["Cookie: xat=<A>"], "401 token_missing"),
    (["Cookie: at2=<A>"], "401 token_missing"), (["Cookie: x=at=<A>"], "401 token_missing"),
    (["Cookie: at=Bearer <A>"], "401 token_malformed"),
  ])
  func `a token in a cookie`(fields: [String], outcome: String) throws {
    #expect(try self.outcome("GET /", fields) == outcome)
  }

  @Test(arguments: [
    ("GET /?access_token=<A>", "alice"), ("HEAD /?a=b&access_token=<A>&c", "alice"),
    ("GET /?access%5ftoken=<A>", "alice"), ("GET /?access_token=<A>&access_token=<A>", "alice"),
    ("GET /?access_token=<A>&access_token=<B>", "401 token_ambiguous"), ("GET /?access_token=", "401 token_malformed"),
    ("GET /?access_token", "401 token_malformed"), ("GET /?access_token=%20<A>", "401 token_malformed"),
    ("GET /?Access_Token=<A>", "401 token_missing"), ("GET /?xaccess_token=<A>", "401 token_missing"),
    ("GET /?x=access_token=<A>", "401 token_missing"), ("GET /access_token=<A>", "401 token_missing"),
    // For safe retrieval only.
    ("POST /?access_token=<A>", "401 token_missing"), ("OPTIONS /?access_token=<A>", "401 token_missing"),
    ("PUT /?access_token=<A>", "401 token_missing"),
  ])
  func `a token in the query`(request: String, outcome: String) throws {
    #expect(try self.outcome(request, []) == outcome)
  }

  @Test(arguments: [
    (["bearer, <A>"], "alice"), (["bearer,<A>"], "alice"), (["Bearer, <A>"], "alice"),
    (["chat, bearer, <A>, v2.chat"], "alice"), (["chat", "bearer, <A>"], "alice"), (["bearer", "<A>"], "alice"),
    (["bearer, <A>, bearer, <A>"], "alice"), (["bearer, <A>, bearer, <B>"], "401 token_ambiguous"),
    (["bearer"], "401 token_malformed"), (["chat, bearer"], "401 token_malformed"),
    (["bearer,"], "401 token_malformed"),
    (["bearer, chat, <A>"], "401 token_malformed"), (["bearer, bearer, <A>"], "401 token_malformed"),
    (["chat"], "401 token_missing"), (["<A>"], "401 token_missing"), (["xbearer, <A>"], "401 token_missing"),
    (["bearer <A>"], "401 token_missing"), ([], "401 token_missing"),
  ])
  func `a token among the protocols of a WebSocket`(values: [String], outcome: String) throws {
    let fields = values.map { "Sec-WebSocket-Protocol: \($0)" }
    #expect(try self.outcome("GET /", Self.handshake + fields) == outcome)
    // Only a handshake carries it there.
    #expect(try self.outcome("GET /", fields) == "401 token_missing")
    #expect(try self.outcome("GET /", Array(Self.handshake.dropLast()) + fields) == "401 token_missing")
  }

  @Test func `a WebSocket's token must be the same as one elsewhere`() throws {
    let fields = Self.handshake + ["Sec-WebSocket-Protocol: bearer, <A>"]
    #expect(try outcome("GET /", fields + ["Authorization: Bearer <A>"]) == "alice")
    #expect(try outcome("GET /", fields + ["Authorization: Bearer <B>"]) == "401 token_ambiguous")
    #expect(try outcome("GET /?access_token=<B>", fields) == "401 token_ambiguous")
    // A page of another site can't know it, so it needs no Origin as a cookie would.
    #expect(try outcome("GET /", fields + ["Origin: https://evil.example"]) == "alice")
    #expect(try outcome("GET /", Self.handshake + ["Cookie: at=<A>"]) == "403 origin_refused")
  }

  @Test(arguments: [
    (["bearer, x.y.z"], []), (["chat, bearer, x.y.z"], ["chat"]), (["bearer, x.y.z, chat , v2"], ["chat, v2"]),
    (["BEARER,x.y.z,chat"], ["chat"]), (["a, bearer", "x.y.z, b", "c"], ["a", "b", "c"]), (["bearer"], []),
    (["chat, v2"], ["chat, v2"]), (["bearer, x.y.z, bearer, x.y.z"], []),
  ])
  func `the upstream hears nothing of a token among protocols`(values: [String], kept: [String]) throws {
    let routes = #"{ "path": "/", "upstream": "u", "auth": "none" }"#
    for forwards in ["true", "false"] {
      let gateway = try Gateway(routes, auth: Self.auth + "\"forward_token\": \(forwards),")
      for handshake in [Self.handshake, []] {
        let fields = handshake + values.map { "Sec-WebSocket-Protocol: \($0)" }
        let head = try #require(try gateway.forwarded("GET /", fields))
        let lines = head.split(separator: "\r\n").filter { $0.hasPrefix("Sec-WebSocket-Protocol") }
        #expect(lines == kept.map { "Sec-WebSocket-Protocol: \($0)" }, "\(forwards) \(handshake)")
      }
    }
  }

  @Test(arguments: [
    (["bearer, x.y.z"], "bearer"), (["chat, Bearer, x.y.z"], "Bearer"), (["chat"], nil), ([], nil),
  ])
  func `the name that was offered for the token's sake is there to be selected`(
    values: [String], selected: String?
  ) throws {
    let gateway = try Gateway(#"{ "path": "/", "upstream": "u" }"#, auth: Self.auth)
    let fields = values.map { "Sec-WebSocket-Protocol: \($0)" }
    let handshake = try requestHead("GET /", Self.handshake + fields)
    #expect(gateway.policy.tokenPlaces.webSocketProtocol(offeredIn: handshake) == selected.map { Array($0.utf8) })
    let ordinary = try requestHead("GET /", fields)
    #expect(gateway.policy.tokenPlaces.webSocketProtocol(offeredIn: ordinary) == nil)
    let without = try Gateway(#"{ "path": "/", "upstream": "u" }"#)
    #expect(without.policy.tokenPlaces.webSocketProtocol(offeredIn: handshake) == nil)
  }

  @Test(arguments: [
    ("GET /?access_token=<A>", ["Authorization: Bearer <A>", "X-Token: <A>", "Cookie: at=<A>"], "alice"),
    ("GET /?access_token=<B>", ["Authorization: Bearer <A>"], "401 token_ambiguous"),
    ("GET /", ["Authorization: Bearer <A>", "Cookie: at=<B>"], "401 token_ambiguous"),
    ("GET /", ["Authorization: Bearer <B>", "X-Token: <A>"], "401 token_ambiguous"),
    // Malformed comes before ambiguous, whichever of the two it is.
    ("GET /", ["Authorization: Bearer <A>", "Cookie: at=x"], "401 token_malformed"),
    ("GET /", ["Authorization: Bearer", "Cookie: at=<A>"], "401 token_malformed"),
    ("GET /", ["X-Token: <A>", "Cookie: at=<B>", "Authorization:"], "401 token_malformed"),
    // Credentials of another scheme are none of them.
    ("GET /", ["Authorization: Basic x", "Cookie: at=<A>"], "alice"),
    ("GET /", ["X-Token: Basic <B>", "X-Token: <A>", "Authorization: Basic x"], "alice"),
    ("GET /", ["X-Token: <A>", "Cookie: at=<B>", "Authorization: Basic x"], "401 token_ambiguous"),
  ])
  func `tokens in several places must be the same`(request: String, fields: [String], outcome: String) throws {
    #expect(try self.outcome(request, fields) == outcome)
  }

  @Test func `by default only Authorization is looked at`() throws {
    for (request, field) in [("GET /", "Cookie: access_token=<A>"), ("GET /?access_token=<A>", "X-Token: <A>")] {
      #expect(try outcome(request, [field], auth: "") == "401 token_missing")
    }
    #expect(try outcome("GET /", ["Authorization: <A>"], auth: "") == "alice")
  }

  @Test func `where only a cookie counts, Authorization is the upstream's own business`() throws {
    let auth = #""token_from": [{ "cookie": "at" }],"#
    #expect(try outcome("GET /", ["Authorization: Basic YTpi", "Cookie: at=<A>"], auth: auth) == "alice")
    #expect(try outcome("GET /", ["Authorization: Bearer <A>"], auth: auth) == "401 token_missing")
  }

  @Test func `a token is forwarded unless the configuration says no; then no place keeps it, on any route`() throws {
    let request = "GET /?a=1&access_token=x.y.z&b=2"
    let fields = ["Authorization: Bearer x.y.z", "X-Token: x.y.z", "Cookie: a=1; at=x.y.z; b=2"]
    let routes = #"{ "path": "/", "upstream": "u", "auth": "none" }"#
    let kept = try #require(try Gateway(routes, auth: Self.auth).forwarded(request, fields))
    #expect(kept.split(separator: "x.y.z", omittingEmptySubsequences: false).count == 5)
    let auth = Self.auth + #""forward_token": false,"#
    let stripped = try #require(try Gateway(routes, auth: auth).forwarded(request, fields))
    #expect(!stripped.contains("x.y.z"))
    #expect(stripped.hasPrefix("GET /?a=1&b=2 HTTP/1.1\r\n"))
    #expect(stripped.contains("\r\nCookie: a=1; b=2\r\n"))
  }

  @Test(arguments: [
    ("Authorization: Basic YTpi", true), ("Authorization: digest username=\"a\"", true),
    ("X-Token: Token  x.y.z", true),
    ("Authorization: Basic YTpi, Bearer x.y.z", true), ("Authorization: Basic", false),
    ("Authorization: BEARER x", false),
    ("X-Token: x", false), ("Authorization: x.y.z w", false), ("Authorization: a/b c", false),
    ("Authorization:", false),
  ])
  func `credentials of another scheme pass on every route, even where no token does`(line: String, isKept: Bool) throws
  {
    let routes =
      #"{ "path": "/", "upstream": "u", "auth": "none" }, { "path": "/o", "upstream": "u", "auth": "optional" }"#
    let gateway = try Gateway(routes, auth: Self.auth + #""forward_token": false,"#)
    for target in isKept ? ["/", "/o"] : ["/"] {
      let written = try #require(try gateway.forwarded("GET \(target)", [line]))
      #expect(written.contains("\r\n\(line)\r\n") == isKept)
    }
  }
}
