import Foundation
import Testing
import Transport

@testable import Proxy

/// The ways of one exchange and of several on a connection, each played step by step.
@Suite struct `An exchange` {
  private let engine: ScriptedEngine

  init() throws { engine = try ScriptedEngine() }

  private static let token = "Authorization: Bearer \(World.token)\r\n"

  private func get(_ path: String, _ fields: String = "") -> String {
    "GET \(path) HTTP/1.1\r\nHost: gate.test\r\n\(Self.token)\(fields)\r\n"
  }

  private func post(_ path: String, count: Int, _ fields: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: gate.test\r\nContent-Length: \(count)\r\n\(Self.token)\(fields)\r\n"
  }

  private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

  /// A client's exchange up to the moment at which the server has the request.
  private func begin(_ request: String) throws -> (client: ScriptedPeer, server: ScriptedPeer) {
    let client = try engine.connect()
    client.send(request)
    return (client, try #require(engine.servers.last))
  }

  // MARK: One after the other

  @Test func `goes to the server and back, and both connections serve the next one`() throws {
    let (client, server) = try begin(get("/one/1"))
    #expect(server.take().hasPrefix("GET /one/1 HTTP/1.1\r\n"))
    server.send(Self.ok)
    #expect(client.take().hasSuffix("\r\n\r\nok"))
    client.send(get("/one/2"))
    #expect(engine.servers.count == 1, "the connection is kept")
    #expect(server.take().hasPrefix("GET /one/2 HTTP/1.1\r\n"))
    server.send(Self.ok)
    #expect(client.take().hasSuffix("\r\n\r\nok"))
    #expect(engine.openCount == 2)
    engine.stop()
  }

  @Test func `requests sent ahead are answered in their order, one at a time`() throws {
    let (client, server) = try begin(get("/one/1") + get("/one/2") + get("/nowhere"))
    #expect(server.take().contains("/one/1"))
    #expect(engine.servers.count == 1)
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1")
    #expect(server.take().contains("/one/2"))
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2")
    let text = client.take()
    let places = try ["\r\n\r\n1HTTP/1.1 200", "\r\n\r\n2HTTP/1.1 404"].map {
      try #require(text.range(of: $0)).lowerBound
    }
    #expect(places == places.sorted())
    engine.stop()
  }

  @Test func `a hundred refused requests sent ahead are each answered once`() throws {
    let client = try engine.connect()
    client.send(String(repeating: "GET /one HTTP/1.1\r\nHost: gate.test\r\n\r\n", count: 100))
    #expect(client.take().ranges(of: "HTTP/1.1 401 ").count == 100)
    engine.stop()
  }

  // MARK: Early answers

  @Test
  func `an answer that comes before the body is relayed at once, and what is left of the body is read for a while`()
    throws
  {
    let (client, server) = try begin(post("/one/1", count: 10) + "12345")
    server.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
    #expect(client.take().hasSuffix("\r\n\r\nbig"))
    #expect(client.hasEnded, "no request can follow a body that was not read")
    client.send("67890")
    #expect(!client.link.gatewayHasClosed, "an answer must not be lost to a reset")
    engine.run(seconds: 3)
    #expect(client.link.gatewayHasClosed)
    #expect(server.link.gatewayHasClosed, "the connection upstream is not kept")
    engine.stop()
  }

  @Test func `an early answer is relayed beside the rest of the body`() throws {
    let (client, server) = try begin(post("/one/1", count: 10) + "12345")
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab")
    #expect(client.take().hasSuffix("\r\n\r\nab"))
    client.send("67890")
    #expect(server.take().hasSuffix("\r\n\r\n1234567890"))
    server.send("cd")
    #expect(client.take() == "cd")
    engine.stop()
  }

  @Test func `interim responses go out at once, a 100 only to a client that waits for it`() throws {
    let (client, server) = try begin(post("/one/1", count: 2, "Expect: 100-continue\r\n"))
    server.send(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
    let text = client.take()
    #expect(text.ranges(of: "HTTP/1.1 103 ").count == 1)
    #expect(text.ranges(of: "HTTP/1.1 100 ").count == 1)
    client.send("ab")
    server.send(Self.ok)
    #expect(client.take().hasSuffix("\r\n\r\nok"))
    engine.stop()
  }

  @Test func `a client that waits for its 100 gets the gateway's after a second`() throws {
    let (client, server) = try begin(post("/one/1", count: 2, "Expect: 100-continue\r\n"))
    #expect(!server.take().isEmpty)
    engine.run(seconds: 0.9)
    #expect(client.take() == "")
    engine.run(seconds: 0.2)
    #expect(client.take().hasPrefix("HTTP/1.1 100 "))
    engine.stop()
  }

  // MARK: Aborts

  /// The phases in which a client may leave: what has happened by then, and whether the connection upstream can be kept.
  enum Phase: CaseIterable { case head, connecting, body, awaiting, relaying, tunnel }

  private func play(until phase: Phase) throws -> ScriptedPeer {
    let client = try engine.connect()
    switch phase {
    case .head: client.send("GET /one HTTP/1.1\r\nHost: ga")
    case .connecting:
      engine.connects = [.hang]
      client.send(get("/one/1"))
    case .body: client.send(post("/one/1", count: 10) + "123")
    case .awaiting: client.send(get("/one/1"))
    case .relaying:
      client.send(get("/one/1"))
      try #require(engine.servers.last).send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123")
    case .tunnel:
      client.send(
        get(
          "/one/1",
          "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(Exchanged.webSocketKey)\r\n"
        ))
      try #require(engine.servers.last).send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: \(Exchanged.webSocketAccept)\r\n\r\n"
      )
      #expect(client.take().hasPrefix("HTTP/1.1 101 "))
    }
    return client
  }

  @Test(arguments: Phase.allCases) func `ends with a client that resets its connection, in whatever phase`(phase: Phase)
    throws
  {
    let client = try play(until: phase)
    client.reset()
    engine.run(seconds: 0.1)
    #expect(client.link.gatewayHasClosed)
    for server in engine.servers { #expect(server.link.gatewayHasClosed, "a response that nobody wants is not read") }
    #expect(engine.openCount == 0)
    #expect(engine.worker.connectionCount == 0)
    engine.stop()
  }

  @Test(arguments: Phase.allCases) func `ends by a deadline if nobody says anything any more, in whatever phase`(
    phase: Phase
  ) throws {
    let client = try play(until: phase)
    engine.run(seconds: 30)
    #expect(client.link.gatewayHasClosed)
    #expect(engine.openCount == 0)
    #expect(engine.worker.connectionCount == 0)
    #expect(engine.loop.waitCount == 0)
    engine.stop()
  }

  @Test(arguments: Phase.allCases) func `ends soon after its server has broken off, in whatever phase`(phase: Phase)
    throws
  {
    let client = try play(until: phase)
    for server in engine.servers { server.reset() }
    engine.run(seconds: 30)
    #expect(client.link.gatewayHasClosed)
    #expect(engine.openCount == 0)
    #expect(engine.loop.waitCount == 0)
    engine.stop()
  }

  // MARK: Half-closes

  @Test func `a client that closes its sending side behind its request gets its answer`() throws {
    let (client, server) = try begin(get("/one/1"))
    client.finish()
    #expect(!server.link.gatewayHasClosed)
    server.send(Self.ok)
    #expect(client.take().hasSuffix("\r\n\r\nok"))
    #expect(client.hasEnded)
    engine.stop()
  }

  @Test func `a client that closes its sending side long after its request has left`() throws {
    let (client, server) = try begin(get("/one/1"))
    engine.run(seconds: 1.5)
    client.finish()
    #expect(server.link.gatewayHasClosed)
    #expect(client.hasEnded)
    engine.stop()
  }

  // MARK: Stale connections

  /// A kept connection that the server closes as the request arrives on it.
  private func stale(_ request: String) throws -> ScriptedPeer {
    let (client, server) = try begin(get("/one/1"))
    server.send(Self.ok)
    _ = client.take()
    _ = server.take()
    client.send(request)
    #expect(engine.servers.count == 1)
    #expect(!server.take().isEmpty)
    server.close()
    return client
  }

  @Test func `a request that may be repeated goes over another connection`() throws {
    let client = try stale(get("/one/2"))
    try #require(engine.servers.count == 2)
    #expect(engine.servers[1].take().hasPrefix("GET /one/2 "))
    engine.servers[1].send(Self.ok)
    #expect(client.take().hasSuffix("\r\n\r\nok"))
    engine.stop()
  }

  @Test func `a request that may not be repeated is not`() throws {
    let client = try stale(post("/one/2", count: 2) + "ab")
    #expect(engine.servers.count == 1)
    #expect(client.take().hasPrefix("HTTP/1.1 502 "))
    engine.stop()
  }

  @Test func `a connection that the server closes while nobody uses it is not used again`() throws {
    let (client, server) = try begin(get("/one/1"))
    server.send(Self.ok)
    _ = client.take()
    server.close()
    #expect(server.link.gatewayHasClosed)
    client.send(post("/one/2", count: 2) + "ab")
    #expect(engine.servers.count == 2)
    engine.stop()
  }

  @Test func `a server that says something out of turn loses its connection`() throws {
    let (client, server) = try begin(get("/one/1"))
    server.send(Self.ok)
    _ = client.take()
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstale")
    #expect(server.link.gatewayHasClosed)
    client.send(get("/one/2"))
    engine.servers.last?.send(Self.ok)
    #expect(client.take().hasSuffix("\r\n\r\nok"))
    engine.stop()
  }

  // MARK: Choosing another server

  @Test func `a server that refuses the connection is passed over`() throws {
    engine.connects = [.refuse, .refuse, .accept]
    let (client, server) = try begin(post("/three/1", count: 2) + "ab")
    #expect(server.take().hasSuffix("\r\n\r\nab"), "nothing was sent before, so even this may go to another one")
    server.send(Self.ok)
    #expect(client.take().hasSuffix("\r\n\r\nok"))
    engine.stop()
  }

  @Test func `if no server can be reached, the client is told so`() throws {
    engine.connects = [.refuse, .refuse, .refuse]
    let client = try engine.connect()
    client.send(get("/three/1"))
    #expect(client.take().hasPrefix("HTTP/1.1 502 "))
    engine.stop()
  }

  @Test func `without a descriptor for the connection the client is told to come back`() throws {
    engine.connects = [.exhausted, .exhausted]
    let client = try engine.connect()
    client.send(get("/one/1"))
    #expect(client.take().hasPrefix("HTTP/1.1 503 "))
    engine.stop()
  }

  // MARK: Deadlines

  @Test(arguments: [("/one/1", 3.0, 504), ("/short/1", 1.0, 504)])
  func `a server that says nothing is waited for as long as the configuration says`(
    path: String, seconds: Double, status: Int
  ) throws {
    let (client, _) = try begin(get(path))
    engine.run(seconds: seconds - 0.05)
    #expect(client.take() == "")
    engine.run(seconds: 0.1)
    #expect(client.take().hasPrefix("HTTP/1.1 \(status) "))
    engine.stop()
  }

  @Test func `a connection that is not made in time is given up`() throws {
    engine.connects = [.hang]
    let client = try engine.connect()
    client.send(get("/one/1"))
    engine.run(seconds: 0.95)
    #expect(client.take() == "")
    engine.run(seconds: 0.1)
    #expect(client.take().hasPrefix("HTTP/1.1 504 "))
    engine.stop()
  }

  // MARK: Slow peers

  @Test func `a client that sends its head a byte at a time has so long, whatever it sends`() throws {
    let client = try engine.connect()
    for byte in "GET /one HTTP/1.1\r\nX: aaaaaa" {
      client.send("\(byte)")
      engine.run(seconds: 0.07)
    }
    #expect(client.text == "", "2 s have not passed yet")
    engine.run(seconds: 0.5)
    #expect(client.take().hasPrefix("HTTP/1.1 408 "))
    engine.stop()
  }

  @Test func `a response is held back while its client takes nothing, in bounded memory`() throws {
    let client = try engine.connect(capacity: 100)
    // The head comes in pieces: there is room for a hundred bytes on the way.
    var rest = get("/one/1").utf8[...]
    while !rest.isEmpty { rest = rest.dropFirst(client.send(String(Substring(rest)))) }
    let server = try #require(engine.servers.last)
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    var sent = 0
    for _ in 0..<200 { sent += server.send(String(repeating: "x", count: 5000)) }
    #expect(sent < 300_000, "the rest waits at the server")
    #expect(client.read(50) == 50)
    engine.stop()
  }
}
