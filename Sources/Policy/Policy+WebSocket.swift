import Bytes
import Configuration
import Cryptography
package import HTTP
import Tokens

extension ForwardPlan {
  /// True if the request is a WebSocket handshake that is forwarded as one.
  ///
  /// Any other `Upgrade` is taken out.
  package func opensWebSocket(_ head: borrowing RequestHead) -> Bool {
    head.isWebSocketUpgrade && forwarding.webSocket != nil
  }
}

extension Policy {
  /// The condition under which a WebSocket stays open; nil if it does not depend on a token.
  ///
  /// - Parameter head: the handshake that the plan was made for.
  package func warrant(of plan: ForwardPlan, _ head: borrowing RequestHead, from peer: Peer) -> WebSocketWarrant? {
    guard plan.forwarding.webSocket?.outlivesToken == false, let identity = plan.identity,
      plan.route.authentication.looksAtTokens, plan.route.authentication != .report,
      case .found(let location) = tokenPlaces.search(head, from: peer)
    else { return nil }
    return WebSocketWarrant(
      identity: identity, token: location.bytes(in: head).array, certificate: peer.certificate)
  }
}

/// The token that a WebSocket was opened with, on a route that goes by it.
///
/// An ordinary request is judged once. A WebSocket lasts, and is judged again whenever its token may have become worthless.
package struct WebSocketWarrant: Sendable {
  package private(set) var identity: Identity
  private let token: [UInt8]
  /// That of the client, which the token may be bound to.
  private let certificate: ClientCertificate?

  init(identity: Identity, token: [UInt8], certificate: ClientCertificate?) {
    self.identity = identity
    self.token = token
    self.certificate = certificate
  }

  /// The first moment at which the token has expired, in seconds since the epoch; infinite for one that does not.
  package var expiresAt: Double { identity.expiresAt }

  /// Judges the token anew: the reason for which it is refused now; nil if it isn't, or if that is unknown because the keys are not there.
  ///
  /// - Parameters:
  ///   - now: seconds since the epoch.
  ///   - authenticator: that of the keys and the configuration that count by now.
  ///   - revocations: the tokens that were taken back by now.
  package mutating func judge(
    at now: Double, by authenticator: Authenticator, revocations: Revocations
  ) -> RejectionReason? {
    do throws(TokenRejection) {
      identity = try authenticator.identity(for: token.span, now: now, certificate: certificate)
      return revocations.include(identity) ? .tokenRevoked : nil
    } catch {
      let reason = RejectionReason(error)
      return reason == .keysUnavailable ? nil : reason
    }
  }
}
