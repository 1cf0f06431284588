import Configuration
import HTTP
import JSON
import Testing
import Tokens

/// The values of configurations without errors.
@Suite struct ConfigurationLoaderTests {
  func load(
    _ text: String, fileName: String = "gateway.json", environment: [String: String] = [:]
  ) throws -> GatewayConfiguration {
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: fileName, environment: environment)
    #expect(result.diagnostics.map(\.description) == [])
    return try #require(result.configuration)
  }

  /// One route with these keys, beside an issuer, an upstream and a route that leads to it.
  func loadRoute(_ keys: String, top: String = "") throws -> RouteConfiguration {
    let gateway = try load(
      """
      { "listen": ["127.0.0.1:0"], \(top)
        "auth": { "issuers": [{ "issuer": "i", "audience": "any", "secret_file": "s" }] },
        "upstreams": { "a": { "servers": ["127.0.0.1:9000"] }, "u": { "servers": ["127.0.0.1:9001"] } },
        "routes": [{ "exact": "/other-a", "upstream": "a" }, { "exact": "/other-u", "upstream": "u" }, { \(keys) }] }
      """)
    return try #require(gateway.routes.last)
  }

  @Test func `what is not said has its documented default`() throws {
    let gateway = try load(
      """
      { "listen": ["127.0.0.1:8080"],
        "auth": { "issuers": [{ "issuer": "i", "audience": "any", "secret_file": "s" }] },
        "upstreams": { "u": { "servers": ["127.0.0.1:9001"] } },
        "routes": [{ "path": "/", "upstream": "u" }] }
      """)
    #expect(gateway.listeners.map(\.address.value) == [.tcp(host: "127.0.0.1", port: 8080)])
    #expect(gateway.workers == .automatic)
    #expect(gateway.pidFile == nil)
    #expect(gateway.drainTimeout == .seconds(30))
    #expect(gateway.shutdownDelay == .zero)
    #expect(gateway.upstreams.first?.resolve == .seconds(30))
    #expect(gateway.trustedProxies.ranges.isEmpty)
    #expect(gateway.trustedProxies.includesLocalSockets == false)

    #expect(gateway.auth.rejectStatus == 401)
    #expect(gateway.auth.realm == "portcullis")
    #expect(gateway.auth.tokenFrom == [.header("Authorization")])
    #expect(gateway.auth.forwardToken)
    #expect(
      gateway.auth.identityHeaders.map(\.name) == ["X-Auth-User", "X-Auth-Issuer", "X-Auth-Roles", "X-Auth-Scope"])
    #expect(gateway.auth.identityHeaders.map(\.claim) == ["sub", "iss", "roles", "scope"])
    let issuer = try #require(gateway.auth.issuers.first)
    #expect(issuer.algorithms == [.hs256])
    #expect(issuer.leeway == .zero)
    #expect(issuer.maxTTL == nil)
    #expect(issuer.requiresExpiry)

    let upstream = try #require(gateway.upstreams.first)
    #expect(upstream.servers.map(\.weight) == [1])
    #expect(upstream.connectTimeout == .seconds(5))
    #expect(upstream.responseTimeout == .seconds(60))
    #expect(upstream.idleTimeout == .seconds(60))
    #expect(upstream.keepalive == 64)

    let limits = gateway.limits
    #expect(limits.head == 32_768)
    #expect(limits.target == 8192)
    #expect(limits.fields == 100)
    #expect(limits.token == 16_384)
    #expect(limits.responseHead == 65_536)
    #expect(limits.headTimeout == .seconds(10))
    #expect(limits.idleTimeout == .seconds(75))
    #expect(limits.bodyRate == 240)
    #expect(limits.maxBody == .bytes(10_485_760))
    #expect(limits.connections == 10_000)
    #expect(limits.connectionsPerAddress == nil)

    #expect(gateway.log.access == .standardOutput)
    #expect(gateway.log.format == .json)
    #expect(gateway.log.error == .standardError)
    #expect(gateway.log.level == .info)

    let route = try #require(gateway.routes.first)
    #expect(route.auth == .required)
    #expect(route.requirements.isEmpty)
    #expect(route.stripPrefix == nil)
    #expect(route.addPrefix == nil)
    #expect(route.hostHeader == .keep)
    #expect(route.requestFields.isEmpty && route.responseFields.isEmpty)
    #expect(route.allowsEncodedSlashes == false)
    #expect(route.maxBody == .bytes(10_485_760))
    #expect(route.timeout == nil)
    #expect(route.cors == nil)
    #expect(route.webSocket == WebSocketConfiguration())
    #expect(route.webSocket?.outlivesToken == false)
    #expect(route.webSocket?.idleTimeout == .seconds(3600))
    #expect(route.allowAddresses == nil)
    #expect(route.denyAddresses.isEmpty)
  }

  @Test func `every key outside of routes is read`() throws {
    let gateway = try load(
      """
      // Comments may stand anywhere,
      {
        "$schema": "gateway.schema.json",
        "listen": [
          "127.0.0.1:8080", "[0:0::1]:8443", "unix:run/gate.sock", { "address": "LocalHost:0" }, "localhost:0", /* twice */
          { "address": "unix:/run/web.sock", "mode": "0606", "group": "www-data" },
        ],
        "workers": 4,
        "auth": {
          "reject_status": 403, "realm": "the gate", "leeway": "5s", "forward_token": false,
          "token_from": [{ "header": "X-Token" }, { "cookie": "access_token" }, { "query": "access_token" },
                         { "websocket_protocol": "bearer" }],
          "identity_headers": { "X-User": "sub", "X-Iss": "iss" },
          "issuers": [
            { "issuer": "https://a/", "audience": ["orders", "any"], "algorithms": ["HS512", "HS384"], "secret_file": "/etc/a",
              "leeway": "1m", "max_ttl": "1h", "require_exp": false, "numeric_subject": true, "require_binding": true,
              "claims": { "roles": "realm_access.roles", "scope": "https://example.com/scope" } },
            { "issuer": "b", "audience": "orders", "secret_file": "./keys/b" },
          ],
        },
        "upstreams": {
          "u": {
            "servers": ["Orders.internal:80", { "address": "[::1]:81", "weight": 3 }, "unix:/run/u.sock"],
            "balance": "round_robin", "connect_timeout": "250ms", "response_timeout": "2m", "idle_timeout": "1h", "keepalive": 0,
          },
        },
        "routes": [{ "path": "/", "upstream": "u" }],
        "limits": {
          "head": "16KiB", "target": "4096B", "fields": 50, "token": "12KB", "response_head": "32KB", "head_timeout": "5s", "idle_timeout": "1m",
          "body_rate": "1KiB", "max_body": "unlimited", "connections": 100, "connections_per_address": 10,
        },
        "trusted_proxies": ["10.0.0.0/8", "unix", "2001:db8::1"],
        "log": { "access": "logs/access.log", "format": "combined", "error": "off", "level": "debug" },
        "pid_file": "/run/gate.pid",
        "drain_timeout": "0s",
        "shutdown_delay": "5s",
      }
      // even here.
      """, fileName: "/etc/portcullis/gateway.json")
    #expect(
      gateway.listeners.map(\.address.value) == [
        .tcp(host: "127.0.0.1", port: 8080), .tcp(host: "::1", port: 8443),
        .unix(path: "/etc/portcullis/run/gate.sock"),
        .tcp(host: "localhost", port: 0), .tcp(host: "localhost", port: 0), .unix(path: "/run/web.sock"),
      ])
    #expect(gateway.listeners.map(\.access.mode) == [0o660, 0o660, 0o660, 0o660, 0o660, 0o606])
    #expect(gateway.listeners.map(\.access.group?.value) == [nil, nil, nil, nil, nil, "www-data"])
    #expect(gateway.shutdownDelay == .seconds(5))
    #expect(gateway.listeners.first?.address.location == SourceLocation(line: 5, column: 5))
    #expect(gateway.workers == .fixed(4))
    #expect(gateway.auth.rejectStatus == 403)
    #expect(gateway.auth.realm == "the gate")
    #expect(gateway.auth.forwardToken == false)
    #expect(
      gateway.auth.tokenFrom == [
        .header("X-Token"), .cookie("access_token"), .query("access_token"), .webSocketProtocol("bearer"),
      ])
    #expect(gateway.auth.identityHeaders.map(\.name) == ["X-User", "X-Iss"])
    let first = try #require(gateway.auth.issuers.first)
    #expect(first.name.value == "https://a/")
    #expect(first.audience == .oneOf(["orders", "any"]))
    #expect(first.algorithms == [.hs512, .hs384])
    #expect(first.keys.value == .secretFile("/etc/a"))
    #expect(first.leeway == .seconds(60))
    #expect(first.maxTTL == .seconds(3600))
    #expect(first.requiresExpiry == false)
    #expect(first.takesNumericSubject && first.requiresBinding)
    #expect(first.claims.subject == "sub")
    #expect(first.claims.roles == "realm_access.roles")
    #expect(first.claims.scope == "https://example.com/scope")
    let second = try #require(gateway.auth.issuers.last)
    #expect(second.requiresExpiry && !second.takesNumericSubject && !second.requiresBinding)
    #expect(second.audience == .oneOf(["orders"]))
    #expect(second.keys.value == .secretFile("/etc/portcullis/keys/b"))
    #expect(second.leeway == .seconds(5))
    let upstream = try #require(gateway.upstreams.first)
    #expect(
      upstream.servers.map(\.address.value) == [
        .tcp(host: "orders.internal", port: 80), .tcp(host: "::1", port: 81), .unix(path: "/run/u.sock"),
      ])
    #expect(upstream.servers.map(\.weight) == [1, 3, 1])
    #expect(upstream.connectTimeout == .milliseconds(250))
    #expect(upstream.responseTimeout == .seconds(120))
    #expect(upstream.idleTimeout == .seconds(3600))
    #expect(upstream.keepalive == 0)
    let limits = gateway.limits
    #expect(limits.head == 16_384)
    #expect(limits.target == 4096)
    #expect(limits.fields == 50)
    #expect(limits.token == 12_000)
    #expect(limits.responseHead == 32_000)
    #expect(limits.headTimeout == .seconds(5))
    #expect(limits.idleTimeout == .seconds(60))
    #expect(limits.bodyRate == 1024)
    #expect(limits.maxBody == .unlimited)
    #expect(limits.connections == 100)
    #expect(limits.connectionsPerAddress == 10)
    #expect(gateway.trustedProxies.ranges.map(\.description) == ["10.0.0.0/8", "2001:db8::1/128"])
    #expect(gateway.trustedProxies.includesLocalSockets)
    guard case .file(let accessLog) = gateway.log.access else {
      Issue.record("the access log is a file")
      return
    }
    #expect(accessLog.value == "/etc/portcullis/logs/access.log")
    #expect(gateway.log.format == .combined)
    #expect(gateway.log.error == .off)
    #expect(gateway.log.level == .debug)
    #expect(gateway.pidFile?.value == "/run/gate.pid")
    #expect(gateway.drainTimeout == .zero)
  }

  @Test func `every condition of a route is read`() throws {
    let route = try loadRoute(
      """
      "path": "/orders/", "host": "*.Example.com.", "methods": ["GET", "PURGE"], "headers": { "X-Tenant": "a b" }, "upstream": "u"
      """)
    #expect(route.match.path == .prefix("/orders"))
    #expect(route.match.host == .wildcard(suffix: "example.com"))
    #expect(route.match.methods == [.get, .other(Array("PURGE".utf8))])
    #expect(route.match.headers == [Field(name: "X-Tenant", value: "a b")])
    guard case .forward(upstream: 1) = route.action else {
      Issue.record("forwarded to the second upstream")
      return
    }
  }

  @Test(arguments: [
    (#""head": "8KiB", "token": "8193B""#, "no token of that length arrives"),
    (#""head": "8KiB", "token": "8KiB""#, nil),
    (#""head": "8KiB""#, nil), (#""token": "64KiB""#, "no token of that length arrives"),
  ])
  func `a token that would fit in no head is warned about`(limits: String, warning: String?) throws {
    let text = """
      { "listen": ["127.0.0.1:80"], "limits": { \(limits) },
        "routes": [{ "exact": "/", "auth": "none", "respond": { "status": 200 } }] }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    #expect(result.configuration != nil)
    #expect(result.diagnostics.map(\.severity) == (warning == nil ? [] : [.warning]))
    if let warning { #expect(result.diagnostics.first?.message.hasPrefix(warning) == true) }
  }

  static let hosts: [(String, HostMatch)] = [
    ("a.example", .exact("a.example")), ("A.Example.", .exact("a.example")), ("localhost", .exact("localhost")),
    ("127.0.0.1", .exact("127.0.0.1")), ("[::1]", .exact("[::1]")), ("*.example", .wildcard(suffix: "example")),
  ]

  @Test(arguments: hosts) func `a host is kept as requests have it`(text: String, host: HostMatch) throws {
    #expect(try loadRoute("\"exact\": \"/a/\", \"host\": \"\(text)\", \"upstream\": \"u\"").match.host == host)
  }

  @Test func `every rule for what is forwarded is read`() throws {
    let route = try loadRoute(
      """
      "path": "/v1/orders", "upstream": "u", "auth": "report",
      "require": {
        "roles": ["a", "b"], "any_role": ["c"], "scope": ["orders:read"], "issuer": "i",
        "claims": { "tenant": "x", "level": [1, 2.5, true] }
      },
      "strip_prefix": "/v1/", "add_prefix": "/api/", "host_header": "upstream",
      "request_headers": { "set": { "X-A": "1" }, "add": { "X-B": "2" }, "remove": ["X-C"] },
      "response_headers": { "set": { "Strict-Transport-Security": "max-age=1" }, "remove": ["Server"] },
      "encoded_slashes": "allow", "max_body": "unlimited", "timeout": "1m",
      "cors": {
        "origins": ["https://a.example", "http://localhost:3000"], "methods": ["GET"], "headers": ["X-A"], "expose": ["X-B"],
        "credentials": true, "max_age": "10m"
      },
      "allow_addresses": ["10.0.0.0/8"], "deny_addresses": "10.1.0.0/16"
      """, top: "\"cors\": { \"origins\": [\"*\"] },")
    #expect(route.auth == .report)
    #expect(route.requirements.roles == ["a", "b"])
    #expect(route.requirements.anyRole == ["c"])
    #expect(route.requirements.scope == ["orders:read"])
    #expect(route.requirements.issuers == ["i"])
    #expect(route.requirements.claims.map(\.name) == ["tenant", "level"])
    #expect(route.requirements.claims.first?.allowed == [.string("x")])
    #expect(route.requirements.claims.last?.allowed.count == 3)
    #expect(route.stripPrefix == "/v1")
    #expect(route.addPrefix == "/api")
    #expect(route.hostHeader == .upstream)
    #expect(route.requestFields.setFields == [Field(name: "X-A", value: "1")])
    #expect(route.requestFields.addedFields == [Field(name: "X-B", value: "2")])
    #expect(route.requestFields.removedNames == ["X-C"])
    #expect(route.responseFields.setFields == [Field(name: "Strict-Transport-Security", value: "max-age=1")])
    #expect(route.responseFields.removedNames == ["Server"])
    #expect(route.allowsEncodedSlashes)
    #expect(route.maxBody == .unlimited)
    #expect(route.timeout == .seconds(60))
    let cors = try #require(route.cors)
    #expect(cors.origins == .listed(["https://a.example", "http://localhost:3000"]))
    #expect(cors.methods == [.get])
    #expect(cors.headers == ["X-A"])
    #expect(cors.expose == ["X-B"])
    #expect(cors.credentials)
    #expect(cors.maxAge == .seconds(600))
    #expect(route.allowAddresses?.map(\.description) == ["10.0.0.0/8"])
    #expect(route.denyAddresses.map(\.description) == ["10.1.0.0/16"])
  }

  @Test(arguments: [
    ("true", WebSocketConfiguration()), ("false", nil), ("{}", WebSocketConfiguration()),
    (#"{ "outlive_token": true }"#, WebSocketConfiguration(outlivesToken: true)),
    (
      #"{ "outlive_token": false, "idle_timeout": "90s" }"#,
      WebSocketConfiguration(outlivesToken: false, idleTimeout: .seconds(90))
    ),
  ])
  func `a route opens WebSockets as it says`(_ text: String, _ expected: WebSocketConfiguration?) throws {
    #expect(try loadRoute("\"path\": \"/a\", \"upstream\": \"u\", \"websocket\": \(text)").webSocket == expected)
  }

  @Test func `a route takes limits and cors from the top unless it has its own`() throws {
    let top = "\"cors\": { \"origins\": [\"*\"] }, \"limits\": { \"max_body\": \"1KiB\" },"
    let inherits = try loadRoute("\"path\": \"/a\", \"upstream\": \"u\"", top: top)
    #expect(inherits.cors?.origins == .any)
    #expect(inherits.cors?.headers == ["Authorization", "Content-Type"])
    #expect(inherits.maxBody == .bytes(1024))
    let refuses = try loadRoute(
      "\"path\": \"/a\", \"upstream\": \"u\", \"cors\": false, \"max_body\": \"1B\"", top: top)
    #expect(refuses.cors == nil)
    #expect(refuses.maxBody == .bytes(1))
  }

  static let answers: [(String, Int, [String], String)] = [
    (#""respond": { "status": 404 }"#, 404, [], ""),
    (#""respond": { "status": 200, "body": "hé" }"#, 200, ["Content-Type: text/plain; charset=utf-8"], "hé"),
    (
      #""respond": { "status": 200, "json": {"a": [1.50, null]} }"#, 200, ["Content-Type: application/json"],
      #"{"a":[1.50,null]}"#
    ),
    (
      #""respond": { "status": 200, "body": "<p>", "headers": { "content-type": "text/html", "X-A": "1" } }"#, 200,
      ["content-type: text/html", "X-A: 1"], "<p>"
    ),
    (
      #""respond": { "status": 200, "headers": { "X-A": "1" } }, "response_headers": { "set": { "x-a": "2" }, "add": { "X-B": "3" } }"#,
      200, ["x-a: 2", "X-B: 3"], ""
    ),
    (#""redirect": { "location": "/b?c#d" }"#, 302, ["Location: /b?c#d"], ""),
    (#""redirect": { "status": 308, "location": "https://a.example/" }"#, 308, ["Location: https://a.example/"], ""),
  ]

  @Test(arguments: answers) func `an answer of the route's own is made ready`(
    keys: String, status: Int, fields: [String], body: String
  ) throws {
    let route = try loadRoute("\"path\": \"/a\", \"auth\": \"none\", \(keys)")
    guard case .respond(let answer) = route.action else {
      Issue.record("answered by the gateway itself")
      return
    }
    #expect(answer.status == status)
    #expect(answer.fields.map { "\($0.name): \($0.value)" } == fields)
    #expect(String(decoding: answer.body, as: UTF8.self) == body)
    #expect(route.responseFields.isEmpty)
  }

  static let expansions: [(String, String)] = [
    ("${A}", "/a"), ("${A}/${B_2}.sock", "/a/b ${A}.sock"), ("/x$A$", "/x$A$"), ("/$${A}", "/${A}"),
    ("/$$${A}", "/$${A}"),
    ("/$$x${EMPTY}", "/$$x"), ("/{A}", "/{A}"),
  ]

  @Test(arguments: expansions) func `variables of the environment stand for what they hold`(
    text: String, expanded: String
  ) throws {
    let gateway = try load(
      "{\"listen\":[\"a:1\"],\"pid_file\":\"\(text)\",\"routes\":[{\"exact\":\"/\",\"auth\":\"none\",\"redirect\":{\"location\":\"/b\"}}]}",
      environment: ["A": "/a", "B_2": "b ${A}", "EMPTY": ""])
    #expect(gateway.pidFile?.value == expanded)
  }

  static let paths: [(String, String, String)] = [
    ("gateway.json", "data/s", "data/s"), ("gateway.json", "./data/s", "data/s"),
    ("gateway.json", "/data/s", "/data/s"),
    ("conf/gateway.json", "s", "conf/s"), ("conf/gateway.json", "../s", "conf/../s"),
    ("/etc/p/g.json", ".//s", "/etc/p/s"),
  ]

  @Test(arguments: paths) func `a path is relative to the folder of the file`(
    fileName: String, text: String, resolved: String
  ) throws {
    let gateway = try load(
      "{\"listen\":[\"a:1\"],\"pid_file\":\"\(text)\",\"routes\":[{\"exact\":\"/\",\"auth\":\"none\",\"redirect\":{\"location\":\"/b\"}}]}",
      fileName: fileName)
    #expect(gateway.pidFile?.value == resolved)
  }

  @Test func `routes that requests tell apart are all taken`() throws {
    let gateway = try load(
      """
      { "listen": ["a:1"], "upstreams": { "u": { "servers": ["a:1"] } },
        "auth": { "issuers": [{ "issuer": "i", "audience": "any", "secret_file": "s" }] },
        "routes": [
          { "path": "/a", "upstream": "u" },
          { "exact": "/a", "upstream": "u" },
          { "exact": "/a/", "upstream": "u" },
          { "path": "/a/b", "upstream": "u" },
          { "path": "/a", "host": "x.example", "upstream": "u" },
          { "path": "/a", "host": "*.example", "upstream": "u" },
          { "path": "/a", "host": "*.x.example", "upstream": "u" },
          { "path": "/a", "methods": ["GET"], "upstream": "u" },
          { "path": "/a", "methods": ["POST", "PUT"], "upstream": "u" },
          { "path": "/a", "headers": { "X-A": "1" }, "upstream": "u" },
          { "path": "/a", "headers": { "x-a": "2" }, "upstream": "u" },
          { "path": "/a", "headers": { "X-A": "1", "X-B": "1" }, "upstream": "u" },
          { "path": "/a", "methods": ["GET"], "headers": { "X-A": "1" }, "upstream": "u" },
        ] }
      """)
    #expect(gateway.routes.count == 13)
  }

  /// Every key that is announced but has no effect yet, in the configuration that introduces the gateway.
  static let introduction = #"""
    {
      "listen": [
        "127.0.0.1:8080",
        { "address": "[::]:8443", "tls": { "certificates": [{ "certificate": "tls/site.pem", "key": "tls/site.key" }] } }
      ],
      "auth": {
        "issuers": [
          { "issuer": "https://login.example.com/", "audience": ["orders"], "algorithms": ["RS256", "ES256"],
            "jwks": "https://login.example.com/.well-known/jwks.json" }
        ]
      },
      "accounts": {
        "store": "sqlite:data/accounts.db", "registration": "open", "issuer": "http://127.0.0.1:8080", "audience": null,
        "signing": { "algorithm": "HS256", "secret_file": "data/secret.key" },
        "access_token_ttl": "1h", "refresh_token_ttl": "30d", "password": { "min_length": 8, "max_length": 256 },
        "default_roles": ["user"]
      },
      "upstreams": {
        "orders": {
          "servers": ["127.0.0.1:9001", { "address": "127.0.0.1:9002", "weight": 2 }],
          "health_check": { "path": "/healthz", "interval": "5s", "timeout": "1s", "healthy_after": 2, "unhealthy_after": 3 },
          "retries": 1
        }
      },
      "routes": [
        { "path": "/orders", "upstream": "orders", "require": { "roles": ["user"], "scope": ["orders:read"] } },
        { "path": "/orders/public", "methods": ["GET", "HEAD"], "upstream": "orders", "auth": "none" },
        { "exact": "/", "auth": "none", "respond": { "status": 200, "body": "Welcome to the API gateway!" } },
        { "exact": "/protected", "respond": { "status": 200, "json": { "message": "This is a protected route!" } } }
      ],
      "cors": { "origins": ["https://app.example.com"] },
      "admin": { "listen": "127.0.0.1:9090" },
    }
    """#

  @Test func `what this version can't do is refused, and nothing else is wrong with it`() {
    let result = ConfigurationLoader.load(
      Self.introduction.utf8Span.span, fileName: "gateway.json", environment: [:])
    let what = result.diagnostics.compactMap { diagnostic -> String? in
      let isLater = diagnostic.message.hasSuffix(" is not supported yet by this version")
      return isLater
        ? diagnostic.message.split(separator: "'", omittingEmptySubsequences: false).dropFirst().first.map(String.init)
        : diagnostic.description
    }
    #expect(what == ["retries"])
  }
}
