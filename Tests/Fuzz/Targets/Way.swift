import Bytes
import HTTP

/// One of the ways in which a request may be forwarded.
struct Way {
  let rewrite: TargetRewrite?
  let keepsHost: Bool
  let removesCredentials: Bool
  let edits: Bool
  let isTrusted: Bool
  let forwardsWebSocket: Bool
  let identity: FieldBlock

  init(_ choices: inout Choices) {
    rewrite = choices.next() % 3 == 0 ? try? TargetRewrite(stripping: "/a", adding: choices.coin() ? "/b" : "") : nil
    keepsHost = choices.coin()
    removesCredentials = choices.coin()
    edits = choices.coin()
    isTrusted = choices.coin()
    forwardsWebSocket = choices.coin()
    var identity = FieldBlock()
    if choices.coin() { _ = identity.append(name: "X-Auth-User", value: "alice") }
    self.identity = identity
  }

  func rules(_ identityNames: IdentityFieldNames) -> ForwardingRules {
    var fieldEdits = FieldEdits()
    if edits {
      fieldEdits.remove("X-Gone")
      _ = fieldEdits.set("X-Set", "by the gateway")
    }
    return ForwardingRules(
      rewrite: rewrite, host: keepsHost ? .kept : .upstream, edits: fieldEdits, identityNames: identityNames,
      credentials: credentials)
  }

  private var credentials: CredentialPlaces {
    var places = CredentialPlaces()
    guard removesCredentials else { return places }
    places.fields.insert("Authorization")
    places.cookies = [Array("session".utf8)]
    places.parameters = [Array("access_token".utf8)]
    places.webSocketProtocols = [Array("bearer".utf8)]
    return places
  }

  var peer: Peer {
    let address = IPAddress("192.0.2.7")
    let ranges = isTrusted ? [AddressRange("192.0.2.0/24")].compactMap { $0 } : []
    return Peer(address: address, scheme: .http, trustedProxies: TrustedProxies(ranges: ranges))
  }

  /// Checks the fields that are forwarded.
  func checkFields(_ output: [[[UInt8]]], of input: [[[UInt8]]], _ comment: String) {
    func count(_ name: String) -> Int { values(name).count }
    func values(_ name: String) -> [[UInt8]] {
      output.filter { $0[0].map(ASCII.lowercased) == Array(name.utf8) }.map { $0[1] }
    }
    let names = output.map { $0[0].map(Self.folded) }
    let users = names.filter { $0 == Array("x-auth-user".utf8) }
    require(users.count == (identity.isEmpty ? 0 : 1), "identity comes from the gateway alone", comment)
    for name in ["keep-alive", "te", "trailer", "proxy-connection", "proxy-authorization", "http2-settings", "proxy"] {
      require(count(name) == 0, "fields of one hop and httpoxy end here", comment)
    }
    require(count("via") == 1 && count("x-forwarded-for") == 1, "Via and X-Forwarded-For are the gateway's", comment)
    require(count("x-request-id") == 1 && count("traceparent") <= 1, "one id and at most one trace", comment)
    let overrides = names.filter {
      $0.starts(with: Array("x-http-method".utf8)) || $0 == Array("x-method-override".utf8)
    }
    require(overrides.isEmpty, "nobody names another method", comment)
    let rewritten = names.filter {
      $0.starts(with: Array("x-original-".utf8)) || $0.starts(with: Array("x-rewrite-".utf8))
    }
    require(rewritten.isEmpty && count("x-real-ip") == 0, "nobody rewrites", comment)
    if !isTrusted {
      require(values("x-forwarded-for") == [Array("192.0.2.7".utf8)], "a stranger's word doesn't count", comment)
      require(values("x-forwarded-proto") == [Array("http".utf8)], "a stranger's word doesn't count", comment)
      require(count("forwarded") == 0, "a stranger's word doesn't count", comment)
    }
    if edits {
      require(count("x-gone") == 0, "what a route takes out is out", comment)
      require(values("x-set") == [Array("by the gateway".utf8)], "what a route sets is set", comment)
    }
    if removesCredentials {
      let hasEnded = values("authorization").allSatisfy { AuthorizationValue($0.span) == .otherScheme }
      require(hasEnded, "credentials end here", comment)
      for cookies in values("cookie") {
        let named = cookies.split(separator: UInt8(ascii: ";")).map { $0.drop { $0 == 0x20 || $0 == 0x09 } }
        require(!named.contains { $0.starts(with: Array("session=".utf8)) }, "credentials end here", comment)
      }
    }
    // Nothing else is made up, and nothing that means nothing here is lost.
    let own = [
      "host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id", "via", "x-set",
      "x-auth-user", "connection", "upgrade", "x-forwarded-prefix", "content-length", "transfer-encoding", "cookie",
      "sec-websocket-protocol",
    ].map { Array($0.utf8) }
    for field in output where !own.contains(field[0].map(ASCII.lowercased)) {
      require(input.contains(field), "nothing is made up", comment)
    }
    let options = input.filter { $0[0].map(ASCII.lowercased) == Array("connection".utf8) }.map { $0[1] }
    for field in input where field[0].map(ASCII.lowercased) == Array("accept".utf8) && options.isEmpty {
      require(output.contains(field), "nothing is lost", comment)
    }
  }

  private static func folded(_ byte: UInt8) -> UInt8 {
    ASCII.isAlphanumeric(byte) ? ASCII.lowercased(byte) : UInt8(ascii: "-")
  }
}
