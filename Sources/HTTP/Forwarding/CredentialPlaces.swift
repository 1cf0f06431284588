import Bytes

/// Where a credential may stand, and what of it must not reach an upstream.
package struct CredentialPlaces: Sendable, Equatable {
  /// Fields that may hold a token.
  ///
  /// Credentials of another scheme than `Bearer` pass all the same.
  package var fields = FieldNameSet()
  /// Names of cookies, which are compared with case.
  package var cookies: [[UInt8]] = []
  /// Names of query parameters, compared as a server reads them.
  package var parameters: [[UInt8]] = []
  /// Elements of `Sec-WebSocket-Protocol` behind which a credential stands, compared without case.
  package var webSocketProtocols: [[UInt8]] = []
  /// Cookies that may hold a token, whether it is forwarded or not: none that PHP would take for one of them passes.
  package var guardedCookies = GuardedParameterNames()
  /// Query parameters of which the same holds.
  package var guardedParameters = GuardedParameterNames()

  package init() {}

  /// Whether some cookies don't pass.
  var looksAtCookies: Bool { !cookies.isEmpty || !guardedCookies.isEmpty }

  /// Whether some query parameters don't pass.
  var looksAtQueries: Bool { !parameters.isEmpty || !guardedParameters.isEmpty }

  /// True if a field line does not pass.
  @inline(__always)
  func drops(field name: Span<UInt8>, value: Span<UInt8>) -> Bool {
    fields.contains(name) && AuthorizationValue(value) != .otherScheme
  }

  /// Whether a cookie of this `Cookie` value doesn't pass.
  func drops(fromCookies value: Span<UInt8>) -> Bool {
    var position = 0
    while let cookie = value.nextCookie(&position) {
      if drops(cookie: value.extracting(cookie.name).trimmed) { return true }
    }
    return false
  }

  /// Whether a parameter of this query doesn't pass.
  func drops(fromQuery query: Span<UInt8>) -> Bool {
    var position = 0
    while let parameter = query.nextParameter(&position) {
      if drops(parameter: query.extracting(parameter.name)) { return true }
    }
    return false
  }

  private func drops(cookie name: Span<UInt8>) -> Bool {
    cookies.contains { $0.span.equals(name) } || guardedCookies.isLookalike(cookie: name)
  }

  private func drops(parameter name: Span<UInt8>) -> Bool {
    parameters.contains { name.equalsDecoded($0.span) } || guardedParameters.isLookalike(parameter: name)
  }

  /// Appends `Cookie: …` without the cookies that don't pass; nothing if none is left.
  func writeCookie(_ value: Span<UInt8>, to buffer: inout ByteBuffer) {
    var position = 0
    var isFirst = true
    while let cookie = value.nextCookie(&position) {
      if drops(cookie: value.extracting(cookie.name).trimmed) { continue }
      buffer.append(isFirst ? "Cookie: " : "; ")
      buffer.append(value.extracting(cookie.whole))
      isFirst = false
    }
    if !isFirst { buffer.append("\r\n") }
  }

  /// Appends `Sec-WebSocket-Protocol: …` without the elements named here and the credentials behind them; nothing if none is left.
  ///
  /// - Parameter isBehindName: whether the element before this line was one of those named, as the lines make one list (RFC 9110
  ///   §5.3); afterwards the same for the next line.
  func writeWebSocketProtocols(_ value: Span<UInt8>, isBehindName: inout Bool, to buffer: inout ByteBuffer) {
    var position = 0
    var isFirst = true
    while let range = value.nextListElement(&position) {
      let element = value.extracting(range)
      if isBehindName {
        isBehindName = false
        continue
      }
      isBehindName = webSocketProtocols.contains { $0.span.equalsIgnoringCase(element) }
      if isBehindName { continue }
      buffer.append(isFirst ? "Sec-WebSocket-Protocol: " : ", ")
      buffer.append(element)
      isFirst = false
    }
    if !isFirst { buffer.append("\r\n") }
  }

  /// Appends `?` and the query without the parameters that don't pass; nothing if none is left.
  func writeQuery(_ query: Span<UInt8>, to buffer: inout ByteBuffer) {
    var position = 0
    var isFirst = true
    while let parameter = query.nextParameter(&position) {
      if drops(parameter: query.extracting(parameter.name)) { continue }
      buffer.append(isFirst ? "?" : "&")
      buffer.append(query.extracting(parameter.whole))
      isFirst = false
    }
  }
}
