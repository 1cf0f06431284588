import Testing

@testable import Proxy
@testable import Transport

/// Connections as the acceptor counts, parks and closes them.
@Suite struct `The acceptor` {
  private static let request = "GET /one/1 HTTP/1.1\r\nHost: gate.test\r\nAuthorization: Bearer \(World.token)\r\n\r\n"
  private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

  @Test func `closes a connection that says nothing when the time for a head is over`() throws {
    let engine = try ScriptedEngine()
    let client = try engine.connect()
    engine.run(seconds: 1.9)
    #expect(!client.link.gatewayHasClosed)
    engine.run(seconds: 0.2)
    #expect(client.link.gatewayHasClosed)
    #expect(client.take() == "", "nothing was asked, so nothing is answered")
    #expect(engine.worker.connectionCount == 0)
    engine.stop()
  }

  @Test func `closes a kept connection when its idle time is over`() throws {
    let engine = try ScriptedEngine()
    let client = try engine.connect()
    client.send(Self.request)
    try #require(engine.servers.first).send(Self.ok)
    #expect(client.take().hasSuffix("ok"))
    engine.run(seconds: 4.9)
    #expect(!client.link.gatewayHasClosed)
    engine.run(seconds: 0.3)
    #expect(client.link.gatewayHasClosed)
    engine.stop()
  }

  @Test func `takes no more connections than the limit, and makes room among the quiet ones alone`() throws {
    let engine = try ScriptedEngine(seed: 1)
    let acceptor = try #require(engine.worker.acceptor(for: ListenerTag(number: 0, isAdmin: false)))
    let busy = try engine.connect()
    busy.send(Self.request)
    let quiet = try engine.connect()
    #expect(!acceptor.isAccepting)
    #expect(!acceptor.makeRoom(forDescriptor: false), "nobody has been quiet for long enough")
    engine.run(seconds: 1.2)
    #expect(acceptor.makeRoom(forDescriptor: false))
    #expect(acceptor.isAccepting)
    #expect(quiet.link.gatewayHasClosed && !busy.link.gatewayHasClosed)
    engine.stop()
  }

  @Test func `looks for quiet connections no more than ten times a second`() throws {
    let engine = try ScriptedEngine(seed: 1)
    let acceptor = try #require(engine.worker.acceptor(for: ListenerTag(number: 0, isAdmin: false)))
    let client = try engine.connect()
    engine.run(seconds: 0.95)
    #expect(!acceptor.makeRoom(forDescriptor: false))
    engine.run(seconds: 0.06)
    #expect(!acceptor.makeRoom(forDescriptor: false), "it has looked just now")
    engine.run(seconds: 0.1)
    #expect(acceptor.makeRoom(forDescriptor: false))
    #expect(client.link.gatewayHasClosed)
    engine.stop()
  }

  @Test func `spares idle connections upstream first if it is descriptors that are wanting`() throws {
    let engine = try ScriptedEngine()
    let acceptor = try #require(engine.worker.acceptor(for: ListenerTag(number: 0, isAdmin: false)))
    let client = try engine.connect()
    client.send(Self.request)
    let server = try #require(engine.servers.first)
    server.send(Self.ok)
    #expect(client.take().hasSuffix("ok"))
    #expect(acceptor.makeRoom(forDescriptor: true))
    #expect(server.link.gatewayHasClosed && !client.link.gatewayHasClosed)
    engine.stop()
  }

  @Test func `a drain closes what is quiet and lets an exchange end`() throws {
    let engine = try ScriptedEngine()
    let busy = try engine.connect()
    busy.send(Self.request)
    let quiet = try engine.connect()
    engine.loop.asJob { engine.worker.drain {} }
    engine.worker.closeParked()
    engine.run()
    #expect(quiet.link.gatewayHasClosed && !busy.link.gatewayHasClosed)
    try #require(engine.servers.first).send(Self.ok)
    let answer = busy.take()
    #expect(answer.contains("Connection: close\r\n") && answer.hasSuffix("ok"))
    #expect(busy.hasEnded)
    engine.run(seconds: 3)
    #expect(engine.openCount == 0)
    engine.stop()
  }
}
