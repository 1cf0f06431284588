import Bytes

/// The rules of HTTP/1.1 on a head: on its request line as soon as that is there, on all of it with its last line.
extension RequestHead {
  /// Takes over what the request line says.
  mutating func begin(_ line: RequestLine, in bytes: Span<UInt8>) throws(HeadRejection) {
    storage.value.version = line.version
    storage.value.method = line.method
    storage.value.rawTargetRange = line.target
    if let pathCount = line.plainPathCount {
      // None of these methods is refused, and the path is canonical.
      storage.value.scheme = nil
      storage.value.targetAuthority = nil
      return target.setPlain(bytes.extracting(line.target), pathCount: pathCount)
    }
    guard !method.isConnect else { throw .connectRefused }
    guard !method.isTrace else { throw .traceRefused }
    guard !method.hasLowercase else { throw .lowercaseMethod }
    try takeTarget(bytes.extracting(line.target))
  }

  /// Decides what the fields mean together.
  ///
  /// - Returns: true if the client wants the connection kept.
  mutating func settle() throws(HeadRejection) -> Bool {
    try settleHost()
    // Most requests ask for nothing particular.
    if fields.present.isDisjoint(with: Self.particulars), !fields.repeated.contains(.authorization), !method.isOptions {
      storage.value.body = .none
      storage.value.isWebSocketUpgrade = false
      storage.value.nominated.removeAll()
      return version == .http11
    }
    storage.value.body = try announcedBody()
    // RFC 9110 §11.6.2 knows one. Two leave open which of them an upstream believes.
    guard !fields.repeated.contains(.authorization) else { throw .repeatedAuthorization }
    let options = ConnectionOptions(fields, naming: &storage.value.nominated)
    guard options.count <= ConnectionOptions.countMax else { throw .tooManyFields }
    try judgeExpectations()
    storage.value.isWebSocketUpgrade = fields.contains(.secWebSocketKey) && isHandshake(options)
    if method.isOptions { try judgeRequestedMethod() }
    return options.keepsConnection(version)
  }

  /// Fields about the message or its connection.
  private static var particulars: KnownFieldSet {
    [.transferEncoding, .contentLength, .expect, .connection, .secWebSocketKey]
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
    if let line = fields.first(.host) {
      let named = fields.lines[line].value
      try setAuthority(at: named)
      if let targetAuthority = storage.value.targetAuthority, targetAuthority != named { try compare(targetAuthority) }
    } else if version == .http10 {
      guard let targetAuthority = storage.value.targetAuthority else { return setNoHost(at: 0..<0) }
      try setAuthority(at: targetAuthority)
    } else {
      throw .missingHost
    }
  }

  // MARK: Framing

  /// The length of the body, or that it comes in chunks (RFC 9112 §6.3).
  ///
  /// The one place where that is decided for requests that announce a body.
  private func announcedBody() throws(HeadRejection) -> BodyLength {
    if fields.contains(.transferEncoding) {
      guard !fields.contains(.contentLength) else { throw .conflictingFraming }
      guard version == .http11, fields.isChunkedOnce else { throw .malformedTransferEncoding }
      return .untilEnd
    }
    guard let line = fields.first(.contentLength) else { return .none }
    guard !fields.repeated.contains(.contentLength) else { throw .repeatedContentLength }
    guard let length = fields.value(at: line).contentLength else { throw .malformedContentLength }
    return .exact(length)
  }

  // MARK: Expectations and upgrades

  /// The one expectation that there is, is for a 100 (RFC 9110 §10.1.1).
  private func judgeExpectations() throws(HeadRejection) {
    var index = fields.first(.expect)
    while let line = index {
      guard fields.value(at: line).equalsIgnoringCase("100-continue") else { throw .unsupportedExpectation }
      index = fields.next(.expect, from: line &+ 1)
    }
  }

  /// True if the fields are those of a WebSocket's opening handshake (RFC 6455 §4.2.1).
  private func isHandshake(_ options: ConnectionOptions) -> Bool {
    guard method == .get, version == .http11, body.isNone, fields.list(.upgrade, contains: "websocket"),
      options.upgrades, !fields.repeated.contains(.secWebSocketKey),
      !fields.repeated.contains(.secWebSocketVersion), let key = fields.first(.secWebSocketKey),
      let version = fields.first(.secWebSocketVersion), fields.value(at: version).equals("13")
    else { return false }
    return fields.value(at: key).isBase64OfSixteenOctets
  }
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
