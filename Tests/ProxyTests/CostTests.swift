import Accounts
import Bytes
import Configuration
import Endpoints
import Foundation
import HTTP
import JSON
import Policy
import Testing
import Tokens

@testable import Proxy

/// The cost of strangers' bytes: no more than that of harmless bytes in the same number, because nothing that reads them takes
/// more than linear time.
///
/// Measured is the time that the thread has been computing, the least of several rounds, so that a busy machine changes nothing. What
/// takes quadratic time costs hundreds of times as much as the harmless input of its kind.
@Suite(.serialized) struct CostTests {
  /// The factor by which something may cost more than the harmless input: different work, but of the same order.
  static let factor = 20.0

  @Test(arguments: CostCase.heads) func `a request head`(_ input: CostCase) throws {
    let gateway = try CostGateway()
    try expectCheap(input, beside: CostCase.harmlessHead(input.text.utf8.count)) { gateway.handle($0) }
  }

  @Test(arguments: CostCase.paths) func `a path and a query`(_ input: CostCase) throws {
    let gateway = try CostGateway()
    try expectCheap(input, beside: CostCase.harmlessTarget(input.text.utf8.count)) { gateway.handle($0) }
  }

  @Test(arguments: CostCase.responses) func `a response head`(_ input: CostCase) throws {
    try expectCheap(input, beside: CostCase.harmlessResponse(input.text.utf8.count)) { CostGateway.relay($0) }
  }

  @Test(arguments: CostCase.chunks) func `a chunked body`(_ input: CostCase) throws {
    let harmless = CostCase.harmlessChunks(input.text.utf8.count)
    try expectCheap(input, beside: harmless) { CostGateway.decode($0) }
  }

  @Test(arguments: CostCase.bodies) func `the body of a login`(_ input: CostCase) throws {
    try expectCheap(input, beside: CostCase.harmlessBody(input.text.utf8.count)) { CostGateway.login($0) }
  }

  @Test(arguments: CostCase.tokens) func `a token`(_ input: CostCase) throws {
    let gateway = try CostGateway()
    try expectCheap(input, beside: CostCase.harmlessToken(input.text.utf8.count)) { gateway.verify($0) }
  }

  @Test(arguments: CostCase.texts) func `a text in a log`(_ input: CostCase) throws {
    try expectCheap(input, beside: CostCase.harmlessText(input.text.utf8.count)) { CostGateway.mask($0) }
  }

  private func expectCheap(
    _ input: CostCase, beside harmless: String, sourceLocation: Testing.SourceLocation = #_sourceLocation,
    _ work: ([UInt8]) -> Void
  ) throws {
    let (bytes, usual) = (Array(input.text.utf8), Array(harmless.utf8))
    try #require(bytes.count >= 4000 && usual.count >= bytes.count / 2, "\(bytes.count), \(usual.count)")
    let (cost, allowed) = (Self.cost { work(bytes) }, Self.cost { work(usual) })
    if ProcessInfo.processInfo.environment["PORTCULLIS_MEASURE"] != nil {
      print("\(input.name): \(Int(cost / 1000)) µs, \(Int(allowed / 1000)) µs: \(cost / allowed)")
    }
    #expect(
      cost < Self.factor * allowed, "\(cost / 1000) µs, and \(allowed / 1000) µs for what is harmless",
      sourceLocation: sourceLocation)
  }

  /// Nanoseconds that the thread computes for one call, in the quickest of several rounds.
  private static func cost(_ work: () -> Void) -> Double {
    var best = Double.infinity
    for _ in 0..<5 {
      let start = threadTime()
      var count = 0.0
      repeat {
        work()
        count += 1
      } while threadTime() - start < 2_000_000
      best = min(best, (threadTime() - start) / count)
    }
    return best
  }

  private static func threadTime() -> Double {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
  }
}

/// The work on strangers' bytes, without any socket.
struct CostGateway {
  private let policy: Policy
  private let authenticator: Authenticator
  private let peer: Peer

  init() throws {
    let text = """
      { "listen": ["127.0.0.1:0"], "trusted_proxies": ["127.0.0.0/8"],
        "auth": { "token_from": [
            { "header": "Authorization" }, { "header": "X-Token" }, { "cookie": "t" }, { "query": "t" },
            { "websocket_protocol": "bearer" }],
          "forward_token": false, "identity_headers": { "X-Auth-User": "sub", "X-Auth-Name": "a.b.c" },
          "issuers": [{ "issuer": "https://issuer.test", "audience": ["orders"], "secret_file": "s" }] },
        "upstreams": { "u": { "servers": ["127.0.0.1:9001"] } },
        "cors": { "origins": ["https://app.example.com"] },
        "routes": [
          { "path": "/", "upstream": "u", "auth": "optional", "encoded_slashes": "allow", "allow_addresses": ["127.0.0.0/8"],
            "request_headers": { "set": { "X-Set": "1" } }, "response_headers": { "remove": ["X-Gone"] } },
          { "path": "/a/b", "upstream": "u", "auth": "none" },
          { "path": "/", "upstream": "u", "auth": "none", "headers": { "X-Mode": "on" } }] }
      """
    let result = ConfigurationLoader.load(Array(text.utf8).span, fileName: "gateway.json", environment: [:])
    let errors = result.diagnostics.filter { $0.severity == .error }
    #expect(errors.map(\.description) == [])
    policy = try Policy(try #require(result.configuration))
    let secret = SharedSecret(Array("a secret that is long enough for sha-256".utf8))
    let keys = try KeySet(
      (0..<20).map { try VerificationKey(secret: secret, identifier: "k\($0)", algorithms: [.hs256]) })
    let issuer = TrustedIssuer(
      name: "https://issuer.test", audience: .oneOf(["orders"]), algorithms: [.hs256], keys: keys)
    authenticator = try Authenticator(issuers: [issuer], policy: policy)
    peer = Peer(address: IPAddress("127.0.0.1"), scheme: .http, trustedProxies: policy.trustedProxies)
  }

  /// All that is done with a head: it is read, decided upon, written for the upstream, and quoted in the log.
  func handle(_ bytes: [UInt8]) {
    var parser = RequestHeadParser()
    var head = RequestHead()
    guard case .complete = parser.parse(bytes.span, into: &head) else { return }
    let decision = policy.decide(head, peer: peer, now: 1_735_689_600, authenticator: authenticator, revocations: .none)
      .decision
    _ = policy.trustedProxies.clientAddress(of: head, from: peer)
    _ = policy.tokenPlaces.webSocketProtocol(offeredIn: head)
    if case .forward(let plan) = decision {
      let headPlan = plan.head(requestID: RequestID(high: 1, low: 2))
      var buffer = ByteBuffer()
      plan.write(head, headPlan, authority: .localhost, peer: peer, to: &buffer)
    }
    for index in 0..<head.fields.count { _ = TokenShape.next(in: head.fields.value(at: index)) }
    _ = TokenShape.next(in: head.target.pathAndQuery)
  }

  /// All that is done with the head of a response, here of a WebSocket's.
  static func relay(_ bytes: [UInt8]) {
    var parser = ResponseHeadParser()
    var head = ResponseHead()
    guard case .complete = parser.parse(bytes.span, requestMethod: .get, into: &head) else { return }
    var buffer = ByteBuffer()
    let plan = ResponseHeadPlan(clientVersion: .http11, keepsAlive: true)
    _ = DownstreamResponseWriter.write(
      head, rules: ResponseRules(), grant: FieldBlock(), plan: plan, date: Span(), to: &buffer)
    guard head.status == 101 else { return }
    var requestParser = RequestHeadParser()
    var request = RequestHead()
    let list = CostCase.list(of: 15_000)
    let text =
      "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Extensions: \(list)\r\nSec-WebSocket-Protocol: \(list)\r\n\r\n"
    guard case .complete = requestParser.parse(Array(text.utf8).span, into: &request) else { return }
    _ = WebSocketAnswer.flaw(of: head, to: request, accept: Array("x".utf8).span)
  }

  static func decode(_ bytes: [UInt8]) {
    for message in [ChunkedDecoder.Message.request, .response] {
      var decoder = ChunkedDecoder(message, keepsTrailers: true)
      var copy = bytes
      var span = copy.mutableSpan
      guard case .finished = decoder.decode(&span).state else { continue }
      var buffer = ByteBuffer()
      buffer.appendLastChunk(trailers: decoder.trailers, identity: IdentityFieldNames(["X-Auth-User"]))
    }
  }

  static func login(_ bytes: [UInt8]) {
    do throws(BodyRefusal) {
      let credentials = try Credentials(bytes.span)
      _ = LoginThrottle(policy: ThrottlePolicy()).admit(credentials.username, from: .local, now: 1)
      _ = try? PasswordPolicy().accept(Password(credentials.password))
    } catch {
      return
    }
  }

  func verify(_ token: [UInt8]) {
    let text = Array("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ".utf8) + token + Array("\r\n\r\n".utf8)
    handle(text)
  }

  static func mask(_ bytes: [UInt8]) { _ = TokenShape.masked(String(decoding: bytes, as: UTF8.self)) }
}
