import Bytes

/// The head of a response that the gateway makes itself.
package struct LocalResponse: Sendable {
  package var status: Int
  /// `Content-Type`, challenges, grants and all else that is not written here.
  package var fields: FieldBlock
  /// The number of bytes of the body that there is, or would be to a GET where the request was HEAD.
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

  /// Writes the head.
  ///
  /// - Parameter date: the present moment (`CalendarTime.imfFixdate`).
  package func write<Writer: HeadWriter & ~Copyable>(
    keepsConnection: Bool, date: Span<UInt8>, to writer: inout Writer
  ) {
    writer.status(status, reason: Span())
    writer.field("Date", date)
    writer.fields(fields)
    if mayHaveBody, let contentLength { writer.contentLength(UInt64(contentLength.magnitude)) }
    writer.connection(keepsConnection ? .kept : .closed)
    writer.end()
  }
}
