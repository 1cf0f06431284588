import Accounts
import Bytes
import Configuration
import Endpoints
import Transport

/// The commands that administer accounts. They work on the database itself, so a gateway may run beside them or not.
extension Commands {
  /// Runs `portcullis user …`.
  static func user(_ command: UserCommand, _ file: ConfigurationFile) -> Int32 {
    withAccounts(of: file) { setup in
      guard command.action != .list else { return try list(try setup.openStore()) }
      if let holder = command.foreign { return try revokeTokens(of: holder, setup) }
      let name: AccountName
      var roles: [RoleName] = []
      do throws(PolicyViolation) {
        name = try AccountName(command.name)
        for role in command.roles { roles.append(try RoleName(role)) }
      } catch {
        return fail("\(error)", ExitCode.usage)
      }
      // Asked for before anything is opened: a missing database is not made for a command that is then given up.
      var password: NewPassword?
      if command.action.takesPassword {
        let given = try newPassword(for: name, setup.passwordPolicy, fromInput: command.readsPassword)
        if try setup.openBreachedPasswords()?.contains(given) == true {
          return fail("the password is in the list of stolen ones; nothing was changed")
        }
        password = given
      }
      if command.action == .scope { return try setScope(command.values, of: name, try setup.openStore()) }
      if command.action == .claim { return try setClaim(command.values, of: name, setup) }
      if command.action == .revokeSessions { return try revokeSessions(of: name, try setup.openStore()) }
      return try run(command.action, name, roles, password, setup)
    }
  }

  private static func run(
    _ action: UserCommand.Action, _ name: AccountName, _ roles: [RoleName], _ password: NewPassword?,
    _ setup: AccountsSetup
  ) throws -> Int32 {
    let store = try setup.openStore()
    let stamp = Self.stamp
    switch action {
    case .list: return try list(store)
    case .revokeSessions: return try revokeSessions(of: name, store)
    case .scope, .claim: return ExitCode.usage
    case .add:
      guard let password else { return ExitCode.failure }
      switch try store.register(name, password: password, roles: try setup.defaultRoles(), stamp) {
      case .registered(let account): return print("user '\(account.name)' was added")
      case .exists, .inviteRefused: return fail("there is a user '\(name.text)' already")
      }
    case .show: return show(try store.find(name), name)
    case .passwd:
      guard let password else { return ExitCode.failure }
      return report(try store.setPassword(of: name, to: password, stamp), name) {
        "user '\($0.name)' has a new password"
      }
    case .disable:
      return report(try store.disable(name, stamp), name, unchanged: { "user '\($0.name)' is disabled already" }) {
        "user '\($0.name)' is disabled"
      }
    case .enable:
      return report(try store.enable(name, stamp), name, unchanged: { "user '\($0.name)' is enabled already" }) {
        "user '\($0.name)' is enabled"
      }
    case .delete:
      return try store.delete(name, stamp) ? print("user '\(name.text)' was deleted") : unknown(name)
    case .grant: return try changeRoles(name, roles) { try store.grant($0, to: name, stamp) }
    case .revoke: return try changeRoles(name, roles) { try store.revoke($0, from: name, stamp) }
    }
  }

  /// Runs `portcullis token issue`.
  static func issue(_ order: IssueArguments, _ file: ConfigurationFile) -> Int32 {
    withAccounts(of: file) { setup in
      let name: AccountName
      do throws(PolicyViolation) { name = try AccountName(order.user) } catch {
        return fail("\(error)", ExitCode.usage)
      }
      let store = try setup.openStore()
      guard let account = try store.find(name) else { return unknown(name) }
      guard !account.isDisabled else { return fail("user '\(account.name)' is disabled") }
      // Tokens say the second they are from: one of the second in which the user's tokens were revoked would be taken for one of those.
      let revoked = try store.sessionlessRevocation(of: account) ?? 0
      let now = max(currentUnixTime(), revoked.rounded(.up))
      let token = try setup.openTokens().issue(
        to: account, session: nil, scope: order.scope, lifetime: order.lifetime, now: now)
      return print(token.span.text)
    }
  }

  // MARK: Claims

  private static func setScope(_ values: [String], of name: AccountName, _ store: AccountStore) throws -> Int32 {
    guard let scope = values.first else { return ExitCode.usage }
    return report(try store.setScope(scope, of: name, stamp), name) { account in
      account.scope.isEmpty
        ? "user '\(account.name)' has no scope" : "user '\(account.name)' has the scope \(account.scope)"
    }
  }

  private static func setClaim(_ values: [String], of name: AccountName, _ setup: AccountsSetup) throws -> Int32 {
    guard values.count == 2 else { return ExitCode.usage }
    let claim = values[0]
    guard !claim.isEmpty, !ReservedClaims.contains(claim) else {
      return fail("'\(claim)' is a claim that the gateway sets or judges itself", ExitCode.usage)
    }
    guard let value = ClaimValue(json: values[1]) else {
      return fail("'\(values[1])' is not JSON: write a string with its quotes, such as '\"pro\"'", ExitCode.usage)
    }
    let change = try setup.openStore().setClaim(claim, to: value.text, of: name, stamp)
    return report(change, name) { "user '\($0.name)' \(value.text == nil ? "lost" : "has") the claim '\(claim)'" }
  }

  // MARK: Invites and events

  /// Runs `portcullis invite …`.
  static func invite(_ command: InviteCommand, _ file: ConfigurationFile) -> Int32 {
    withAccounts(of: file) { setup in
      switch command {
      case .create(let words, let uses, let lifetime):
        var roles: [RoleName] = []
        do throws(PolicyViolation) { for word in words { roles.append(try RoleName(word)) } } catch {
          return fail("\(error)", ExitCode.usage)
        }
        let invite = try setup.openStore().makeInvite(
          roles: roles, uses: uses, lifetime: Double(lifetime), stamp)
        return print(invite.code)
      case .list:
        for invite in try setup.openStore().invites(now: currentUnixTime()) {
          let roles = invite.roles.isEmpty ? "-" : invite.roles.joined(separator: ",")
          let uses = invite.uses == 1 ? "1 use" : "\(invite.uses) uses"
          Terminal.print("\(invite.code)  \(uses)  until \(SessionTime.text(invite.expires))  \(roles)")
        }
        return ExitCode.fine
      case .delete(let code):
        return try setup.openStore().deleteInvite(code)
          ? print("invite '\(code)' was deleted") : fail("there is no invite '\(code)'")
      }
    }
  }

  /// Runs `portcullis events list`.
  static func events(_ command: EventsCommand, _ file: ConfigurationFile) -> Int32 {
    withAccounts(of: file) { setup in
      var name: AccountName?
      do throws(PolicyViolation) {
        name = try command.user.map { text throws(PolicyViolation) in try AccountName(text) }
      } catch { return fail("\(error)", ExitCode.usage) }
      let store = try setup.openStore()
      let since = command.span.map { currentUnixTime() - Double($0) } ?? 0
      var last: Int64 = 0
      while true {
        let page = try store.events(after: last, of: name, since: since, limit: 1000)
        for event in page { Terminal.print(EventLine.text(of: event)) }
        guard page.count == 1000, let number = page.last?.number else { return ExitCode.fine }
        last = number
      }
    }
  }

  // MARK: Sessions

  private static func revokeSessions(of name: AccountName, _ store: AccountStore) throws -> Int32 {
    let count = try store.endSessions(.all, of: name, revokesSessionless: true, stamp)
    guard let count else { return unknown(name) }
    return print(
      "\(sessions(count)) of user '\(name.text)' ended, and tokens without a session that were issued until now are refused"
    )
  }

  private static func revokeTokens(of holder: UserCommand.ForeignUser, _ setup: AccountsSetup) throws -> Int32 {
    guard let lifetime = setup.tokenLifetime(ofIssuer: holder.issuer) else {
      return fail("'\(holder.issuer)' is none of 'auth.issuers'")
    }
    try setup.openStore().revokeTokens(
      ofIssuer: holder.issuer, subject: holder.subject, lifetime: lifetime.bound, stamp)
    return print("tokens of '\(holder.subject)' from '\(holder.issuer)' that were issued until now are refused")
  }

  /// Runs `portcullis session …`.
  static func session(_ command: SessionCommand, _ file: ConfigurationFile) -> Int32 {
    withAccounts(of: file) { setup in
      switch command {
      case .list(let text):
        let name: AccountName
        do throws(PolicyViolation) { name = try AccountName(text) } catch { return fail("\(error)", ExitCode.usage) }
        guard let all = try setup.openStore().sessions(of: name, now: currentUnixTime()) else { return unknown(name) }
        for session in all { Terminal.print(line(session)) }
        return ExitCode.fine
      case .end(let id):
        guard let session = try setup.openStore().endSession(id, of: nil, stamp) else {
          return fail("there is no session '\(id)'")
        }
        return print("session '\(id)' of user '\(session.user)' ended")
      }
    }
  }

  private static func line(_ session: Session) -> String {
    let address = session.address ?? "-"
    return [
      session.id, SessionTime.text(session.begun), SessionTime.text(session.lastUsed), address,
      session.userAgent.map(Self.printable) ?? "-",
    ].joined(separator: "  ")
  }

  /// The text of a client with nothing in it that a terminal would obey.
  private static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? $0 : "?" }))
  }

  private static func sessions(_ count: Int) -> String { count == 1 ? "1 session" : "\(count) sessions" }

  // MARK: What they share

  /// The operator's, now.
  private static var stamp: ChangeStamp { ChangeStamp(now: currentUnixTime(), by: .operator) }

  private static func withAccounts(of file: ConfigurationFile, _ body: (AccountsSetup) throws -> Int32) -> Int32 {
    guard let configuration = file.configuration() else { return ExitCode.failure }
    guard let setup = AccountsSetup(configuration) else {
      return fail("\(file.name) has no 'accounts', so there are no users of the gateway's own")
    }
    do {
      return try body(setup)
    } catch let errors as ConfigurationErrors {
      ConfigurationFile.show(errors.diagnostics)
    } catch {
      return fail("\(error)")
    }
    return ExitCode.failure
  }

  /// A password that may be set.
  ///
  /// - Throws: the rule that it breaks, or why there is none.
  private static func newPassword(
    for name: AccountName, _ policy: PasswordPolicy, fromInput: Bool
  ) throws -> NewPassword {
    if fromInput { return try policy.accept(Password(bytes: try PasswordEntry.readInput())) }
    let bytes = try PasswordEntry.ask("Password for \(name.text): ")
    let password = try policy.accept(Password(bytes: bytes))
    guard try PasswordEntry.ask("The same again: ") == bytes else { throw PasswordEntry.Failure.differs }
    return password
  }

  private static func changeRoles(
    _ name: AccountName, _ roles: [RoleName], _ change: (RoleName) throws -> AccountChange
  ) throws -> Int32 {
    var last = AccountChange.unknownAccount
    for role in roles { last = try change(role) }
    let roles = { (account: Account) in
      account.roles.isEmpty ? "no roles" : "the roles \(account.roles.joined(separator: ", "))"
    }
    return report(last, name, unchanged: { "user '\($0.name)' has \(roles($0))" }) {
      "user '\($0.name)' has \(roles($0))"
    }
  }

  private static func report(
    _ change: AccountChange, _ name: AccountName, unchanged: (Account) -> String = { "user '\($0.name)' is as before" },
    _ changed: (Account) -> String
  ) -> Int32 {
    switch change {
    case .changed(let account): print(changed(account))
    case .unchanged(let account): print(unchanged(account))
    case .unknownAccount: unknown(name)
    }
  }

  private static func unknown(_ name: AccountName) -> Int32 { fail("there is no user '\(name.text)'") }

  private static func show(_ account: Account?, _ name: AccountName) -> Int32 {
    guard let account else { return unknown(name) }
    return print(
      """
      name     \(account.name)
      state    \(account.state)
      created  \(account.creation)
      roles    \(account.roles.joined(separator: ", "))
      """ + (account.scope.isEmpty ? "" : "\nscope    \(account.scope)")
        + account.claims.map { "\nclaim    \($0.name) = \($0.json)" }.joined())
  }

  private static func list(_ store: AccountStore) throws -> Int32 {
    var last: AccountName?
    while true {
      let page = try store.list(after: last, limit: 1000)
      let width = page.map(\.name.utf8.count).max() ?? 0
      for account in page {
        let padding = String(repeating: " ", count: width - account.name.utf8.count)
        let state = account.isDisabled ? "disabled" : "enabled "
        Terminal.print(
          "\(account.name)\(padding)  \(state)  \(account.creation)  \(account.roles.joined(separator: ","))")
      }
      guard page.count == 1000, let name = page.last?.name else { return ExitCode.fine }
      last = try AccountName(name)
    }
  }
}

extension Account {
  fileprivate var state: String { isDisabled ? "disabled" : "enabled" }
  fileprivate var creation: String { CalendarTime(unixSeconds: Int(clamping: created)).iso8601 }
}
