import Bytes

/// A status line and fields of an upstream that passed every rule of RFC 9112 that the gateway enforces.
///
/// Only ``ResponseHeadParser`` fills one. Its storage is kept from one response to the next, and it outlives the bytes that it was
/// read from.
package struct ResponseHead: ~Copyable {
  /// From 100 to 599.
  package internal(set) var status = 200
  package internal(set) var version = Version.http11
  package internal(set) var fields = Fields()
  package internal(set) var framing = MessageFraming.none
  /// What `Content-Length` says, also where no body follows (to HEAD, 304).
  package internal(set) var contentLength: UInt64?
  /// Whether the upstream keeps the connection for another request once this response has ended.
  package internal(set) var keepsAlive = true

  var reasonRange = 0..<0

  package init() {}

  /// Whether another response to the same request follows (RFC 9110 §15.2).
  ///
  /// A 101 is the last one.
  package var isInterim: Bool { status < 200 && status != 101 }

  /// The words behind the status, which mean nothing; may be empty.
  package var reason: Span<UInt8> {
    @_lifetime(borrow self) get { fields.bytes.span.extracting(reasonRange) }
  }
}
