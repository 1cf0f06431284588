import HTTP
import Policy
import TestSupport
import Testing

/// The report of an explanation about each field, held against the head that is written upstream.
@Suite struct `The fields of an explanation` {
  /// A name of every known field, and some that mean nothing or are spelt in other ways.
  static let names = [
    "Content-Length", "Expect", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "HTTP2-Settings",
    "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Proxy", "Cookie", "Set-Cookie",
    "WWW-Authenticate", "Origin", "Sec-Fetch-Site", "Access-Control-Request-Method", "Access-Control-Request-Headers",
    "Access-Control-Allow-Origin", "Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
    "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-User", "X-Real-IP", "X-Original-URL", "X-Rewrite-URL",
    "X-HTTP-Method-Override", "Client-Cert", "Client-Cert-Chain", "Client_Cert", "Strict-Transport-Security",
    "X_Forwarded_For", "X_Debug", "X-Request-Id", "traceparent", "tracestate",
    "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Accept", "User-Agent", "Referer", "Content-Type", "Content-Encoding", "Date", "Server", "Vary",
    "Location", "Retry-After", "Transfer-Encoding", "Authorization", "X-Auth-User", "X_Auth_Roles", "X-Debug",
    "X-Env", "X-Hop", "X-Custom", "Link",
  ]

  private static func value(of name: String) -> String {
    switch name {
    case "Content-Length": "0"
    case "Transfer-Encoding": "chunked"
    case "Expect": "100-continue"
    case "Authorization": "Basic eDp5"
    case "Access-Control-Request-Method": "PUT"
    default: "a-value-of-its-own"
    }
  }

  @Test func `are of every known field`() {
    let known = Set((Self.names + ["Host"]).map { KnownField(name: Array($0.utf8).span) })
    #expect(known == Set(KnownField.allCases))
  }

  @Test(arguments: ["203.0.113.9", "10.1.2.3"])
  func `are those that are not sent`(address: String) throws {
    let gateway = try ExplanationTests.gateway()
    for name in Self.names {
      let line = "\(name): \(Self.value(of: name))"
      let explanation = gateway.explain("GET /open", [line, "Connection: X-Hop"], from: address)
      guard case .forwarded(let request) = explanation.outcome else {
        Issue.record("\(name) is not forwarded: \(explanation.sections)")
        continue
      }
      let sent = request.head.filter { $0.lowercased().hasPrefix("\(name.lowercased()): ") }
      let removal = request.removals.first { $0.name.lowercased().hasPrefix("\(name.lowercased()): ") }
      switch removal?.sentence {
      case .none: #expect(!sent.isEmpty || name == "Connection", "\(name)")
      case "passes without the token, if it holds one": #expect(sent == [line], "\(name)")
      case .some(let sentence):
        #expect(!sent.contains(line), "\(name): \(sentence)")
        // The route sets one of its own, and the gateway some.
        let isReplaced = ["X-Env", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Request-Id", "X-Forwarded-For"]
          .contains(name)
        #expect(sent.isEmpty || isReplaced, "\(name): \(sentence)")
      }
    }
  }
}
