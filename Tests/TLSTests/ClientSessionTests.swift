import Testing

@testable import TLS
@testable import Transport

@Suite struct `TLS between a client and a server` {
  private static func server(certificate: String = TestFiles.certificate) throws -> ServerTLS {
    var settings = ServerTLSSettings(pairs: [try TestFiles.pair(certificate)], listener: "test")
    settings.tickets = try TicketKeys(now: 1_800_000_000)
    return try ServerTLS(settings)
  }

  private static func context(verifies: Bool = true, takesTLS12: Bool = true) throws -> ClientContext {
    var settings = ClientTLSSettings(trust: verifies ? try TestFiles.trust() : nil)
    settings.takesTLS12 = takesTLS12
    return try ClientContext(settings)
  }

  @Test(arguments: [0, 1, 16_384, 16_385, 1_000_000]) func `carries bytes both ways`(_ count: Int) async throws {
    let text = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    let (up, down) = try await onLoop { loop in
      var pair = try await SessionPair.make(
        loop, client: ClientTLS(Self.context(), .host("localhost")), server: Self.server())
      let up = await SessionPair.pass(text, from: &pair.client, to: &pair.server, in: loop)
      let down = await SessionPair.pass(text, from: &pair.server, to: &pair.client, in: loop)
      return (up, down)
    }
    #expect(up == text && down == text)
  }

  @Test(
    arguments: [
      (.host("localhost"), nil), (.host("a.b.test"), nil), (.address("127.0.0.1"), nil),
      (.host("b.test"), .certificate(.otherName("b.test"))),
      (.host("x.a.b.test"), .certificate(.otherName("x.a.b.test"))),
      (.address("127.0.0.2"), .certificate(.otherName("127.0.0.2"))),
      (.host("127.0.0.1.b.test"), .certificate(.otherName("127.0.0.1.b.test"))),
    ] as [(ServerIdentity, TLSError?)])
  func `is made with a server of the right name alone`(_ identity: ServerIdentity, _ failure: TLSError?) async throws {
    let found = try await onLoop { loop in
      try await SessionPair.make(loop, client: ClientTLS(Self.context(), identity), server: Self.server()).clientFilter
        .failure
    }
    #expect(found == failure)
  }

  @Test func `is not made with an expired certificate, nor one of a stranger, unless nothing is verified`() async throws
  {
    let failures = try await onLoop { loop in
      let expired = try Self.server(certificate: TestFiles.expired)
      let host = ServerIdentity.host("localhost")
      let stranger = try ClientContext(ClientTLSSettings(trust: .system()))
      return [
        try await SessionPair.make(loop, client: ClientTLS(Self.context(), host), server: expired).clientFilter.failure,
        try await SessionPair.make(loop, client: ClientTLS(stranger, host), server: Self.server()).clientFilter.failure,
        try await SessionPair.make(loop, client: ClientTLS(Self.context(verifies: false), .host("x")), server: expired)
          .clientFilter
          .failure,
      ]
    }
    #expect(failures == [.certificate(.expired), .certificate(.unknownAuthority), nil])
  }

  // MARK: Ends

  @Test func `has ended for a client once the server has said so, and is broken off otherwise`() async throws {
    let (after, without) = try await onLoop { loop in
      var whole = try await SessionPair.make(
        loop, client: ClientTLS(Self.context(), .host("localhost")), server: Self.server())
      whole.server.finishSending()
      let after = await SessionPair.next(&whole.client, in: loop)
      var cut = try await SessionPair.make(
        loop, client: ClientTLS(Self.context(), .host("localhost")), server: Self.server())
      Self.cut(cut.server.detach())
      let without = await SessionPair.next(&cut.client, in: loop)
      return (after, without)
    }
    #expect(after == .endOfStream)
    guard case .failed = without else {
      Issue.record("a cut session ended as \(without)")
      return
    }
  }

  /// Closes without a farewell.
  private static func cut(_ channel: consuming Channel) { channel.resetOnClose() }

  // MARK: Sessions

  /// Connects one after the other with the same sessions, and tells which were resumed.
  private func resumptions(_ count: Int) async throws -> [Bool] {
    try await onLoop { loop in
      let (server, context, sessions) = (try Self.server(), try Self.context(), ClientSessions())
      var resumed: [Bool] = []
      for _ in 0..<count {
        let client = ClientTLS(context, .host("localhost"), sessions: sessions, server: "s")
        var pair = try await SessionPair.make(loop, client: client, server: server)
        // Tickets come with the first bytes.
        _ = await SessionPair.pass([1], from: &pair.server, to: &pair.client, in: loop)
        resumed.append(pair.clientFilter.isResumed)
      }
      return resumed
    }
  }

  @Test func `is resumed by the next one`() async throws {
    #expect(try await resumptions(4) == [false, true, true, true])
  }

  @Test func `is resumed once, with the server that it was made with, and for half a day`() async throws {
    try await onLoop { loop in
      let (server, context, sessions) = (try Self.server(), try Self.context(), ClientSessions())
      let client = ClientTLS(context, .host("localhost"), sessions: sessions, server: "s")
      var pair = try await SessionPair.make(loop, client: client, server: server)
      _ = await SessionPair.pass([1], from: &pair.server, to: &pair.client, in: loop)
      let now = Int(currentUnixTime())
      #expect(sessions.take(for: "t", at: now) == nil)
      let session = try #require(sessions.take(for: "s", at: now))
      #expect(session.isUsedOnce)
      #expect(sessions.take(for: "s", at: now) == nil, "it was used")
      func again() -> Bool { sessions.take(for: "s", at: session.verifiedAt + SessionAge.limit) != nil }
      sessions.keep(session, for: "s")
      #expect(!again(), "its server was verified half a day ago")
      sessions.keep(session, for: "s")
      #expect(sessions.take(for: "s", at: session.verifiedAt + SessionAge.limit - 1) === session)
      sessions.keep(session, for: "s")
      sessions.forget("s")
      #expect(sessions.take(for: "s", at: now) == nil)
    }
  }

  @Test func `that continues another is as old as that one`() async throws {
    try await onLoop { loop in
      let (server, context, sessions) = (try Self.server(), try Self.context(), ClientSessions())
      let now = Int(currentUnixTime())
      for moment in [now - 1000, now] {
        let client = ClientTLS(context, .host("localhost"), sessions: sessions, server: "s", at: moment)
        var pair = try await SessionPair.make(loop, client: client, server: server)
        _ = await SessionPair.pass([1], from: &pair.server, to: &pair.client, in: loop)
        #expect(pair.clientFilter.isResumed == (moment == now))
        let session = try #require(sessions.take(for: "s", at: moment))
        #expect(session.verifiedAt == now - 1000)
        sessions.keep(session, for: "s")
      }
    }
  }
}
