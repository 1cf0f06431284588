import Bytes
import HTTP

/// A document that the gateway publishes about its keys (RFC 8615), at `/.well-known/…`.
package enum WellKnownDocument: Sendable, Hashable, CaseIterable {
  /// The public keys (RFC 7517 §5).
  case keySet
  /// The description of the issuer (OpenID Connect Discovery 1.0 §4).
  case discovery

  var path: String {
    switch self {
    case .keySet: "/.well-known/jwks.json"
    case .discovery: "/.well-known/openid-configuration"
    }
  }
}

extension GatewayConfiguration {
  /// The documents that there are, at every path where one may be asked for.
  ///
  /// Below an issuer with a path, such as `https://example.com/auth`, they are found whether a proxy before the gateway takes
  /// that path off or not.
  package var wellKnownPaths: [(document: WellKnownDocument, path: String)] {
    guard accounts != nil || auth.identityAssertion != nil else { return [] }
    let url = accounts?.issuerURL
    let documents: [WellKnownDocument] = url == nil ? [.keySet] : [.keySet, .discovery]
    let prefixes = url.map { $0.path.isEmpty ? [""] : ["", $0.path] } ?? [""]
    return prefixes.flatMap { prefix in documents.map { ($0, prefix + $0.path) } }
  }
}

extension AccountsConfiguration {
  /// ``issuer`` as a URL; nil if it is none.
  package var issuerURL: IssuerURL? { issuer.flatMap { IssuerURL($0.value) } }
}

/// The name of an issuer that others can ask for its keys: an `http` or `https` URL without query and fragment.
package struct IssuerURL: Sendable, Equatable {
  /// Without slashes at its end.
  package let text: String
  /// Its path without slashes at the end; empty for none.
  package let path: String

  package init?(_ name: String) {
    guard let scheme = ["https://", "http://"].first(where: name.hasPrefix) else { return nil }
    var rest = name.dropFirst(scheme.count)
    while rest.last == "/" { rest.removeLast() }
    let host = rest.prefix { $0 != "/" }
    let path = String(rest.dropFirst(host.count))
    guard !host.isEmpty, host.utf8.allSatisfy(Self.isHostByte), path.isEmpty || Self.isCanonical(path) else {
      return nil
    }
    self.path = path
    text = scheme + rest
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    ASCII.isAlphanumeric(byte) || [UInt8]("-._:[]".utf8).contains(byte)
  }

  private static func isCanonical(_ path: String) -> Bool {
    var canonical: [UInt8] = []
    guard let traits = try? CanonicalPath.append(Array(path.utf8).span, to: &canonical) else { return false }
    return canonical.elementsEqual(path.utf8) && !traits.hasParameters && !traits.hasEncodedSlash
      && path.utf8.allSatisfy { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
  }
}
