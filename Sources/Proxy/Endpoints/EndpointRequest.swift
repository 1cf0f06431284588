import Accounts
import Bytes
import HTTP
import JSON
import Policy
import Transport

/// A request to one of the gateway's own endpoints, while it is worked out.
struct EndpointRequest {
  let call: HostedCall
  /// The body as far as it has come.
  var body: [UInt8] = []
  /// The work that the accounts' threads do; nil before it was handed to them.
  var work: EndpointWork?
  /// The client has left, and the work was begun: its outcome is for the log alone.
  var isForLogAlone = false
  /// The moment at which a client that has closed its sending side is asked whether it is still there; nil while it has not.
  var probeTime: MonotonicTime?
}

/// The next thing that an endpoint needs.
enum EndpointStep {
  case done(EndpointOutcome)
  /// Threads are at it.
  case working(EndpointWork)
}

/// The outcome of a request to a hosted endpoint.
struct EndpointOutcome: Sendable {
  enum Answer: Sendable {
    case object(status: Int, JSONObject)
    /// JSON that is the same for everybody.
    case document([UInt8])
    case refusal(BodyRefusal)
  }

  let answer: Answer
  /// The account that the request has named, where its token does not tell.
  let account: ExchangeRecord.AccountMention?

  init(_ answer: Answer, account: ExchangeRecord.AccountMention? = nil) {
    self.answer = answer
    self.account = account
  }
}
