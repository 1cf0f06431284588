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
        password = try newPassword(for: name, setup.passwordPolicy, fromInput: command.readsPassword)
      }
      return try run(command.action, name, roles, password, setup)
    }
  }

  private static func run(
    _ action: UserCommand.Action, _ name: AccountName, _ roles: [RoleName], _ password: NewPassword?,
    _ setup: AccountsSetup
  ) throws -> Int32 {
    let store = try setup.openStore()
    switch action {
    case .list: return try list(store)
    case .add:
      guard let password else { return ExitCode.failure }
      switch try store.register(name, password: password, roles: try setup.defaultRoles(), now: currentUnixTime()) {
      case .registered(let account): return print("user '\(account.name)' was added")
      case .exists: return fail("there is a user '\(name.text)' already")
      }
    case .show: return show(try store.find(name), name)
    case .passwd:
      guard let password else { return ExitCode.failure }
      return report(try store.setPassword(of: name, to: password), name) { "user '\($0.name)' has a new password" }
    case .disable:
      return report(try store.disable(name), name, unchanged: { "user '\($0.name)' is disabled already" }) {
        "user '\($0.name)' is disabled"
      }
    case .enable:
      return report(try store.enable(name), name, unchanged: { "user '\($0.name)' is enabled already" }) {
        "user '\($0.name)' is enabled"
      }
    case .delete:
      return try store.delete(name) ? print("user '\(name.text)' was deleted") : unknown(name)
    case .grant: return try changeRoles(name, roles) { try store.grant($0, to: name) }
    case .revoke: return try changeRoles(name, roles) { try store.revoke($0, from: name) }
    }
  }

  /// Runs `portcullis token issue`.
  static func issue(_ order: IssueArguments, _ file: ConfigurationFile) -> Int32 {
    withAccounts(of: file) { setup in
      let name: AccountName
      do throws(PolicyViolation) { name = try AccountName(order.user) } catch {
        return fail("\(error)", ExitCode.usage)
      }
      guard let account = try setup.openStore().find(name) else { return unknown(name) }
      guard !account.isDisabled else { return fail("user '\(account.name)' is disabled") }
      let token = try setup.openTokens().issue(
        to: account, session: false, scope: order.scope, lifetime: order.lifetime, now: currentUnixTime())
      return print(token.span.text)
    }
  }

  // MARK: What they share

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
      """)
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
