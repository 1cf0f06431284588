import Bytes
import JSON

/// The part about what routes ask of client certificates, and tell upstreams of them.
extension Loading {
  /// True for a token's claim, or a fact about certificates that there is; a name that begins with `tls:` can be no claim of a token.
  func isKnown(claim name: String, at location: SourceLocation) -> Bool {
    guard CertificateClaim.isNamed(by: name), CertificateClaim(rawValue: name) == nil else { return true }
    let known = CertificateClaim.allCases.map { "\"\($0.rawValue)\"" }
    error(at: location, "'\(name)' is nothing that is told of a client certificate: \(ObjectKind.alternatives(known))")
    return false
  }

  /// A fact about a certificate and the values that it may have: strings in the form that it is told in.
  func certificateClaim(_ claim: CertificateClaim, _ member: LocatedJSON.Member) -> ClaimRequirement? {
    let allowed = words(someElements(member.value)).compactMap { word -> JSONValue? in
      guard let flaw = claim.flaw(of: word.value) else { return .string(word.value) }
      error(at: word.location, "\"\(word.value)\" is never the '\(claim.rawValue)' of a certificate: \(flaw)")
      return nil
    }
    return allowed.isEmpty ? nil : ClaimRequirement(name: claim.rawValue, allowed: allowed)
  }

  /// Checks that a route which asks for no token asks for nothing that a token would have to show.
  func checkAsksForCertificate(
    _ require: ObjectReader, _ auth: RouteAuthentication, _ reason: String, _ route: ObjectReader
  ) {
    let claims = member("claims", of: route["require"])?.value.object?.members.map(\.name) ?? []
    let isForToken = require.members.contains { $0.name != "claims" } || require.members.isEmpty
    guard isForToken || claims.contains(where: { !CertificateClaim.isNamed(by: $0) }) else { return }
    error(
      at: route.place(of: "require"),
      "'require' has no effect beside \"auth\": \"\(auth.rawValue)\": \(reason). Only 'claims' that begin with 'tls:' do, which a client's certificate must show"
    )
  }

  /// Warns of routes that ask for certificates where no listener does.
  func checkCertificates(of gateway: GatewayConfiguration) {
    guard !gateway.listeners.contains(where: { $0.tls?.clientCertificates != nil }) else { return }
    for route in gateway.routes
    where route.auth == .certificate || route.requirements.claims.contains(where: { $0.certificateClaim != nil }) {
      warning(
        at: route.location,
        "no request gets through here: this route asks for a client's certificate, and no listener does ('client_certificates' of its 'tls')"
      )
    }
  }
}

extension RouteAuthentication {
  /// The reason why nothing can be asked of tokens; nil if they must be there.
  var reasonAgainstTokenRequirements: String? {
    switch self {
    case .required, .report: nil
    case .optional, .none: "a request without a token passes"
    case .certificate: "tokens are not looked at"
    }
  }
}

extension CertificateClaim {
  /// The reason why no certificate has that value, with the way out; nil for one that a certificate may have.
  fileprivate func flaw(of value: String) -> String? {
    switch self {
    case .subject:
      return value.utf8.contains(UInt8(ascii: "="))
        ? nil : "write the whole name as RFC 4514 has it, such as \"CN=alice,O=Example\""
    case .names:
      let kinds = ["DNS:", "URI:", "email:", "IP:"]
      return kinds.contains { value.utf8.starts(with: $0.utf8) && value.utf8.count > $0.utf8.count }
        ? nil : "write its kind first, such as \"DNS:a.example\", \"URI:…\", \"email:…\" or \"IP:…\""
    case .fingerprint:
      let isDigest =
        value.utf8.count == 64
        && value.utf8.allSatisfy { ASCII.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0) }
      return isDigest ? nil : "write its SHA-256 digest in 64 lower-case hexadecimal digits, without colons"
    }
  }
}
