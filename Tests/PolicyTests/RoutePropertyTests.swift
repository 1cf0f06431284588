import Configuration
import HTTP
import JSON
import TestSupport
import Testing

@testable import Policy

/// The tables against a matcher that looks at every route in turn.
@Suite struct RoutePropertyTests {
  static let hosts = ["example.com", "a.example.com", "b.a.example.com", "other.org"]
  static let segments = ["a", "b", "ab", "c"]
  static let methods: [Method] = [.get, .post, .head, .other(Array("PURGE".utf8))]

  @Test(arguments: 0..<60)
  func `random routes and requests: the tables agree with looking at every route`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let routes = (0..<Int.random(in: 1...40, using: &random)).map { _ in Self.route(&random) }
    var configuration = GatewayConfiguration()
    configuration.routes = routes
    let gateway = try Gateway(configuration)
    for _ in 0..<200 {
      let host = Self.hosts.randomElement(using: &random) ?? ""
      let path = Self.path(&random, depth: 5) + (Bool.random(using: &random) ? "/" : "")
      let method = Self.methods.randomElement(using: &random) ?? .get
      let fields = ["X-V", "X-W"].filter { _ in Bool.random(using: &random) }
      let target = path.isEmpty ? "/" : path
      let decision = try gateway.decide(
        "\(method.text) \(target)", ["Host: \(host)"] + fields.map { "\($0): 1" })

      let request = (host, target, fields)
      let matching = routes.indices.filter { Self.matches(routes[$0].match, request) }
      let taking = matching.filter { routes[$0].match.methods?.contains(method) ?? true }
      let best = taking.min {
        Self.rank(routes[$0].match, $0).lexicographicallyPrecedes(Self.rank(routes[$1].match, $1))
      }
      #expect(decision.route?.index == best)
      let fieldLines = ["Host: \(host)"] + fields.map { "\($0): 1" }
      #expect(try Self.judged("\(method.text) \(target)", fieldLines, by: gateway)?.index == best)
      if best == nil {
        #expect(decision.reason == (matching.isEmpty ? .notFound : .methodNotAllowed))
      }
    }
  }

  /// The route by the rules that explanations tell: of those that take the request the most specific, else the first.
  static func judged(_ requestLine: String, _ fields: [String], by gateway: Gateway) throws -> Route? {
    let head = try requestHead(requestLine, fields, gateway.policy)
    var best: RoutePattern?
    for pattern in gateway.policy.patterns {
      let mismatch = pattern.mismatch(
        with: head, from: gateway.peer(), method: head.method, path: head.target.path)
      if mismatch == nil, best.map(pattern.isMoreSpecific) ?? true { best = pattern }
    }
    return best?.route
  }

  static func matches(_ match: RouteMatch, _ request: (host: String, path: String, fields: [String])) -> Bool {
    let host =
      switch match.host {
      case .any: true
      case .exact(let name): request.host == name
      case .wildcard(let suffix): request.host.hasSuffix("." + suffix)
      }
    let path =
      switch match.path {
      case .exact(let path): request.path == path
      case .prefix("/"): true
      case .prefix(let path): request.path == path || request.path.hasPrefix(path + "/")
      }
    return host && path && match.headers.allSatisfy { request.fields.contains($0.name) }
  }

  /// Smaller is more specific.
  static func rank(_ match: RouteMatch, _ index: Int) -> [Int] {
    let host =
      switch match.host {
      case .any: 1_000
      case .exact: 0
      case .wildcard(let suffix): 500 - suffix.utf8.count
      }
    let path =
      switch match.path {
      case .exact: 0
      case .prefix(let path): 500 - (path == "/" ? 0 : path.utf8.count)
      }
    return [host, path, match.methods == nil ? 1 : 0, -match.headers.count, index]
  }

  static func route(_ random: inout SplitMix64) -> RouteConfiguration {
    let path = path(&random, depth: 4)
    var match = RouteMatch(path: .prefix(path.isEmpty ? "/" : path))
    if Int.random(in: 0..<3, using: &random) == 0 { match.path = .exact(path.isEmpty ? "/" : path) }
    switch Int.random(in: 0..<4, using: &random) {
    case 0: match.host = .exact(hosts.randomElement(using: &random) ?? "")
    case 1: match.host = .wildcard(suffix: ["example.com", "a.example.com", "com"].randomElement(using: &random) ?? "")
    case _: break
    }
    if Bool.random(using: &random) {
      let some = methods.filter { _ in Bool.random(using: &random) }
      if !some.isEmpty { match.methods = some }
    }
    match.headers = ["X-V", "X-W"].filter { _ in Int.random(in: 0..<4, using: &random) == 0 }.map {
      Field(name: $0, value: "1")
    }
    var route = RouteConfiguration(
      location: SourceLocation(line: 1, column: 1), match: match, action: .respond(FixedResponse(status: 200)))
    route.auth = .none
    return route
  }

  static func path(_ random: inout SplitMix64, depth: Int) -> String {
    (0..<Int.random(in: 0...depth, using: &random)).map { _ in "/" + (segments.randomElement(using: &random) ?? "") }
      .joined()
  }

  @Test func `ten thousand routes are found, and nothing else`() throws {
    var configuration = GatewayConfiguration()
    configuration.routes = (0..<10_000).map { number in
      var match = RouteMatch(path: .prefix("/service-\(number % 100)/item-\(number)"))
      if number % 2 == 0 { match.host = .exact("host-\(number % 50).example.com") }
      var route = RouteConfiguration(
        location: SourceLocation(line: number + 1, column: 1), match: match,
        action: .respond(FixedResponse(status: 200)))
      route.auth = .none
      return route
    }
    let gateway = try Gateway(configuration)
    for number in stride(from: 0, to: 10_000, by: 37) {
      let target = "/service-\(number % 100)/item-\(number)/x"
      #expect(try gateway.decide("GET \(target)", ["Host: host-\(number % 50).example.com"]).route?.index == number)
      #expect(try gateway.decide("GET \(target)y/../../item-x").route == nil)
    }
  }
}
