import Accounts
import Bytes
package import Observability
package import Policy
package import Transport

/// Looks after the accounts' database beside the workers: tells them what was revoked, by this process or another, and removes what has
/// expired.
///
/// There is one for the process, with a thread of its own. What goes wrong here ends nothing: what is revoked stays so.
package actor AccountWatch {
  private nonisolated let loop: EventLoop
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

  private let log: ErrorLog
  private var accounts: AccountService?
  private var announce: @Sendable ([Revocations.Entry]) -> Void = { _ in }
  /// The place that events are written to; nil for none.
  private var audit: ByteSink?
  /// The number of the last event that was written there; nil while it is not known.
  private var audited: Int64?
  /// The text of the error that was logged last; nil while all is well.
  private var trouble: String?
  private var isTicking = false

  /// The interval between two looks at what other processes have changed; the command line's orders take effect within a second.
  private static let interval: Duration = .milliseconds(250)
  /// The interval between two removals of what has expired.
  private static let tidyInterval: Duration = .seconds(10)
  /// The number of removals at a time.
  private static let tidyMax = 20

  /// Starts the thread.
  ///
  /// - Throws: when there is no descriptor or thread left.
  package init(log: ErrorLog) throws(SystemError) {
    self.log = log
    let loop = try EventLoop()
    self.loop = loop
    try Thread.start(name: "accounts watch") { loop.run() }
  }

  /// Looks after these accounts from now on; nil for none.
  ///
  /// - Parameters:
  ///   - audit: gets a line of JSON for each event, those of other processes too.
  ///   - announce: is called, on a thread of the watch's own, with what was revoked since its feed was read the last time.
  package nonisolated func watch(
    _ accounts: AccountService?, audit: ByteSink?, announce: @escaping @Sendable ([Revocations.Entry]) -> Void
  ) {
    accounts?.onChange { [self] in loop.post { self.assumeIsolated { $0.look() } } }
    loop.post {
      self.assumeIsolated { watch in
        if watch.accounts !== accounts || watch.audit !== audit { watch.audited = nil }
        watch.accounts = accounts
        watch.audit = audit
        watch.announce = announce
        watch.begin()
      }
    }
  }

  private func begin() {
    look()
    guard !isTicking, accounts != nil else { return }
    isTicking = true
    loop.every(Self.interval) { self.assumeIsolated { $0.look() } }
    loop.every(Self.tidyInterval) { self.assumeIsolated { $0.tidy() } }
  }

  private func look() {
    guard let accounts else { return }
    do throws(AccountsError) {
      let fresh = try accounts.revocations.readNew(now: loop.unixTime)
      if !fresh.isEmpty { announce(fresh) }
      noteSuccess()
    } catch {
      note(error, "what is revoked can't be read")
    }
    do throws(AccountsError) {
      try accounts.saveFailures(now: loop.now.nanoseconds, unixTime: loop.unixTime)
    } catch {
      log.debug("failed logins can't be written down: \(error)")
    }
    writeEvents()
  }

  /// Writes the events since the last look; after a crash some may come twice.
  private func writeEvents() {
    guard let accounts, let audit else { return }
    do throws(AccountsError) {
      let first: Int64
      if let audited { first = audited } else { first = try accounts.auditStart() }
      var last = first
      while true {
        let page = try accounts.events(after: last)
        guard let number = page.last?.number else { break }
        var lines = ByteBuffer(capacity: 4096)
        for event in page { lines.append(text: EventLine.text(of: event) + "\n") }
        audit.write(&lines)
        last = number
      }
      audited = last
      if last != first { try accounts.noteAudited(last) }
    } catch {
      log.debug("events can't be read: \(error)")
    }
  }

  private func tidy() {
    guard let accounts else { return }
    do throws(AccountsError) {
      var rounds = 0
      while rounds < Self.tidyMax, try accounts.removeExpired(now: loop.unixTime) { rounds += 1 }
    } catch {
      log.debug("what has expired can't be removed from the accounts' database: \(error)")
    }
  }

  private func note(_ error: AccountsError, _ what: String) {
    let text = "\(what): \(error)"
    if trouble != text { log.error("\(text); what was revoked before stays so") }
    trouble = text
  }

  private func noteSuccess() {
    if trouble != nil { log.info("the accounts' database can be read again") }
    trouble = nil
  }
}
