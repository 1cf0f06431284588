import Accounts
import Transport

extension HashingQueue: WorkOrder {}

/// The outcome of a request in the queue for hashing.
enum HashingOutcome<Value: Sendable>: Sendable {
  case done(Value)
  /// Too many passwords wait.
  case refused
  /// The client left the queue, and nothing was done for it.
  case abandoned
}

/// Work that the accounts' threads do for an endpoint.
///
/// Confined to its worker.
package struct EndpointWork {
  fileprivate let ticket: BlockingPool<HashingQueue>.Ticket
  fileprivate let pool: BlockingPool<HashingQueue>
  fileprivate let pending: PendingAnswer<EndpointOutcome>
  /// Takes what the endpoint needs to know of work that was never begun.
  fileprivate let abandoned: () -> Void

  /// The outcome; nil while the work is not done.
  package var outcome: EndpointOutcome? { pending.answer }

  /// True while the work waits for a thread.
  package var isQueued: Bool { pool.isWaiting(ticket) }

  /// Gives the work up for a client that has left.
  ///
  /// Work that was begun is done to its end, so that hanging up does not avoid the count of a failed login.
  /// - Returns: false if it was begun: there will be an outcome.
  package func abandon() -> Bool {
    guard pool.withdraw(ticket) else { return false }
    abandoned()
    return true
  }
}

extension AccountService {
  /// Runs work that takes a password's hash on the accounts' threads, in its turn.
  ///
  /// - Parameters:
  ///   - waker: the stream of the exchange that waits.
  ///   - finish: makes the endpoint's outcome of the work's, once, on the loop's thread.
  func hash<Value: Sendable>(
    as operation: HashingQueue.Operation, from network: ClientNetwork, waking waker: ChannelID, in loop: EventLoop,
    _ work: @escaping @Sendable () -> Value,
    finish: @escaping @Sendable (HashingOutcome<Value>) -> EndpointOutcome
  ) -> EndpointStep {
    let pending = PendingAnswer<EndpointOutcome>()
    let ticket = pool.submit(in: loop, as: HashingQueue.Label(operation, from: network), work) { result in
      pending.give(finish(result.map { .done($0) } ?? .refused))
      loop.interrupt(waker)
    }
    guard let ticket else { return .done(finish(.refused)) }
    return .working(EndpointWork(ticket: ticket, pool: pool, pending: pending) { _ = finish(.abandoned) })
  }
}
