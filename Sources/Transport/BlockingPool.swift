import Glibc
import Synchronization

/// A bounded set of threads for what would hold up a loop: hashing passwords, asking the database.
///
/// In which order works are begun is up to the pool's ``WorkOrder``, and so is which of them is refused when more wait than the queue
/// holds: a flood costs its senders an error, and others nothing. The threads also stand back behind the loops, by a nice value
/// of 10.
///
///     submit ──▶ waiting ──▶ running ──▶ answered, on the loop's thread
///      │            ├── too many wait, shut down ──▶ refused: answered with nil
///      │            └── withdrawn ──▶ forgotten
///      └── too many wait, shut down ──▶ refused at once
///
/// 1. At most `threads` works are running and at most `queueLimit` waiting.
/// 2. Each work is answered once, as long as its loop runs, unless it was refused at once or withdrawn: with what it has returned or,
///    if it was never begun, with nil.
/// 3. A work that was begun is done to its end.
package final class BlockingPool<Order: WorkOrder>: Sendable {
  private let queue: WorkQueue<Order>
  private let threadCount: Int

  /// A work that was handed to a pool.
  package struct Ticket: Sendable {
    fileprivate let number: UInt64
  }

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - threads: at least 1.
  ///   - queueLimit: how many works may wait while all threads are busy; 0 or more.
  ///   - name: of the threads, for `top` and `ps`.
  /// - Throws: when the system has no room for a thread.
  package init(name: String, threads: Int = 2, queueLimit: Int = 64, order: Order) throws(SystemError) {
    threadCount = max(1, threads)
    let queue = WorkQueue(threads: threadCount, limit: max(0, queueLimit), order)
    self.queue = queue
    for started in 0..<threadCount {
      do throws(SystemError) {
        try Thread.start(name: name) {
          standBack()
          queue.work()
        }
      } catch {
        queue.close(threads: started)
        throw error
      }
    }
  }

  deinit { queue.close(threads: threadCount) }

  /// Hands a work over to the threads.
  ///
  /// For the loop's own thread.
  ///
  /// - Parameter answer: called on the loop's thread, after this has returned: with the result, or with nil for a work that had to
  ///   make room for others or that a shutdown has refused.
  /// - Returns: nil if the work is refused at once; nothing is called then.
  package func submit<Result: Sendable>(
    in loop: EventLoop, as label: Order.Label, _ work: @escaping @Sendable () -> Result,
    answer: @escaping @Sendable (Result?) -> Void
  ) -> Ticket? {
    let number = queue.add(as: label) { isRefused in
      let result = isRefused ? nil : work()
      loop.post { answer(result) }
    }
    // Of a work that is refused at once no other thread knows: its answer needs no detour through the loop's inbox.
    return number.map(Ticket.init)
  }

  /// Takes back a work that was not begun; its answer is never called.
  ///
  /// - Returns: false if it was begun or refused already.
  package func withdraw(_ ticket: Ticket) -> Bool { queue.remove(ticket.number) }

  /// True if a work waits for a thread: it was neither begun nor refused nor withdrawn.
  package func isWaiting(_ ticket: Ticket) -> Bool { queue.holds(ticket.number) }

  /// Runs the work on a thread of the pool, and awaits its result.
  ///
  /// For the loop's own thread. Cancelling the task that waits neither stops the work nor loses its result.
  ///
  /// - Returns: nil if the work is refused; it is not done then.
  package func run<Result: Sendable>(
    in loop: EventLoop, as label: Order.Label, _ work: @escaping @Sendable () -> Result
  ) async -> Result? {
    unsafe await withUnsafeContinuation { (continuation: UnsafeContinuation<Result?, Never>) in
      let ticket = submit(in: loop, as: label, work) { unsafe continuation.resume(returning: $0) }
      if ticket == nil { unsafe continuation.resume(returning: nil) }
    }
  }

  /// The number of works that wait for a thread.
  package var waitingCount: Int { queue.waitingCount }

  /// Refuses all work that wasn't begun, now and from now on, and returns when the threads have ended their last.
  ///
  /// For any other thread.
  package func shutDown() {
    queue.close(threads: threadCount)
    queue.awaitThreads()
  }
}

extension BlockingPool where Order == ArrivalOrder {
  /// A pool that begins its works in the order in which they come, and refuses what does not fit into the queue.
  package convenience init(name: String, threads: Int = 2, queueLimit: Int = 64) throws(SystemError) {
    try self.init(name: name, threads: threads, queueLimit: queueLimit, order: ArrivalOrder())
  }

  /// Runs the work on a thread of the pool, and awaits its result; nil if the work is refused.
  package func run<Result: Sendable>(
    in loop: EventLoop, _ work: @escaping @Sendable () -> Result
  ) async -> Result? { await run(in: loop, as: (), work) }
}

private func standBack() {
  // On Linux the value is the calling thread's own, which it has from the process.
  let own = __priority_which_t(PRIO_PROCESS.rawValue)
  _ = setpriority(own, 0, min(19, getpriority(own, 0) + 10))
}

/// The state that the threads of a pool share.
@safe
private final class WorkQueue<Order: WorkOrder>: Sendable {
  /// A work, called once: to be done or, with true, to be refused.
  typealias Call = @Sendable (_ isRefused: Bool) -> Void

  private struct State {
    var order: Order
    /// The works that wait, by their numbers.
    var calls: [UInt64: Call] = [:]
    var lastNumber: UInt64 = 0
    var idleThreads: Int
    var isClosed = false
  }

  private let state: Mutex<State>
  private let limit: Int
  /// Counts the works to be taken; there may be more counts than works, never fewer.
  private let available = Semaphore()
  /// Counts the threads that have ended.
  private let ended = Semaphore()
  private let threads: Int

  init(threads: Int, limit: Int, _ order: Order) {
    self.threads = threads
    self.limit = limit
    state = Mutex(State(order: order, idleThreads: threads))
  }

  var waitingCount: Int { state.withLock { max(0, $0.order.count - $0.idleThreads) } }

  /// The number of the work in the queue; nil if the work is refused, which then was not called.
  func add(as label: Order.Label, _ call: @escaping Call) -> UInt64? {
    let (number, refused): (UInt64?, Call?) = state.withLock { state in
      guard !state.isClosed else { return (nil, nil) }
      state.lastNumber &+= 1
      let number = state.lastNumber
      state.order.add(number, as: label)
      state.calls[number] = call
      // An idle thread is as good as a place in the queue: it has just not woken up yet.
      guard state.order.count > limit + state.idleThreads, let excess = state.order.takeExcess() else {
        return (number, nil)
      }
      let refused = state.calls.removeValue(forKey: excess)
      return excess == number ? (nil, nil) : (number, refused)
    }
    // A work that takes the place of another takes its count, too.
    if let refused { refused(true) } else if number != nil { available.signal() }
    return number
  }

  /// Takes a waiting work out; false if it waits no longer.
  func remove(_ number: UInt64) -> Bool {
    state.withLock { state in
      guard state.order.remove(number) else { return false }
      state.calls[number] = nil
      return true
    }
  }

  func holds(_ number: UInt64) -> Bool { state.withLock { $0.calls[number] != nil } }

  /// Runs works until the queue is closed: the life of a thread.
  func work() {
    while let call = take() {
      call(false)
      state.withLock { $0.idleThreads += 1 }
    }
    ended.signal()
  }

  /// The next work; nil once the queue is closed.
  private func take() -> Call? {
    while true {
      available.wait()
      let (call, isClosed): (Call?, Bool) = state.withLock { state in
        guard let number = state.order.takeNext(), let call = state.calls.removeValue(forKey: number) else {
          return (nil, state.isClosed)
        }
        state.idleThreads -= 1
        return (call, false)
      }
      if let call { return call }
      // Otherwise the work was withdrawn.
      if isClosed { return nil }
    }
  }

  /// Ends that many threads as soon as they have done what they are at, and refuses what waits.
  ///
  /// Once; later calls do nothing.
  func close(threads: Int) {
    let refused: [Call]? = state.withLock { state in
      if state.isClosed { return nil }
      state.isClosed = true
      var refused: [Call] = []
      while let number = state.order.takeNext() {
        if let call = state.calls.removeValue(forKey: number) { refused.append(call) }
      }
      return refused
    }
    guard let refused else { return }
    for call in refused { call(true) }
    for _ in 0..<threads { available.signal() }
  }

  /// Waits until all threads have ended; may be called again.
  func awaitThreads() {
    for _ in 0..<threads { ended.wait() }
    for _ in 0..<threads { ended.signal() }
  }
}

/// A counting semaphore of POSIX.
@safe
private final class Semaphore: @unchecked Sendable {
  // Sendable because that is what `sem_post` and `sem_wait` are for.
  // SAFETY: allocated and initialised in init, at one address until deinit, which runs when no thread holds the object any more.
  private let handle: UnsafeMutablePointer<sem_t>

  init() {
    unsafe handle = .allocate(capacity: 1)
    unsafe sem_init(handle, 0, 0)
  }

  deinit {
    unsafe sem_destroy(handle)
    unsafe handle.deallocate()
  }

  func signal() { _ = unsafe sem_post(handle) }

  func wait() { while unsafe sem_wait(handle) != 0 && errno == EINTR {} }
}
