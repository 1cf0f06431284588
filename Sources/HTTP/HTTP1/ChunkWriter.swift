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
  package mutating func appendLastChunk(trailers: borrowing Fields, identity: IdentityFieldNames) {
    append("0\r\n")
    for index in 0..<trailers.count
    where TrailerRule.disposition(ofLine: index, in: trailers, identity: identity) == .kept {
      append(trailers.name(at: index))
      append(": ")
      append(trailers.value(at: index))
      append("\r\n")
    }
    append("\r\n")
  }
}
