import Bytes
package import Cryptography

/// The other end of a downstream connection.
///
/// The same for all requests on it.
package struct Peer: Sendable, Equatable {
  /// Nil for a socket that has no address, as one in the file system.
  package let address: IPAddress?
  /// True if what it says of those before it is believed.
  package let isTrusted: Bool
  package let scheme: Scheme
  /// The address as it stands in `X-Forwarded-For`.
  package let addressText: [UInt8]
  /// The certificate that it has proven to be its own; nil without, and in clear.
  package let certificate: ClientCertificate?
  /// `X-Forwarded-For` and `X-Forwarded-Proto` for a peer whose own word doesn't count.
  let forwardedFields: FieldBlock

  package init(
    address: IPAddress?, scheme: Scheme, trustedProxies: TrustedProxies, certificate: ClientCertificate? = nil
  ) {
    self.address = address
    self.certificate = certificate
    self.scheme = scheme
    isTrusted = trustedProxies.trusts(address)
    let text = address.map(\.description) ?? "unknown"
    addressText = Array(text.utf8)
    var fields = FieldBlock()
    // Neither an address nor a scheme holds what no value may.
    let areAppended =
      fields.append(name: "X-Forwarded-For", value: text)
      && fields.append(name: "X-Forwarded-Proto", value: scheme.rawValue)
    assert(areAppended, "an address is no field value")
    forwardedFields = fields
  }
}

extension Peer {
  /// True if a field of that name may decide anything: those that tell where a request comes from count from trusted peers alone.
  package func maySend(_ name: Span<UInt8>) -> Bool {
    isTrusted || !KnownFieldSet.trustedOnly.contains(KnownField(name: name))
  }
}

extension KnownFieldSet {
  /// Fields that are removed or replaced where a peer isn't trusted.
  package static var trustedOnly: KnownFieldSet {
    [
      .forwarded, .xForwardedFor, .xForwardedProto, .xForwardedHost, .xForwardedPort, .xForwardedPrefix, .xForwarded,
      .xRealIP, .xRequestID,
    ]
  }

  /// Fields that are removed from every request.
  package static var removedFromAll: KnownFieldSet {
    [.xOriginal, .xRewrite, .methodOverride, .clientCertificate, .lookalike]
  }
}

/// The proxies in front of this one whose `X-Forwarded-*` are believed.
///
/// None, unless the operator says so.
package struct TrustedProxies: Sendable, Equatable {
  package var ranges: [AddressRange]
  /// True if a peer without an address, on a socket in the file system, is one.
  package var includesLocalSockets: Bool

  package init(ranges: [AddressRange] = [], includesLocalSockets: Bool = false) {
    self.ranges = ranges
    self.includesLocalSockets = includesLocalSockets
  }

  /// True if a peer of that address is trusted; nil stands for a socket in the file system.
  package func trusts(_ address: IPAddress?) -> Bool {
    guard let address else { return includesLocalSockets }
    return ranges.contains { $0.contains(address) }
  }
}
