import Signing

/// A command as the arguments spell it.
enum Command {
  case run(configuration: String?)
  case test(configuration: String?)
  case signal(GatewaySignal, configuration: String?)
  case inspect(token: String?, configuration: String?)
  case explain(ExplainArguments, configuration: String?)
  case user(UserCommand, configuration: String?)
  case session(SessionCommand, configuration: String?)
  case invite(InviteCommand, configuration: String?)
  case events(EventsCommand, configuration: String?)
  case issue(IssueArguments, configuration: String?)
  case key(KeyCommand, configuration: String?)
  case whoami(listen: String)
  case showVersion
  case showHelp
  case showUserHelp
  case showSessionHelp
  case showInviteHelp
  case showKeyHelp

  /// - Parameter arguments: without the program's name.
  init(arguments: [String]) throws(UsageError) {
    var reader = ArgumentReader(arguments)
    let options = try reader.commonOptions()
    if options.wantsHelp { self = Self.help(on: reader.next()); return }
    if options.wantsVersion { self = .showVersion; return }
    if let name = options.signal {
      guard let signal = GatewaySignal(rawValue: name) else {
        if name == "upgrade" { throw .notSupported("-s upgrade") }
        let words = GatewaySignal.allCases.map(\.rawValue).joined(separator: ", ")
        throw UsageError(message: "-s takes one of \(words), not '\(name)'")
      }
      if options.isTest { throw UsageError(message: "-s and -t don't go together") }
      if let rest = reader.next() { throw UsageError(message: "-s stands alone; '\(rest)' is not expected") }
      self = .signal(signal, configuration: options.configuration)
      try checkUse(of: options)
      return
    }
    guard let word = reader.next() else {
      self = options.isTest ? .test(configuration: options.configuration) : .run(configuration: options.configuration)
      try checkUse(of: options)
      return
    }
    if options.isTest { throw UsageError(message: "-t stands alone; '\(word)' is not expected") }
    switch word {
    case "token":
      switch reader.next() {
      case "inspect": self = .inspect(token: reader.next(), configuration: options.configuration)
      case "issue": self = .issue(try IssueArguments(options), configuration: options.configuration)
      default: throw UsageError(message: "'token' is followed by 'inspect' or 'issue'")
      }
    case "explain":
      self = .explain(try ExplainArguments(&reader, options), configuration: options.configuration)
    case "user":
      self = .user(try UserCommand(&reader, options), configuration: options.configuration)
    case "session":
      self = .session(try SessionCommand(&reader), configuration: options.configuration)
    case "invite":
      self = .invite(try InviteCommand(&reader, options), configuration: options.configuration)
    case "events":
      self = .events(try EventsCommand(&reader, options), configuration: options.configuration)
    case "key":
      self = .key(try KeyCommand(&reader, options), configuration: options.configuration)
    case "whoami":
      self = .whoami(listen: options.listen ?? "127.0.0.1:9001")
    case let later where Self.later.contains(later): throw .notSupported(later)
    default:
      throw UsageError(message: "unknown command '\(word)'")
    }
    try checkUse(of: options)
    if let rest = reader.next() { throw UsageError(message: "'\(rest)' is not expected") }
  }

  /// Commands that the interface has and this version does not.
  private static let later = [
    "store", "diff", "selftest", "demo", "init", "completion", "top",
  ]

  private static func help(on word: String?) -> Command {
    switch word {
    case "user": .showUserHelp
    case "session": .showSessionHelp
    case "invite": .showInviteHelp
    case "key": .showKeyHelp
    default: .showHelp
    }
  }

  /// That no option stands with a command that would not look at it.
  private func checkUse(of options: ArgumentReader.Options) throws(UsageError) {
    var isWhoami = false
    var isOrder = false
    var takesPassword = false
    var takesForeignUser = false
    var isInvite = false
    var isEventList = false
    var isGeneration = false
    var isRotation = false
    var isExplanation = false
    switch self {
    case .whoami: isWhoami = true
    case .issue: isOrder = true
    case .explain: isExplanation = true
    case .user(let command, _):
      takesPassword = command.action.takesPassword
      takesForeignUser = command.action == .revokeSessions
    case .key(let command, _):
      switch command.action {
      case .generate: isGeneration = true
      case .rotate, .revoke: isRotation = true
      case .list: break
      }
    case .invite(.create, _): isInvite = true
    case .events: isEventList = true
    case .run, .test, .signal, .inspect, .session, .invite, .showInviteHelp, .showVersion, .showHelp, .showUserHelp,
      .showSessionHelp,
      .showKeyHelp:
      break
    }
    if options.revokes, !isRotation { throw UsageError(message: "--revoke goes with 'key rotate' only") }
    for (name, value) in [("--alg", options.algorithm), ("--out", options.output)] where value != nil && !isGeneration {
      throw UsageError(message: "\(name) goes with 'key generate' only")
    }
    if options.listen != nil, !isWhoami { throw UsageError(message: "--listen goes with 'whoami' only") }
    if options.readsPassword, !takesPassword {
      throw UsageError(message: "--password-stdin goes with 'user add' and 'user passwd' only")
    }
    for (name, value) in [("--issuer", options.issuer), ("--subject", options.subject)]
    where value != nil && !takesForeignUser {
      throw UsageError(message: "\(name) goes with 'user revoke-sessions' only")
    }
    for (name, isGiven) in [
      ("-H", !options.fields.isEmpty), ("--from", options.from != nil),
      ("--certificate", options.certificate != nil), ("--fetch", options.fetchesKeys),
    ] where isGiven && !isExplanation {
      throw UsageError(message: "\(name) goes with 'explain' only")
    }
    for (name, isGiven) in [("--role", !options.roles.isEmpty), ("--uses", options.uses != nil)]
    where isGiven && !isInvite {
      throw UsageError(message: "\(name) goes with 'invite create' only")
    }
    if options.since != nil, !isEventList { throw UsageError(message: "--since goes with 'events list' only") }
    let orders = [
      ("--user", options.user != nil && !isEventList), ("--ttl", options.lifetime != nil && !isInvite),
      ("--scope", options.scope != nil),
    ]
    for (name, isGiven) in orders where isGiven && !isOrder {
      throw UsageError(message: "\(name) goes with 'token issue' only")
    }
  }

  /// Does it; the exit code.
  func run() -> Int32 {
    switch self {
    case .run(let file): Commands.run(ConfigurationFile(named: file))
    case .test(let file): Commands.test(ConfigurationFile(named: file))
    case .signal(let signal, let file): Commands.signal(signal, ConfigurationFile(named: file))
    case .inspect(let token, let file): Commands.inspect(token, ConfigurationFile(named: file))
    case .explain(let order, let file): Commands.explain(order, ConfigurationFile(named: file))
    case .user(let command, let file): Commands.user(command, ConfigurationFile(named: file))
    case .invite(let command, let file): Commands.invite(command, ConfigurationFile(named: file))
    case .events(let command, let file): Commands.events(command, ConfigurationFile(named: file))
    case .session(let command, let file): Commands.session(command, ConfigurationFile(named: file))
    case .issue(let order, let file): Commands.issue(order, ConfigurationFile(named: file))
    case .key(let command, let file): Commands.key(command, ConfigurationFile(named: file))
    case .whoami(let address): Commands.whoami(address)
    case .showVersion: Commands.print("portcullis \(Portcullis.version)")
    case .showHelp: Commands.print(Self.help)
    case .showUserHelp: Commands.print(UserCommand.help)
    case .showInviteHelp: Commands.print(InviteCommand.help)
    case .showSessionHelp: Commands.print(SessionCommand.help)
    case .showKeyHelp: Commands.print(KeyCommand.help)
    }
  }

  static let help = """
    portcullis \(Portcullis.version): an authentication gateway for HTTP services

    usage:
      portcullis [-c FILE]                  run the gateway in the foreground
      portcullis -t [-c FILE]               check the configuration and everything that it names
      portcullis -s SIGNAL [-c FILE]        tell the running gateway, through its pid_file, to reload, reopen, quit or stop;
                                            waits for the outcome of the first two
      portcullis token inspect [TOKEN|-]    say, check by check, whether this gateway would accept a token
      portcullis explain METHOD URL         say where a request would go and why, and what the upstream would get;
                                            -H 'Name: value' adds a header, --from ADDRESS says where it comes from,
                                            --certificate FILE says whose certificate the client shows,
                                            --fetch fetches keys that are behind URLs
      portcullis token issue --user NAME    print a token for a user; --ttl 5m and --scope "a b" say how long and what for
      portcullis user COMMAND …             administer the accounts; 'portcullis user --help' says more
      portcullis session COMMAND …          list and end sessions; 'portcullis session --help' says more
      portcullis invite COMMAND …           make, list and delete invites; 'portcullis invite --help' says more
      portcullis events list                print what happened to accounts, as lines of JSON;
                                            --user NAME and --since 1d choose
      portcullis key COMMAND …              list, generate and rotate signing keys; 'portcullis key --help' says more
      portcullis whoami [--listen ADDRESS]  run a demonstration upstream that answers with what it receives
      portcullis -v | --version             print the version
      portcullis -h | --help                print this text

    FILE is ./gateway.json, or else /etc/portcullis/gateway.json, unless -c names another; -c may stand before or after
    a command. 'token inspect' reads the token from standard input if none is given, or '-'.

    signals:
      TERM, QUIT  finish the requests that are under way, then stop (-s quit)
      INT         stop at once (-s stop)
      HUP         read the configuration again; one that doesn't pass changes nothing (-s reload)
      USR1        reopen the log files (-s reopen)

    exit codes: 0 fine, 1 configuration or run-time failure, 2 usage
    """
}

/// Takes the options out of the arguments, at any position.
struct ArgumentReader {
  struct Options {
    var configuration: String?
    var listen: String?
    var signal: String?
    var user: String?
    var lifetime: String?
    var scope: String?
    var issuer: String?
    var subject: String?
    var roles: [String] = []
    var uses: String?
    var since: String?
    var algorithm: String?
    var output: String?
    var revokes = false
    var from: String?
    /// A file with a client's certificate (`--certificate`).
    var certificate: String?
    /// Lines given with `-H`.
    var fields: [String] = []
    /// True if keys behind URLs are to be fetched (`--fetch`).
    var fetchesKeys = false
    var readsPassword = false
    var isTest = false
    var wantsHelp = false
    var wantsVersion = false
  }

  private var arguments: [String]

  init(_ arguments: [String]) { self.arguments = arguments }

  /// The next word that is no option.
  mutating func next() -> String? { arguments.isEmpty ? nil : arguments.removeFirst() }

  mutating func commonOptions() throws(UsageError) -> Options {
    var options = Options()
    var words: [String] = []
    var index = 0
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      switch argument {
      case "-c": try take(argument, at: &index, into: &options.configuration)
      case "--listen": try take(argument, at: &index, into: &options.listen)
      case "-s": try take(argument, at: &index, into: &options.signal)
      case "--user": try take(argument, at: &index, into: &options.user)
      case "--ttl": try take(argument, at: &index, into: &options.lifetime)
      case "--from": try take(argument, at: &index, into: &options.from)
      case "--certificate": try take(argument, at: &index, into: &options.certificate)
      case "-H":
        var line: String?
        try take(argument, at: &index, into: &line)
        if let line { options.fields.append(line) }
      case "--role":
        var role: String?
        try take(argument, at: &index, into: &role)
        if let role { options.roles.append(role) }
      case "--uses": try take(argument, at: &index, into: &options.uses)
      case "--since": try take(argument, at: &index, into: &options.since)
      case "--issuer": try take(argument, at: &index, into: &options.issuer)
      case "--subject": try take(argument, at: &index, into: &options.subject)
      case "--scope": try take(argument, at: &index, into: &options.scope)
      case "--fetch": options.fetchesKeys = true
      case "--alg": try take(argument, at: &index, into: &options.algorithm)
      case "--out": try take(argument, at: &index, into: &options.output)
      case "--revoke":
        options.revokes = true
        // One `kid` in sixty-four begins like an option.
        if index < arguments.count, KeyRecord.isThumbprint(arguments[index]) {
          words.append(arguments[index])
          index += 1
        }
      case _ where argument.hasPrefix("--revoke="):
        options.revokes = true
        words.append(String(argument.dropFirst("--revoke=".count)))
      case "--password-stdin": options.readsPassword = true
      case "-t": options.isTest = true
      case "-T": throw .notSupported("-T")
      case "-h", "--help": options.wantsHelp = true
      case "-v", "--version": options.wantsVersion = true
      case "-": words.append(argument)
      default:
        guard !argument.hasPrefix("-") else { throw UsageError(message: "unknown option '\(argument)'") }
        words.append(argument)
      }
    }
    arguments = words
    return options
  }

  private func take(_ option: String, at index: inout Int, into value: inout String?) throws(UsageError) {
    guard index < arguments.count else { throw UsageError(message: "\(option) needs a value") }
    guard value == nil else { throw UsageError(message: "\(option) is given twice") }
    value = arguments[index]
    index += 1
  }
}
