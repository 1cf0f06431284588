import Configuration
import HTTP
import JSON

/// Makes routes ready, and says of each value that can't be where it stands.
struct RouteCompiler {
  private let configuration: GatewayConfiguration
  private let challenges: Challenges
  private let identityNames: IdentityFieldNames
  private let certificateFields: CertificateFields
  private let credentials: CredentialPlaces
  private(set) var diagnostics: [Diagnostic] = []

  init(_ configuration: GatewayConfiguration, challenges: Challenges, tokenPlaces: TokenExtractor) {
    self.configuration = configuration
    self.challenges = challenges
    let assertion = configuration.auth.identityAssertion.map { [$0.header] } ?? []
    identityNames = IdentityFieldNames(configuration.auth.identityHeaders.map(\.name) + assertion)
    certificateFields = CertificateFields(configuration.auth.identityHeaders)
    credentials = tokenPlaces.credentialPlaces(forwardsToken: configuration.auth.forwardToken)
  }

  /// The patterns of all routes, in the order of the file; those with errors are left out and reported.
  mutating func patterns() -> [RoutePattern] {
    var patterns: [RoutePattern] = []
    for (index, route) in configuration.routes.enumerated() {
      do throws(InvalidField) {
        patterns.append(RoutePattern(route.match, try compile(route, index: index)))
      } catch {
        report(at: route, "the route has a value for '\(error.name)' that can't stand in a message")
      }
    }
    return patterns
  }

  /// The endpoints of the gateway's own, if there are any.
  mutating func hostedEndpoints() -> HostedEndpoints {
    let cors = { [configuration] (methods: [Method]) in
      // What is wrong with it has been said of the policy for requests without a route.
      try? configuration.cors.map { cors throws(InvalidField) in try CORSPolicy(cors, methods: methods) }
    }
    let places = configuration.hostedPaths.enumerated().map { number, place in
      let (endpoint, above) = place
      let path = endpoint == .session ? above + "/ID" : above
      var plain = RouteConfiguration(
        location: SourceLocation(line: 1, column: 1), match: RouteMatch(path: .exact(path)),
        action: .respond(FixedResponse(status: 200)))
      plain.auth = endpoint.needsToken ? .required : .none
      plain.maxBody = .bytes(HostedEndpoint.bodyLimit)
      let route = Route(
        index: -1 - number, name: path, configuration: plain, action: .host(endpoint),
        insufficientScope: challenges.insufficientScope([]), addresses: nil, cors: cors(endpoint.methods),
        requirements: endpoint.needsToken ? Requirements(accountIssuer: configuration.accounts?.issuer?.value) : nil)
      let made = HostedEndpoints.Place(path: Array(above.utf8), methods: MethodSet(endpoint.methods), route: route)
      return (isBelow: endpoint == .session, place: made)
    }
    return HostedEndpoints(
      places.filter { !$0.isBelow }.map(\.place), children: places.first { $0.isBelow }?.place)
  }

  private mutating func compile(_ route: RouteConfiguration, index: Int) throws(InvalidField) -> Route {
    let cors = try route.cors.map { cors throws(InvalidField) in
      try CORSPolicy(cors, methods: route.match.methods)
    }
    return Route(
      index: index, name: route.match.name, configuration: route, action: try action(of: route),
      insufficientScope: route.auth.looksAtTokens
        ? challenges.insufficientScope(route.requirements.scope) : challenges.lines(for: .claimMismatch),
      addresses: AddressRules(allowed: route.allowAddresses, denied: route.denyAddresses), cors: cors)
  }

  /// The policy for requests that no route takes.
  mutating func cors(_ configuration: CORSConfiguration?) -> CORSPolicy? {
    do throws(InvalidField) {
      guard let configuration else { return nil }
      return try CORSPolicy(configuration, methods: nil)
    } catch {
      return nil
    }
  }

  private mutating func action(of route: RouteConfiguration) throws(InvalidField) -> Route.RouteAction {
    switch route.action {
    case .respond(let answer):
      let fields = try FieldBlock(answer.fields.map { ($0.name, $0.value) })
      return .respond(status: answer.status, fields: fields, body: answer.body)
    case .forward(let upstream):
      let host: ForwardingRules.Host =
        switch route.hostHeader {
        case .keep: .kept
        case .upstream: .upstream
        }
      let requestRules = ForwardingRules(
        rewrite: rewrite(of: route), host: host, edits: route.requestFields,
        identityNames: identityNames, credentials: credentials,
        closesConnections: configuration.upstreams[upstream].keepalive == 0)
      let responseRules = ResponseRules(
        edits: route.responseFields, replacesCORS: route.cors != nil)
      return .forward(
        RouteForwarding(
          upstream: upstream, requestRules: requestRules, responseRules: responseRules,
          certificateFields: certificateFields, webSocket: route.webSocket))
    }
  }

  private mutating func rewrite(of route: RouteConfiguration) -> TargetRewrite? {
    do throws(PathFault) {
      let rewrite = try TargetRewrite(stripping: route.stripPrefix ?? "", adding: route.addPrefix ?? "")
      return rewrite.isEmpty ? nil : rewrite
    } catch {
      report(at: route, "the route's 'strip_prefix' or 'add_prefix' is no canonical path")
      return nil
    }
  }

  private mutating func report(at route: RouteConfiguration, _ message: String) {
    diagnostics.append(configuration.error(at: route.location, message))
  }
}

extension RoutePattern {
  init(_ match: RouteMatch, _ route: Route) {
    host =
      switch match.host {
      case .any: .any
      case .exact(let name): .exact(Array(name.utf8))
      case .wildcard(let suffix): .wildcard(Array(suffix.utf8))
      }
    path =
      switch match.path {
      case .exact(let path): .exact(Array(path.utf8))
      case .prefix(let path): .prefix(path == "/" ? [] : Array(path.utf8))
      }
    methods = match.methods.map { MethodSet($0) }
    headers = match.headers.map { HeaderCondition(name: Array($0.name.utf8), value: Array($0.value.utf8)) }
    self.route = route
  }
}

extension RouteMatch {
  /// Host and path, as logs and metrics name the route.
  fileprivate var name: String {
    switch host {
    case .any: path.text
    case .exact(let host): host + path.text
    case .wildcard(let suffix): "*.\(suffix)\(path.text)"
    }
  }
}
