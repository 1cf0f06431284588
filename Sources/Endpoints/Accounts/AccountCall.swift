package import Accounts
package import Observability
package import Policy
package import Transport

/// All that an endpoint of the accounts answers a request by, but for its body.
///
/// Confined to its worker.
package struct AccountCall {
  /// The client and what it asks for.
  package struct Request {
    let network: ClientNetwork
    let client: Initiator
    /// The caller; there for endpoints that take tokens, and only for them.
    let identity: Identity?
    /// True for `DELETE`.
    let deletes: Bool
    /// The last segment of the path.
    let lastSegment: String

    package init(
      network: ClientNetwork, client: Initiator, identity: Identity? = nil, deletes: Bool = false,
      lastSegment: String = ""
    ) {
      self.network = network
      self.client = client
      self.identity = identity
      self.deletes = deletes
      self.lastSegment = lastSegment
    }
  }

  let accounts: AccountService
  let request: Request
  let loop: EventLoop
  let log: ErrorLog
  /// The stream of the exchange that waits for the threads.
  let waker: ChannelID

  package init(_ request: Request, accounts: AccountService, loop: EventLoop, log: ErrorLog, waker: ChannelID) {
    self.request = request
    self.accounts = accounts
    self.loop = loop
    self.log = log
    self.waker = waker
  }

  /// The time and the client, for changes.
  var stamp: ChangeStamp { ChangeStamp(now: loop.unixTime, by: request.client) }

  /// The caller of an endpoint that takes tokens.
  func caller() throws(BodyRefusal) -> Identity {
    guard let identity = request.identity else { throw BodyRefusal(reason: .internalError) }
    return identity
  }

  /// Runs work that takes a password's hash on the threads for that, in its turn.
  ///
  /// - Parameters:
  ///   - settle: is told how the work has ended, before the answer is made.
  ///   - finish: makes the outcome of the work's, on the loop's thread.
  func hashing<Value: Sendable>(
    as operation: HashingQueue.Operation, of subject: StoreWork,
    _ work: @escaping @Sendable () throws(AccountsError) -> Value,
    settle: @escaping @Sendable (_ result: Value?) -> Void = { _ in },
    finish: @escaping @Sendable (Value) -> EndpointOutcome
  ) -> EndpointStep {
    let label = HashingQueue.Label(operation, from: request.network)
    return run(in: accounts.pool, as: label, of: subject, work, settle: settle, finish: finish)
  }

  /// Runs work that only asks or changes the database, in its turn.
  func asking<Value: Sendable>(
    _ work: @escaping @Sendable () throws(AccountsError) -> Value,
    finish: @escaping @Sendable (Value) -> EndpointOutcome
  ) -> EndpointStep {
    run(in: accounts.storePool, as: request.network, of: .sessions, work, settle: { _ in }, finish: finish)
  }

  private func run<Order: WorkOrder, Value: Sendable>(
    in pool: BlockingPool<Order>, as label: Order.Label, of subject: StoreWork,
    _ work: @escaping @Sendable () throws(AccountsError) -> Value,
    settle: @escaping @Sendable (_ result: Value?) -> Void,
    finish: @escaping @Sendable (Value) -> EndpointOutcome
  ) -> EndpointStep {
    let (troubles, loop, log) = (accounts.troubles, loop, log)
    return EndpointWork.begin(in: pool, as: label, waking: waker, on: loop) {
      Result { () throws(AccountsError) in try work() }
    } finish: { outcome in
      switch outcome {
      case .done(.success(let value)):
        settle(value)
        troubles.noteSuccess(of: subject, in: log)
        return finish(value)
      case .done(.failure(let error)):
        settle(nil)
        troubles.note(error, of: subject, now: loop.now.nanoseconds, in: log)
        return EndpointOutcome(.refusal(BodyRefusal(reason: error.reason)))
      case .refused, .abandoned:
        settle(nil)
        return EndpointOutcome(.refusal(BodyRefusal(reason: .accountsBusy)))
      }
    }
  }
}
