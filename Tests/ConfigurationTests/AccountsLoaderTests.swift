import Configuration
import HTTP
import JSON
import Testing
import Tokens

/// The values of accounts, the admin listener and the health of upstreams in configurations without errors.
@Suite struct AccountsLoaderTests {
  func load(_ keys: String, fileName: String = "gateway.json") throws -> GatewayConfiguration {
    let text = """
      { "listen": ["127.0.0.1:0"], "upstreams": { "u": { "servers": ["127.0.0.1:9001"] } },
      \(keys)
      }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: fileName, environment: [:])
    #expect(result.diagnostics.map(\.description) == [])
    return try #require(result.configuration)
  }

  static let routes = #""routes": [{ "path": "/", "upstream": "u" }]"#
  static let least = #""store": "sqlite:a.db", "signing": { "secret_file": "s" }"#

  func loadAccounts(_ keys: String) throws -> AccountsConfiguration {
    let gateway = try load("\"accounts\": { \(Self.least)\(keys.isEmpty ? "" : ", ")\(keys) }, \(Self.routes)")
    return try #require(gateway.accounts)
  }

  func secret(of accounts: AccountsConfiguration) throws -> (file: String, SignatureAlgorithm) {
    guard case .secretFile(let file, let algorithm) = accounts.signing else { throw Unexpected() }
    return (file.value, algorithm)
  }

  struct Unexpected: Error {}

  func loadUpstream(_ keys: String) throws -> UpstreamConfiguration {
    let text = """
      { "listen": ["a:1"], "upstreams": { "u": { "servers": ["a:1"], \(keys) } },
        "routes": [{ "path": "/", "auth": "none", "upstream": "u" }] }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "gateway.json", environment: [:])
    #expect(result.diagnostics.map(\.description) == [])
    return try #require(result.configuration?.upstreams.first)
  }

  @Test func `what accounts do not say has its documented default`() throws {
    let accounts = try loadAccounts("")
    #expect(accounts.location == SourceLocation(line: 2, column: 13))
    #expect(accounts.registration == .open)
    #expect(accounts.issuer == nil)
    #expect(accounts.audience == [])
    #expect(try secret(of: accounts) == ("s", .hs256))
    #expect(accounts.accessTokenTTL == .seconds(3600))
    #expect(accounts.password.minimum == 8)
    #expect(accounts.password.maximum == 256)
    #expect(accounts.defaultRoles == [])
    #expect(
      accounts.throttle == ThrottlePolicy(failures: 10, window: .seconds(900), maximumDelay: .seconds(900)))
    #expect(accounts.refreshTokenTTL == .seconds(30 * 86_400))
    #expect(accounts.refreshGrace == .seconds(10))
    #expect(accounts.sessionMaxTTL == .seconds(90 * 86_400))
    #expect(accounts.maxSessions == 100)
    #expect(
      accounts.paths.all.map(\.path) == ["/register", "/login", "/refresh", "/logout", "/password", "/sessions", "/me"])
  }

  @Test func `every key of accounts is read`() throws {
    let gateway = try load(
      """
      "accounts": {
        "store": "sqlite:data/accounts.db", "registration": "closed", "issuer": "https://gate.example", "audience": ["a", "b"],
        "signing": { "algorithm": "HS512", "secret_file": "/run/secret.key" }, "access_token_ttl": "5m",
        "refresh_token_ttl": "7d", "refresh_grace": "0s", "session_max_ttl": "14d", "max_sessions": 3,
        "password": { "min_length": 12, "max_length": 64 }, "default_roles": ["user", "reader"],
        "throttle": { "failures": 3, "window": "1m", "max_delay": "1h" },
        "paths": { "register": "/v1/register", "login": "/register", "me": "/login", "logout": null }
      }, \(Self.routes)
      """, fileName: "/etc/portcullis/gateway.json")
    let accounts = try #require(gateway.accounts)
    #expect(accounts.store.value == "/etc/portcullis/data/accounts.db")
    #expect(accounts.registration == .closed)
    #expect(accounts.issuer?.value == "https://gate.example")
    #expect(accounts.audience == ["a", "b"])
    #expect(try secret(of: accounts) == ("/run/secret.key", .hs512))
    #expect(accounts.accessTokenTTL == .seconds(300))
    #expect(accounts.password.minimum == 12)
    #expect(accounts.password.maximum == 64)
    #expect(accounts.defaultRoles == ["user", "reader"])
    #expect(
      accounts.throttle == ThrottlePolicy(failures: 3, window: .seconds(60), maximumDelay: .seconds(3600)))
    #expect(accounts.refreshTokenTTL == .seconds(7 * 86_400))
    #expect(accounts.refreshGrace == .zero)
    #expect(accounts.sessionMaxTTL == .seconds(14 * 86_400))
    #expect(accounts.maxSessions == 3)
    #expect(
      accounts.paths.all.map(\.path) == ["/v1/register", "/register", "/refresh", "/password", "/sessions", "/login"])
  }

  @Test func `no issuer, no audience and no throttle can be said`() throws {
    let accounts = try loadAccounts(#""issuer": null, "audience": null, "throttle": false, "default_roles": []"#)
    #expect(accounts.issuer == nil)
    #expect(accounts.audience == [])
    #expect(accounts.throttle == nil)
  }

  @Test func `an audience may be a single name`() throws {
    #expect(try loadAccounts(#""audience": "orders""#).audience == ["orders"])
  }

  @Test func `a route may name the issuer of the accounts, and be beside their paths`() throws {
    let gateway = try load(
      """
      "auth": { "leeway": "2s" }, "accounts": { \(Self.least), "issuer": "https://gate.example" },
      "routes": [
        { "path": "/login", "upstream": "u", "require": { "issuer": "https://gate.example" } },
        { "exact": "/login/", "upstream": "u" }
      ]
      """)
    #expect(gateway.routes.first?.requirements.issuers == ["https://gate.example"])
    #expect(gateway.auth.leeway == .seconds(2))
  }

  @Test func `without accounts their paths are free`() throws {
    let gateway = try load(#""routes": [{ "exact": "/login", "auth": "none", "upstream": "u" }]"#)
    #expect(gateway.accounts == nil)
    #expect(gateway.admin == nil)
  }

  static let adminAddresses: [(String, NetworkAddress)] = [
    ("127.0.0.1:9090", .tcp(host: "127.0.0.1", port: 9090)), ("unix:/run/admin.sock", .unix(path: "/run/admin.sock")),
    // Port 0 is another one each time.
    ("127.0.0.1:0", .tcp(host: "127.0.0.1", port: 0)),
  ]

  @Test(arguments: adminAddresses) func `operators get a listener of their own`(
    text: String, address: NetworkAddress
  ) throws {
    let gateway = try load(
      #""admin": { "listen": "\#(text)" }, "routes": [{ "path": "/", "auth": "none", "upstream": "u" }]"#)
    #expect(gateway.admin?.address.value == address)
    #expect(gateway.admin?.ready == .process)
  }

  @Test func `without a word on it servers are judged by their failures alone`() throws {
    let upstream = try loadUpstream(#""keepalive": 1"#)
    #expect(upstream.healthCheck == nil)
    #expect(upstream.passiveHealth?.failures == 3)
    #expect(upstream.passiveHealth?.eject == .seconds(10))
    #expect(upstream.passiveHealth?.maxEject == .seconds(300))
    #expect(try loadUpstream(#""passive_health": false"#).passiveHealth == nil)
  }

  @Test(arguments: [
    (#""204""#, [204]), ("204", [204]), (#""200-202""#, [200, 201, 202]), (#""200,302-303""#, [200, 302, 303]),
    (#""599""#, [599]),
  ]) func `a health check says which statuses are good`(text: String, good: [Int]) throws {
    let check = try loadUpstream(#""health_check": { "path": "/", "status": \#(text) }"#).healthCheck
    let accepts = try #require(check).accepts
    #expect((100...599).filter(accepts) == good)
  }

  @Test func `a health check has a host and fields of its own`() throws {
    let headers = #"{ "X-Probe": "1", "Authorization": "Basic eDp5" }"#
    let keys = #""path": "/", "host": "app.example.com:8080", "headers": \#(headers)"#
    let check = try #require(try loadUpstream(#""health_check": { \#(keys) }"#).healthCheck)
    #expect(check.host == "app.example.com:8080")
    #expect(
      check.headers == [
        Field(name: "X-Probe", value: "1"), Field(name: "Authorization", value: "Basic eDp5"),
      ])
  }

  @Test func `a health check has defaults for all but its path`() throws {
    let check = try #require(try loadUpstream(#""health_check": { "path": "/healthz?deep=1" }"#).healthCheck)
    #expect(check.target == "/healthz?deep=1")
    #expect(check.interval == .seconds(5))
    #expect(check.timeout == .seconds(1))
    #expect(check.healthyAfter == 2)
    #expect(check.unhealthyAfter == 3)
    #expect(check.host == nil)
    #expect(check.headers == [])
    #expect([199, 200, 399, 400].map(check.accepts) == [false, true, true, false])
  }

  @Test func `every key of health is read`() throws {
    let upstream = try loadUpstream(
      """
      "health_check": { "path": "/", "interval": "100ms", "timeout": "50ms", "healthy_after": 1, "unhealthy_after": 5 },
      "passive_health": { "failures": 1, "eject": "1s", "max_eject": "1s" }
      """)
    #expect(try loadUpstream(#""resolve": "5s""#).resolve == .seconds(5))
    #expect(upstream.resolve == .seconds(30))
    #expect(upstream.healthCheck?.interval == .milliseconds(100))
    #expect(upstream.healthCheck?.timeout == .milliseconds(50))
    #expect(upstream.healthCheck?.healthyAfter == 1)
    #expect(upstream.healthCheck?.unhealthyAfter == 5)
    #expect(upstream.passiveHealth?.failures == 1)
    #expect(upstream.passiveHealth?.eject == .seconds(1))
    #expect(upstream.passiveHealth?.maxEject == .seconds(1))
  }

  @Test func `the longest ejection is never shorter than the first`() throws {
    let health = try #require(try loadUpstream(#""passive_health": { "eject": "10m" }"#).passiveHealth)
    #expect(health.maxEject == .seconds(600))
  }
}
