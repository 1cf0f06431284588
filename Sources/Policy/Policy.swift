package import Configuration
package import HTTP
import Tokens

/// The decision: which route a request takes, who its sender is, whether he may, and what goes upstream.
///
/// Compiled from a configuration once and never changed; shared by all workers. It imports nothing that can do input or
/// output.
package final class Policy: Sendable {
  /// The proxies that are believed about the client's address: for making a `Peer`, and for the address to log.
  package let trustedProxies: TrustedProxies
  /// The places of tokens in requests: logs leave them out.
  package let tokenPlaces: TokenExtractor
  /// The names of request fields that the configuration mentions: for reading heads.
  package let guardedNames: GuardedFieldNames

  let identityHeaders: [IdentityHeader]
  /// The claims of tokens that routes ask for, each once.
  let requiredClaims: [ClaimPath]
  let routes: RouteTable
  /// The patterns that the table was made from, in the order of the file; for explanations.
  let patterns: [RoutePattern]
  let challenges: Challenges
  let rejectStatus: Int
  /// The most bytes that a token may have.
  let tokenByteCountMax: Int
  /// The paths of the accounts' endpoints, which come before all routes.
  let hosted: HostedEndpoints
  /// For requests that no route takes.
  let cors: CORSPolicy?

  /// - Throws: the errors of the configuration that its loader could not see.
  package init(_ configuration: GatewayConfiguration) throws(PolicyError) {
    tokenPlaces = TokenExtractor(configuration.auth.tokenFrom)
    let names = RequestFieldNames(configuration)
    guardedNames = GuardedFieldNames(wanted: names.wanted, removed: names.removed)
    challenges = Challenges(realm: configuration.auth.realm)
    var compiler = RouteCompiler(configuration, challenges: challenges, tokenPlaces: tokenPlaces)
    patterns = compiler.patterns()
    requiredClaims = patterns.flatMap { $0.route.requirements.claims.map(\.path) }.reduce(into: []) { claims, claim in
      if !claims.contains(claim) { claims.append(claim) }
    }
    routes = RouteTable(patterns)
    hosted = compiler.hostedEndpoints()
    trustedProxies = configuration.trustedProxies
    identityHeaders = configuration.auth.identityHeaders
    rejectStatus = configuration.auth.rejectStatus
    tokenByteCountMax = configuration.limits.token
    cors = compiler.cors(configuration.cors)
    guard compiler.diagnostics.isEmpty else { throw PolicyError(diagnostics: compiler.diagnostics) }
  }

  /// Decides about a request: in the order 400, 421, 404, 405, address, token (or certificate), 403, 413.
  ///
  /// Nothing is awaited, sent or logged.
  ///
  /// - Parameters:
  ///   - rules: those of the request's listener; nil where there are none.
  ///   - now: seconds since the epoch.
  ///   - authenticator: the worker's own, made for this policy.
  ///   - revocations: the tokens that were taken back by now.
  ///   - lacksKeys: whether a key that the token names may be there and can't be waited for: it is then not *unknown*.
  package func decide(
    _ head: borrowing RequestHead, peer: Peer, rules: ListenerRules? = nil, now: Double, authenticator: Authenticator,
    revocations: Revocations, lacksKeys: Bool = false
  ) -> (decision: Decision, missedIssuer: Int?) {
    authenticator.prefetch(for: head)
    var missedIssuer: Int?
    let examiner = Examiner(
      authenticator: authenticator, revocations: revocations, now: now, lacksKeys: lacksKeys)
    let decision = decide(head, peer: peer, rules, by: examiner, missing: &missedIssuer)
    return (decision, missedIssuer)
  }

  private func decide(
    _ head: borrowing RequestHead, peer: Peer, _ rules: ListenerRules?, by examiner: Examiner,
    missing issuer: inout Int?
  ) -> Decision {
    do throws(Rejection) {
      try checkScheme(head, from: peer)
      if let rules, let answer = try answer(of: rules, to: head, from: peer) { return .answer(.fixed(answer)) }
      let preflight = try preflight(head, from: peer)
      let route = if let preflight { preflight.route } else { try route(of: head, from: peer) }
      try checkPath(head, on: route)
      try checkAddress(head, peer: peer, on: route)
      if let preflight { return .answer(.fixed(preflight.answer(to: head))) }
      let caller = try caller(of: head, peer: peer, by: examiner, on: route, missing: &issuer)
      do throws(Rejection) {
        try checkBody(head, of: caller, on: route)
      } catch {
        // No key would change that.
        issuer = nil
        throw error
      }
      return plan(head, caller, on: route)
    } catch {
      return .reject(error)
    }
  }

  /// Makes the decision for a request that may pass.
  private func plan(_ head: borrowing RequestHead, _ caller: Caller, on route: Route) -> Decision {
    let cors = route.cors?.grant(for: head) ?? FieldBlock()
    switch route.action {
    case .forward(let forwarding):
      return .forward(
        ForwardPlan(
          route: route, forwarding: forwarding, identity: caller.identity, wouldRefuse: caller.wouldRefuse, cors: cors)
      )
    case .respond(let status, var fields, let body):
      fields.append(cors)
      let answer = LocalReply(
        status: status, fields: fields, body: body, route: route, identity: caller.identity,
        wouldRefuse: caller.wouldRefuse)
      return .answer(.fixed(answer))
    case .host(let endpoint):
      return .answer(.hosted(EndpointRequest(endpoint: endpoint, route: route, identity: caller.identity, cors: cors)))
    }
  }
}
