import Bytes
import HTTP
import JSON

extension Loading {
  /// `routes`.
  ///
  /// - Parameters:
  ///   - gateway: what has been read so far; its defaults hold where a route has no word of its own.
  ///   - cors: the one of the top level.
  func routes(
    _ value: LocatedJSON?, of top: ObjectReader, in gateway: GatewayConfiguration, cors: CORSConfiguration?
  ) -> [RouteConfiguration] {
    guard let value else {
      error(at: top.location, "'routes' is missing: without one every request is answered 404")
      return []
    }
    let names = WrittenNames(
      upstreams: top["upstreams"].map { $0.value.object?.members.map(\.name) } ?? [],
      issuers: (top["auth"]?.value.object?["issuers"]?.array ?? []).compactMap { $0.object?["issuer"]?.string },
      hasAccounts: top["accounts"] != nil, accountIssuer: top["accounts"]?.value.object?["issuer"]?.string)
    return (nonEmptyList(value) ?? []).compactMap { route($0, in: gateway, names, topCORS: cors) }
  }

  /// The names that the file gives, also to things that could not be read: a route that uses one is not wrong for that.
  struct WrittenNames {
    /// Nil where 'upstreams' is something else than it should be.
    let upstreams: [String]?
    let issuers: [String]
    let hasAccounts: Bool
    let accountIssuer: String?
  }

  private func route(
    _ value: LocatedJSON, in gateway: GatewayConfiguration, _ names: WrittenNames, topCORS: CORSConfiguration?
  ) -> RouteConfiguration? {
    guard let reader = object(value, .route) else { return nil }
    let allowsEncodedSlashes = choice(reader["encoded_slashes"], EncodedSlashes.self) == .allow
    let match = match(reader, allowingEncodedSlashes: allowsEncodedSlashes)
    let action = action(reader, in: gateway, names: names.upstreams)
    let auth = authentication(reader["auth"], of: value.location)
    let requirements = requirements(reader, auth: auth ?? .required, issuers: names)
    let standIn = RouteMatch(path: .prefix("/"))
    var route = RouteConfiguration(
      location: value.location, match: match ?? standIn, action: action ?? .respond(FixedResponse(status: 404)))
    if let auth { route.auth = auth }
    route.requirements = requirements
    route.allowsEncodedSlashes = allowsEncodedSlashes
    rewriting(of: reader, path: match?.path.text, into: &route)
    route.requestFields = fieldEdits(reader["request_headers"], for: .requestEdit)
    route.responseFields = fieldEdits(reader["response_headers"], for: .responseEdit)
    route.maxBody = bodyLimit(reader["max_body"]) ?? gateway.limits.maxBody
    route.timeout = timeout(reader["timeout"])
    if case .bool(false)? = reader["cors"]?.content {
      route.cors = nil
    } else {
      route.cors = reader["cors"].map { cors($0) } ?? topCORS
    }
    route.allowAddresses = reader["allow_addresses"].map { someElements($0).compactMap(addressBlock) }
    route.denyAddresses = reader["deny_addresses"].map { elements($0).compactMap(addressBlock) } ?? []
    route.webSocket = webSocket(reader["websocket"])
    checkAccessControl(of: route, reader)
    if case .respond(let answer)? = action {
      refuseForwardingKeys(reader)
      route.action = .respond(answer.edited(by: route.responseFields))
      route.responseFields = FieldEdits()
    }
    // Without its condition or its end a route would be taken for another one by the checks that follow.
    return match == nil || action == nil ? nil : route
  }

  /// `auth` of a route; nil where it is absent or wrong.
  private func authentication(_ value: LocatedJSON?, of route: SourceLocation) -> RouteAuthentication? {
    guard let value else { return nil }
    if case .bool(let asks) = value.content {
      let kinds = Self.notOneOf(RouteAuthentication.allCases.map(\.rawValue), value)
      let advice = asks ? "\"required\" if a valid token is needed" : "\"none\" if everybody may pass"
      error(at: value.location, "\(kinds); write \(advice)")
    } else if let auth = choice(value, RouteAuthentication.self) {
      return auth
    }
    // Nothing more is said of a kind that is not known.
    routesOfUnknownAuth.insert(route)
    return nil
  }

  private enum EncodedSlashes: String, CaseIterable {
    case allow
    case refuse
  }

  private func rewriting(of reader: ObjectReader, path: String?, into route: inout RouteConfiguration) {
    if let header = choice(reader["host_header"], HostHeader.self) { route.hostHeader = header }
    let encodedSlashes = route.allowsEncodedSlashes
    if let prefix = canonicalPath(reader["add_prefix"], allowingEncodedSlashes: encodedSlashes) {
      if prefix.value == "/" { error(at: prefix.location, "\"/\" adds nothing; leave 'add_prefix' out") }
      route.addPrefix = prefix.value.withoutFinalSlash
    }
    if let prefix = canonicalPath(reader["strip_prefix"], allowingEncodedSlashes: encodedSlashes) {
      let stripped = prefix.value.withoutFinalSlash
      if prefix.value == "/" {
        error(at: prefix.location, "\"/\" strips nothing; leave 'strip_prefix' out")
      } else if let path, path != stripped, !path.hasPrefix(stripped + "/") {
        error(
          at: prefix.location, "\"\(prefix.value)\" is not what the paths of this route begin with: \"\(path)\" is")
      }
      route.stripPrefix = stripped
    }
  }

  /// With `cors` the gateway alone says who may read.
  private func checkAccessControl(of route: RouteConfiguration, _ reader: ObjectReader) {
    guard route.cors != nil else { return }
    let edits = route.responseFields
    for name in (edits.setFields + edits.addedFields).map(\.name) + edits.removedNames
    where name.asciiLowercased.hasPrefix("access-control-") {
      error(at: reader.place(of: "response_headers"), "'\(name)' can't be changed where 'cors' is configured")
    }
  }

  /// Keys that have a meaning for forwarded requests only.
  private func refuseForwardingKeys(_ reader: ObjectReader) {
    let keys = ["strip_prefix", "add_prefix", "host_header", "request_headers", "timeout", "websocket"]
    for key in keys where reader[key] != nil {
      let end = reader["respond"] != nil ? "respond" : "redirect"
      error(at: reader.place(of: key), "'\(key)' has no effect beside '\(end)': nothing is forwarded")
    }
  }
}

extension String {
  fileprivate var withoutFinalSlash: String { count > 1 && hasSuffix("/") ? String(dropLast()) : self }
}

extension FixedResponse {
  /// The answer with the changes made.
  fileprivate func edited(by edits: FieldEdits) -> FixedResponse {
    var answer = self
    let dropped = edits.removedNames + edits.setFields.map(\.name)
    answer.fields.removeAll { line in dropped.contains { SameFieldName.matches($0, line.name) } }
    answer.fields += edits.setFields + edits.addedFields
    return answer
  }
}
