import HTTP

/// The names of request fields that a configuration mentions: the table of all places where one can stand.
///
/// Every one is guarded against other spellings. A key that is added and holds the name of a request field belongs in here; a test
/// walks over all keys of the schema that hold a field name and finds one that was forgotten.
package struct RequestFieldNames: Sendable, Equatable {
  /// Names under which the gateway looks for something or says something.
  package private(set) var wanted: [String] = []
  /// Names that it takes out.
  package private(set) var removed: [String] = []

  package init(_ configuration: GatewayConfiguration) {
    for place in configuration.auth.tokenFrom { add(place) }
    wanted += configuration.auth.identityHeaders.map(\.name)
    if let assertion = configuration.auth.identityAssertion { wanted.append(assertion.header) }
    if let cors = configuration.cors { wanted += cors.headers }
    if case .header(let name)? = configuration.accounts?.registrationLimit?.subject { wanted.append(name) }
    for route in configuration.routes {
      wanted += route.match.headers.map(\.name)
      wanted += (route.requestFields.setFields + route.requestFields.addedFields).map(\.name)
      removed += route.requestFields.removedNames
      if let cors = route.cors { wanted += cors.headers }
    }
  }

  private mutating func add(_ place: TokenPlace) {
    switch place {
    case .header(let name): wanted.append(name)
    case .webSocketProtocol: wanted.append("Sec-WebSocket-Protocol")
    case .cookie, .query: break
    }
  }
}
