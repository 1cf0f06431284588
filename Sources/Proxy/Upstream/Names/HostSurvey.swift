import Synchronization
import Transport

/// Resolves all hosts of a configuration at once, before it is served, and waits no longer than it is worth.
///
/// The background resolves the hosts that have no answer by then.
enum HostSurvey {
  /// The number of hosts that are asked for at once.
  private static let threadsMax = 8

  private struct Progress {
    var waiting: [String]
    var answers: [String: HostAnswer] = [:]
  }

  /// The answers that came in time.
  ///
  /// Blocks; not for a loop's thread.
  ///
  /// - Parameters:
  ///   - hosts: names, not addresses; none twice.
  ///   - ask: is called by threads of the survey's own, and may block.
  static func answers(
    for hosts: [String], within limit: Duration, ask: @escaping @Sendable (String) -> HostAnswer = HostAnswer.ask
  ) -> [String: HostAnswer] {
    guard !hosts.isEmpty else { return [:] }
    let board = Board(hosts)
    for _ in 0..<min(hosts.count, threadsMax) {
      do throws(SystemError) {
        try Thread.start(name: "names") { board.work(ask) }
      } catch {
        // The threads that there are do the rest; without any, the background does.
        break
      }
    }
    return board.answers(of: hosts.count, until: MonotonicTime.current().advanced(by: limit))
  }

  /// The state that the threads share; lives as long as one of them waits for the resolver.
  private final class Board: Sendable {
    private let progress: Mutex<Progress>

    init(_ hosts: [String]) { progress = Mutex(Progress(waiting: hosts.reversed())) }

    func work(_ ask: (String) -> HostAnswer) {
      while let host = progress.withLock({ $0.waiting.popLast() }) {
        let answer = ask(host)
        progress.withLock { $0.answers[host] = answer }
      }
    }

    func answers(of count: Int, until deadline: MonotonicTime) -> [String: HostAnswer] {
      while true {
        let answers = progress.withLock { $0.answers }
        if answers.count == count || MonotonicTime.current() >= deadline {
          // Nobody waits for the rest.
          progress.withLock { $0.waiting = [] }
          return answers
        }
        Thread.pause(.milliseconds(1))
      }
    }
  }
}
