import Bytes

/// The rules on a head as a whole, judged once its last line is there.
extension RequestHead {
  /// Takes over what the request line says.
  mutating func begin(_ line: RequestLine, in bytes: Span<UInt8>) throws(HeadRejection) {
    version = line.version
    method = Method(token: bytes, line.method)
    rawTargetRange = line.target
    guard !method.isConnect else { throw .connectRefused }
    guard !method.isTrace else { throw .traceRefused }
    guard !method.hasLowercase else { throw .lowercaseMethod }
    try target.parse(bytes.extracting(line.target), method: method)
  }

  /// Decides what the fields mean together.
  mutating func settle() throws(HeadRejection) {
    try settleHost()
    framing = try requestFraming()
    // RFC 9110 §11.6.2 knows one. Two leave open which of them an upstream believes.
    guard !fields.repeated.contains(.authorization) else { throw .repeatedAuthorization }
    connection.read(fields)
    guard connection.count <= ConnectionOptions.countMax else { throw .tooManyFields }
    keepsAlive = connection.keepsConnection(version)
    expectsContinue = try hasExpectation()
    isWebSocketUpgrade = fields.contains(.secWebSocketKey) && isHandshake()
    if method.isOptions { try judgeRequestedMethod() }
  }

  /// The method that a page asks for is one that it may then send (Fetch §4.8).
  private func judgeRequestedMethod() throws(HeadRejection) {
    var index = fields.first(.accessControlRequestMethod)
    while let line = index {
      guard !fields.value(at: line).hasLowercase else { throw .lowercaseRequestedMethod }
      index = fields.next(.accessControlRequestMethod, from: line &+ 1)
    }
  }

  // MARK: Host

  /// One `Host`, and a target that agrees with it (RFC 9112 §3.2, §3.2.2).
  private mutating func settleHost() throws(HeadRejection) {
    guard !fields.repeated.contains(.host) else { throw .repeatedHost }
    let named: Range<Int>
    if let line = fields.first(.host) {
      named = fields.lines[line].value
    } else if version == .http10 {
      named = targetAuthority ?? 0..<0
    } else {
      throw .missingHost
    }
    if !lowercaseHost.isEmpty { lowercaseHost.removeAll(keepingCapacity: true) }
    authorityRange = named
    hostRange = named
    port = nil
    if named.isEmpty, !fields.contains(.host) { return }
    let parts = try authorityParts(named)
    hostRange = named.lowerBound..<(named.lowerBound &+ parts.hostCount)
    port = parts.nonDefaultPort
    if parts.hasUppercase {
      for index in hostRange { lowercaseHost.append(ASCII.lowercased(fields.bytes[index])) }
    }
    if let targetAuthority, targetAuthority != named { try compare(targetAuthority) }
  }

  private mutating func authorityParts(_ range: Range<Int>) throws(HeadRejection) -> Authority {
    if let knownParts, knownAuthority.span.equals(fields.bytes.extracting(range)) { return knownParts }
    guard let parts = Authority(fields.bytes.extracting(range)) else { throw .malformedHost }
    let authority = fields.bytes.extracting(range).array
    knownAuthority = authority
    knownParts = parts
    return parts
  }

  /// Where in the head's bytes the authority of an absolute target lies.
  private var targetAuthority: Range<Int>? {
    guard let range = target.authority else { return nil }
    let base = rawTargetRange.lowerBound
    return (base &+ range.lowerBound)..<(base &+ range.upperBound)
  }

  private func compare(_ authority: Range<Int>) throws(HeadRejection) {
    let text = fields.bytes.extracting(authority)
    guard let parts = Authority(text) else { throw .malformedTarget }
    guard parts.nonDefaultPort == port, text.extracting(first: parts.hostCount).equalsIgnoringCase(host)
    else { throw .hostMismatch }
  }

  // MARK: Framing

  /// How the end of the body is found (RFC 9112 §6.3).
  ///
  /// The one place where that is decided for requests.
  private func requestFraming() throws(HeadRejection) -> MessageFraming {
    if fields.contains(.transferEncoding) {
      guard !fields.contains(.contentLength) else { throw .conflictingFraming }
      guard version == .http11, fields.isChunkedOnce else { throw .malformedTransferEncoding }
      return .chunked
    }
    guard let line = fields.first(.contentLength) else { return .none }
    guard !fields.repeated.contains(.contentLength) else { throw .repeatedContentLength }
    guard let length = fields.value(at: line).contentLength else { throw .malformedContentLength }
    return .length(length)
  }

  // MARK: Expectations and upgrades

  /// Whether the client waits for a 100 (RFC 9110 §10.1.1).
  ///
  /// HTTP/1.0 has no such thing, and without a body there is nothing to wait for.
  private func hasExpectation() throws(HeadRejection) -> Bool {
    var expects = false
    var index = fields.first(.expect)
    while let line = index {
      guard fields.value(at: line).equalsIgnoringCase("100-continue") else { throw .unsupportedExpectation }
      expects = true
      index = fields.next(.expect, from: line &+ 1)
    }
    return expects && version == .http11 && !framing.isEmpty
  }

  /// Whether the fields are those of a WebSocket's opening handshake (RFC 6455 §4.2.1).
  private func isHandshake() -> Bool {
    guard method == .get, version == .http11, framing == .none, fields.list(.upgrade, contains: "websocket"),
      connection.upgrades, !fields.repeated.contains(.secWebSocketKey),
      !fields.repeated.contains(.secWebSocketVersion), let key = fields.first(.secWebSocketKey),
      let version = fields.first(.secWebSocketVersion), fields.value(at: version).equals("13")
    else { return false }
    return fields.value(at: key).isBase64OfSixteenOctets
  }
}

extension Authority {
  /// The port, unless it is the default one of a scheme that the gateway may have been reached by.
  fileprivate var nonDefaultPort: UInt16? { port == 80 || port == 443 ? nil : port }
}

extension Span<UInt8> {
  fileprivate var isBase64OfSixteenOctets: Bool {
    guard count == 24, self[22] == UInt8(ascii: "="), self[23] == UInt8(ascii: "=") else { return false }
    for index in 0..<22 {
      let byte = self[index]
      guard ASCII.isAlphanumeric(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "/") else { return false }
    }
    return true
  }
}
