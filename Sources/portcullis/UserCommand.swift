/// The arguments of `portcullis user …`.
struct UserCommand {
  enum Action: String, CaseIterable {
    case add
    case list
    case show
    case passwd
    case disable
    case enable
    case delete
    case grant
    case revoke

    /// True if the command sets a password.
    var takesPassword: Bool {
      switch self {
      case .add, .passwd: true
      case .list, .show, .disable, .enable, .delete, .grant, .revoke: false
      }
    }

    /// True if roles follow the name.
    var takesRoles: Bool {
      switch self {
      case .grant, .revoke: true
      case .add, .list, .show, .passwd, .disable, .enable, .delete: false
      }
    }
  }

  /// Actions that the interface has and this version does not.
  private static let later = ["scope", "claim", "revoke-sessions", "import", "export"]

  let action: Action
  /// The name of the account; empty for `list`.
  let name: String
  let roles: [String]
  /// True if the password comes from standard input as it is.
  let readsPassword: Bool

  /// - Parameter reader: stands behind the word `user`.
  init(_ reader: inout ArgumentReader, _ options: ArgumentReader.Options) throws(UsageError) {
    let all = Action.allCases.map(\.rawValue).joined(separator: ", ")
    guard let word = reader.next() else { throw UsageError(message: "'user' is followed by one of \(all)") }
    if Self.later.contains(word) { throw .notSupported("user \(word)") }
    guard let action = Action(rawValue: word) else {
      throw UsageError(message: "'user' is followed by one of \(all), not '\(word)'")
    }
    self.action = action
    readsPassword = options.readsPassword
    if action == .list {
      (name, roles) = ("", [])
      return
    }
    guard let name = reader.next() else { throw UsageError(message: "'user \(word)' needs the name of a user") }
    self.name = name
    var roles: [String] = []
    if action.takesRoles {
      while let role = reader.next() { roles.append(role) }
      if roles.isEmpty { throw UsageError(message: "'user \(word) \(name)' needs a role, or several") }
    }
    self.roles = roles
  }

  static let help = """
    portcullis user: administers the accounts that the configuration names, also beside a running gateway

    usage:
      portcullis user add NAME             make an account, with the roles of 'default_roles'
      portcullis user list                 print all accounts: name, state, when it was made, roles
      portcullis user show NAME            print one
      portcullis user passwd NAME          set another password
      portcullis user disable NAME         refuse logins
      portcullis user enable NAME          allow them again
      portcullis user delete NAME          remove the account; its name may be registered again
      portcullis user grant NAME ROLE…     give roles, which stand in tokens issued from then on
      portcullis user revoke NAME ROLE…    take roles away

    options:
      -c FILE           the configuration, if not ./gateway.json or /etc/portcullis/gateway.json
      --password-stdin  'add' and 'passwd' take the password from standard input, one newline at its end ignored;
                        without it they ask for it, twice, on a terminal

    Issued tokens stay valid until they expire, whatever happens to the account.
    """
}
