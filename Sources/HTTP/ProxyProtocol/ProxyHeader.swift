import Bytes

/// The header with which a load balancer that passes bytes on says whose connection it is: the PROXY protocol of HAProxy, version 1 or 2.
///
/// It stands before everything else on the connection, before a TLS handshake too.
package struct ProxyHeader: Sendable, Equatable {
  /// The client that the header names.
  package enum Source: Sendable, Equatable {
    case address(IPAddress, port: UInt16)
    /// A client on a socket in the file system.
    case unixSocket
    /// Nobody: the connection is the load balancer's own (`LOCAL`), or it does not know whose it is (`UNKNOWN`).
    case unnamed
  }

  package let source: Source
  /// The size of the header in bytes.
  package let byteCount: Int

  package init(_ source: Source, byteCount: Int) {
    self.source = source
    self.byteCount = byteCount
  }

  /// The longest header that is taken, in bytes: one of version 2, with all that it says beside the addresses.
  package static let byteMax = 4096
}

/// The outcome of reading a ``ProxyHeader``.
package enum ProxyHeaderParse: Sendable, Equatable {
  case complete(ProxyHeader)
  /// The header has at least so many bytes.
  case needsMore(byteCount: Int)
  case malformed(ProxyHeaderFault)
}

/// The reason for which a connection has no PROXY header that could be believed.
package enum ProxyHeaderFault: String, Sendable, Equatable {
  /// The first bytes are those of something else.
  case absent
  case malformed
  /// Version 2 in name, but with a version, command, family or protocol that this gateway does not know.
  case unsupported
  case tooLong

  /// For the log.
  package var text: String {
    switch self {
    case .absent: "it does not begin with a PROXY protocol header"
    case .malformed: "its PROXY protocol header is malformed"
    case .unsupported: "its PROXY protocol header is of a kind that is not known"
    case .tooLong: "its PROXY protocol header is too long"
    }
  }
}

extension ProxyHeader {
  /// Reads the header that the bytes begin with.
  ///
  /// The bytes behind it are not looked at.
  package static func parse(_ bytes: Span<UInt8>) -> ProxyHeaderParse {
    guard !bytes.isEmpty else { return .needsMore(byteCount: textMin) }
    return bytes[0] == UInt8(ascii: "P") ? parseText(bytes) : parseBinary(bytes)
  }

  /// True if the bytes and the expected ones are the same as far as both go.
  static func agree(_ bytes: Span<UInt8>, _ expected: StaticString) -> Bool {
    for index in 0..<min(bytes.count, expected.utf8CodeUnitCount) {
      // SAFETY: the index lies inside the literal.
      guard unsafe bytes[index] == expected.utf8Start[index] else { return false }
    }
    return true
  }
}
