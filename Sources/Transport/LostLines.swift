internal import Bytes
import Glibc
import Synchronization

/// Counts log lines that could not be written, and says so on standard error: a second after the first loss, and once a minute while
/// it lasts.
///
/// A thread of its own writes the messages, because standard error may be stuck as well. It runs only while there is something to
/// say. For any thread.
final class LostLines: Sendable {
  /// The time for which the first message waits for further losses, and the time between two messages.
  struct Pace: Sendable {
    var first: Duration = .seconds(1)
    var next: Duration = .seconds(60)
  }

  private let name: String
  private let pace: Pace
  private let say: @Sendable (String) -> Void
  private let state = Mutex(State())

  private struct State {
    var total = 0
    var unsaid = 0
    var reason = ""
    var isSaying = false
  }

  /// - Parameters:
  ///   - name: of the log, for messages.
  ///   - say: takes each message, without a newline.
  init(of name: String, pace: Pace = Pace(), say: @escaping @Sendable (String) -> Void = LostLines.sayOnStandardError) {
    self.name = name
    self.pace = pace
    self.say = say
  }

  /// The number of lines that were lost until now.
  var total: Int { state.withLock { $0.total } }

  /// Notes lost lines.
  func add(_ count: Int, because reason: @autoclosure () -> String) {
    let isFirst = state.withLock { state in
      state.total += count
      state.unsaid += count
      state.reason = reason()
      defer { state.isSaying = true }
      return !state.isSaying
    }
    guard isFirst else { return }
    do throws(SystemError) {
      try Thread.start(name: "lost log lines") { [self] in sayWhileThereAreSome() }
    } catch {
      // The next loss tries again.
      state.withLock { $0.isSaying = false }
    }
  }

  /// Says at once what was not said yet: the process is about to end.
  func sayLast() {
    if let message = takeMessage() { say(message) }
  }

  private func sayWhileThereAreSome() {
    Self.sleep(pace.first)
    while let message = takeMessage(endingIfNone: true) {
      say(message)
      Self.sleep(pace.next)
    }
  }

  private func takeMessage(endingIfNone: Bool = false) -> String? {
    state.withLock { state in
      guard state.unsaid > 0 else {
        if endingIfNone { state.isSaying = false }
        return nil
      }
      defer { state.unsaid = 0 }
      let lines = state.unsaid == 1 ? "1 line was lost" : "\(state.unsaid) lines were lost"
      let all = state.total == state.unsaid ? "" : ", \(state.total) in all"
      return "\(name) can't be written: \(state.reason); \(lines)\(all)"
    }
  }

  private static func sleep(_ duration: Duration) {
    let end = MonotonicTime.current().advanced(by: duration)
    while true {
      let left = end.nanoseconds - MonotonicTime.current().nanoseconds
      guard left > 0 else { return }
      var time = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
      unsafe _ = nanosleep(&time, nil)
    }
  }

  /// Writes a line as the gateway's own log does.
  static func sayOnStandardError(_ message: String) {
    StandardError.write("\(CalendarTime(unixSeconds: Int(time(nil))).iso8601) error: \(message)")
  }
}
