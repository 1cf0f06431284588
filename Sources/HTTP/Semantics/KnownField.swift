/// The fields that the gateway treats in some way of its own, told apart once while a head is parsed.
@usableFromInline
package enum KnownField: UInt8, Sendable, Hashable, CaseIterable {
  // Framing and routing of the message.
  case host
  case contentLength
  case transferEncoding
  case expect

  // Fields of one hop (RFC 9110 §7.6.1).
  case connection
  case keepAlive
  case te
  case trailer
  case upgrade
  case http2Settings
  case proxyConnection
  case proxyAuthenticate
  case proxyAuthorization
  /// CGI hands it on as `HTTP_PROXY`, which many programs take for the proxy that they are to use ("httpoxy").
  case proxy

  // Where a credential may stand, and what guards it.
  case authorization
  case cookie
  case setCookie
  case wwwAuthenticate
  case origin
  case secFetchSite
  case accessControlRequestMethod
  case accessControlRequestHeaders
  /// Any other `Access-Control-*`.
  case accessControl

  // Who asked, by what way.
  case via
  case forwarded
  case xForwardedFor
  case xForwardedProto
  case xForwardedHost
  case xForwardedPort
  case xForwardedPrefix
  /// Any other `X-Forwarded-*`.
  case xForwarded
  case xRealIP
  /// Any `X-Original-*`.
  case xOriginal
  /// Any `X-Rewrite-*`.
  case xRewrite
  /// `X-HTTP-Method-Override`, `X-HTTP-Method` and `X-Method-Override`: a method other than the one that was judged.
  case methodOverride
  /// `Client-Cert` and `Client-Cert-Chain` (RFC 9440), in which upstreams are told of the client's certificate.
  case clientCertificate
  /// A name that an upstream might fold onto another one: onto one of those above from `X-Forwarded-For` on, onto `X-Request-Id`, onto
  /// one that frames the message, as `X_Forwarded_For` or `Content_Length`, or onto one that the configuration mentions
  /// (``GuardedFieldNames``).
  case lookalike
  case xRequestID
  case traceparent
  case tracestate

  // WebSocket (RFC 6455 §4).
  case secWebSocketKey
  case secWebSocketVersion
  case secWebSocketProtocol
  case secWebSocketExtensions
  case secWebSocketAccept

  // What logs and answers want to see.
  case userAgent
  case referer
  case contentType
  case contentEncoding
  case date
  case server
  case vary
  case location
  case strictTransportSecurity
  case retryAfter

  /// Every field that means nothing to the gateway.
  case other
}

/// A set of known fields, in one machine word.
@usableFromInline
package struct KnownFieldSet: Sendable, Hashable, ExpressibleByArrayLiteral {
  @usableFromInline var bits: UInt64

  @inlinable package init() { bits = 0 }

  @inlinable @inline(__always)
  package init(arrayLiteral fields: KnownField...) {
    bits = 0
    for field in fields { bits |= 1 &<< UInt64(field.rawValue) }
  }

  @inlinable init(bits: UInt64) { self.bits = bits }

  @inlinable package var isEmpty: Bool { bits == 0 }

  @inlinable package func contains(_ field: KnownField) -> Bool { bits & Self.bit(field) != 0 }

  @inlinable package mutating func insert(_ field: KnownField) { bits |= Self.bit(field) }

  @inlinable package func union(_ other: KnownFieldSet) -> KnownFieldSet { KnownFieldSet(bits: bits | other.bits) }

  @inlinable package func subtracting(_ other: KnownFieldSet) -> KnownFieldSet {
    KnownFieldSet(bits: bits & ~other.bits)
  }

  /// True if the two have no field in common: the cheap way to see that a head holds none of several fields.
  @inlinable package func isDisjoint(with other: KnownFieldSet) -> Bool { bits & other.bits == 0 }

  @inlinable static func bit(_ field: KnownField) -> UInt64 { 1 &<< UInt64(field.rawValue) }
}

extension KnownFieldSet {
  /// Fields that concern one connection and never pass a gateway (RFC 9110 §7.6.1, RFC 9113 §8.2.2).
  package static var hopByHop: KnownFieldSet {
    [
      .connection, .keepAlive, .te, .trailer, .upgrade, .transferEncoding, .http2Settings, .proxyConnection,
      .proxyAuthenticate, .proxyAuthorization,
    ]
  }
}
