import Configuration
import Foundation
import Proxy
import TestSupport
import Testing

@testable import Gateway

@Suite struct `A configuration made ready to serve` {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(_ text: String, to name: String, mode: Int = 0o600) throws {
    try Data(text.utf8).write(to: URL(filePath: directory(name)))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: directory(name))
  }

  /// A configuration with these keys at the top; `@` stands for the test's directory.
  private func configuration(_ keys: String, routes: String = "") throws -> GatewayConfiguration {
    let text = """
      { "listen": ["127.0.0.1:0"], \(keys)
        "routes": [{ "path": "/", "auth": "none", "respond": { "status": 200 } }\(routes)] }
      """.replacing("@", with: directory.path)
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    return try #require(result.configuration, "\(result.diagnostics)")
  }

  private func errors(of configuration: GatewayConfiguration, for purpose: Snapshot.Purpose) -> [String] {
    switch SnapshotBuilder.build(configuration, for: purpose) {
    case .success: []
    case .failure(let errors): errors.diagnostics.map(\.message)
    }
  }

  static let accounts = #""accounts": { "store": "sqlite:@/db", "signing": { "secret_file": "@/secret" } },"#

  // MARK: What is made

  @Test(arguments: [.checking, .explaining] as [Snapshot.Purpose])
  func `a check and an explanation make nothing`(purpose: Snapshot.Purpose) throws {
    let snapshot = try SnapshotBuilder.build(configuration(Self.accounts), for: purpose).get()
    #expect(directory.names == [])
    #expect(snapshot.accounts == nil)
  }

  @Test func `a start makes the database and the secret`() throws {
    let snapshot = try SnapshotBuilder.build(configuration(Self.accounts), for: .serving).get()
    #expect(snapshot.accounts != nil)
    #expect(directory.names.filter { !$0.contains("-") } == ["db", "secret"])
  }

  @Test func `a start with an error makes nothing, and says all that is wrong`() throws {
    let issuer = #""auth": { "issuers": [{ "issuer": "i", "audience": "any", "secret_file": "@/none" }] },"#
    let errors = errors(of: try configuration(issuer + Self.accounts), for: .serving)
    #expect(errors == ["'\(directory("none"))': it can't be read: No such file or directory"])
    #expect(directory.names == [])
  }

  @Test func `what is wrong with files of an upstream's TLS is an error, at the file`() throws {
    let keys =
      #""upstreams": { "u": { "servers": ["a:1"], "tls": { "ca": "@/a", "certificate": "@/b", "key": "@/c" } } },"#
    let none = "can't be used: it can't be read: No such file or directory"
    let errors = errors(of: try configuration(keys), for: .checking)
    #expect(errors.contains("'\(directory("a"))' \(none)") && errors.contains("'\(directory("b"))' \(none)"))
  }

  @Test func `a check finds errors of every kind in one go`() throws {
    try write("short", to: "secret")
    let text =
      #""auth": { "issuers": [{ "issuer": "i", "audience": "any", "secret_file": "@/none" }] }, "#
      + #""accounts": { "store": "sqlite:/dev/null/db", "signing": { "secret_file": "@/secret" } },"#
    let errors = errors(of: try configuration(text), for: .checking)
    #expect(errors.count == 3, "\(errors)")
  }

  // MARK: What is taken over

  static func upstream(_ keepalive: Int) -> String {
    #""upstreams": { "u": { "servers": ["127.0.0.1:1", "127.0.0.1:2"], "keepalive": \#(keepalive) } },"#
  }

  @Test func `an upstream of which nothing has changed is taken over, another one is made anew`() throws {
    let route = #", { "path": "/u", "auth": "none", "upstream": "u" }"#
    let first = try SnapshotBuilder.build(configuration(Self.upstream(1), routes: route), for: .serving).get()
    let same = try SnapshotBuilder.build(
      configuration(Self.upstream(1) + #""drain_timeout": "1s","#, routes: route), for: .serving, after: first
    ).get()
    #expect(same.upstreams[0] === first.upstreams[0])
    let other = try SnapshotBuilder.build(
      configuration(Self.upstream(2), routes: route), for: .serving, after: first
    ).get()
    #expect(other.upstreams[0] !== first.upstreams[0])
  }

  // MARK: Warnings

  @Test func `a host that can't be resolved is a warning, once, and none of an explanation`() throws {
    let text = #""upstreams": { "u": { "servers": ["no.such.name.invalid:1", "no.such.name.invalid:2"] } },"#
    let route = #", { "path": "/u", "auth": "none", "upstream": "u" }"#
    let configuration = try configuration(text, routes: route)
    let warnings = try SnapshotBuilder.build(configuration, for: .checking).get().warnings.map(\.message)
    #expect(warnings.count == 1)
    #expect(warnings.first?.hasPrefix("the host 'no.such.name.invalid' can't be resolved: ") == true)
    #expect(try SnapshotBuilder.build(configuration, for: .explaining).get().warnings.isEmpty)
  }

  @Test(
    arguments: [
      (0o600, nil), (0o640, "its group"), (0o644, "everybody"), (0o604, "everybody but its group"), (0o622, nil),
    ] as [(Int, String?)]) func `a secret that others can read is warned about, with the way out`(
      mode: Int, readers: String?
    ) throws
  {
    try write(String(repeating: "s", count: 32), to: "a b", mode: mode)
    let text = #""auth": { "issuers": [{ "issuer": "i", "audience": "any", "secret_file": "@/a b" }] },"#
    let warnings = try SnapshotBuilder.build(configuration(text), for: .checking).get().warnings.map(\.message)
    guard let readers else { return #expect(warnings == []) }
    #expect(
      warnings == [
        "'\(directory("a b"))' holds a secret, and \(readers) can read it (mode 0\(String(mode, radix: 8))); mend it with: chmod 600 '\(directory("a b"))'"
      ])
  }

  @Test(arguments: [
    (#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#, 0),
    (
      #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kty":"oct","k":"AA"}]}"#,
      1
    ),
  ]) func `a file of keys is a secret if one of them is`(keys: String, count: Int) throws {
    try write(keys, to: "keys", mode: 0o644)
    let text =
      #""auth": { "issuers": [{ "issuer": "i", "audience": "any", "jwks": "@/keys", "algorithms": ["EdDSA"] }] },"#
    let warnings = try SnapshotBuilder.build(configuration(text), for: .checking).get().warnings.map(\.message)
    #expect(warnings.count { $0.contains("holds a secret") } == count)
  }

  @Test(arguments: [
    ("s", 0), ("s\n", 0), ("s\n\n", 1), ("s ", 1), ("\u{FEFF}s", 1), ("\u{FEFF}s \n", 2),
  ]) func `a secret that may hold more than its author saw is warned about`(end: String, count: Int) throws {
    try write(
      String(end.prefix { $0 == "\u{FEFF}" }) + String(repeating: "s", count: 32) + end.drop { $0 == "\u{FEFF}" },
      to: "secret")
    let text = #""auth": { "issuers": [{ "issuer": "i", "audience": "any", "secret_file": "@/secret" }] },"#
    let warnings = try SnapshotBuilder.build(configuration(text), for: .checking).get().warnings.map(\.message)
    #expect(warnings.count == count, "\(warnings)")
  }

  // MARK: Listeners

  @Test(arguments: [
    (#""127.0.0.1:81", "localhost:81""#, 1), (#""127.0.0.1:81", "localhost:82""#, 0),
    (#""127.0.0.1:0", "localhost:0""#, 0),
    (#""127.0.0.1:81", "no.such.name.invalid:81""#, 1),
  ]) func `two names of one address are an error, and so is a name without one`(listen: String, count: Int) throws {
    let text = #"{ "listen": [\#(listen)], "routes": [{ "path": "/", "auth": "none", "respond": { "status": 200 } }] }"#
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    let configuration = try #require(result.configuration)
    var diagnostics: [Diagnostic] = []
    let resolved = SnapshotBuilder.resolveListeners(configuration, &diagnostics)
    #expect(diagnostics.count == count, "\(diagnostics.map(\.message))")
    #expect(resolved.count == 2 && resolved.count { $0.address == nil } == count)
  }

  @Test func `a path that the kernel has no room for is an error`() throws {
    let long = "/" + String(repeating: "x", count: 120)
    var diagnostics: [Diagnostic] = []
    let configuration = try configuration("")
    var place = configuration.listeners[0].address
    place.value = .unix(path: long)
    _ = SnapshotBuilder.resolve(place, configuration, &diagnostics)
    #expect(diagnostics.map(\.message).first?.hasPrefix("the path of a unix socket may have") == true)
  }
}
