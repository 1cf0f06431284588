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
  /// - Parameters:
  ///   - date: the present moment (`CalendarTime.imfFixdate`).
  ///   - transportSecurity: the listener's field, which is written unless ``fields`` have one of that name; nil for none.
  package func write<Writer: HeadWriter & ~Copyable>(
    keepsConnection: Bool, date: Span<UInt8>, transportSecurity: FieldBlock? = nil, to writer: inout Writer
  ) {
    writer.status(status, reason: Span())
    writer.field("Date", date)
    writer.fields(fields)
    if let transportSecurity, !fields.hasTransportSecurity { writer.fields(transportSecurity) }
    if mayHaveBody, let contentLength { writer.contentLength(UInt64(contentLength.magnitude)) }
    writer.connection(keepsConnection ? .kept : .closed)
    writer.end()
  }
}

extension FieldBlock {
  /// True if one of the fields is `Strict-Transport-Security`.
  var hasTransportSecurity: Bool {
    let run = run
    var position = 0
    while let place = run.next(&position) {
      if KnownField(name: run.packed.extracting(place.name)) == .strictTransportSecurity { return true }
    }
    return false
  }
}
