import Configuration
import HTTP
import TestSupport
import Testing

/// The loader's reasoning about routes, against a small world in which every request can be tried.
@Suite struct RouteConflictTests {
  struct Request {
    let path: String
    let host: String
    let method: String
    let headers: [String: String]
  }

  static let world: [Request] = {
    var requests: [Request] = []
    for path in ["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab"] {
      for host in ["x.example", "y.x.example", "z.example", "other"] {
        for method in ["GET", "POST", "BREW"] {
          for x in ["", "1", "2"] {
            for y in ["", "1"] {
              requests.append(Request(path: path, host: host, method: method, headers: ["x": x, "y": y]))
            }
          }
        }
      }
    }
    return requests
  }()

  /// A route as the file has it.
  struct Route {
    var path = "/"
    var isExact = false
    var host: String?
    var methods: [String]?
    var headers: [(String, String)] = []

    init(_ random: inout SplitMix64) {
      path = ["/", "/a", "/a/b"].randomElement(using: &random) ?? "/"
      isExact = Bool.random(using: &random)
      host = [nil, nil, "x.example", "*.example", "*.x.example"].randomElement(using: &random) ?? nil
      methods = [nil, ["GET"], ["POST"], ["GET", "POST"]].randomElement(using: &random) ?? nil
      headers =
        [[], [("x", "1")], [("x", "2")], [("y", "1")], [("x", "1"), ("y", "1")]].randomElement(using: &random) ?? []
    }

    var text: String {
      var keys = [
        "\"\(isExact ? "exact" : "path")\": \"\(path)\"", "\"auth\": \"none\"", "\"respond\": {\"status\": 200}",
      ]
      if let host { keys.append("\"host\": \"\(host)\"") }
      if let methods { keys.append("\"methods\": [\(methods.map { "\"\($0)\"" }.joined(separator: ", "))]") }
      if !headers.isEmpty {
        keys.append("\"headers\": {\(headers.map { "\"\($0)\": \"\($1)\"" }.joined(separator: ", "))}")
      }
      return "{\(keys.joined(separator: ", "))}"
    }

    func takes(_ request: Request) -> Bool {
      let pathHolds =
        isExact ? request.path == path : path == "/" || request.path == path || request.path.hasPrefix(path + "/")
      let hostHolds =
        host.map { $0.hasPrefix("*") ? request.host.hasSuffix($0.dropFirst()) : $0 == request.host } ?? true
      return pathHolds && hostHolds && methods?.contains(request.method) ?? true
        && headers.allSatisfy { request.headers[$0] == $1 }
    }

    /// The higher, the more specific.
    var rank: [Int] {
      let hostRank = host.map { $0.hasPrefix("*") ? $0.utf8.count : 1000 } ?? 0
      let pathRank = isExact ? 1000 : path.utf8.count
      return [hostRank, pathRank, methods == nil ? 0 : 1, headers.count]
    }
  }

  @Test func `two routes conflict exactly when some request could take either`() {
    for seed in 0..<1000 {
      var random = SplitMix64(seed: UInt64(seed))
      let left = Route(&random)
      let right = Route(&random)
      let tie = left.rank == right.rank && Self.world.contains { left.takes($0) && right.takes($0) }
      let file = "{\"listen\": [\"a:1\"], \"routes\": [\(left.text),\n\(right.text)]}"
      let result = ConfigurationLoader.load(file.utf8Span.span, fileName: "g", environment: [:])
      #expect((result.configuration == nil) == tie, "\(file)")
    }
  }

  @Test func `without conflicts every route takes some request`() {
    var accepted = 0
    for seed in 0..<250 {
      var random = SplitMix64(seed: UInt64(seed) &* 7919)
      let routes = (0..<5).map { _ in Route(&random) }
      let file = "{\"listen\": [\"a:1\"], \"routes\": [\(routes.map(\.text).joined(separator: ",\n"))]}"
      let result = ConfigurationLoader.load(file.utf8Span.span, fileName: "g", environment: [:])
      guard result.configuration != nil else { continue }
      accepted += 1
      var taken: Set<Int> = []
      for request in Self.world {
        let candidates = routes.indices.filter { routes[$0].takes(request) }
        if let best = candidates.max(by: { routes[$0].rank.lexicographicallyPrecedes(routes[$1].rank) }) {
          taken.insert(best)
        }
      }
      for index in routes.indices where !taken.contains(index) {
        Issue.record("\(routes[index].text) never matches in\n\(file)")
      }
    }
    #expect(accepted > 20)
  }
}
