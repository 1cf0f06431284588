import Bytes
import HTTP
import Policy
import Transport

/// A client's connection while it is in use, and where its exchange stands.
///
///     expecting a request ──▶ decided ──▶ expecting a response ──▶ answered ──┐
///          ▲   │                 │                  │                         │
///          │   └─────────────────┴── in a task ─────┘                         │
///          └──────────────────────────────────────────────────────────────────┘
///
/// What can be done without waiting is done by plain calls (`ProxyService+Prompt`), and most exchanges wait only twice: for the
/// request and for the response. Whatever else has to wait goes on in a task, from the stage that was reached.
///
/// 1. Either a wait, or a task, or the call that is running holds it; never two of them.
/// 2. A task takes it over with ``stage`` saying from where on; what was done before is not done again.
final class Conversation: Waiter {
  let listener: ListenerTag
  let state: Held<State>
  private let service: ProxyService

  struct State: ~Copyable {
    var client: Downstream
    /// What the exchange, or the one before it, is served by.
    var serving: ProxyService.Serving
    var record: ExchangeRecord
    /// What is on its way upstream.
    var attempt: Attempt?
    var stage = Stage.request
    /// How many requests in a row had been sent ahead.
    var streak = 0

    init(_ client: consuming Downstream, _ serving: ProxyService.Serving, _ record: ExchangeRecord) {
      self.client = client
      self.serving = serving
      self.record = record
    }
  }

  enum Stage {
    /// The next request is awaited.
    case request
    /// Keys that the request's token needs are being fetched.
    case keys(KeyWait, until: MonotonicTime)
    /// A response is awaited to what was sent in ``State/attempt``.
    case response
    /// In a task: it is others' turn first.
    case pause
    /// In a task: a request that couldn't be read is refused.
    case refusal(Rejection)
    /// In a task: an answer of the gateway's own.
    case answer(Decision)
    /// In a task: the request is forwarded, to that server if it is known already.
    case forward(ForwardPlan, endpoint: Int?)
    /// In a task: ``State/attempt`` goes on.
    case attempt
    /// In a task: the exchange has ended and so does the connection.
    case ending
  }

  init(_ client: consuming Downstream, _ record: ExchangeRecord, listener: ListenerTag, service: ProxyService) {
    self.listener = listener
    self.service = service
    state = Held(State(client, service.serving, record))
    super.init()
  }

  override func woke(_ wake: Wake) { service.woke(self, wake) }
}
