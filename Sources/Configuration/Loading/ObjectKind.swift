import Bytes
import JSON

/// The objects that a configuration is made of, each with the keys that it may have.
///
/// These tables are the interface: a key that is in none of them is refused in every place.
struct ObjectKind: Equatable {
  /// As messages call it, with its article.
  let name: String
  /// The place of such an object in a file, for messages about a key in the wrong object.
  let place: String
  let keys: [String]
  /// Keys that the interface has, but this version gives no effect yet.
  var later: [String] = []
  /// The key whose text somebody may write in place of the object; nil where there is none.
  var textKey: String?

  static let top = ObjectKind(
    name: "the configuration", place: "the top level",
    keys: [
      "$schema", "listen", "workers", "auth", "accounts", "upstreams", "routes", "cors", "limits", "trusted_proxies",
      "admin", "log", "pid_file", "drain_timeout", "shutdown_delay",
    ],
    later: ["include", "upgrade_timeout", "tracing"])

  static let listener = ObjectKind(
    name: "a listener", place: "an entry of 'listen'",
    keys: ["address", "mode", "group", "tls", "http2", "redirect", "proxy_protocol"], later: ["forward_auth"])

  static let tls = ObjectKind(
    name: "'tls'", place: "'tls' of a listener",
    keys: ["certificates", "min_version", "client_certificates", "strict_sni", "tickets", "hsts"], later: ["acme"])

  static let certificate = ObjectKind(
    name: "a certificate", place: "an entry of 'certificates'", keys: ["certificate", "key"])

  static let clientCertificates = ObjectKind(
    name: "'client_certificates'", place: "'client_certificates' of a listener", keys: ["ca", "mode", "crl"])

  static let auth = ObjectKind(
    name: "'auth'", place: "'auth'",
    keys: [
      "reject_status", "realm", "token_from", "leeway", "identity_headers", "identity_assertion", "forward_token",
      "issuers", "jwks_cooldown", "jwks_wait",
    ])

  static let assertion = ObjectKind(
    name: "'identity_assertion'", place: "'auth.identity_assertion'",
    keys: ["header", "issuer", "ttl", "bind", "key_directory", "algorithm"])

  static let tokenPlace = ObjectKind(
    name: "a place of 'token_from'", place: "an entry of 'auth.token_from'",
    keys: ["header", "cookie", "query", "websocket_protocol"], textKey: "header")

  static let issuer = ObjectKind(
    name: "an issuer", place: "an entry of 'auth.issuers'",
    keys: [
      "issuer", "audience", "algorithms", "jwks", "discover", "ca", "public_key_file", "secret_file", "leeway",
      "max_ttl", "require_exp", "claims", "numeric_subject", "require_binding",
    ])

  static let claimNames = ObjectKind(
    name: "'claims' of an issuer", place: "'claims' of an issuer", keys: ["subject", "roles", "scope"])

  static let accounts = ObjectKind(
    name: "'accounts'", place: "'accounts'",
    keys: [
      "store", "registration", "issuer", "audience", "signing", "access_token_ttl", "refresh_token_ttl",
      "refresh_grace", "session_max_ttl", "max_sessions", "registration_limit", "password", "default_roles", "throttle",
      "audit",
      "paths",
    ],
    later: ["browser"])

  static let signing = ObjectKind(
    name: "'signing'", place: "'accounts.signing'", keys: ["algorithm", "secret_file", "key_directory"],
    later: ["encryption_key_file"])

  static let password = ObjectKind(
    name: "'password'", place: "'accounts.password'", keys: ["min_length", "max_length", "breached"])

  static let throttle = ObjectKind(
    name: "'throttle'", place: "'accounts.throttle'", keys: ["failures", "window", "max_delay"])

  static let rateLimit = ObjectKind(
    name: "a limit of requests", place: "a limit of requests", keys: ["requests", "per", "burst", "by"],
    later: ["shared"])

  static let rateLimitHeader = ObjectKind(
    name: "'by' of a limit of requests", place: "'by' of a limit of requests", keys: ["header"], textKey: "header")

  static let paths = ObjectKind(
    name: "'paths'", place: "'accounts.paths'",
    keys: ["register", "login", "refresh", "logout", "password", "sessions", "me"])

  static let admin = ObjectKind(
    name: "'admin'", place: "'admin'", keys: ["listen", "ready", "tls"], later: ["require", "allow_addresses"],
    textKey: "listen")

  static let upstream = ObjectKind(
    name: "an upstream", place: "an entry of 'upstreams'",
    keys: [
      "servers", "balance", "health_check", "passive_health", "connect_timeout", "response_timeout", "idle_timeout",
      "keepalive", "resolve", "protocol", "tls",
    ],
    later: ["keepalive_age", "retries", "max_connections", "queue", "slow_start"])

  static let upstreamTLS = ObjectKind(
    name: "'tls'", place: "'tls' of an upstream",
    keys: ["server_name", "ca", "certificate", "key", "verify", "min_version"])

  static let server = ObjectKind(name: "a server", place: "an entry of 'servers'", keys: ["address", "weight"])

  static let healthCheck = ObjectKind(
    name: "'health_check'", place: "'health_check' of an upstream",
    keys: ["path", "host", "headers", "status", "interval", "timeout", "healthy_after", "unhealthy_after"],
    later: ["grpc"], textKey: "path")

  static let passiveHealth = ObjectKind(
    name: "'passive_health'", place: "'passive_health' of an upstream", keys: ["failures", "eject", "max_eject"])

  static let route = ObjectKind(
    name: "a route", place: "an entry of 'routes'",
    keys: [
      "path", "exact", "host", "methods", "headers", "upstream", "respond", "redirect", "auth", "require",
      "strip_prefix",
      "add_prefix", "host_header", "request_headers", "response_headers", "encoded_slashes", "max_body", "timeout",
      "allow_addresses", "deny_addresses", "cors", "websocket",
    ],
    later: ["name", "rate_limit", "sticky", "browser"])

  static let webSocket = ObjectKind(
    name: "'websocket'", place: "'websocket' of a route", keys: ["outlive_token", "idle_timeout"])

  static let respond = ObjectKind(
    name: "'respond'", place: "'respond' of a route", keys: ["status", "headers", "body", "json"])

  static let redirect = ObjectKind(
    name: "'redirect'", place: "'redirect' of a route", keys: ["status", "location"], textKey: "location")

  static let require = ObjectKind(
    name: "'require'", place: "'require' of a route", keys: ["roles", "any_role", "scope", "claims", "issuer"])

  static let fieldEdits = ObjectKind(
    name: "a change of headers", place: "'request_headers' or 'response_headers' of a route",
    keys: ["set", "add", "remove"])

  static let cors = ObjectKind(
    name: "'cors'", place: "'cors'", keys: ["origins", "methods", "headers", "expose", "credentials", "max_age"])

  static let limits = ObjectKind(
    name: "'limits'", place: "'limits'",
    keys: [
      "head", "target", "fields", "token", "response_head", "handshake_timeout", "head_timeout", "idle_timeout",
      "body_rate", "max_body",
      "connections",
      "connections_per_address",
    ],
    later: ["streams"])

  static let log = ObjectKind(
    name: "'log'", place: "'log'", keys: ["access", "format", "error", "level"],
    later: ["query", "sample"], textKey: "access")

  static let all: [ObjectKind] = [
    top, auth, route, upstream, issuer, limits, cors, log, require, listener, server, tokenPlace, respond, redirect,
    fieldEdits, claimNames, accounts, assertion, signing, password, throttle, rateLimit, rateLimitHeader, paths, admin,
    healthCheck, passiveHealth,
    webSocket, tls, certificate, clientCertificates, upstreamTLS,
  ]

  /// The message about a key that this object does not have: the nearest key that it has, or the object that has such a key.
  func explainUnknown(_ key: String) -> String {
    let unknown = "unknown key '\(key)' in \(name)"
    let near = Suggestion.nearest(to: key, among: keys + later)
    if let near, Suggestion.distance(key, near) <= 1 { return "\(unknown); \(question(about: near))" }
    let homes = Self.all.filter { $0.keys.contains(key) }.map(\.place)
    var longer = Suggestion.ending(with: key, among: keys)
    if longer.isEmpty, homes.isEmpty { longer = Suggestion.beginning(with: key, among: keys) }
    if !longer.isEmpty { return "\(unknown); did you mean \(Self.alternatives(longer.map { "'\($0)'" }))?" }
    if !homes.isEmpty { return "\(unknown); it belongs in \(Self.alternatives(homes))" }
    let laterHomes = Self.all.filter { $0.later.contains(key) }.map(\.place)
    if !laterHomes.isEmpty {
      return "\(unknown); it belongs in \(Self.alternatives(laterHomes)), and is \(Self.notSupported)"
    }
    if let near { return "\(unknown); \(question(about: near))" }
    return unknown
  }

  /// The end of every message about something that the interface has and this version does not.
  static let notSupported = "not supported yet by this version"

  /// The message about a value that is no object.
  func explainNoObject(_ value: LocatedJSON, orFalse: Bool = false) -> String {
    var written = "…"
    if textKey != nil, case .string(let text) = value.content, 1...100 ~= text.utf8.count {
      var buffer = ByteBuffer(capacity: 128)
      buffer.appendJSON(value.value)
      written = buffer.readable.text
    }
    var shape = (textKey ?? keys.first).map { ": write {\"\($0)\": \(written)}" } ?? ""
    if orFalse, case .bool(true) = value.content { shape = "; leave it out for the defaults" }
    let alternative = orFalse ? " or false" : ""
    return "\(name) is an object\(alternative), found \(value.kind)\(self == .top ? "" : shape)"
  }

  private func question(about key: String) -> String {
    later.contains(key) ? "did you mean '\(key)', which is \(Self.notSupported)?" : "did you mean '\(key)'?"
  }

  /// `a, b or c`.
  static func alternatives(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }
}
