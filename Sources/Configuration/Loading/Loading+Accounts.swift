import JSON
import Tokens

extension Loading {
  /// `accounts`; nil if there is none, or no sense in it.
  ///
  /// - Parameter others: the issuers that the accounts' tokens must be told from.
  func accounts(_ value: LocatedJSON?, beside others: [IssuerConfiguration]) -> AccountsConfiguration? {
    guard let value, let reader = object(value, .accounts) else { return nil }
    let store = store(required("store", of: reader))
    let registration = choice(reader["registration"], AccountRegistration.self)
    let issuer = accountIssuer(reader["issuer"], beside: others)
    let audience = accountAudience(reader["audience"])
    let signing = signing(required("signing", of: reader))
    let accessTokenTTL = wholeSeconds(reader["access_token_ttl"])
    let refreshTokenTTL = wholeSeconds(reader["refresh_token_ttl"])
    let refreshGrace = duration(reader["refresh_grace"], in: .zero ... .seconds(3600))
    let sessionMaxTTL = wholeSeconds(reader["session_max_ttl"])
    let maxSessions = integer(reader["max_sessions"], in: 1...10_000)
    let password = passwordPolicy(reader["password"])
    let breached = path(member("breached", of: reader["password"]))
    let registrationLimit = rateLimit(reader["registration_limit"])
    let audit = auditDestination(reader["audit"])
    let roles = words(list(reader["default_roles"]) ?? []).map(\.value)
    let throttle = throttle(reader["throttle"])
    let paths = hostedPaths(reader["paths"])
    hostedPaths = paths
    guard let store, let signing else { return nil }
    var accounts = AccountsConfiguration(location: value.location, store: store, signing: signing)
    if let registration { accounts.registration = registration }
    accounts.issuer = issuer
    accounts.audience = audience
    if let accessTokenTTL { accounts.accessTokenTTL = accessTokenTTL }
    if let refreshTokenTTL { accounts.refreshTokenTTL = refreshTokenTTL }
    if let refreshGrace { accounts.refreshGrace = refreshGrace }
    if let sessionMaxTTL { accounts.sessionMaxTTL = sessionMaxTTL }
    if let maxSessions { accounts.maxSessions = maxSessions }
    accounts.password = password
    accounts.breachedPasswords = breached
    accounts.registrationLimit = registrationLimit
    accounts.audit = audit
    accounts.defaultRoles = roles
    accounts.throttle = throttle
    accounts.paths = paths
    return accounts
  }

  private func store(_ value: LocatedJSON?) -> Located<String>? {
    guard let text = nonEmptyString(value) else { return nil }
    let scheme = "sqlite:"
    if text.value.hasPrefix("postgresql:") || text.value.hasPrefix("postgres:") {
      notSupported("a store in PostgreSQL", at: text.location)
      return nil
    }
    let file = text.value.hasPrefix(scheme) ? String(text.value.dropFirst(scheme.count)) : ""
    guard !file.isEmpty, !file.hasPrefix("//"), !file.utf8.contains(0) else {
      error(
        at: text.location,
        "\"\(text.value)\" is not a store: write 'sqlite:' and the path of a file, such as \"sqlite:data/accounts.db\"")
      return nil
    }
    guard file != ":memory:" else {
      error(at: text.location, "accounts in memory would be gone with the process: name a file")
      return nil
    }
    return Located(resolve(file), at: text.location)
  }

  private func accountIssuer(_ value: LocatedJSON?, beside others: [IssuerConfiguration]) -> Located<String>? {
    if case .null? = value?.content { return nil }
    guard let name = nonEmptyString(value) else { return nil }
    if let twin = others.first(where: { $0.name.value.equalsExactly(name.value) }) {
      let place = Self.place(twin.name.location)
      error(at: name.location, "'\(name.value)' is one of 'auth.issuers' already, at \(place)")
    }
    return name
  }

  private func accountAudience(_ value: LocatedJSON?) -> [String] {
    guard let value else { return [] }
    switch value.content {
    case .null: return []
    case .string("any"):
      error(
        at: value.location,
        "'any' is no audience of a token: write the names of the programs that take it, or null for tokens without 'aud'"
      )
      return []
    case .bool, .number, .string, .list, .object: return words(someElements(value)).map(\.value)
    }
  }

  private func signing(_ value: LocatedJSON?) -> AccountSigning? {
    guard let value, let reader = object(value, .signing) else { return nil }
    let word = nonEmptyString(reader["algorithm"])
    let algorithm = word.flatMap(signingAlgorithm)
    let place = word?.location ?? reader.location
    switch (reader["secret_file"], reader["key_directory"]) {
    case (nil, nil):
      error(
        at: reader.location,
        "'signing' needs 'secret_file' (for HS256, HS384 and HS512) or 'key_directory' (for every other algorithm)")
      return nil
    case (.some, .some):
      error(at: reader.place(of: "key_directory"), "'signing' has 'secret_file' or 'key_directory', not both")
      return nil
    case (let file?, nil):
      if let algorithm, !algorithm.isSymmetric {
        error(at: place, "\(algorithm.rawValue) signs with a key pair: give 'key_directory' in place of 'secret_file'")
      }
      return path(file).map { .secretFile($0, algorithm ?? .hs256) }
    case (nil, let directory?):
      if let algorithm, algorithm.isSymmetric {
        error(
          at: place,
          "\(algorithm.rawValue) signs with a secret: give 'secret_file', or \"ES256\" or the like with 'key_directory'"
        )
      }
      return keyDirectory(directory, algorithm).map(AccountSigning.keyDirectory)
    }
  }

  /// `key_directory`, wherever it stands.
  func keyDirectory(_ value: LocatedJSON?, _ algorithm: SignatureAlgorithm?) -> KeyDirectoryConfiguration? {
    if let value, case .string("store") = value.content {
      error(
        at: value.location,
        "keys in the store are \(ObjectKind.notSupported); write \"./store\" for a directory of that name")
      return nil
    }
    guard let path = path(value) else { return nil }
    var directory = KeyDirectoryConfiguration(path: path)
    if let algorithm { directory.algorithm = algorithm }
    return directory
  }

  private func passwordPolicy(_ value: LocatedJSON?) -> PasswordPolicy {
    guard let value, let reader = object(value, .password) else { return PasswordPolicy() }
    let lengths = 1...1024
    let usual = PasswordPolicy()
    let minimum = integer(reader["min_length"], in: lengths) ?? usual.minimum
    let maximum = integer(reader["max_length"], in: lengths) ?? usual.maximum
    if minimum > maximum {
      let place = (reader["max_length"] ?? reader["min_length"])?.location ?? value.location
      error(at: place, "no password has at least \(minimum) and at most \(maximum) characters")
    }
    return PasswordPolicy(minimum: minimum, maximum: maximum)
  }

  private func auditDestination(_ value: LocatedJSON?) -> LogDestination? {
    guard let value else { return nil }
    if case .string("stdout") = value.content { return .standardOutput }
    return path(value).map { .file($0) }
  }

  private func throttle(_ value: LocatedJSON?) -> ThrottlePolicy? {
    guard let value else { return ThrottlePolicy() }
    guard let reader = objectOrFalse(value, .throttle) else { return nil }
    return ThrottlePolicy(
      failures: integer(reader["failures"], in: 1...ThrottlePolicy.failuresLimit),
      window: wholeSeconds(reader["window"]), maximumDelay: wholeSeconds(reader["max_delay"]))
  }

  private func hostedPaths(_ value: LocatedJSON?) -> HostedPaths {
    var paths = HostedPaths()
    guard let value, let reader = object(value, .paths) else { return paths }
    paths.register = hostedPath(reader["register"], or: paths.register)
    paths.login = hostedPath(reader["login"], or: paths.login)
    paths.refresh = hostedPath(reader["refresh"], or: paths.refresh)
    paths.logout = hostedPath(reader["logout"], or: paths.logout)
    paths.password = hostedPath(reader["password"], or: paths.password)
    paths.sessions = hostedPath(reader["sessions"], or: paths.sessions)
    paths.me = hostedPath(reader["me"], or: paths.me)
    for (index, later) in paths.all.enumerated() {
      guard let earlier = paths.all[..<index].first(where: { $0.path == later.path }) else { continue }
      // One of the two at least was written: the defaults differ.
      let (place, other) = reader[later.key].map { ($0, earlier.key) } ?? (reader[earlier.key] ?? value, later.key)
      error(at: place.location, "\"\(later.path)\" is the path of '\(other)' already")
    }
    return paths
  }

  /// The path of an endpoint; nil for `null`, which hosts none.
  private func hostedPath(_ value: LocatedJSON?, or usual: String?) -> String? {
    if case .null? = value?.content { return nil }
    return canonicalPath(value, allowingEncodedSlashes: false)?.value ?? usual
  }

  /// That no endpoint of the accounts is where the gateway tells of its keys.
  func checkHostedPaths(of accounts: LocatedJSON?) {
    guard case .object(let members)? = member("paths", of: accounts)?.content, let hostedPaths else { return }
    for (key, path) in hostedPaths.all where wellKnownPaths.contains(path) {
      guard let place = members.first(where: { $0.name == key })?.value.location else { continue }
      error(at: place, "\"\(path)\" is where the gateway tells of its keys")
    }
  }
}
