package import Bytes

/// Puts the chunked coding on a body (RFC 9112 §7.1).
extension ByteBuffer {
  /// Appends what stands before `count` > 0 bytes of payload; behind them belongs ``appendChunkEnd()``.
  package mutating func appendChunkBegin(_ count: Int) {
    precondition(count > 0, "an empty chunk would end the body")
    append(hexadecimal: UInt64(count))
    append("\r\n")
  }

  /// Appends what stands behind a chunk's payload.
  package mutating func appendChunkEnd() { append("\r\n") }

  /// Appends the payload as one chunk; nothing if it is empty.
  package mutating func appendChunk(_ payload: Span<UInt8>) {
    guard payload.count > 0 else { return }
    appendChunkBegin(payload.count)
    append(payload)
    appendChunkEnd()
  }

  /// Appends the end of a body, with those of the upstream's trailers that may pass.
  ///
  /// Fields that frame, route, authenticate or describe a message mean nothing in a trailer, or harm (RFC 9110 §6.5.1). Identity
  /// fields pass in no direction.
  package mutating func appendLastChunk(trailers: borrowing Fields, identity: IdentityFieldNames) {
    append("0\r\n")
    for index in 0..<trailers.count {
      let name = trailers.name(at: index)
      guard trailers.known(at: index) == .other, !name.isForbiddenInTrailers, !identity.covers(name) else { continue }
      append(name)
      append(": ")
      append(trailers.value(at: index))
      append("\r\n")
    }
    append("\r\n")
  }
}

extension Span<UInt8> {
  /// Fields forbidden in trailers beside those that the gateway knows, all of which are.
  fileprivate var isForbiddenInTrailers: Bool {
    equalsIgnoringCase("age") || equalsIgnoringCase("cache-control") || equalsIgnoringCase("content-range")
      || equalsIgnoringCase("expires") || equalsIgnoringCase("max-forwards") || equalsIgnoringCase("pragma")
      || equalsIgnoringCase("range") || equalsIgnoringCase("warning")
  }
}
