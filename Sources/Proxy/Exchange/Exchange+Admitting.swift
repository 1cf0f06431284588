import HTTP
import Observability
import Policy
import Transport

/// Phase *admitting*: refuses requests that the decision lets through and that can't be served now.
///
/// The decision is pure: it knows the request, the configuration and the time. Whatever depends on anything else stands here, between
/// the decision and the connection upstream. Today that is the identity assertion, which can't be signed if the library fails.
extension Exchange {
  /// Admits a request that is to be forwarded, or refuses it.
  mutating func admit<Client: ClientStream & ~Copyable>(
    _ plan: consuming ForwardPlan, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    if let assertions = snapshot.assertions,
      !assertions.complete(&plan, for: request, now: worker.loop.unixTime)
    {
      worker.log.error("an identity assertion can't be signed")
      record.reason = .internalError
      return reply(.rejection(Rejection(.internalError, of: plan)), &client, worker)
    }
    return forward(plan, &client, worker)
  }
}
