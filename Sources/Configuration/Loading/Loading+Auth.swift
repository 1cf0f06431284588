import Bytes
import HTTP
import JSON

extension Loading {
  /// `auth`.
  ///
  /// - Parameter besideAccounts: whether the gateway has accounts, whose tokens count beside those of the issuers.
  func auth(_ value: LocatedJSON?, besideAccounts: Bool) -> AuthConfiguration {
    var auth = AuthConfiguration()
    guard let value, let reader = object(value, .auth) else { return auth }
    if let status = rejectStatus(reader["reject_status"]) { auth.rejectStatus = status }
    if let realm = realm(reader["realm"]) { auth.realm = realm }
    if let places = tokenPlaces(reader["token_from"]) { auth.tokenFrom = places }
    if let leeway = duration(reader["leeway"], in: Self.leeways) { auth.leeway = leeway }
    if let headers = identityHeaders(reader["identity_headers"]) { auth.identityHeaders = headers }
    if let forwards = bool(reader["forward_token"]) { auth.forwardToken = forwards }
    if let cooldown = duration(reader["jwks_cooldown"], in: .seconds(1) ... .seconds(3600)) {
      auth.keySetCooldown = cooldown
    }
    if let wait = duration(reader["jwks_wait"], in: .zero ... .seconds(60)) { auth.keySetWait = wait }
    auth.issuers = issuers(reader["issuers"], leeway: auth.leeway)
    auth.proxies = proxies(for: auth.issuers)
    checkTokenPlaces(of: auth, at: reader.place(of: "identity_headers"))
    checkSubjects(of: auth, issuerCount: auth.issuers.count + (besideAccounts ? 1 : 0), reader)
    return auth
  }

  /// A leeway is for clocks; beyond an hour it would be a longer life for every token.
  static let leeways: ClosedRange<Duration> = .zero ... .seconds(3600)

  private func rejectStatus(_ value: LocatedJSON?) -> Int? {
    guard let value else { return nil }
    guard case .number(let number) = value.content, let status = number.integer, status == 401 || status == 403 else {
      error(at: value.location, "expected 401 or 403")
      return nil
    }
    return status
  }

  private func realm(_ value: LocatedJSON?) -> String? {
    guard let text = nonEmptyString(value) else { return nil }
    guard text.value.utf8.allSatisfy({ 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
    else {
      error(at: text.location, "a realm holds visible ASCII characters and spaces, without quotes and backslashes")
      return nil
    }
    return text.value
  }

  private func tokenPlaces(_ value: LocatedJSON?) -> [TokenPlace]? {
    guard let entries = nonEmptyList(value) else { return nil }
    var places: [TokenPlace] = []
    for entry in entries {
      guard let reader = object(entry, .tokenPlace) else { continue }
      guard reader.members.count == 1 else {
        error(at: entry.location, "expected exactly one of 'header', 'cookie', 'query' and 'websocket_protocol'")
        continue
      }
      guard let place = tokenPlace(reader) else { continue }
      if places.contains(where: { $0.isSamePlace(as: place) }) {
        error(at: entry.location, "this place is listed twice")
      } else {
        places.append(place)
      }
    }
    return places
  }

  private func tokenPlace(_ reader: ObjectReader) -> TokenPlace? {
    if let header = nonEmptyString(reader["header"]) {
      return fieldName(header.value, for: .token, at: header.location).map(TokenPlace.header)
    }
    if let cookie = nonEmptyString(reader["cookie"]) {
      guard cookie.value.utf8Span.span.isToken else {
        error(at: cookie.location, "'\(cookie.value)' is no cookie name")
        return nil
      }
      return .cookie(cookie.value)
    }
    if let query = nonEmptyString(reader["query"]) {
      guard query.value.utf8.allSatisfy(ASCII.isUnreserved) else {
        error(at: query.location, "a query parameter's name holds letters, digits, '-', '.', '_' and '~'")
        return nil
      }
      return .query(query.value)
    }
    if let word = nonEmptyString(reader["websocket_protocol"]) {
      guard word.value.utf8Span.span.isToken else {
        error(at: word.location, "'\(word.value)' is no name of a WebSocket protocol, such as \"bearer\"")
        return nil
      }
      return .webSocketProtocol(word.value)
    }
    return nil
  }

  private func identityHeaders(_ value: LocatedJSON?) -> [IdentityHeader]? {
    guard let value, case .object(let members) = value.content else {
      _ = table(value)
      return nil
    }
    var headers: [IdentityHeader] = []
    for member in members {
      let name = fieldName(member.name, for: .identity, at: member.nameLocation)
      let claim = nonEmptyString(member.value)
      guard let name, let claim, isKnown(claim: claim.value, at: claim.location) else { continue }
      if let twin = headers.first(where: { FoldedFieldName.matches($0.name, name) }) {
        error(
          at: member.nameLocation,
          "'\(name)' can't be told from '\(twin.name)': an upstream may fold one onto the other")
      } else {
        headers.append(IdentityHeader(name: name, claim: claim.value))
      }
    }
    return headers
  }

  /// A token must not stand in a field that is removed from every client's request.
  private func checkTokenPlaces(of auth: AuthConfiguration, at location: SourceLocation) {
    for case .header(let name) in auth.tokenFrom {
      for header in auth.identityHeaders where FoldedFieldName.matches(header.name, name) {
        error(at: location, "'\(header.name)' is both an identity header and a place of 'token_from'")
      }
    }
  }

  /// With several issuers a subject alone identifies no user: two may have the same.
  private func checkSubjects(of auth: AuthConfiguration, issuerCount: Int, _ reader: ObjectReader) {
    let claims = auth.identityHeaders.map(\.claim)
    if issuerCount > 1, claims.contains("sub"), !claims.contains("iss") {
      warning(
        at: reader.place(of: "identity_headers"),
        "upstreams are told 'sub' without 'iss': users of different issuers with the same name look alike")
    }
  }
}

extension TokenPlace {
  fileprivate func isSamePlace(as other: TokenPlace) -> Bool {
    switch (self, other) {
    case (.header(let a), .header(let b)): SameFieldName.matches(a, b)
    case (.cookie(let a), .cookie(let b)), (.query(let a), .query(let b)): a == b
    case (.webSocketProtocol(let a), .webSocketProtocol(let b)): a.asciiLowercased == b.asciiLowercased
    case (.header, _), (.cookie, _), (.query, _), (.webSocketProtocol, _): false
    }
  }
}
