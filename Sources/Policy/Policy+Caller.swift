import Bytes
import Configuration
import HTTP
import Tokens

/// The caller, as far as a route asks for one.
struct Caller {
  /// Nil for anonymous requests.
  var identity: Identity?
  /// The reason for which `required` would have refused the caller, on a route with `report`.
  var wouldRefuse: RejectionReason?
}

/// All that tokens are judged by.
struct Examiner {
  let authenticator: Authenticator
  let revocations: Revocations
  /// Seconds since the epoch.
  let now: Double
  /// A key that the token names may be there and can't be waited for.
  let lacksKeys: Bool
}

/// The refusal of a caller, with the identity if the token proves one.
struct CallerRefusal: Error {
  let reason: RejectionReason
  var identity: Identity?
  /// The token's subject is a number, which its sender is told.
  var isSubjectNumber = false
}

extension Policy {
  /// Authenticates and authorises the caller, and returns it if the route lets it pass.
  ///
  /// A token is never looked at halfway: on any other outcome than *verified and allowed* there is no identity.
  ///
  /// - Parameter issuer: is set to the place of the issuer of whom the token needs a key that isn't there.
  func caller(
    of head: borrowing RequestHead, peer: Peer, by examiner: Examiner, on route: Route, missing issuer: inout Int?
  ) throws(Rejection) -> Caller {
    if !route.authentication.looksAtTokens { return try callerWithoutToken(head, peer: peer, by: examiner, on: route) }
    do throws(CallerRefusal) {
      let identity = try authenticate(head, peer: peer, by: examiner, on: route, missing: &issuer)
      if let reason = route.requirements.refusal(of: identity, peer.certificate) {
        throw CallerRefusal(reason: reason, identity: identity)
      }
      return Caller(identity: identity)
    } catch {
      let reason: RejectionReason =
        examiner.lacksKeys && error.reason == .keyUnknown && issuer != nil ? .keysUnavailable : error.reason
      switch route.authentication {
      case .report: return Caller(wouldRefuse: reason)
      case .optional where error.reason == .tokenMissing:
        return try callerWithoutToken(head, peer: peer, by: examiner, on: route)
      case .required, .optional, .certificate, .none:
        let lines = error.isSubjectNumber ? challenges.subjectNumber(for: reason) : nil
        throw rejection(reason, head, on: route, identity: error.identity, lines: lines)
      }
    }
  }

  /// Judges a caller of whom no token is asked, or who has none where none is needed: by its certificate, as far as the route asks
  /// for one.
  private func callerWithoutToken(
    _ head: borrowing RequestHead, peer: Peer, by examiner: Examiner, on route: Route
  ) throws(Rejection) -> Caller {
    var caller = Caller()
    if route.authentication == .certificate {
      guard let certificate = peer.certificate else { throw rejection(.certificateMissing, head, on: route) }
      caller.identity = examiner.authenticator.identity(of: certificate)
    }
    if let reason = route.requirements.refusal(of: peer.certificate) {
      throw rejection(reason, head, on: route, identity: caller.identity)
    }
    return caller
  }

  /// Returns the identity that the token proves, unless a cookie carries it and another site may have caused the request.
  private func authenticate(
    _ head: borrowing RequestHead, peer: Peer, by examiner: Examiner, on route: Route, missing issuer: inout Int?
  ) throws(CallerRefusal) -> Identity {
    let authenticator = examiner.authenticator
    let location: TokenLocation
    do throws(TokenRejection) {
      location = try tokenLocation(in: head, from: peer, authenticator)
    } catch {
      throw CallerRefusal(reason: RejectionReason(error))
    }
    let identity: Identity
    do throws(TokenRejection) {
      identity = try authenticator.identity(
        for: location.bytes(in: head), now: examiner.now, certificate: peer.certificate)
    } catch {
      issuer = authenticator.issuer(missedBy: location.bytes(in: head), after: error)
      throw CallerRefusal(
        reason: RejectionReason(error),
        isSubjectNumber: authenticator.isSubjectNumber(in: location.bytes(in: head), after: error))
    }
    if examiner.revocations.include(identity) { throw CallerRefusal(reason: .tokenRevoked) }
    if location.isCookie, !OriginCheck.passes(head, peer: peer, cors: route.cors) {
      throw CallerRefusal(reason: .originRefused, identity: identity)
    }
    return identity
  }

  private func tokenLocation(
    in head: borrowing RequestHead, from peer: Peer, _ authenticator: Authenticator
  ) throws(TokenRejection) -> TokenLocation {
    switch tokenPlaces.search(head, from: peer) {
    case .none: throw .missing
    case .malformed: throw .malformed
    case .found(let location): return location
    case .ambiguous(let first, let second):
      // The reasons have an order: what is no token at all comes before tokens that differ.
      let one = authenticator.rejection(ofForm: first.bytes(in: head))
      let other = authenticator.rejection(ofForm: second.bytes(in: head))
      if one == .tooLarge || other == .tooLarge { throw .tooLarge }
      throw one ?? other ?? .ambiguous
    }
  }

  /// A refusal with all that goes with it: the configured status, the challenge, and the grant of the route it was made
  /// on.
  func rejection(
    _ reason: RejectionReason, _ head: borrowing RequestHead, on route: Route?, identity: Identity? = nil,
    lines: FieldBlock? = nil
  ) -> Rejection {
    let lacking = reason.isForLack ? route?.insufficientScope : nil
    let cors = route.map { $0.cors } ?? cors
    return Rejection(
      reason, status: reason.isForToken ? rejectStatus : nil, lines: lines ?? lacking ?? challenges.lines(for: reason),
      cors: cors?.grant(for: head) ?? FieldBlock(),
      route: route, identity: identity)
  }
}
