package import Bytes

/// The head of a response that the gateway makes itself.
package struct OwnResponse: Sendable {
  package var status: Int
  /// `Content-Type`, challenges, grants and all else that is not written here.
  package var fields: FieldBlock
  /// How many bytes of body there are, or would be to a GET where the request was HEAD.
  ///
  /// Nil for a status that has none.
  package var contentLength: Int?

  package init(status: Int, fields: FieldBlock = FieldBlock(), contentLength: Int?) {
    self.status = status
    self.fields = fields
    self.contentLength = contentLength
  }

  /// False for a status that has no body (RFC 9110 §6.4.1).
  package var mayHaveBody: Bool { status >= 200 && status != 204 && status != 304 }

  /// Appends status line and fields.
  ///
  /// - Parameters:
  ///   - version: the request's; HTTP/1.1 if none could be read.
  ///   - keepsAlive: whether the connection is kept.
  ///   - date: the present moment (`CalendarTime.imfFixdate`).
  package func write(version: Version, keepsAlive: Bool, date: Span<UInt8>, to buffer: inout ByteBuffer) {
    buffer.append("HTTP/1.1 ")
    buffer.append(decimal: status)
    buffer.append(ASCII.space)
    buffer.append(Status.phrase(status))
    buffer.append("\r\nDate: ")
    buffer.append(date)
    buffer.append("\r\n")
    buffer.append(fields)
    if mayHaveBody, let contentLength {
      buffer.appendContentLength(UInt64(contentLength.magnitude))
    }
    buffer.appendConnection(keepsAlive: keepsAlive, version: version)
    buffer.append("\r\n")
  }
}
