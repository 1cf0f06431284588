import Accounts
import Policy
import Testing

@testable import Endpoints

/// The lines of the log while the accounts' database can't be used.
@Suite struct StoreTroubleTests {
  private static let minute: Int64 = 60_000_000_000
  private static let full = "the disk of the accounts' database is full"
  private let trouble = Trouble()

  private final class Trouble {
    private var record = StoreTrouble(of: "registrations")
    func note(_ error: AccountsError, now: Int64) -> StoreTrouble.Message? { record.note(error, now: now) }
    func noteSuccess() -> StoreTrouble.Message? { record.noteSuccess() }
  }

  @Test func `the cause is said once, then once a minute with a number`() {
    let first = trouble.note(.full, now: 5)
    #expect(first == .error("registrations are answered with 503 store_unavailable: \(Self.full)"))
    for time in 6..<1000 as Range<Int64> { #expect(trouble.note(.full, now: time) == nil) }
    #expect(trouble.note(.full, now: 4 + Self.minute) == nil)
    let again = trouble.note(.full, now: 5 + Self.minute)
    #expect(again == .error("registrations are still answered with 503 store_unavailable, 996 more: \(Self.full)"))
    #expect(trouble.note(.full, now: 6 + Self.minute) == nil)
  }

  @Test func `causes that take turns are said once each`() {
    #expect(trouble.note(.full, now: 0) != nil)
    #expect(trouble.note(.busy, now: 1) != nil)
    for time in 2..<100 as Range<Int64> { #expect(trouble.note(time % 2 == 0 ? .full : .busy, now: time) == nil) }
  }

  @Test func `the end is said, with the number of all requests that failed`() {
    #expect(trouble.noteSuccess() == nil)
    for time in 0..<7 as Range<Int64> { _ = trouble.note(.full, now: time) }
    #expect(trouble.noteSuccess() == .info("registrations are served again; 7 could not be"))
    #expect(trouble.noteSuccess() == nil)
    #expect(trouble.note(.full, now: 8) != nil, "a new trouble is said at once")
    #expect(trouble.noteSuccess() == .info("registrations are served again; 1 could not be"))
  }

  @Test(arguments: [
    (AccountsError.inaccessible(path: "p", reason: "r"), "store_unavailable"),
    (.readOnly(path: "p"), "store_unavailable"),
    (.corrupt(path: "p"), "store_unavailable"), (.foreign(path: "p"), "store_unavailable"),
    (.newer(path: "p"), "store_unavailable"), (.busy, "store_unavailable"), (.full, "store_unavailable"),
    (.failed(reason: "disk I/O error"), "store_unavailable"), (.cryptographyUnavailable, "internal_error"),
  ])
  func `what the client is told`(error: AccountsError, word: String) {
    #expect("\(error.reason.word)" == word)
    #expect(error.reason.status == (word == "store_unavailable" ? 503 : 500))
  }
}
