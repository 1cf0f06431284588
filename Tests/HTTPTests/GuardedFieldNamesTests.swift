import Bytes
import HTTP
import Testing

/// Names of the configuration, and what a client sends that an upstream might take for one of them.
@Suite struct `Guarded field names` {
  static let names = GuardedFieldNames(
    wanted: ["X-Api-Token", "X-Env2", "Tenant", "X_Odd.Name", "User-Agent"],
    removed: ["X-Debug", "x_api_token", "X-B", "X_B"])

  /// The kind of a line of that name, in a request to a gateway with these names.
  private func known(_ name: String, guarding names: GuardedFieldNames = Self.names) -> KnownField {
    var limits = HeadLimits.request
    limits.guardedNames = names
    var parser = RequestHeadParser(limits: limits)
    var head = RequestHead()
    let wire = Array("GET / HTTP/1.0\r\n\(name): 1\r\n\r\n".utf8)
    let outcome = parser.parse(wire.span, into: &head)
    #expect(outcome == .complete(byteCount: wire.count))
    return head.fields.known(at: 0)
  }

  @Test(arguments: [
    "X_Api_Token", "x_api_token", "X-Api_Token", "X.Api.Token", "X~Api!Token", "x'api*token", "X_Env2", "X-Debug_",
    "X_Debug",
    "X-Odd-Name", "x-odd.name", "X_Odd_Name",
  ])
  func `another spelling is a lookalike`(_ name: String) {
    #expect(known(name) == (name == "X-Debug_" ? .other : .lookalike))
    #expect(known(name, guarding: GuardedFieldNames()) == .other)
  }

  @Test(arguments: [
    "X-Api-Token", "x-API-token", "X-Env2", "Tenant", "tenant", "X_Odd.Name", "x_odd.NAME", "X-Debug", "X-B", "X_B",
  ])
  func `a name is no lookalike of itself, in any case`(_ name: String) {
    #expect(known(name) == .other)
  }

  @Test(arguments: ["X-ApiToken", "X_Api_Tokens", "X_Api", "XX_Api_Token", "X_Env3", "Tenan_", "X_Other", "my.field"])
  func `other names pass with all their signs`(_ name: String) { #expect(known(name) == .other) }

  @Test func `what the gateway knows by its name stays that`() {
    let odd = GuardedFieldNames(wanted: ["User_Agent", "Content_Type", "X_Request_Id"])
    #expect(known("User-Agent", guarding: odd) == .userAgent)
    #expect(known("Content-Type", guarding: odd) == .contentType)
    #expect(known("X-Request-Id", guarding: odd) == .xRequestID)
    #expect(known("User_Agent") == .lookalike)
  }

  @Test func `the original of a lookalike is told as the configuration spells it`() {
    func original(_ name: String) -> String? { Self.names.original(of: name.utf8Span.span) }
    #expect(original("x_api.token") == "X-Api-Token")
    #expect(original("x-odd-name") == "X_Odd.Name")
    #expect(original("X_Other") == nil)
  }

  @Test func `folding makes letters lower-case, and hyphens of all but letters and digits`() {
    #expect(FoldedFieldName("X_aZ.09~!").bytes == Array("x-az-09--".utf8))
    #expect(FoldedFieldName.matches("X-A", "x_a"))
    #expect(!FoldedFieldName.matches("X-A", "x-a-"))
    #expect(!FoldedFieldName.matches("X-A", "x-b"))
  }
}
