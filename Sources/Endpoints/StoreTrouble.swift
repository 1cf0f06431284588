import Accounts
import Observability
import Policy
import Synchronization

/// Notes requests that the accounts' database, or libcrypto, could not serve: the log gets the cause once, not once for each request.
///
///     fine ──failure: said──▶ in trouble ──another minute of failures: said, with their number──┐
///       ▲                       │   ▲                                                           │
///       └──success: said────────┘   └───────────────────────────────────────────────────────────┘
///
/// A value without a clock.
struct StoreTrouble {
  /// The next message for the log.
  enum Message: Equatable {
    case error(String)
    case info(String)
  }

  /// The work that fails, as a sentence begins with it: "logins".
  private let subject: String
  /// The causes that were logged since the last silence; empty while all is well.
  private var causes: Set<AccountsError> = []
  private var saidAt: Int64 = 0
  /// The number of requests that failed since the trouble began, and since it was last logged.
  private var count = 0
  private var untoldCount = 0

  /// The time for which the same causes are not logged again, in nanoseconds.
  private static let silence: Int64 = 60_000_000_000

  init(of subject: String) { self.subject = subject }

  /// A request has failed.
  ///
  /// - Parameter now: nanoseconds of a monotonic clock.
  mutating func note(_ error: AccountsError, now: Int64) -> Message? {
    count += 1
    let reason = error.reason
    if causes.isEmpty { saidAt = now }
    guard !causes.insert(error).inserted else {
      return .error("\(subject) are answered with \(reason.status) \(reason.word): \(error)")
    }
    untoldCount += 1
    guard now - saidAt >= Self.silence else { return nil }
    defer { (causes, saidAt, untoldCount) = ([error], now, 0) }
    return .error("\(subject) are still answered with \(reason.status) \(reason.word), \(untoldCount) more: \(error)")
  }

  /// A request was served that would have failed were the trouble still there.
  mutating func noteSuccess() -> Message? {
    guard !causes.isEmpty else { return nil }
    defer { (causes, count, untoldCount) = ([], 0, 0) }
    return .info("\(subject) are served again; \(count) could not be")
  }
}

/// The trouble of all workers with one store: logins, which read, and registrations, which write, each by themselves.
///
/// For any thread.
final class StoreTroubles: Sendable {
  private struct State {
    var logins = StoreTrouble(of: "logins")
    var registrations = StoreTrouble(of: "registrations")
  }

  private let state = Mutex(State())

  /// A request has failed.
  func note(_ error: AccountsError, of operation: HashingQueue.Operation, now: Int64, in log: ErrorLog) {
    write(
      state.withLock { state in
        switch operation {
        case .login: state.logins.note(error, now: now)
        case .registration: state.registrations.note(error, now: now)
        }
      }, in: log)
  }

  /// A login has read the database, or a registration has written it.
  func noteSuccess(of operation: HashingQueue.Operation, in log: ErrorLog) {
    write(
      state.withLock { state in
        switch operation {
        case .login: state.logins.noteSuccess()
        case .registration: state.registrations.noteSuccess()
        }
      }, in: log)
  }

  private func write(_ message: StoreTrouble.Message?, in log: ErrorLog) {
    switch message {
    case .error(let text): log.error(text)
    case .info(let text): log.info(text)
    case nil: break
    }
  }
}

extension AccountsError {
  /// The reason that the client gets.
  var reason: RejectionReason {
    switch self {
    case .cryptographyUnavailable: .internalError
    case .inaccessible, .readOnly, .corrupt, .foreign, .newer, .busy, .full, .failed: .storeUnavailable
    }
  }
}
