import HTTP
import JSON

/// Reads a configuration file.
///
/// Strict JSON with `//` and `/* */` comments and trailing commas. No key is ignored: one that is unknown, or known but without
/// effect in this version, is an error. In every string value `${NAME}` stands for the environment variable (`$${` for a literal
/// `${`); member names are taken as they are. Nothing outside the text is looked at: files that it names are opened, and hosts
/// resolved, by whoever makes the configuration ready to serve.
package enum ConfigurationLoader {
  /// The configuration of a file, unless there was an error, and all diagnostics in the order of the file.
  package struct Result: Sendable {
    package let configuration: GatewayConfiguration?
    /// All that could be read, also of a file with errors: good for looking at the files that it names, never for serving.
    package let draft: GatewayConfiguration?
    package let diagnostics: [Diagnostic]

    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
  }

  /// Reads the file's text.
  ///
  /// - Parameters:
  ///   - fileName: as it was named; stands in messages, and its folder is what relative paths are relative to.
  ///   - environment: the variables that `${NAME}` may name, and those that name proxies.
  package static func load(_ bytes: Span<UInt8>, fileName: String, environment: [String: String]) -> Result {
    let loading = Loading(fileName: fileName, environment: environment)
    do throws(JSONError) {
      let document = try JSONReader.parseDocument(bytes)
      for twin in document.duplicates { loading.error(at: twin.location, twin.message) }
      let root = loading.expandEnvironment(of: document.root, environment)
      let configuration = loading.gateway(root)
      return Result(
        configuration: loading.hasErrors ? nil : configuration, draft: configuration,
        diagnostics: loading.diagnosticsInOrder)
    } catch {
      let found = error.offset < bytes.count ? bytes[error.offset] : nil
      loading.error(at: error.location, error.message + Self.hint(error, found))
      return Result(configuration: nil, draft: nil, diagnostics: loading.diagnosticsInOrder)
    }
  }
}

extension ConfigurationLoader {
  /// The hint for a file in the style of another format; for a message.
  ///
  /// - Parameter found: the byte that the error is about, nil at the end of the text.
  private static func hint(_ error: JSONError, _ found: UInt8?) -> String {
    switch found {
    case UInt8(ascii: "#"): return "; a comment begins with '//'"
    case UInt8(ascii: "'"): return error.kind == .valueExpected ? "; a string stands in double quotes" : ""
    case 0x0A, 0x0D: return error.kind == .controlCharacter ? ": the string has no closing '\"' on this line" : ""
    default: return ""
    }
  }
}

/// One reading of one file: what was found wrong so far.
///
/// Its methods, in extensions by subject, each turn a value of the file into a value of the configuration. They return nil, or
/// leave the default, where the key is absent or wrong, having said what is wrong; so one reading finds every error.
final class Loading {
  let fileName: String
  let environment: [String: String]
  private var diagnostics: [Diagnostic] = []
  /// Places of which the last has been said: what is wrong with a value that could not be put together is no news.
  private var settled: Set<SourceLocation> = []
  /// The identity headers of `auth`, once that has been read: names that nothing else may use.
  var identityHeaders: [IdentityHeader] = []
  /// The header of `auth.identity_assertion`, likewise.
  var assertionHeader: String?
  /// Names of request fields that were read so far, each where it was first.
  var spellings: [FoldedFieldName: Located<String>] = [:]
  /// True if the configuration trusts some peers to say where a request comes from.
  var hasTrustedProxies = false
  /// The places of routes whose `auth` could not be read.
  var routesOfUnknownAuth: Set<SourceLocation> = []
  /// The paths of `accounts`, once that has been read: no route may be exact on one.
  var hostedPaths: HostedPaths?
  /// The paths at which the gateway publishes its keys: no route may be exact on them, and no endpoint of the accounts may have
  /// them.
  var wellKnownPaths: [String] = []

  /// Strings that environment variables are part of, each with the text that stands in the file.
  var textsOfVariables: [String: String] = [:]

  init(fileName: String, environment: [String: String]) {
    self.fileName = fileName
    self.environment = environment
  }

  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  var diagnosticsInOrder: [Diagnostic] {
    // By place, and at one place as they were found.
    diagnostics.enumerated().sorted { ($0.element.location, $0.offset) < ($1.element.location, $1.offset) }.map(
      \.element)
  }

  func error(at location: SourceLocation, _ message: String) {
    guard !settled.contains(location) else { return }
    diagnostics.append(Diagnostic(severity: .error, file: fileName, location: location, message: message))
  }

  /// Ends a message with its place.
  func settle(_ location: SourceLocation) { settled.insert(location) }

  func warning(at location: SourceLocation, _ message: String) {
    diagnostics.append(Diagnostic(severity: .warning, file: fileName, location: location, message: message))
  }
}

extension Loading {
  /// The whole file.
  func gateway(_ root: LocatedJSON) -> GatewayConfiguration? {
    guard let top = object(root, .top) else { return nil }
    var gateway = GatewayConfiguration(fileName: fileName)
    if let schema = top["$schema"] { _ = string(schema) }
    gateway.listeners = listeners(top["listen"], of: top)
    if let count = workers(top["workers"]) { gateway.workers = count }
    if let proxies = trustedProxies(top["trusted_proxies"]) { gateway.trustedProxies = proxies }
    gateway.auth = auth(top["auth"], besideAccounts: top["accounts"] != nil)
    identityHeaders = gateway.auth.identityHeaders
    gateway.accounts = accounts(top["accounts"], beside: gateway.auth.issuers)
    gateway.auth.identityAssertion = assertion(
      member("identity_assertion", of: top["auth"]), in: gateway.auth, beside: gateway.accounts,
      written: top["accounts"] != nil)
    wellKnownPaths = gateway.wellKnownPaths.map(\.path)
    checkHostedPaths(of: top["accounts"])
    gateway.upstreams = upstreams(top["upstreams"])
    gateway.limits = limits(top["limits"])
    gateway.admin = admin(top["admin"], beside: gateway.listeners)
    if let log = log(top["log"]) { gateway.log = log }
    gateway.pidFile = path(top["pid_file"])
    if let timeout = duration(top["drain_timeout"], in: .zero...Self.longest) { gateway.drainTimeout = timeout }
    if let delay = duration(top["shutdown_delay"], in: .zero...Self.longest) { gateway.shutdownDelay = delay }
    gateway.cors = cors(top["cors"])
    gateway.routes = routes(top["routes"], of: top, in: gateway, cors: gateway.cors)
    checkAuthentication(of: gateway, top)
    checkCertificates(of: gateway)
    checkUse(of: gateway.upstreams, by: top["routes"])
    checkRoutes(gateway.routes)
    gateway.textsOfVariables = textsOfVariables
    return gateway
  }

  private func workers(_ value: LocatedJSON?) -> WorkerCount? {
    guard let value else { return nil }
    if case .string("auto") = value.content { return .automatic }
    guard case .number = value.content else {
      var hint = ""
      if case .string(let text) = value.content, let count = Int(text) { hint = ": write \(count) without quotes" }
      error(at: value.location, "expected \"auto\" or a number of workers, found \(value.kind)\(hint)")
      return nil
    }
    return integer(value, in: 1...1024).map(WorkerCount.fixed)
  }

  private func trustedProxies(_ value: LocatedJSON?) -> TrustedProxies? {
    guard let value else { return nil }
    var proxies = TrustedProxies()
    for entry in elements(value) {
      // One that is wrong is said so where it stands, and nowhere else.
      hasTrustedProxies = true
      if case .string("unix") = entry.content {
        proxies.includesLocalSockets = true
      } else if let network = addressBlock(entry) {
        proxies.ranges.append(network)
      }
    }
    return proxies
  }

  /// Routes are looked at as they are written: one with an error in it uses its upstream all the same.
  private func checkUse(of upstreams: [UpstreamConfiguration], by routes: LocatedJSON?) {
    let used = (routes?.value.array ?? []).compactMap { $0.object?["upstream"]?.string }
    for upstream in upstreams where !used.contains(upstream.name.value) {
      warning(at: upstream.name.location, "no route leads to the upstream '\(upstream.name.value)'")
    }
  }

  static func place(_ location: SourceLocation) -> String { "line \(location.line), column \(location.column)" }
}
