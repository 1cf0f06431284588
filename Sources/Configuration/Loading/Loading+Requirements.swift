import HTTP
import JSON

extension Loading {
  /// `require` of a route.
  func requirements(
    _ route: ObjectReader, auth: RouteAuthentication, issuers: WrittenNames
  ) -> RouteRequirements {
    var requirements = RouteRequirements()
    guard let value = route["require"], let reader = object(value, .require) else { return requirements }
    if let reason = auth.reasonAgainstTokenRequirements { checkAsksForCertificate(reader, auth, reason, route) }
    if reader.members.isEmpty {
      error(at: value.location, "'require' asks for nothing; leave it out, or name what a token must show")
    }
    requirements.roles = words(nonEmptyList(reader["roles"]) ?? []).map(\.value)
    requirements.anyRole = words(nonEmptyList(reader["any_role"]) ?? []).map(\.value)
    requirements.scope = words(nonEmptyList(reader["scope"]) ?? []).compactMap(scopeWord)
    requirements.claims = table(reader["claims"]).compactMap(claim)
    if let issuer = reader["issuer"] {
      requirements.issuers = words(someElements(issuer)).map { name in
        checkIsIssuer(name, issuers)
        return name.value
      }
    }
    return requirements
  }

  /// A word of a scope (RFC 6749 §3.3); it is named in `WWW-Authenticate`.
  private func scopeWord(_ word: Located<String>) -> String? {
    if word.value.utf8.allSatisfy({ 0x21...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      return word.value
    }
    let hint = word.value.contains(" ") ? "; list its words one by one" : ""
    error(at: word.location, "\"\(word.value)\" is no word of a scope\(hint)")
    return nil
  }

  private func claim(_ member: LocatedJSON.Member) -> ClaimRequirement? {
    guard !member.name.isEmpty else {
      error(at: member.nameLocation, "a claim has a name")
      return nil
    }
    guard isKnown(claim: member.name, at: member.nameLocation) else { return nil }
    if let claim = CertificateClaim(rawValue: member.name) { return certificateClaim(claim, member) }
    let allowed = someElements(member.value).compactMap { value -> JSONValue? in
      switch value.content {
      case .bool, .string: return value.value
      case .number(let number):
        if number.double.magnitude < JSONNumber.exactLimit { return value.value }
        error(at: value.location, "a number of 2^53 or more can't be compared: programs read it as different ones")
        return nil
      case .null, .list, .object:
        error(at: value.location, "expected a string, a number, true or false, or a list of such, found \(value.kind)")
        return nil
      }
    }
    return allowed.isEmpty ? nil : ClaimRequirement(name: member.name, allowed: allowed)
  }

  private func checkIsIssuer(_ name: Located<String>, _ written: WrittenNames) {
    // Without anybody whose tokens are good the route has an error of its own.
    guard !written.issuers.isEmpty || written.hasAccounts else { return }
    let names = written.issuers + [written.accountIssuer].compactMap(\.self)
    guard !names.contains(where: { $0.equalsExactly(name.value) }) else { return }
    let other = written.hasAccounts ? " and not 'accounts.issuer'" : ""
    let hint = Suggestion.nearest(to: name.value, among: names).map { "; did you mean '\($0)'?" } ?? ""
    error(at: name.location, "'\(name.value)' is none of 'auth.issuers'\(other)\(hint)")
  }

  /// Routes that look at tokens need an issuer or accounts.
  func checkAuthentication(of gateway: GatewayConfiguration, _ top: ObjectReader) {
    // The accounts are an issuer, and issuers that could not be read have been reported.
    guard gateway.auth.issuers.isEmpty, top["accounts"] == nil, !hasIssuers(top) else { return }
    for route in gateway.routes where route.auth.looksAtTokens && !routesOfUnknownAuth.contains(route.location) {
      error(
        at: route.location,
        "this route looks at tokens (\"auth\": \"\(route.auth.rawValue)\"), but there is nobody whose tokens are good: "
          + "add an issuer to 'auth.issuers', or 'accounts', or say \"auth\": \"none\" if everybody may pass")
    }
  }

  private func hasIssuers(_ top: ObjectReader) -> Bool {
    guard let issuers = top["auth"]?.value.object?["issuers"] else { return false }
    return issuers.array?.isEmpty != true
  }
}
