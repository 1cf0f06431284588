import Bytes

/// Where a credential may stand that must not reach an upstream.
package struct CredentialPlaces: Sendable, Equatable {
  package var fields = FieldNameSet()
  /// Names of cookies, which are compared with case.
  package var cookies: [[UInt8]] = []
  /// Names of query parameters, compared as a server reads them.
  package var parameters: [[UInt8]] = []
  /// Elements of `Sec-WebSocket-Protocol` behind which a credential stands, compared without case.
  package var webSocketProtocols: [[UInt8]] = []

  package init() {}

  /// Appends `Cookie: …` without the cookies named here; nothing if none is left.
  func writeCookie(_ value: Span<UInt8>, to buffer: inout ByteBuffer) {
    var position = 0
    var isFirst = true
    while let cookie = value.nextCookie(&position) {
      if cookies.contains(where: { $0.span.equals(value.extracting(cookie.name).trimmed) }) { continue }
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

  /// Appends `?` and the query without the parameters named here; nothing if none is left.
  func writeQuery(_ query: Span<UInt8>, to buffer: inout ByteBuffer) {
    var position = 0
    var isFirst = true
    while let parameter = query.nextParameter(&position) {
      if parameters.contains(where: { query.extracting(parameter.name).equalsDecoded($0.span) }) { continue }
      buffer.append(isFirst ? "?" : "&")
      buffer.append(query.extracting(parameter.whole))
      isFirst = false
    }
  }
}
