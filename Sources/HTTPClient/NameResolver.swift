import Synchronization
package import Transport

/// Asks the system's resolver for addresses without holding up a loop.
///
/// A name that is given up at its deadline still keeps a thread busy until the system gives up too; there are few of those threads, and
/// what finds all of them busy is refused.
package struct NameResolver: Sendable {
  private let pool: BlockingPool<ArrivalOrder>

  private static let threads = 2
  private static let queueLimit = 8

  /// Starts the threads.
  ///
  /// - Throws: when the system has no room for them.
  package init() throws(SystemError) {
    pool = try BlockingPool(name: "resolver", threads: Self.threads, queueLimit: Self.queueLimit)
  }

  /// The addresses of a host, at least one.
  ///
  /// For the loop's own thread.
  func addresses(
    of host: String, port: UInt16, in loop: EventLoop, until deadline: MonotonicTime
  ) async throws(FetchFailure) -> [SocketAddress] {
    let answer = FirstAnswer<Result<[SocketAddress], FetchFailure>>()
    Task(executorPreference: loop) { [pool] in
      let found = await pool.run(in: loop) { Self.ask(for: host, port: port) }
      answer.give(found ?? .failure(.resolverBusy))
    }
    Task(executorPreference: loop) {
      await loop.sleep(until: deadline)
      answer.give(.failure(.timedOut))
    }
    return try await answer.get().get()
  }

  private static func ask(for host: String, port: UInt16) -> Result<[SocketAddress], FetchFailure> {
    do throws(SocketAddress.ResolutionError) {
      let found = try SocketAddress.resolve(host: host, port: port)
      return found.isEmpty ? .failure(.unresolved(host: host, "it has no address")) : .success(found)
    } catch {
      return .failure(.unresolved(host: host, error.text))
    }
  }
}

/// A question that several may answer: the first one counts.
private final class FirstAnswer<Answer: Sendable>: Sendable {
  private enum State {
    case open
    case asked(CheckedContinuation<Answer, Never>)
    case answered(Answer)
  }

  private let state = Mutex(State.open)

  func give(_ answer: Answer) {
    let asker: CheckedContinuation<Answer, Never>? = state.withLock { state in
      guard case .asked(let continuation) = state else {
        if case .open = state { state = .answered(answer) }
        return nil
      }
      state = .answered(answer)
      return continuation
    }
    asker?.resume(returning: answer)
  }

  /// Awaits the answer; called once.
  func get() async -> Answer {
    await withCheckedContinuation { (continuation: CheckedContinuation<Answer, Never>) in
      let answer: Answer? = state.withLock { state in
        if case .answered(let answer) = state { return answer }
        state = .asked(continuation)
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }
}
