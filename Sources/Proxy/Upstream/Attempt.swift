import HTTP
import Policy
import Transport

/// One try to have a request answered: a connection to a server, and the request on its way there.
struct Attempt: ~Copyable {
  let plan: ForwardPlan
  let group: UpstreamGroup
  let endpoint: Int
  /// Whether the request may be sent again, should the connection turn out to be closed.
  let isRepeatable: Bool
  let began: MonotonicTime
  var upstream: UpstreamConnection
  var request: BodyRelay
  /// Until when the response's head may take; never, as long as the request hasn't been sent.
  var responseDeadline = MonotonicTime.never
  /// The response's head has been read already, and is still to be looked at.
  var hasResponse = false
}
