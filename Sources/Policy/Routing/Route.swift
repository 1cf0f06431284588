package import Configuration
import HTTP

/// A route made ready: the conditions for its requests, and their target.
///
/// Immutable.
package final class Route: Sendable {
  /// Its place in the configuration; negative for hosted endpoints.
  package let index: Int
  /// Its host and path as the configuration has them, for logs and metrics.
  package let name: String
  /// The longest body of a request.
  ///
  /// The length announced has been judged by the decision; a chunked body is counted by whoever relays it, and past
  /// this is `RejectionReason.bodyTooLarge`.
  package let maxBody: BodyLimit
  /// The longest time for the whole exchange; nil for any.
  package let timeout: Duration?

  let action: RouteAction
  let authentication: RouteAuthentication
  let requirements: Requirements
  /// The lines of the refusal of callers who don't meet the requirements.
  let insufficientScope: FieldBlock
  /// Nil for anywhere.
  let addresses: AddressRules?
  let cors: CORSPolicy?
  let allowsEncodedSlashes: Bool

  init(
    index: Int, name: String, configuration: RouteConfiguration, action: RouteAction, insufficientScope: FieldBlock,
    addresses: AddressRules?, cors: CORSPolicy?, requirements: Requirements? = nil
  ) {
    self.index = index
    self.name = name
    self.action = action
    self.insufficientScope = insufficientScope
    self.addresses = addresses
    self.cors = cors
    maxBody = configuration.maxBody
    timeout = configuration.timeout
    authentication = configuration.auth
    self.requirements = requirements ?? Requirements(configuration.requirements)
    allowsEncodedSlashes = configuration.allowsEncodedSlashes
  }

  /// The end of a route: an upstream, a fixed answer, or an endpoint of the accounts.
  enum RouteAction: Sendable {
    case forward(RouteForwarding)
    case respond(status: Int, fields: FieldBlock, body: [UInt8])
    case host(HostedEndpoint)
  }

  /// True if answers are for the caller alone: those of the accounts' endpoints.
  var isPrivate: Bool {
    guard case .host(let endpoint) = action else { return false }
    switch endpoint {
    case .register, .login, .refresh, .logout, .password, .sessions, .session, .me: return true
    case .keySet, .discovery: return false
    }
  }

  /// True if a body of that length is too long.
  func refuses(_ length: BodyLength) -> Bool {
    guard case .exact(let count) = length, case .bytes(let limit) = maxBody else { return false }
    return count > UInt64(limit.magnitude)
  }
}
