package import Bytes
package import Configuration
package import HTTP

/// The plan for a request that is forwarded: the upstream, the identity fields, the rewriting of both heads.
package struct ForwardPlan: Sendable {
  /// The route, with everything that is the same for all its requests.
  package let route: Route
  /// The route's upstream and rewriting.
  package let forwarding: RouteForwarding
  /// The caller, as the token proves it; nil for anonymous requests.
  package let identity: Identity?
  /// The reason for which `required` would have refused the request, on a route with `report`.
  package let wouldRefuse: RejectionReason?
  /// The CORS fields of the response; empty where CORS is not configured.
  package let cors: FieldBlock

  /// The caller's lines with an assertion among them, once one is signed.
  package var assertedFields: FieldBlock?

  /// Makes the plan of the head that goes upstream, with all that is particular to this request.
  package func head(requestID: RequestID) -> RequestHeadPlan {
    RequestHeadPlan(requestID: requestID, forwardsWebSocket: forwarding.webSocket != nil)
  }

  /// True if no other request may follow this one on its upstream connection.
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
    if let certificate = peer.certificate, !forwarding.certificateFields.isEmpty {
      // Facts that the connection proves are never kept with a token.
      var fields = assertedFields ?? identity?.fields ?? FieldBlock()
      forwarding.certificateFields.append(certificate, to: &fields)
      UpstreamRequestWriter.write(
        head, rules: rules, identity: fields.run, authority: authority, plan: plan, peer: peer, to: &buffer)
    } else if let assertedFields {
      UpstreamRequestWriter.write(
        head, rules: rules, identity: assertedFields.run, authority: authority, plan: plan, peer: peer, to: &buffer)
    } else if let identity {
      UpstreamRequestWriter.write(
        head, rules: rules, identity: identity.run, authority: authority, plan: plan, peer: peer, to: &buffer)
    } else {
      UpstreamRequestWriter.write(
        head, rules: rules, identity: FieldRun(), authority: authority, plan: plan, peer: peer, to: &buffer)
    }
  }
}

/// A route's upstream, and the rewriting of requests and responses on the way.
///
/// Compiled once.
package final class RouteForwarding: Sendable {
  /// The place of the upstream in the configuration.
  package let upstream: Int
  package let requestRules: ForwardingRules
  package let responseRules: ResponseRules
  /// The fields that tell the upstream of the client's certificate.
  let certificateFields: CertificateFields
  /// The rules for WebSockets; nil if the route opens none.
  package let webSocket: WebSocketConfiguration?

  init(
    upstream: Int, requestRules: ForwardingRules, responseRules: ResponseRules, certificateFields: CertificateFields,
    webSocket: WebSocketConfiguration?
  ) {
    self.certificateFields = certificateFields
    self.upstream = upstream
    self.requestRules = requestRules
    self.responseRules = responseRules
    self.webSocket = webSocket
  }
}

extension UpstreamAuthority {
  /// Makes the authority that `Host` names for a server of the configuration.
  package init(_ address: NetworkAddress) {
    switch address {
    case .tcp: self = UpstreamAuthority(address.description) ?? .localhost
    case .unix: self = .localhost
    }
  }
}
