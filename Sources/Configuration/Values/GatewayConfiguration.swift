package import HTTP
package import JSON

/// A whole configuration: every default filled in, every name resolved that the file alone can resolve.
///
/// Only ``ConfigurationLoader`` and tests make one.
package struct GatewayConfiguration: Sendable {
  /// The file it was read from, as it was named; for messages about its places.
  package var fileName: String
  /// The addresses to listen on; at least one, none twice (port 0 excepted).
  package var listeners: [ListenerConfiguration] = []
  package var workers: WorkerCount = .automatic
  package var auth = AuthConfiguration()
  /// The gateway's own users; none unless configured; their tokens count beside those of `auth.issuers`.
  package var accounts: AccountsConfiguration?
  /// In the order of the file; names are unique.
  package var upstreams: [UpstreamConfiguration] = []
  /// In the order of the file; each can match, and no two match the same requests equally well.
  package var routes: [RouteConfiguration] = []
  /// For answers to requests that no route takes; the routes have their own.
  package var cors: CORSConfiguration?
  package var limits = LimitsConfiguration()
  package var trustedProxies = TrustedProxies()
  /// The listener for operators; none unless configured.
  package var admin: AdminConfiguration?
  package var log = LogConfiguration()
  /// The file for the process id while the process runs; none unless configured.
  package var pidFile: Located<String>?
  /// The time that exchanges have to end after the order to stop; default 30 s.
  package var drainTimeout: Duration = .seconds(30)
  /// The time between the order to stop and the drain, in which everything is still served; default none.
  package var shutdownDelay: Duration = .zero

  /// Strings of the file that environment variables are part of, each with the text that stands there: what such a string holds may
  /// be a secret, and is told to people by that text.
  package var textsOfVariables: [String: String] = [:]

  package init(fileName: String = "gateway.json") { self.fileName = fileName }

  /// A message about a place of the file that this configuration was read from.
  package func error(at place: SourceLocation, _ message: String) -> Diagnostic {
    Diagnostic(severity: .error, file: fileName, location: place, message: message)
  }

  /// A note about a place of the file.
  package func note(at place: SourceLocation, _ message: String) -> Diagnostic {
    Diagnostic(severity: .note, file: fileName, location: place, message: message)
  }

  /// A warning at a place of the file.
  package func warning(at place: SourceLocation, _ message: String) -> Diagnostic {
    Diagnostic(severity: .warning, file: fileName, location: place, message: message)
  }
}

/// The number of workers, each with its own thread, that share the load.
package enum WorkerCount: Sendable, Equatable {
  /// As many as the process may use processors.
  case automatic
  /// That many, 1 to 1024.
  case fixed(Int)
}
