import Bytes

/// A request line and fields that passed every rule of RFC 9112 that the gateway enforces.
///
/// Only ``RequestHeadParser`` fills one. Its storage is kept from one request to the next, and it outlives the bytes that it was
/// read from.
package struct RequestHead: ~Copyable {
  package internal(set) var method = Method.get
  package internal(set) var version = Version.http11
  package internal(set) var target = RequestTarget()
  package internal(set) var fields = Fields()
  package internal(set) var framing = MessageFraming.none
  /// Whether the client wants the connection kept for another request (RFC 9112 §9.3).
  package internal(set) var keepsAlive = true
  /// Whether the client waits for a 100 before it sends the body (RFC 9110 §10.1.1).
  package internal(set) var expectsContinue = false
  /// Whether this is a well-formed handshake of a WebSocket (RFC 6455 §4.2.1).
  package internal(set) var isWebSocketUpgrade = false
  /// The port named beside the host; nil for none, and for 80 and 443.
  package internal(set) var port: UInt16?

  var connection = ConnectionOptions()
  var rawTargetRange = 0..<0
  var authorityRange = 0..<0
  var hostRange = 0..<0
  /// The host in lower case, where it was not sent so.
  var lowercaseHost: [UInt8] = []
  /// The last authority that was taken apart, and its parts: mostly that of the next request on the connection too.
  var knownAuthority: [UInt8] = []
  var knownParts: Authority?

  package init() {}

  /// The target as it was sent, for logs.
  ///
  /// It may hold a token.
  package var rawTarget: Span<UInt8> {
    @_lifetime(borrow self) get { fields.bytes.extracting(rawTargetRange) }
  }

  /// Whether `Connection` names the field, so that it concerns one connection alone (RFC 9110 §7.6.1).
  package func isNominated(_ name: Span<UInt8>) -> Bool {
    connection.namesFields && connection.names(name, in: fields)
  }

  /// `Host` as it was sent, or the target's authority in its stead; empty if neither is there (HTTP/1.0).
  package var authority: Span<UInt8> {
    @_lifetime(borrow self) get { fields.bytes.extracting(authorityRange) }
  }

  /// The host to match routes with: in lower case, without a final dot, without port.
  ///
  /// Empty if the request names none.
  package var host: Span<UInt8> {
    @_lifetime(borrow self) get {
      lowercaseHost.isEmpty ? fields.bytes.extracting(hostRange) : lowercaseHost.span
    }
  }
}
