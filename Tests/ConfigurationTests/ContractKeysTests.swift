import Testing

@testable import Configuration

/// Every key that the interface has is known where it belongs: it has an effect, or is said to be not supported yet.
@Suite struct ContractKeysTests {
  struct Place: Sendable, CustomTestStringConvertible {
    let kind: String
    let keys: [String]
    /// The place of a key of this object in a file; `@` is the key with its value.
    let text: String

    init(_ kind: String, _ keys: String, _ text: String) {
      self.kind = kind
      self.keys = keys.split(separator: " ").map(String.init)
      self.text = text
    }

    var testDescription: String { kind }
  }

  static let places = [
    Place(
      "the top level",
      "$schema listen workers auth accounts upstreams routes cors limits trusted_proxies admin log include pid_file drain_timeout shutdown_delay upgrade_timeout tracing",
      "@"),
    Place(
      "an entry of 'listen'", "address mode group tls http2 redirect proxy_protocol forward_auth",
      #""listen": [{"address": "127.0.0.1:0", @}]"#),
    Place(
      "'tls' of a listener", "certificates min_version client_certificates strict_sni tickets hsts acme",
      #""listen": [{"address": "127.0.0.1:0", "tls": {@}}]"#),
    Place(
      "an entry of 'certificates'", "certificate key",
      #""listen": [{"address": "127.0.0.1:0", "tls": {"certificates": [{@}]}}]"#),
    Place(
      "'client_certificates' of a listener", "ca mode crl",
      #""listen": [{"address": "127.0.0.1:0", "tls": {"client_certificates": {@}}}]"#),
    Place(
      "'tls' of an upstream", "server_name ca certificate key verify min_version",
      #""upstreams": {"u": {"servers": ["a:1"], "tls": {@}}}"#),
    Place(
      "'auth'",
      "reject_status realm token_from leeway identity_headers identity_assertion forward_token issuers jwks_cooldown jwks_wait",
      #""auth": {@}"#),
    Place(
      "'auth.identity_assertion'", "header ttl bind issuer key_directory algorithm",
      #""auth": {"identity_assertion": {@}}"#),
    Place(
      "an entry of 'auth.issuers'",
      "issuer audience algorithms jwks discover secret_file public_key_file ca leeway max_ttl require_exp claims numeric_subject require_binding",
      #""auth": {"issuers": [{@}]}"#),
    Place(
      "'claims' of an issuer", "subject roles scope", #""auth": {"issuers": [{"issuer": "i", "claims": {@}}]}"#),
    Place(
      "'accounts'",
      "store registration issuer audience signing access_token_ttl refresh_token_ttl refresh_grace session_max_ttl max_sessions registration_limit password default_roles throttle audit browser paths",
      #""accounts": {@}"#),
    Place(
      "'accounts.signing'", "algorithm secret_file key_directory encryption_key_file",
      #""accounts": {"signing": {@}}"#),
    Place("'accounts.password'", "min_length max_length breached", #""accounts": {"password": {@}}"#),
    Place("'accounts.throttle'", "failures window max_delay", #""accounts": {"throttle": {@}}"#),
    Place(
      "'accounts.paths'", "register login refresh logout password sessions me", #""accounts": {"paths": {@}}"#),
    Place(
      "an entry of 'upstreams'",
      "servers balance health_check passive_health connect_timeout response_timeout idle_timeout keepalive resolve keepalive_age retries max_connections queue slow_start protocol tls",
      #""upstreams": {"u": {@}}"#),
    Place("an entry of 'servers'", "address weight", #""upstreams": {"u": {"servers": [{@}]}}"#),
    Place(
      "'health_check' of an upstream", "path host headers status interval timeout healthy_after unhealthy_after grpc",
      #""upstreams": {"u": {"health_check": {@}}}"#),
    Place(
      "'passive_health' of an upstream", "failures eject max_eject", #""upstreams": {"u": {"passive_health": {@}}}"#),
    Place(
      "an entry of 'routes'",
      "name path exact host methods headers upstream respond redirect auth require strip_prefix add_prefix host_header request_headers response_headers encoded_slashes max_body timeout rate_limit allow_addresses deny_addresses cors websocket sticky browser",
      #""routes": [{@}]"#),
    Place("'respond' of a route", "status headers body json", #""routes": [{"respond": {@}}]"#),
    Place("'redirect' of a route", "status location", #""routes": [{"redirect": {@}}]"#),
    Place("'require' of a route", "roles any_role scope claims issuer", #""routes": [{"require": {@}}]"#),
    Place("'websocket' of a route", "outlive_token idle_timeout", #""routes": [{"websocket": {@}}]"#),
    Place("'admin'", "listen ready require tls allow_addresses", #""admin": {@}"#),
    Place("'cors'", "origins methods headers expose credentials max_age", #""cors": {@}"#),
    Place(
      "'limits'",
      "head target fields token streams handshake_timeout response_head head_timeout idle_timeout body_rate max_body connections connections_per_address",
      #""limits": {@}"#),
    Place("'log'", "access format query sample error level", #""log": {@}"#),
  ]

  static func messages(_ text: String) -> [String] {
    ConfigurationLoader.load("{\(text)}".utf8Span.span, fileName: "g", environment: [:]).diagnostics.map(\.message)
  }

  @Test(arguments: places) func `every key is known where it belongs`(place: Place) throws {
    let kind = try #require(ObjectKind.all.first { $0.place == place.kind }, "there is no \(place.kind)")
    for key in place.keys {
      let messages = Self.messages(place.text.replacing("@", with: "\"\(key)\": 1"))
      #expect(!messages.contains { $0.contains("unknown key") }, "\(key) in \(place.kind): \(messages)")
      let isLater = messages.contains("'\(key)' is not supported yet by this version")
      #expect(isLater == kind.later.contains(key), "\(key) in \(place.kind): \(messages)")
      #expect(isLater != kind.keys.contains(key), "\(key) in \(place.kind): \(messages)")
    }
  }

  @Test(arguments: ObjectKind.all.map(\.place)) func `no key is both supported and not`(place: String) throws {
    let kind = try #require(ObjectKind.all.first { $0.place == place })
    #expect(Set(kind.keys).isDisjoint(with: kind.later))
    #expect(Set(kind.keys).count == kind.keys.count)
  }

  @Test(arguments: ObjectKind.all.flatMap(\.later)) func `a key of a later version says so wherever it stands`(
    key: String
  ) {
    // No object has `throttle` and all others: each key is wrong in one of the two at least.
    for text in [#""accounts": {"throttle": {"\#(key)": 1}}"#, #""routes": [{"redirect": {"\#(key)": 1}}]"#] {
      let messages = Self.messages(text)
      let known = ObjectKind.all.contains { $0.keys.contains(key) }
      #expect(
        known || messages.contains { $0.contains("'\(key)'") && $0.contains("not supported yet") }, "\(messages)")
    }
  }

  @Test(arguments: [
    ("secret", "an issuer", #""auth": {"issuers": [{@}]}"#, "did you mean 'secret_file'?"),
    ("jwks_url", "an issuer", #""auth": {"issuers": [{@}]}"#, "did you mean 'jwks'?"),
    ("public_key", "an issuer", #""auth": {"issuers": [{@}]}"#, "did you mean 'public_key_file'?"),
    ("secret", "'signing'", #""accounts": {"signing": {@}}"#, "did you mean 'secret_file'?"),
    ("jwks", "'auth'", #""auth": {@}"#, "it belongs in an entry of 'auth.issuers'"),
    ("max_body_size", "'limits'", #""limits": {@}"#, "did you mean 'max_body'?"),
    (
      "timeout", "an upstream", #""upstreams": {"u": {@}}"#,
      "did you mean 'connect_timeout', 'response_timeout' or 'idle_timeout'?"
    ),
    (
      "retrys", "an upstream", #""upstreams": {"u": {@}}"#,
      "did you mean 'retries', which is not supported yet by this version?"
    ),
  ]) func `a key that is none leads to the one that was meant`(key: String, kind: String, text: String, hint: String) {
    let messages = Self.messages(text.replacing("@", with: "\"\(key)\": 1"))
    #expect(messages.contains("unknown key '\(key)' in \(kind); \(hint)"), "\(messages)")
  }
}
