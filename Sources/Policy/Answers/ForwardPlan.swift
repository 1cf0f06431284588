package import Bytes
package import Configuration
package import HTTP

/// What a request that was let through takes upstream with it.
package struct ForwardPlan: Sendable {
  /// The route, with everything that is the same for all its requests.
  package let route: Route
  /// Where it goes and how it is written.
  package let forwarding: Forwarding
  /// Who asked, as proven; nil for anonymous requests.
  package let identity: Identity?
  /// Why a route that only reports would have refused it.
  package let wouldRefuse: RejectionReason?
  /// The issuer of whom the token needs a key that isn't there, where a route only reports that.
  let missedIssuer: Int?
  /// What the response says to browsers; empty where CORS is not configured.
  package let cors: FieldBlock

  /// The caller's lines with an assertion among them, once somebody has signed one.
  package var assertedFields: FieldBlock?

  /// What is particular to the request in how it is written.
  package func head(requestID: RequestID) -> RequestHeadPlan {
    RequestHeadPlan(requestID: requestID, forwardsWebSocket: forwarding.webSocket != nil)
  }

  /// Whether the request is the last on its upstream connection.
  package func closesConnection(of head: borrowing RequestHead) -> Bool {
    UpstreamRequestWriter.closesConnection(
      of: head, rules: forwarding.requestRules, forwardsWebSocket: forwarding.webSocket != nil)
  }

  /// Appends the request as it is written to a server of that authority.
  package func write(
    _ head: borrowing RequestHead, _ plan: RequestHeadPlan, authority: UpstreamAuthority, peer: Peer,
    to buffer: inout ByteBuffer
  ) {
    let rules = forwarding.requestRules
    if let assertedFields {
      UpstreamRequestWriter.write(
        head, rules: rules, identity: assertedFields.lines, authority: authority, plan: plan, peer: peer, to: &buffer)
    } else if let identity {
      UpstreamRequestWriter.write(
        head, rules: rules, identity: identity.lines, authority: authority, plan: plan, peer: peer, to: &buffer)
    } else {
      UpstreamRequestWriter.write(
        head, rules: rules, identity: Span(), authority: authority, plan: plan, peer: peer, to: &buffer)
    }
  }
}

/// Where a route's requests go and how they and their responses are rewritten.
///
/// Compiled once.
package final class Forwarding: Sendable {
  /// The place of the upstream in the configuration.
  package let upstream: Int
  package let requestRules: ForwardingRules
  package let responseRules: ResponseRules
  /// What holds for WebSockets; nil if none are opened.
  package let webSocket: WebSocketConfiguration?

  init(
    upstream: Int, requestRules: ForwardingRules, responseRules: ResponseRules, webSocket: WebSocketConfiguration?
  ) {
    self.upstream = upstream
    self.requestRules = requestRules
    self.responseRules = responseRules
    self.webSocket = webSocket
  }
}

extension UpstreamAuthority {
  /// What a server is called that the configuration writes so.
  package init(_ address: NetworkAddress) {
    switch address {
    case .tcp: self = UpstreamAuthority(address.description) ?? .localhost
    case .unix: self = .localhost
    }
  }
}
