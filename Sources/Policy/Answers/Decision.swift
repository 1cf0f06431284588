/// The outcome for a request: refused, answered by the gateway, or forwarded.
///
/// There is no fourth.
package enum Decision: Sendable {
  /// It goes upstream, as the plan has it.
  case forward(ForwardPlan)
  /// The gateway answers it itself.
  case answer(LocalAction)
  /// It is refused.
  case reject(Rejection)

  /// The route that it took, nil if there is none for it.
  package var route: Route? {
    switch self {
    case .forward(let plan): plan.route
    case .answer(let answer): answer.route
    case .reject(let rejection): rejection.route
    }
  }

  /// The caller, if the token proves one.
  package var identity: Identity? {
    switch self {
    case .forward(let plan): plan.identity
    case .answer(let answer): answer.identity
    case .reject(let rejection): rejection.identity
    }
  }

  /// The reason of the refusal, or of the refusal that a route with `report` left out; the word for the access log.
  package var reason: RejectionReason? {
    switch self {
    case .forward(let plan): plan.wouldRefuse
    case .answer(let answer): answer.wouldRefuse
    case .reject(let rejection): rejection.reason
    }
  }
}
