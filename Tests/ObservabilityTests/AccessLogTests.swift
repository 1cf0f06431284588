import Bytes
import Configuration
import HTTP
import JSON
import Policy
import Testing
import Tokens
import Transport

@testable import Observability

@Suite struct `The access log` {
  /// 2025-01-01.
  static let now = 1_735_689_600.0
  static let secret = SharedSecret(Array("a secret that is long enough for sha-256".utf8))

  let policy: Policy
  private let authenticator: Authenticator

  init() throws {
    let text = """
      { "listen": ["127.0.0.1:0"], "trusted_proxies": ["10.0.0.0/8"],
        "auth": { "token_from": [{ "header": "Authorization" }, { "query": "key" }],
          "issuers": [{ "issuer": "i", "audience": "any", "secret_file": "s" }] },
        "upstreams": { "u": { "servers": ["127.0.0.1:9001"] } },
        "routes": [{ "path": "/", "auth": "optional", "upstream": "u" }] }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    policy = try Policy(try #require(result.configuration, "\(result.diagnostics)"))
    let key = try VerificationKey(secret: Self.secret, algorithms: [.hs256])
    authenticator = try Authenticator(
      issuers: [
        TrustedIssuer(name: "i", audience: .any, algorithms: [.hs256], claims: .standard, keys: try KeySet([key]))
      ],
      policy: policy)
  }

  func head(_ lines: [String]) throws -> RequestHead {
    let text = (lines + ["Host: example.com", "", ""]).joined(separator: "\r\n")
    var parser = RequestHeadParser(limits: .request)
    var head = RequestHead()
    #expect(parser.parse(Array(text.utf8).span, into: &head) == .complete(byteCount: text.utf8.count))
    return head
  }

  func peer(_ address: String?) -> Peer {
    Peer(address: address.flatMap { IPAddress($0) }, scheme: .http, trustedProxies: policy.trustedProxies)
  }

  /// A record of an exchange that began at the beginning of time.
  var record: ExchangeRecord {
    var record = ExchangeRecord(began: MonotonicTime(nanoseconds: 0), requestID: RequestID(high: 1, low: 2))
    record.status = 200
    record.sentBytes = 5
    return record
  }

  var texts: DateCache {
    var texts = DateCache()
    texts.update(unixTime: Self.now)
    return texts
  }

  /// The line about an exchange that ends after a millisecond and a half.
  ///
  /// - Parameters:
  ///   - lines: the request's, without `Host`.
  ///   - change: what is known of the exchange besides.
  func line(
    _ format: AccessLogFormat, _ lines: [String], from address: String? = "203.0.113.9",
    _ change: (inout ExchangeRecord) -> Void = { _ in }
  ) throws -> String {
    let reading = try LogReading()
    let log = AccessLog(to: reading.sink, format: format)
    var record = record
    change(&record)
    log.write(
      record, try head(lines), peer(address), at: MonotonicTime(nanoseconds: 1_500_999), texts: texts, policy: policy)
    log.flush()
    let written = try reading.lines()
    #expect(written.count == 1)
    return written.first ?? ""
  }

  /// A member of a JSON line as it is written there; nil if it isn't there.
  func member(_ name: String, of line: String) throws -> String? {
    let object = try #require(try JSONReader.parse(Array(line.utf8).span, limits: .file).object, "\(line)")
    guard let value = object[name] else { return nil }
    var buffer = ByteBuffer(capacity: 64)
    buffer.appendJSON(value)
    return String(decoding: Array(buffer.readable.array), as: UTF8.self)
  }

  // MARK: JSON

  @Test func `a JSON line has what is known, in a fixed order`() throws {
    let whole = try line(.json, ["POST /a?b=c HTTP/1.1", "User-Agent: probe/1"]) { record in
      record.upstream = "127.0.0.1:9001"
      record.upstreamNanoseconds = 12_034_567
    }
    #expect(
      whole
        == #"{"time":"2025-01-01T00:00:00Z","request_id":"00000000000000010000000000000002","client":"203.0.113.9","#
        + #""method":"POST","host":"example.com","path":"/a?b=c","user_agent":"probe/1","status":200,"bytes":5,"#
        + #""duration_ms":1.500,"upstream":"127.0.0.1:9001","upstream_ms":12.034}"#)
  }

  @Test func `what does not apply is left out`() throws {
    let line = try line(.json, ["GET / HTTP/1.1"])
    for name in ["route", "user", "login", "user_agent", "upstream", "upstream_ms", "reason", "broken_off", "ended_by"]
    {
      #expect(try member(name, of: line) == nil, "\(name)")
    }
  }

  @Test func `a decision gives route, user and reason`() throws {
    let signer = try TokenSigner(algorithm: .hs256, secret: Self.secret)
    let claims: JSONObject = [
      "iss": .string("i"), "sub": .string("al\"ice"), "exp": .number(JSONNumber(Int(Self.now) + 60)),
    ]
    let token = String(decoding: try signer.sign(claims, type: "at+jwt"), as: UTF8.self)
    for (credentials, user, reason) in [
      (token, #""al\"ice""#, nil), ("nonsense", nil, #""token_malformed""#),
    ] as [(String, String?, String?)] {
      let request = ["GET /a HTTP/1.1", "Authorization: Bearer \(credentials)"]
      let decision = policy.decide(
        try head(request), peer: peer("203.0.113.9"), now: Self.now, authenticator: authenticator, revocations: .none
      ).decision
      let line = try line(.json, request) { $0.note(decision) }
      #expect(try member("route", of: line) == #""/""#)
      #expect(try member("user", of: line) == user)
      #expect(try member("reason", of: line) == reason)
      #expect(!line.contains(credentials))
    }
  }

  @Test(
    arguments: [
      (.user("a"), "user", #""a""#), (.user("a"), "login", nil), (.login("b"), "login", #""b""#),
      (.login("b"), "user", nil),
    ] as [(ExchangeRecord.AccountMention, String, String?)])
  func `a hosted endpoint names its account`(
    account: ExchangeRecord.AccountMention, member name: String, value: String?
  ) throws {
    #expect(try member(name, of: try line(.json, ["POST /login HTTP/1.1"]) { $0.account = account }) == value)
  }

  @Test(
    arguments: [
      (.client, "client"), (.upstream, "upstream"), (.idle, "idle"), (.stalled, "stalled"),
      (.token(.tokenExpired), "token"),
      (.stopping, "stopping"),
    ] as [(TunnelEnding, String)]) func `a WebSocket has its end`(ending: TunnelEnding, word: String) throws
  {
    let line = try line(.json, ["GET / HTTP/1.1"]) { $0.tunnel = .init(receivedBytes: .max, ending: ending) }
    #expect(try member("ended_by", of: line) == "\"\(word)\"")
    #expect(try member("received_bytes", of: line) == "\(Int.max)", "a count that no `Int` holds is the largest")
  }

  @Test func `a response that broke off is said to have`() throws {
    #expect(try member("broken_off", of: try line(.json, ["GET / HTTP/1.1"]) { $0.isBrokenOff = true }) == "true")
  }

  @Test(arguments: [
    (-1, "0.000"), (0, "0.000"), (999, "0.000"), (1000, "0.001"), (99_999, "0.099"), (1_000_000, "1.000"),
    (61_234_567_890, "61234.567"),
  ])
  func `a time has three decimals, and is never negative`(nanoseconds: Int64, text: String) throws {
    #expect(
      try line(.json, ["GET / HTTP/1.1"]) { $0.upstreamNanoseconds = nanoseconds }.hasSuffix("\"upstream_ms\":\(text)}")
    )
  }

  // MARK: The client

  @Test(
    arguments: [
      ("203.0.113.9", [], #""203.0.113.9""#), (nil, [], #""unix""#),
      ("203.0.113.9", ["X-Forwarded-For: 198.51.100.1"], #""203.0.113.9""#),
      ("10.0.0.1", ["X-Forwarded-For: 198.51.100.1"], #""198.51.100.1""#),
      ("10.0.0.1", ["X-Forwarded-For: unknown"], #""unknown""#),
    ] as [(String?, [String], String)])
  func `the client is whom a trusted proxy names`(address: String?, fields: [String], client: String) throws {
    #expect(try member("client", of: try line(.json, ["GET / HTTP/1.1"] + fields, from: address)) == client)
  }

  @Test func `a trusted peer's id is masked and escaped`() throws {
    let line = try line(.json, ["GET / HTTP/1.1"]) { $0.believedID = Array("a\"eyJhbGciOiJub25lIn0.e30.".utf8) }
    #expect(try member("request_id", of: line) == #""a\"[redacted]""#)
  }

  // MARK: Secrets

  @Test(arguments: [
    ("/a?key=secret&b=1", #""/a?key=[redacted]&b=1""#), ("/a?access_token=x", #""/a?access_token=[redacted]""#),
    ("/a?KEY=kept", #""/a?KEY=kept""#), ("/a?b", #""/a?b""#), ("/a?", #""/a""#),
    ("/eyJhbGciOiJub25lIn0.e30.", #""/[redacted]""#), ("/a?b=eyJhbGciOiJub25lIn0.e30.&c", #""/a?b=[redacted]&c""#),
  ]) func `no token is left in the path`(target: String, path: String) throws {
    #expect(try member("path", of: try line(.json, ["GET \(target) HTTP/1.1"])) == path)
  }

  // MARK: The combined format

  @Test func `a combined line is what log analysers read`() throws {
    let whole = try line(
      .combined, ["GET /a?key=s HTTP/1.1", "User-Agent: a \"b\"", "Referer: https://p.test/c?key=t&d=1"])
    #expect(
      whole == #"203.0.113.9 - - [01/Jan/2025:00:00:00 +0000] "GET /a?key=[redacted] HTTP/1.1" 200 5 "#
        + #""https://p.test/c?key=[redacted]&d=1" "a \"b\"""#)
    #expect(
      try line(.combined, ["GET / HTTP/1.0"], from: nil)
        == #"unix: - - [01/Jan/2025:00:00:00 +0000] "GET / HTTP/1.0" 200 5 "-" "-""#)
  }

  @Test(arguments: [
    ("alice", "alice"), ("a b", "a%20b"), ("a\"b%", "a%22b%25"), ("-", "%2d"), ("ë", "%c3%ab"), ("", ""),
  ]) func `a user can't move the columns of a combined line`(user: String, column: String) throws {
    let line = try line(.combined, ["POST /login HTTP/1.1"]) { $0.account = .user(user) }
    #expect(line.hasPrefix("203.0.113.9 - \(column) ["))
  }

  @Test func `a name that was only tried is no user of a combined line`() throws {
    #expect(try line(.combined, ["POST /login HTTP/1.1"]) { $0.account = .login("bob") }.hasPrefix("203.0.113.9 - - ["))
  }

  // MARK: Heads that could not be read, and the buffer

  @Test(
    arguments: [
      (
        .json,
        #"{"time":"2025-01-01T00:00:00Z","request_id":"00000000000000010000000000000002","client":"203.0.113.9","status":200,"bytes":5,"duration_ms":2.000,"reason":"malformed_field"}"#
      ),
      (.combined, #"203.0.113.9 - - [01/Jan/2025:00:00:00 +0000] "-" 200 5 "-" "-""#),
    ] as [(AccessLogFormat, String)]) func `of a head that could not be read nothing is repeated`(
      format: AccessLogFormat, text: String
    ) throws
  {
    let reading = try LogReading()
    let log = AccessLog(to: reading.sink, format: format)
    var record = record
    record.reason = .malformedField
    log.writeUnread(record, peer("203.0.113.9"), at: MonotonicTime(nanoseconds: 2_000_000), texts: texts)
    log.flush()
    #expect(try reading.lines() == [text])
  }

  @Test func `lines are gathered, and handed over when the buffer is full`() throws {
    let reading = try LogReading()
    let log = AccessLog(to: reading.sink, format: .json)
    let head = try head(["GET /\(String(repeating: "a", count: 1000)) HTTP/1.1"])
    for _ in 0..<40 {
      log.write(record, head, peer(nil), at: MonotonicTime(nanoseconds: 0), texts: texts, policy: policy)
    }
    let count = try reading.lines().count
    #expect((20..<40).contains(count), "some lines are handed over without being asked for, the last ones are not")
  }
}
