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

  /// True from a failure to the next success.
  var isThere: Bool { !causes.isEmpty }

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

/// The kinds of work with the store that are in trouble or not each by themselves.
enum StoreWork: Sendable, Hashable, CaseIterable {
  case logins
  case registrations
  /// All that is about sessions and passwords.
  case sessions

  /// The work as a sentence begins with it.
  fileprivate var subject: String {
    switch self {
    case .logins: "logins"
    case .registrations: "registrations"
    case .sessions: "requests about sessions"
    }
  }
}

/// The trouble of all workers with one store.
///
/// For any thread.
final class StoreTroubles: Sendable {
  private let state = Mutex<[StoreWork: StoreTrouble]>([:])

  /// True while there is a kind of work that fails.
  var isAny: Bool { state.withLock { troubles in troubles.values.contains { $0.isThere } } }

  /// A request has failed.
  func note(_ error: AccountsError, of work: StoreWork, now: Int64, in log: ErrorLog) {
    write(state.withLock { $0[work, default: StoreTrouble(of: work.subject)].note(error, now: now) }, in: log)
  }

  /// A request was served that reads or writes the database.
  func noteSuccess(of work: StoreWork, in log: ErrorLog) {
    write(state.withLock { $0[work]?.noteSuccess() }, in: log)
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
