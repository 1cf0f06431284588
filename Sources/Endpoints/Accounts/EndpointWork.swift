import Accounts
import Transport

extension HashingQueue: WorkOrder {}
extension NetworkQueue: WorkOrder {}

/// The outcome of a request in a queue of the accounts' threads.
enum WorkOutcome<Value: Sendable>: Sendable {
  case done(Value)
  /// Too many wait.
  case refused
  /// The client left the queue, and nothing was done for it.
  case abandoned
}

/// Work that the accounts' threads do for an endpoint.
///
/// Confined to its worker.
package struct EndpointWork {
  private let pending: PendingAnswer<EndpointOutcome>
  private let isWaiting: () -> Bool
  /// Takes the work back; false if it was begun.
  private let withdraw: () -> Bool

  /// The outcome; nil while the work is not done.
  package var outcome: EndpointOutcome? { pending.answer }

  /// True while the work waits for a thread.
  package var isQueued: Bool { isWaiting() }

  /// Gives the work up for a client that has left.
  ///
  /// Work that was begun is done to its end, so that hanging up does not avoid the count of a failed login.
  /// - Returns: false if it was begun: there will be an outcome.
  package func abandon() -> Bool { withdraw() }

  /// Hands work over to threads.
  ///
  /// - Parameters:
  ///   - waker: the stream of the exchange that waits.
  ///   - finish: makes the endpoint's outcome of the work's, once, on the loop's thread.
  static func begin<Order: WorkOrder, Value: Sendable>(
    in pool: BlockingPool<Order>, as label: Order.Label, waking waker: ChannelID, on loop: EventLoop,
    _ work: @escaping @Sendable () -> Value,
    finish: @escaping @Sendable (WorkOutcome<Value>) -> EndpointOutcome
  ) -> EndpointStep {
    let pending = PendingAnswer<EndpointOutcome>()
    let ticket = pool.submit(in: loop, as: label, work) { result in
      pending.give(finish(result.map { .done($0) } ?? .refused))
      loop.interrupt(waker)
    }
    guard let ticket else { return .done(finish(.refused)) }
    return .working(
      EndpointWork(pending: pending, isWaiting: { pool.isWaiting(ticket) }) {
        guard pool.withdraw(ticket) else { return false }
        _ = finish(.abandoned)
        return true
      })
  }
}
