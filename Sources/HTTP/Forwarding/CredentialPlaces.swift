import Bytes

/// The places where a credential may stand, and the parts of them that must not reach an upstream.
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

  /// True if some cookies don't pass.
  var looksAtCookies: Bool { !cookies.isEmpty || !guardedCookies.isEmpty }

  /// True if some query parameters don't pass.
  var looksAtQueries: Bool { !parameters.isEmpty || !guardedParameters.isEmpty }

  /// True if a field line does not pass.
  func drops(field name: Span<UInt8>, _ known: KnownField, value: Span<UInt8>) -> Bool {
    fields.contains(name, known) && AuthorizationValue(value) != .otherScheme
  }

  /// True if a cookie of this `Cookie` value doesn't pass.
  func drops(fromCookies value: Span<UInt8>) -> Bool {
    var position = 0
    while let cookie = value.nextCookie(&position) {
      if drops(cookie: value.extracting(cookie.name).trimmed) { return true }
    }
    return false
  }

  /// True if a parameter of this query doesn't pass.
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

  /// True if the line passes without some of what is in it.
  func filters(_ known: KnownField, _ value: Span<UInt8>) -> Bool {
    known == .cookie && looksAtCookies && drops(fromCookies: value)
      || known == .secWebSocketProtocol && !webSocketProtocols.isEmpty
  }

  /// Writes `Cookie` without the cookies that don't pass; nothing if none is left.
  func writeCookie<Writer: HeadWriter & ~Copyable>(_ value: Span<UInt8>, to writer: inout Writer) {
    var position = 0
    var isFirst = true
    while let cookie = value.nextCookie(&position) {
      if drops(cookie: value.extracting(cookie.name).trimmed) { continue }
      if isFirst { writer.beginField("Cookie") } else { writer.append("; ") }
      writer.append(value.extracting(cookie.whole))
      isFirst = false
    }
    if !isFirst { writer.endField() }
  }

  /// Writes `Sec-WebSocket-Protocol` without the elements named here and the credentials behind them; nothing if none is left.
  ///
  /// - Parameter isBehindName: true if the element before this line was one of those named, as the lines make one list (RFC 9110
  ///   §5.3); afterwards the same for the next line.
  func writeWebSocketProtocols<Writer: HeadWriter & ~Copyable>(
    _ value: Span<UInt8>, isBehindName: inout Bool, to writer: inout Writer
  ) {
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
      if isFirst { writer.beginField("Sec-WebSocket-Protocol") } else { writer.append(", ") }
      writer.append(element)
      isFirst = false
    }
    if !isFirst { writer.endField() }
  }

  /// Appends `?` and the query without the parameters that don't pass; nothing if none is left.
  func writeQuery<Writer: HeadWriter & ~Copyable>(_ query: Span<UInt8>, to writer: inout Writer) {
    var position = 0
    var isFirst = true
    while let parameter = query.nextParameter(&position) {
      if drops(parameter: query.extracting(parameter.name)) { continue }
      if isFirst { writer.append("?") } else { writer.append("&") }
      writer.append(query.extracting(parameter.whole))
      isFirst = false
    }
  }
}
