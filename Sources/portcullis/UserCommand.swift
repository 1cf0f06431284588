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
    case revokeSessions = "revoke-sessions"
    case scope
    case claim

    /// True if the command sets a password.
    var takesPassword: Bool {
      switch self {
      case .add, .passwd: true
      case .list, .show, .disable, .enable, .delete, .grant, .revoke, .revokeSessions, .scope, .claim: false
      }
    }

    /// True if roles follow the name.
    var takesRoles: Bool {
      switch self {
      case .grant, .revoke: true
      case .add, .list, .show, .passwd, .disable, .enable, .delete, .revokeSessions, .scope, .claim: false
      }
    }
  }

  /// Actions that the interface has and this version does not.
  private static let later = ["import", "export"]

  let action: Action
  /// A user of another issuer.
  struct ForeignUser {
    let issuer: String
    let subject: String
  }

  /// The user of another issuer whose tokens are to be refused; nil for a command about an account.
  let foreign: ForeignUser?
  /// The name of the account; empty for `list` and for a user of another issuer.
  let name: String
  let roles: [String]
  /// The scope, or the claim's name and its JSON text.
  var values: [String] = []
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
    if action == .revokeSessions, options.issuer != nil || options.subject != nil {
      guard let issuer = options.issuer, let subject = options.subject else {
        throw UsageError(message: "--issuer and --subject go together")
      }
      foreign = ForeignUser(issuer: issuer, subject: subject)
      (name, roles) = ("", [])
      return
    }
    foreign = nil
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
    let wanted =
      action == .scope ? ["the words of the scope"] : action == .claim ? ["the name of a claim", "JSON"] : []
    for what in wanted {
      guard let value = reader.next() else { throw UsageError(message: "'user \(word) \(name)' needs \(what)") }
      values.append(value)
    }
    if action == .scope, let scope = values.first, !scope.isEmpty, !IssueArguments.isScope(scope) {
      throw UsageError(message: "a scope is words separated by single spaces, such as \"orders:read orders:write\"")
    }
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
      portcullis user revoke-sessions NAME
                                           end the user's sessions
      portcullis user revoke-sessions --issuer ISS --subject SUB
                                           refuse the tokens of another issuer's user that were issued until now
      portcullis user grant NAME ROLE…     give roles, which stand in tokens issued from then on
      portcullis user revoke NAME ROLE…    take roles away
      portcullis user scope NAME "a b"     set the scope of tokens issued from then on; "" for none
      portcullis user claim NAME KEY JSON  set a claim of tokens issued from then on; null removes it

    options:
      -c FILE           the configuration, if not ./gateway.json or /etc/portcullis/gateway.json
      --password-stdin  'add' and 'passwd' take the password from standard input, one newline at its end ignored;
                        without it they ask for it, twice, on a terminal

    'passwd', 'disable', 'delete' and 'revoke-sessions' end the user's sessions and refuse the tokens without one that were
    issued until now: a running gateway does so within a second. Roles stand in tokens from the next login or refresh on.
    """
}
