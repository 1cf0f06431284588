import Accounts
import Bytes
import HTTP
import Transport

extension HashingQueue: WorkOrder {}

/// What becomes of a request in the queue for hashing.
enum HashingOutcome<Value: Sendable>: Sendable {
  case done(Value)
  /// Too many passwords wait.
  case refused
  /// The client is gone, and nothing was done for it.
  case abandoned
}

extension AccountService {
  /// Has the accounts' threads do what takes a password's hash, in its turn.
  ///
  /// A request whose client goes away leaves the queue. What was begun by then is done to its end, so that hanging up spares nobody
  /// the count of a failed login.
  func hash<Value: Sendable>(
    as operation: HashingQueue.Operation, from network: ClientNetwork, for client: inout Downstream,
    in loop: EventLoop, _ work: @escaping @Sendable () -> Value
  ) async -> HashingOutcome<Value> {
    let pending = PendingAnswer<Value?>()
    let socket = client.socket.id
    let ticket = pool.submit(in: loop, as: HashingQueue.Label(operation, from: network), work) { result in
      pending.give(result)
      loop.interrupt(socket)
    }
    guard let ticket else { return .refused }
    // When a client that has closed its sending side is asked whether it is still there; nil while it has not closed it.
    var probeTime: MonotonicTime?
    while pending.answer == nil {
      if client.hasLeft(at: loop.now) {
        if pool.withdraw(ticket) { return .abandoned }
        await pending.awaitAnswer()
        break
      }
      if probeTime == nil, client.isHalfClosed, client.head.version == .http11 {
        probeTime = loop.now.advanced(byNanoseconds: Self.probeDelay)
      }
      guard await loop.wait(for: client.departure, until: probeTime ?? .never) == .timedOut else { continue }
      probeTime = .never
      if pool.isWaiting(ticket) { client.probe() }
    }
    guard let result = pending.answer else { return .refused }
    return result.map { .done($0) } ?? .refused
  }

  /// How long a client that has closed its sending side waits in the queue before it is probed.
  private static let probeDelay: Int64 = 1_000_000_000
}

extension Downstream {
  /// Sends an interim response, which a client that has closed its connection answers with a reset.
  ///
  /// A client that has only closed its sending side looks the same until then, and passes over the interim response (RFC 9110 §15.2).
  fileprivate mutating func probe() {
    var output = ByteBuffer()
    output.append("HTTP/1.1 100 Continue\r\n\r\n")
    _ = socket.send(&output)
  }
}
