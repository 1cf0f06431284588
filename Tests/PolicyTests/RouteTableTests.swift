import HTTP
import Policy
import Testing

/// The route that takes a request.
@Suite struct RouteTableTests {
  /// Routes by their names, all open to everybody.
  func gateway(_ routes: [String]) throws -> Gateway {
    try Gateway(routes.map { "{ \($0), \"upstream\": \"u\", \"auth\": \"none\" }" }.joined(separator: ","))
  }

  @Test(arguments: [
    ("/orders", "/orders"), ("/orders/", "/orders"), ("/orders/7", "/orders"), ("/orders?x=/public", "/orders"),
    ("/ordersx", "404 not_found"), ("/order", "404 not_found"), ("/Orders", "404 not_found"), ("/", "/"),
    ("/orders/public", "/orders/public"), ("/orders/public/deep", "/orders/public"),
    ("/orders/publicity", "/orders"), ("/orders/exact", "/orders/exact"), ("/orders/exact/", "/orders"),
    ("/orders/public/x/y", "/orders/public/x/y"), ("/orders/public/x/z", "/orders/public"),
    // One spelling: what is matched is the canonical path.
    ("/orders/../orders/7", "/orders"), ("/orders/./public", "/orders/public"), ("//orders//public", "/orders/public"),
    ("/%6frders/publi%63", "/orders/public"), ("/x/../orders", "/orders"),
  ])
  func `a path takes the exact route, or the longest prefix of whole segments`(target: String, route: String) throws {
    let gateway = try gateway([
      #""exact": "/""#, #""path": "/orders""#, #""path": "/orders/public""#, #""path": "/orders/public/x/y""#,
      #""exact": "/orders/exact""#,
    ])
    #expect(try gateway.decide("GET \(target)").summary == route)
  }

  @Test(arguments: [
    ("example.com", "example.com/"), ("EXAMPLE.com", "example.com/"), ("example.com.", "example.com/"),
    ("example.com:8080", "example.com/"), ("a.example.com", "*.example.com/"), ("a.b.example.com", "*.b.example.com/"),
    ("c.a.b.example.com", "*.b.example.com/"), ("b.example.com", "*.example.com/"), ("notexample.com", "/"),
    ("example.com.evil.org", "/"), ("[::1]:8080", "[::1]/"), ("www.example.com", "www.example.com/"),
  ])
  func `a host takes the exact route, then the longest wildcard, then none`(host: String, route: String) throws {
    let gateway = try gateway([
      #""path": "/""#, #""path": "/", "host": "*.example.com""#, #""path": "/", "host": "Example.com""#,
      #""path": "/", "host": "*.b.example.com""#, #""path": "/", "host": "[::1]""#,
      #""path": "/", "host": "www.example.com""#,
    ])
    #expect(try gateway.decide("GET /x", ["Host: \(host)"]).summary == route)
  }

  static let ladder = [
    #""path": "/""#, #""path": "/a""#, #""path": "/a", "methods": ["GET"]"#,
    #""path": "/a", "headers": { "X-V": "2" }"#, #""path": "/a", "methods": ["PUT"], "headers": { "X-V": "2" }"#,
    #""path": "/a", "headers": { "X-V": "2", "X-W": "3" }"#, #""exact": "/a/b", "methods": ["POST"]"#,
    #""path": "/a/b", "host": "*.example.com""#, #""path": "/a", "host": "www.example.com", "methods": ["GET"]"#,
  ]

  @Test(arguments: [
    // A host beats any path.
    ("GET /a/b", ["Host: www.example.com"], 8),
    // Whatever does not hold in full is passed over, up to the less specific host.
    ("PUT /a/b", ["Host: www.example.com"], 7), ("PUT /a/c", ["Host: www.example.com"], 1),
    // An exact path beats a prefix, if its method holds.
    ("POST /a/b", [], 6), ("PUT /a/b", [], 1),
    // With methods over without, also over more headers.
    ("GET /a", [], 2), ("GET /a", ["X-V: 2", "X-W: 3"], 2), ("PUT /a", ["X-V: 2", "X-W: 3"], 4),
    // More headers over fewer.
    ("POST /a", ["X-V: 2"], 3), ("POST /a", ["X-V: 2", "X-W: 3"], 5), ("POST /a", ["x-v:2"], 3),
    // A value is exact, and a field that stands twice holds no condition.
    ("POST /a", ["X-V: 3"], 1), ("POST /a", ["X-V: 2", "X-V: 2"], 1), ("POST /a", ["X-V: 2, 3"], 1),
    ("POST /b", ["X-V: 2"], 0),
  ])
  func `the most specific route all of whose conditions hold wins, whatever the order in the file`(
    request: String, fields: [String], index: Int
  ) throws {
    for order in [Array(0..<Self.ladder.count), Array((0..<Self.ladder.count).reversed())] {
      let gateway = try gateway(order.map { Self.ladder[$0] })
      let decision = try gateway.decide(request, fields)
      #expect(decision.route.map { order[$0.index] } == index)
    }
  }

  @Test func `another method than a route's takes the shorter prefix`() throws {
    let gateway = try gateway([#""path": "/orders""#, #""path": "/orders/public", "methods": ["GET", "HEAD"]"#])
    #expect(try gateway.decide("POST /orders/public").summary == "/orders")
    #expect(try gateway.decide("HEAD /orders/public").summary == "/orders/public")
  }

  @Test(arguments: [
    ("PUT /a", "Allow: GET, HEAD, POST\r\n"), ("GET /a/b", nil), ("PUT /a/b", "Allow: GET, HEAD, POST, DELETE\r\n"),
    ("HEAD /b", "Allow: GET\r\n"), ("PURGE /a", "Allow: GET, HEAD, POST\r\n"),
  ])
  func `only if nothing matches and another method would, 405 says which`(request: String, allow: String?) throws {
    let gateway = try gateway([
      #""path": "/a", "methods": ["GET", "HEAD"]"#, #""path": "/a", "methods": ["POST"]"#,
      #""exact": "/a/b", "methods": ["DELETE"]"#, #""path": "/b", "methods": ["GET"]"#,
      #""path": "/b", "methods": ["HEAD"], "headers": { "X-V": "2" }"#,
    ])
    let decision = try gateway.decide(request)
    guard let allow else {
      #expect(decision.summary == "/a")
      return
    }
    #expect(decision.summary == "405 method_not_allowed")
    let lines = Set(decision.fields.split(separator: "\r\n"))
    let methods = lines.first { $0.hasPrefix("Allow: ") }.map { Set($0.dropFirst(7).split(separator: ", ")) }
    #expect(methods == Set(allow.dropFirst(7).dropLast(1).split(separator: ", ")))
  }

  @Test func `a method that is no registered one is matched as it is written`() throws {
    let gateway = try gateway([#""path": "/", "methods": ["PURGE"]"#])
    #expect(try gateway.decide("PURGE /").summary == "/")
    #expect(try gateway.decide("PURGES /").summary == "405 method_not_allowed")
  }

  @Test(arguments: [
    ("/a;x=1", "400 ambiguous_parameters"), ("/a/b;x", "/a"), ("/a/;x", "/a"), ("/a;x/b", "400 ambiguous_parameters"),
    ("/c/d;x", "400 ambiguous_parameters"), ("/c/d%3bx", "400 ambiguous_parameters"), ("/zz;x", "404 not_found"),
    ("/a/b;x=1/c;y", "/a"), ("/e;f", "400 ambiguous_parameters"),
  ])
  func `a path with parameters must mean the same route with and without them`(target: String, outcome: String) throws {
    let gateway = try gateway([#""path": "/a""#, #""path": "/c""#, #""exact": "/c/d""#, #""exact": "/e""#])
    #expect(try gateway.decide("GET \(target)").summary == outcome)
  }

  @Test(arguments: [
    ("/strict/a%2Fb", "400 encoded_slash"), ("/strict/a%2fb", "400 encoded_slash"), ("/data/a%2fb", "/data"),
    ("/data%2Fb", "400 encoded_slash"), ("/none/a%2Fb", "400 encoded_slash"),
  ])
  func `an encoded slash is for routes that say so`(target: String, outcome: String) throws {
    let gateway = try gateway([#""path": "/strict""#, #""path": "/data", "encoded_slashes": "allow""#])
    #expect(try gateway.decide("GET \(target)").summary == outcome)
  }

  @Test(arguments: [
    ("/data/a%2fb", "/data"), ("/data/x%2Fsecret", "/data"), ("/data/secret/a%2Fb", "/data/secret"),
    ("/data/secret%2Fb", "400 encoded_slash"), ("/data%2Fsecret", "400 encoded_slash"),
    ("/data%2fx", "400 encoded_slash"),
    ("/data/%2Fsecret", "400 encoded_slash"), ("/data/secret;x%2Fb", "400 ambiguous_parameters"),
    ("/data/x;y%2fsecret", "/data"), ("/data/%2fx", "/data"),
  ])
  func `a path with an encoded slash must mean the same route if it is decoded`(target: String, outcome: String) throws
  {
    let gateway = try gateway([
      #""path": "/data", "encoded_slashes": "allow""#, #""path": "/data/secret", "encoded_slashes": "allow""#,
    ])
    #expect(try gateway.decide("GET \(target)").summary == outcome)
  }

  @Test(arguments: [
    ("/x%3fb", "/"), ("/a/x%3fb", "/a"), ("/a%3fb", "400 ambiguous_parameters"),
    ("/c/d%3fx", "400 ambiguous_parameters"), ("/c/d%23x", "400 ambiguous_parameters"),
    ("/c%3f/d", "400 ambiguous_parameters"), ("/c/x%23/d", "/c"),
  ])
  func `a path with an encoded end must mean the same route up to there`(target: String, outcome: String) throws {
    let gateway = try gateway([#""path": "/""#, #""path": "/a""#, #""path": "/c""#, #""path": "/c/d""#])
    #expect(try gateway.decide("GET \(target)").summary == outcome)
  }

  @Test func `the asterisk is no path`() throws {
    let gateway = try gateway([#""path": "/""#])
    #expect(try gateway.decide("OPTIONS *").summary == "404 not_found")
  }
}
