import Glibc
import Synchronization

/// A bounded set of threads for what would hold up a loop: hashing passwords, asking the database.
///
/// Work is begun in the order in which it came. What doesn't fit into the queue is refused at once, so that a flood of logins costs
/// its senders an error, and nobody else anything: the threads also stand back behind the loops (a nice value of 10).
///
///     run ──▶ waiting ──▶ running ──▶ answered, on the loop's thread
///      └── full, shut down ──▶ refused
///
/// 1. At most `threads` works are running and at most `queueLimit` waiting.
/// 2. Each `run` is answered once, as long as its loop runs: with what its work has returned or, if that was never begun, with nil.
///    Whoever awaits it can't be told earlier, not by cancellation either: a client that hangs up still has its work done.
package final class BlockingPool: Sendable {
  private let queue: WorkQueue
  private let threadCount: Int

  /// Starts the threads.
  ///
  /// - Parameters:
  ///   - threads: at least 1.
  ///   - queueLimit: how many works may wait while all threads are busy; 0 or more.
  ///   - name: of the threads, for `top` and `ps`.
  /// - Throws: when the system has no room for a thread.
  package init(name: String, threads: Int = 2, queueLimit: Int = 64) throws(SystemError) {
    threadCount = max(1, threads)
    let queue = WorkQueue(threads: threadCount, limit: max(0, queueLimit))
    self.queue = queue
    for started in 0..<threadCount {
      do throws(SystemError) {
        try Thread.start(name: name) {
          Self.standBack()
          queue.work()
        }
      } catch {
        queue.close(threads: started)
        throw error
      }
    }
  }

  deinit { queue.close(threads: threadCount) }

  /// Has a thread of the pool do the work, and awaits its result.
  ///
  /// For the loop's own thread.
  ///
  /// - Returns: nil if the queue is full or the pool shut down; the work is not done then.
  package func run<Result: Sendable>(
    in loop: EventLoop, _ work: @escaping @Sendable () -> Result
  ) async -> Result? {
    unsafe await withUnsafeContinuation { (continuation: UnsafeContinuation<Result?, Never>) in
      let isAdded = queue.add { isRefused in
        let result = isRefused ? nil : work()
        loop.post { unsafe continuation.resume(returning: result) }
      }
      // No other thread knows of it then: no detour through the loop's inbox.
      if !isAdded { unsafe continuation.resume(returning: nil) }
    }
  }

  /// How many works wait for a thread.
  package var waitingCount: Int { queue.waitingCount }

  /// Refuses all work that wasn't begun, now and from now on, and returns when the threads have ended their last.
  ///
  /// For any other thread.
  package func shutDown() {
    queue.close(threads: threadCount)
    queue.awaitThreads()
  }

  private static func standBack() {
    // On Linux the value is the calling thread's own. Without the right to it the thread competes as an equal.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
  }
}

/// What the threads of a pool share.
@safe
private final class WorkQueue: Sendable {
  /// A work, called once: to be done or, with true, to be refused.
  typealias Call = @Sendable (_ isRefused: Bool) -> Void

  private struct State {
    var waiting: [Call] = []
    /// Where in `waiting` the first one stands that no thread has taken.
    var first = 0
    var idleThreads: Int
    var isClosed = false

    var count: Int { waiting.count - first }
  }

  private let state: Mutex<State>
  private let limit: Int
  /// Counts the works to be taken; more than there are once the queue is closed.
  private let available = Semaphore()
  /// Counts the threads that have ended.
  private let ended = Semaphore()
  private let threads: Int

  init(threads: Int, limit: Int) {
    self.threads = threads
    self.limit = limit
    state = Mutex(State(idleThreads: threads))
  }

  var waitingCount: Int { state.withLock { max(0, $0.count - $0.idleThreads) } }

  /// Whether the work was taken into the queue.
  func add(_ call: @escaping Call) -> Bool {
    let isAdded = state.withLock { state in
      // An idle thread is as good as a place in the queue: it has just not woken up yet.
      guard !state.isClosed, state.count < limit + state.idleThreads else { return false }
      state.waiting.append(call)
      return true
    }
    if isAdded { available.signal() }
    return isAdded
  }

  /// What a thread does until the queue is closed.
  func work() {
    while let call = take() {
      call(false)
      state.withLock { $0.idleThreads += 1 }
    }
    ended.signal()
  }

  private func take() -> Call? {
    available.wait()
    return state.withLock { state in
      guard state.first < state.waiting.count else { return nil }
      let call = state.waiting[state.first]
      state.first += 1
      state.idleThreads -= 1
      // The front is dropped when it is half of the whole, so that each work is moved once at most.
      if 2 * state.first >= state.waiting.count {
        state.waiting.removeFirst(state.first)
        state.first = 0
      }
      return call
    }
  }

  /// Ends that many threads as soon as they have done what they are at, and refuses what waits.
  ///
  /// Once; later calls do nothing.
  func close(threads: Int) {
    let refused: [Call]? = state.withLock { state in
      if state.isClosed { return nil }
      state.isClosed = true
      defer {
        state.waiting = []
        state.first = 0
      }
      return Array(state.waiting[state.first...])
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
