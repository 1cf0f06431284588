package import Bytes

/// Writes heads as HTTP/1.1 has them (RFC 9112 §2–§6).
///
/// Lines that are forwarded as they came, and fields that were formed beforehand, are copied in runs. The buffer is the writer's own
/// while it writes: the compiler then knows that nothing else changes it between two pieces.
package struct HTTP1HeadWriter: HeadWriter, ~Copyable {
  private var buffer = ByteBuffer(empty: ())
  private let peerVersion: Version

  /// Writes behind what is in the buffer, until ``giveBack(to:)``.
  ///
  /// - Parameter peerVersion: the version that the peer speaks. The line that is written says HTTP/1.1 in any case (RFC 9110 §2.5).
  @inline(__always)
  package init(taking buffer: inout ByteBuffer, peerVersion: Version = .http11) {
    self.peerVersion = peerVersion
    swap(&self.buffer, &buffer)
  }

  @inline(__always)
  package mutating func giveBack(to buffer: inout ByteBuffer) { swap(&self.buffer, &buffer) }

  /// Makes room for a head that has probably so many bytes.
  mutating func reserve(_ count: Int) { buffer.reserve(count) }

  // MARK: Text

  @inline(__always)
  package mutating func append(_ text: Span<UInt8>) { buffer.appendInline(text) }

  @inline(__always)
  package mutating func append(_ text: StaticString) { buffer.appendInline(text) }

  package mutating func append(hexadecimal value: UInt64, width: Int) {
    buffer.append(hexadecimal: value, width: width)
  }

  // MARK: First lines

  @inline(__always)
  package mutating func beginRequest(_ method: Method, scheme: Scheme) {
    if case .get = method { return append("GET ") }
    method.write(to: &buffer)
    append(" ")
  }

  @inline(__always)
  package mutating func endRequest() { append(" HTTP/1.1\r\n") }

  @inline(__always)
  package mutating func authority(_ authority: Span<UInt8>) { field("Host", authority) }

  package mutating func status(_ status: Int, reason: Span<UInt8>) {
    if status == 200, reason.equals("OK") { return append("HTTP/1.1 200 OK\r\n") }
    append("HTTP/1.1 ")
    buffer.append(decimal: status)
    append(" ")
    if reason.isEmpty { append(Status.phrase(status)) } else { append(reason) }
    append("\r\n")
  }

  // MARK: Fields

  package mutating func field(_ name: Span<UInt8>, _ value: Span<UInt8>) {
    append(name)
    append(": ")
    append(value)
    append("\r\n")
  }

  @inline(__always)
  package mutating func field(_ name: StaticString, _ value: Span<UInt8>) {
    buffer.appendInline(name, ": ", value, "\r\n")
  }

  @inline(__always)
  package mutating func field(_ name: StaticString, _ value: StaticString) {
    append(name)
    append(": ")
    append(value)
    append("\r\n")
  }

  @inline(__always)
  package mutating func beginField(_ name: StaticString) {
    append(name)
    append(": ")
  }

  @inline(__always)
  package mutating func endField() { append("\r\n") }

  @inline(__always)
  package mutating func fields(_ lines: Range<Int>, of fields: borrowing Fields) { append(fields.block(lines)) }

  @inline(__always)
  package mutating func fields(_ run: FieldRun) { append(run.packed) }

  // MARK: The rest of the head

  @inline(__always)
  package mutating func connection(_ use: ConnectionUse) {
    switch use {
    case .kept: if peerVersion == .http10 { field("Connection", "keep-alive") }
    case .closed: field("Connection", "close")
    case .webSocket:
      field("Connection", "Upgrade")
      field("Upgrade", "websocket")
    }
  }

  @inline(__always)
  package mutating func contentLength(_ count: UInt64) {
    beginField("Content-Length")
    // The readers take no number that would have to be clamped.
    buffer.append(decimal: Int(clamping: count))
    endField()
  }

  package mutating func unknownLength() {
    // HTTP/1.0 knows no chunks: there the body ends with the connection.
    if peerVersion == .http11 { field("Transfer-Encoding", "chunked") }
  }

  @inline(__always)
  package mutating func end() { append("\r\n") }
}
