import Bytes
import Foundation
import JSON
import Testing

@testable import Configuration

/// `deploy/gateway.schema.json` beside the loader: the same keys, the same defaults.
@Suite struct SchemaTests {
  /// The definitions of the schema by kind of object; the empty name is the top.
  static let places: [(kind: ObjectKind, name: String)] = [
    (.top, ""), (.listener, "listener"), (.auth, "auth"), (.tokenPlace, "tokenPlace"), (.issuer, "issuer"),
    (.accounts, "accounts"), (.assertion, "assertion"), (.signing, "signing"), (.password, "password"),
    (.throttle, "throttle"), (.rateLimit, "rateLimit"), (.rateLimitHeader, "rateLimitHeader"), (.paths, "paths"),
    (.admin, "admin"), (.upstream, "upstream"), (.server, "server"), (.healthCheck, "healthCheck"),
    (.passiveHealth, "passiveHealth"), (.route, "route"), (.respond, "respond"), (.redirect, "redirect"),
    (.webSocket, "webSocket"), (.require, "require"), (.fieldEdits, "fieldEdits"), (.claimNames, "claimNames"),
    (.tls, "tls"), (.certificate, "certificate"), (.clientCertificates, "clientCertificates"),
    (.upstreamTLS, "upstreamTLS"), (.cors, "cors"), (.limits, "limits"), (.log, "log"),
  ]

  let schema: JSONObject
  let definitions: JSONObject

  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let bytes = Array(try Data(contentsOf: root.appending(path: "deploy/gateway.schema.json")))
    schema = try #require(try JSONReader.parse(bytes.span, limits: .file).object)
    definitions = try #require(schema["$defs"]?.object)
  }

  func object(_ name: String) throws -> JSONObject {
    name.isEmpty ? schema : try #require(definitions[name]?.object, "no definition of '\(name)'")
  }

  @Test func `the schema has every key that the loader has, and no other`() throws {
    #expect(Set(Self.places.map(\.kind.place)) == Set(ObjectKind.all.map(\.place)))
    for (kind, name) in Self.places {
      let properties = try #require(try object(name)["properties"]?.object, "of '\(name)'")
      #expect(Set(properties.members.map(\.name)) == Set(kind.keys), "of '\(name)'")
    }
  }

  @Test func `no object of the schema lets unknown keys pass`() throws {
    for (_, name) in Self.places {
      #expect(try object(name)["additionalProperties"]?.bool == false, "of '\(name)'")
    }
    let closed = Set(Self.places.map(\.name))
    for member in definitions.members where member.value.object?["properties"] != nil {
      #expect(closed.contains(member.name), "'\(member.name)' is an object that the loader does not have")
    }
  }

  @Test func `every key has a description`() throws {
    for (_, name) in Self.places {
      for property in try #require(try object(name)["properties"]?.object).members {
        let own = property.value.object?["description"]
        let reference = property.value.object?["$ref"]?.string?.split(separator: "/").last.map(String.init)
        let shared = reference.flatMap { definitions[$0]?.object?["description"] }
        #expect((own ?? shared)?.string?.isEmpty == false, "'\(property.name)' of '\(name)'")
      }
    }
  }

  @Test func `every reference leads somewhere, and every definition is used`() throws {
    var used: Set<String> = []
    func walk(_ value: JSONValue) {
      if let text = value.object?["$ref"]?.string { used.insert(text) }
      for member in value.object?.members ?? [] { walk(member.value) }
      for element in value.array ?? [] { walk(element) }
    }
    walk(.object(schema))
    #expect(used == Set(definitions.members.map { "#/$defs/\($0.name)" }))
  }

  /// The members of an object: those given, and where wanted every default that the schema has for the others.
  func text(_ name: String, _ given: String, defaults: Bool) throws -> String {
    var parts = given.isEmpty ? [] : [given]
    for property in try #require(try object(name)["properties"]?.object).members where defaults {
      guard let value = property.value.object?["default"], !given.contains("\"\(property.name)\":") else { continue }
      var buffer = ByteBuffer(capacity: 256)
      buffer.appendJSON(value)
      parts.append("\"\(property.name)\": \(buffer.readable.text)")
    }
    return "{\(parts.joined(separator: ", "))}"
  }

  /// A configuration that has every kind of object, with the schema's defaults written out or left out.
  func configuration(defaults: Bool) throws -> String {
    func text(_ name: String, _ given: String) throws -> String { try self.text(name, given, defaults: defaults) }
    let issuer = try text("issuer", #""issuer": "i", "audience": "any", "secret_file": "s""#)
    let accounts = try text(
      "accounts",
      #""store": "sqlite:a", "signing": \#(text("signing", #""secret_file": "k""#)), "#
        + #""password": \#(text("password", "")), "throttle": \#(text("throttle", "")), "paths": \#(text("paths", ""))"#
    )
    let assertion =
      try #""identity_assertion": "#
      + text("assertion", #""header": "X-A", "issuer": "a", "key_directory": "k""#)
    let upstream = try text(
      "upstream",
      #""servers": [\#(text("server", #""address": "a:1""#))], "#
        + #""health_check": \#(text("healthCheck", #""path": "/""#)), "passive_health": \#(text("passiveHealth", "")), "#
        + #""tls": \#(text("upstreamTLS", #""server_name": "a""#))"#)
    let tls = try text(
      "tls",
      #""certificates": [\#(text("certificate", #""certificate": "c", "key": "k""#))], "#
        + #""client_certificates": \#(text("clientCertificates", #""ca": "c""#))"#)
    let listener = try text("listener", #""address": "unix:s", "tls": \#(tls)"#)
    let forward = try text("route", #""path": "/", "upstream": "u", "websocket": \#(text("webSocket", ""))"#)
    // Keys of forwarding would be errors here; they have been read above.
    let redirect = try #""exact": "/a", "auth": "none", "redirect": \#(text("redirect", #""location": "/b""#))"#
    return try text(
      "",
      #""listen": [\#(listener)], "auth": \#(text("auth", "\"issuers\": [\(issuer)], \(assertion)")), "accounts": \#(accounts), "#
        + #""upstreams": {"u": \#(upstream)}, "routes": [\#(forward), {\#(redirect)}], "#
        + #""cors": \#(text("cors", #""origins": ["http://a"]"#)), "limits": \#(text("limits", "")), "#
        + #""log": \#(text("log", ""))"#)
  }

  func loaded(defaults: Bool) throws -> String {
    let text = try configuration(defaults: defaults)
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    #expect(result.diagnostics.map(\.description) == [], "\(text)")
    let configuration = try #require(result.configuration)
    return String(describing: configuration).replacing(/SourceLocation\(line: \d+, column: \d+\)/, with: "_")
  }

  @Test func `the defaults of the schema are those of the loader`() throws {
    #expect(try configuration(defaults: true).utf8.count > configuration(defaults: false).utf8.count + 1000)
    #expect(try loaded(defaults: true) == loaded(defaults: false))
  }
}
