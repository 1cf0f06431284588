package import JSON
package import Observability
package import Policy
package import Transport

/// A request to one of the gateway's own endpoints, while it is worked out.
package struct PendingRequest {
  package let call: EndpointRequest
  /// The body as far as it has come.
  package var body: [UInt8] = []
  /// The work that the accounts' threads do; nil before it was handed to them.
  package var work: EndpointWork?
  /// The client has left, and the work was begun: its outcome is for the log alone.
  package var isForLogAlone = false
  /// The moment at which a client that has closed its sending side is asked whether it is still there; nil while it has not.
  package var probeTime: MonotonicTime?

  package init(call: EndpointRequest) { self.call = call }
}

/// The next thing that an endpoint needs.
package enum EndpointStep {
  case done(EndpointOutcome)
  /// Threads are at it.
  case working(EndpointWork)
}

/// The outcome of a request to a hosted endpoint.
package struct EndpointOutcome: Sendable {
  package enum Answer: Sendable {
    case object(status: Int, JSONObject)
    /// 204.
    case nothing
    /// JSON that is the same for everybody.
    case document([UInt8])
    case refusal(BodyRefusal)
  }

  package let answer: Answer
  /// The account that the request has named, where its token does not tell.
  package let account: ExchangeRecord.AccountMention?

  /// It was done, and there is nothing to say.
  static let empty = EndpointOutcome(.nothing)

  package init(_ answer: Answer, account: ExchangeRecord.AccountMention? = nil) {
    self.answer = answer
    self.account = account
  }
}
