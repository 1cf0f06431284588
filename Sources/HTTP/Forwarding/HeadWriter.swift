package import Bytes

/// Takes text piece by piece.
package protocol TextSink: ~Copyable {
  mutating func append(_ text: Span<UInt8>)
  mutating func append(_ text: StaticString)
  /// Appends the number in lower-case hexadecimal, padded with zeros to `width` digits.
  mutating func append(hexadecimal value: UInt64, width: Int)
}

extension ByteBuffer: TextSink {}

/// Puts a head into the form of one version of HTTP.
///
/// The content of a head is decided elsewhere (``UpstreamRequestWriter``, ``DownstreamResponseWriter``, ``LocalResponse``), the same for every
/// version. They call these in the order in which they stand here, all fields between the first line and the end. The text that is
/// appended is the target between ``beginRequest(_:scheme:)`` and ``endRequest()``, and the value between ``beginField(_:)`` and
/// ``endField()``.
package protocol HeadWriter: TextSink, ~Copyable {
  /// Begins a request, whose target follows.
  mutating func beginRequest(_ method: Method, scheme: Scheme)
  mutating func endRequest()
  /// Names the host that the request is for.
  mutating func authority(_ authority: Span<UInt8>)
  /// Begins a response; the reason may be empty.
  mutating func status(_ status: Int, reason: Span<UInt8>)

  /// Writes a field of the message that is forwarded.
  mutating func field(_ name: Span<UInt8>, _ value: Span<UInt8>)
  /// Writes a field of the gateway's own.
  mutating func field(_ name: StaticString, _ value: Span<UInt8>)
  mutating func field(_ name: StaticString, _ value: StaticString)
  /// Begins a field whose value follows.
  mutating func beginField(_ name: StaticString)
  mutating func endField()
  /// Writes lines of the message that is forwarded, each of which is spelt as it would be written.
  mutating func fields(_ lines: Range<Int>, of fields: borrowing Fields)
  /// Writes fields that were formed beforehand.
  mutating func fields(_ run: FieldRun)

  /// Tells the peer what becomes of its connection, where the version has words for that.
  mutating func connection(_ use: ConnectionUse)
  /// Tells the length of the body.
  mutating func contentLength(_ count: UInt64)
  /// Tells that a body follows whose length is not known, where the version has words for that.
  mutating func unknownLength()
  mutating func end()
}

/// The fate of the connection that carries a message.
package enum ConnectionUse: Sendable {
  case kept
  /// Nothing follows the exchange.
  case closed
  /// It becomes a WebSocket (RFC 6455 §4).
  case webSocket
}

extension HeadWriter where Self: ~Copyable {
  /// Writes the fields of a block.
  @inline(__always)
  mutating func fields(_ block: FieldBlock) { if !block.isEmpty { fields(block.run) } }

  /// Tells how long the body is.
  @inline(__always)
  mutating func body(_ length: BodyLength) {
    switch length {
    case .none: break
    case .exact(let count): contentLength(count)
    case .untilEnd: unknownLength()
    }
  }

  /// Appends the values of all lines of the field as one list, each with a comma behind it.
  mutating func appendList(_ field: KnownField, of fields: borrowing Fields) {
    var index = fields.first(field)
    while let line = index {
      let value = fields.value(at: line)
      if !value.isEmpty {
        append(value)
        append(", ")
      }
      index = fields.next(field, from: line &+ 1)
    }
  }

  /// Writes `Via` with this gateway as the last of those that passed the message on (RFC 9110 §7.6.3).
  ///
  /// - Parameter version: the version in which the message came.
  @inline(__always)
  mutating func via(_ fields: borrowing Fields, version: Version) {
    if version == .http11 && !fields.contains(.via) { return field("Via", "1.1 portcullis") }
    beginField("Via")
    appendList(.via, of: fields)
    switch version {
    case .http11: append("1.1 portcullis")
    case .http10: append("1.0 portcullis")
    }
    endField()
  }
}
