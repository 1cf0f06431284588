import Configuration
import Glibc
import Observability
import Synchronization
import Transport

/// Orders of `-s` whose outcome a command waits for.
///
/// An order comes over the ``ControlSocket`` of the pid file and is noted here; then the supervisor gets the signal of that order, as
/// it would from anybody. What it does from then on answers all that have waited by that time: it has begun after they asked. For any
/// thread.
final class OrderDesk: Sendable {
  private let state = Mutex(State())
  /// The thread that takes the signals.
  private let supervisor: ThreadID

  private struct State {
    var waiting: [(order: Order, reply: ControlReply)] = []
    /// The reason for which no order is taken any more.
    var refusal: String?
  }

  /// An order that is given over the socket.
  enum Order: String {
    case reload
    case reopen

    var signal: Int32 {
      switch self {
      case .reload: SIGHUP
      case .reopen: SIGUSR1
      }
    }
  }

  /// - Note: for the thread that takes the signals.
  init() { supervisor = ThreadID.current }

  /// The socket for the pid file; nil after a line in the log where it can't be made.
  func open(beside pidFile: String?, log: ErrorLog) -> ControlSocket? {
    guard let pidFile else { return nil }
    do throws(SystemError) {
      return try ControlSocket(beside: pidFile) { [self] in take($0, $1) }
    } catch {
      log.warning("'\(pidFile).sock' can't be made: \(error): '-s reload' and '-s reopen' can't tell their outcome")
      return nil
    }
  }

  private func take(_ word: String, _ reply: ControlReply) {
    guard let order = Order(rawValue: word) else {
      return reply.send(isFine: false, summary: "this gateway can't be told to \(word)")
    }
    let refusal = state.withLock { state in
      if state.refusal == nil { state.waiting.append((order, reply)) }
      return state.refusal
    }
    if let refusal { return reply.send(isFine: false, summary: refusal) }
    supervisor.signal(order.signal)
  }

  /// A report to the commands that wait for the order now.
  func report(on order: Order) -> OrderReport {
    let replies = state.withLock { state in
      let replies = state.waiting.filter { $0.order == order }.map(\.reply)
      state.waiting.removeAll { $0.order == order }
      return replies
    }
    return OrderReport(to: replies)
  }

  /// Refuses everything that waits and that is still to come.
  func close(because refusal: String) {
    let replies = state.withLock { state in
      defer { state.waiting = [] }
      state.refusal = refusal
      return state.waiting.map(\.reply)
    }
    for reply in replies { reply.send(isFine: false, summary: refusal) }
  }
}

/// The outcome of an order, line by line, for the commands that wait for it; without one it goes nowhere.
///
/// For any thread.
final class OrderReport: Sendable {
  private let replies: [ControlReply]
  private let state = Mutex(State())

  private struct State {
    var lines: [String] = []
    var hasFailed = false
  }

  init(to replies: [ControlReply]) { self.replies = replies }

  /// Adds a line, of a warning for example.
  func add(_ line: String) { state.withLock { $0.lines.append(line) } }

  /// Adds a line that makes the outcome a refusal, whatever the summary says.
  func fail(_ line: String) {
    state.withLock { state in
      state.lines.append(line)
      state.hasFailed = true
    }
  }

  /// Answers: the order was carried out, unless something has failed.
  func finish(_ summary: String) { send(isFine: true, summary) }

  /// Answers: the order was refused.
  func refuse(_ summary: String) { send(isFine: false, summary) }

  private func send(isFine: Bool, _ summary: String) {
    let (lines, hasFailed) = state.withLock { ($0.lines, $0.hasFailed) }
    for reply in replies { reply.send(isFine: isFine && !hasFailed, summary: summary, details: lines) }
  }
}
