import Bytes
import Configuration
import Cryptography
import HTTP
import Policy
import Transport

/// WebSockets (RFC 6455): from the upstream's 101 to the end of the tunnel.
///
///     101 ──▶ judge it ──▶ pass it on ──▶ relay both ways ──▶ one side ends ──▶ the other one may finish
///                                              └──▶ the token is good no longer, nobody says anything ──▶ Close to both
///
/// 1. Until the 101 has been judged nothing that the client sends behind its handshake is read, let alone passed on.
/// 2. No byte passes once the token has expired, or before it was judged again after the keys or the configuration have changed.
/// 3. What is in between is bytes: frames are followed only to know where one of the gateway's own could stand.
extension ProxyService {
  /// Passes a 101 on and relays bytes until the tunnel ends.
  ///
  /// - Throws: if the 101 is none for this handshake; nothing has been sent to the client then.
  func tunnel(
    _ client: inout Downstream, _ upstream: inout UpstreamConnection, _ plan: ForwardPlan, _ serving: Serving,
    _ record: inout ExchangeRecord
  ) async throws(ExchangeFailure) {
    if let flaw = Self.flaw(of: client.response, to: client.head) {
      throw .upstream(.nonsense(.init(text: flaw.reason)))
    }
    client.ending = .closed
    record.status = client.response.status
    guard let rules = plan.forwarding.webSocket, await passOn101(to: &client, plan, serving) else { return }

    client.socket.keepAlive(after: .seconds(60), every: .seconds(15), count: 4)
    upstream.socket.keepAlive(after: .seconds(60), every: .seconds(15), count: 4)
    let tunnel = Tunnel(
      client: client.socket.id, warrant: serving.snapshot.policy.warrant(of: plan, client.head, from: client.peer))
    tunnels.insert(tunnel)
    var up = TunnelWay(early: client.input)
    var down = TunnelWay(early: upstream.input)
    let ending = await relay(
      tunnel, &client, &upstream, &up, &down, idleTimeout: rules.idleTimeout.wholeNanoseconds, serving.authenticator)
    tunnels.remove(tunnel)
    if let close = ending.close {
      say(close, to: &client.socket, behind: down, pending: upstream.input, mask: nil)
      let mask = UInt32(truncatingIfNeeded: randomBits())
      say(close, to: &upstream.socket, behind: up, pending: client.input, mask: mask)
      // A process that ends waits for nobody.
      if ending != .stopping { await part(from: &client, and: &upstream) }
    }
    record.sentBytes = down.byteCount
    record.tunnel = ExchangeRecord.TunnelEnd(receivedBytes: up.byteCount, ending: ending)
    if case .token(let reason) = ending { record.reason = reason }
    updateTexts()
  }

  private static func flaw(
    of response: borrowing ResponseHead, to request: borrowing RequestHead
  ) -> WebSocketAnswer.Flaw? {
    guard let line = request.fields.first(.secWebSocketKey) else { return .wrongAccept }
    let accept = WebSocketKey.accept(for: request.fields.value(at: line))
    return WebSocketAnswer.flaw(of: response, to: request, accept: accept.span)
  }

  private func passOn101(to client: inout Downstream, _ plan: ForwardPlan, _ serving: Serving) async -> Bool {
    var output = ByteBuffer(from: buffers)
    let head = ResponseHeadPlan(
      clientVersion: client.head.version, keepsAlive: true, forwardsWebSocket: true,
      webSocketProtocol: serving.snapshot.policy.tokenPlaces.webSocketProtocol(offeredIn: client.head))
    _ = DownstreamResponseWriter.write(
      client.response, rules: plan.forwarding.responseRules, grant: plan.cors, plan: head, date: date.span,
      to: &output)
    return await client.send(&output, in: loop, meter: clientMeter)
  }

  // MARK: Relaying

  /// How long one side may go on without a word when the other one has ended: there is no half of a WebSocket.
  private static let closingTime: Int64 = 10_000_000_000
  /// Relays both directions until the tunnel ends.
  ///
  /// - Parameter judge: what has let the handshake through.
  private func relay(
    _ tunnel: Tunnel, _ client: inout Downstream, _ upstream: inout UpstreamConnection, _ up: inout TunnelWay,
    _ down: inout TunnelWay, idleTimeout: Int64, _ judge: Authenticator
  ) async -> Tunnel.Ending {
    // How long bytes may wait for a side that takes none: as long as a body that has earned the most.
    let stallTime = 6 * serving.snapshot.timings.head
    var judge = judge
    // Who ends it, once one side has said so in a frame, and once one has ended its connection.
    var closer: Tunnel.Ending?
    var first: Tunnel.Ending?
    var (upStep, downStep) = (TunnelWay.Step.needsSource, TunnelWay.Step.needsSource)
    var (upPace, downPace) = (Pace(at: loop.now), Pace(at: loop.now))
    while true {
      if let order = tunnel.order { return order }
      if let reason = refusal(of: tunnel, &judge) { return .token(reason) }

      if upStep != .finished {
        upStep = up.step(from: &client.socket, through: &client.input, to: &upstream.socket)
      }
      if downStep != .finished {
        downStep = down.step(from: &upstream.socket, through: &upstream.input, to: &client.socket)
      }
      // Who was first to say Close has ended it, whoever closes the connection first.
      if closer == nil, up.frames.hasClosed { closer = .client }
      if closer == nil, down.frames.hasClosed { closer = .upstream }
      if first == nil, upStep == .finished { first = closer ?? .client }
      if first == nil, downStep == .finished { first = closer ?? .upstream }
      if let first, upStep == .finished, downStep == .finished { return first }
      if upStep == .sourceFailed || downStep == .sinkFailed { return first ?? closer ?? .client }
      if upStep == .sinkFailed || downStep == .sourceFailed { return first ?? closer ?? .upstream }
      if upStep == .needsTurn || downStep == .needsTurn {
        upPace.note(up.byteCount, at: loop.now)
        downPace.note(down.byteCount, at: loop.now)
        await loop.nextTurn()
        continue
      }

      // What a slow side takes counts although there is no room for more yet.
      upPace.note(up.byteCount &- UInt64(upStep == .needsSink ? upstream.socket.unsentCount : 0), at: loop.now)
      downPace.note(down.byteCount &- UInt64(downStep == .needsSink ? client.socket.unsentCount : 0), at: loop.now)
      var limit = max(upPace.moved, downPace.moved)
        .advanced(byNanoseconds: first == nil ? idleTimeout : Self.closingTime)
      if loop.now >= limit { return first ?? .idle }
      for (step, pace) in [(upStep, upPace), (downStep, downPace)] where step == .needsSink {
        let stall = pace.moved.advanced(byNanoseconds: stallTime)
        if loop.now >= stall { return first ?? .stalled }
        limit = min(limit, stall)
      }
      if let gone = await wait(client, upstream, upStep, downStep, until: min(limit, expiry(of: tunnel))) {
        return first ?? gone
      }
    }
  }

  /// When something has last moved in one direction.
  private struct Pace {
    private(set) var moved: MonotonicTime
    private var count: UInt64 = 0

    init(at now: MonotonicTime) { moved = now }

    mutating func note(_ count: UInt64, at now: MonotonicTime) {
      guard count != self.count else { return }
      self.count = count
      moved = now
    }
  }

  /// Waits for what either direction needs; who is gone, if neither direction would notice.
  private func wait(
    _ client: borrowing Downstream, _ upstream: borrowing UpstreamConnection, _ up: TunnelWay.Step,
    _ down: TunnelWay.Step, until limit: MonotonicTime
  ) async -> Tunnel.Ending? {
    switch (up, down) {
    case (.needsSource, .needsSource):
      _ = await loop.wait(for: client.socket.readable, or: upstream.socket.readable, until: limit)
    case (.needsSink, .needsSink):
      _ = await loop.wait(for: upstream.socket.writable, or: client.socket.writable, until: limit)
    case (.needsSource, .needsSink):
      _ = await loop.wait(
        for: client.socket.readable, or: client.socket.writable, or: upstream.socket.broken, until: limit)
      return upstream.socket.isBroken ? .upstream : nil
    case (.needsSink, .needsSource):
      _ = await loop.wait(
        for: upstream.socket.writable, or: upstream.socket.readable, or: client.socket.broken, until: limit)
      return client.socket.isBroken ? .client : nil
    // Of a connection that has been ended in both directions there may still be something to read.
    case (.finished, .needsSink): _ = await loop.wait(for: client.socket.writable, until: limit)
    case (.needsSink, .finished): _ = await loop.wait(for: upstream.socket.writable, until: limit)
    case (.finished, _):
      _ = await loop.wait(for: upstream.socket.readable, or: client.socket.broken, until: limit)
      return client.socket.isBroken ? .client : nil
    case (_, _):
      _ = await loop.wait(for: client.socket.readable, or: upstream.socket.broken, until: limit)
      return upstream.socket.isBroken ? .upstream : nil
    }
    return nil
  }

  // MARK: The token

  /// How often a tunnel that will expire looks at the clock, which may be set while it sleeps.
  private static let clockTime = 60.0

  /// Why the token that a tunnel was opened with is refused by now; nil if it isn't.
  private func refusal(of tunnel: Tunnel, _ judge: inout Authenticator) -> RejectionReason? {
    guard let expiresAt = tunnel.warrant?.expiresAt else { return nil }
    let current = serving.authenticator
    if current !== judge {
      judge = current
      return tunnel.warrant?.judge(at: loop.unixTime, by: current)
    }
    return loop.unixTime >= expiresAt ? .tokenExpired : nil
  }

  private func expiry(of tunnel: Tunnel) -> MonotonicTime {
    guard let moment = tunnel.warrant?.expiresAt, moment < .infinity else { return .never }
    let remaining = max(0, min(moment - loop.unixTime, Self.clockTime))
    return loop.now.advanced(byNanoseconds: Int64(remaining * 1e9))
  }

  // MARK: Parting

  /// Says why the tunnel ends, if a frame can be put there, and that nothing more will come.
  ///
  /// - Parameters:
  ///   - pending: what waits to be written to the client.
  ///   - way: what the client was told so far.
  private func say(
    _ close: (code: UInt16, reason: StaticString), to socket: inout Socket, behind way: borrowing TunnelWay,
    pending: borrowing ByteBuffer, mask: UInt32?
  ) {
    if pending.isEmpty, way.frames.takesFrame {
      var output = ByteBuffer(from: buffers)
      WebSocketFrames.appendClose(close.code, close.reason, mask: mask, to: &output)
      _ = socket.send(&output)
    }
    socket.finishSending()
  }

  private static let partingTime: Int64 = 2_000_000_000

  /// Reads on for a while without passing anything on, so that what was said last isn't lost to a reset.
  private func part(from client: inout Downstream, and upstream: inout UpstreamConnection) async {
    let deadline = loop.now.advanced(byNanoseconds: Self.partingTime)
    var (clientEnded, upstreamEnded) = (false, false)
    while loop.now < deadline {
      clientEnded = clientEnded || Self.hasEnded(&client.socket, &client.input)
      upstreamEnded = upstreamEnded || Self.hasEnded(&upstream.socket, &upstream.input)
      switch (clientEnded, upstreamEnded) {
      case (true, true): return
      case (true, false): _ = await loop.wait(for: upstream.socket.readable, until: deadline)
      case (false, true): _ = await loop.wait(for: client.socket.readable, until: deadline)
      case (false, false):
        _ = await loop.wait(for: client.socket.readable, or: upstream.socket.readable, until: deadline)
      }
    }
  }

  /// Throws away what has come; whether the peer has ended.
  private static func hasEnded(_ socket: inout Socket, _ input: inout ByteBuffer) -> Bool {
    // A peer that goes on at full speed gives others their turn with each wait.
    for _ in 0..<16 {
      input.removeAll()
      guard socket.isReadable else { break }
      input.reserve(1024)
      switch socket.receive(into: &input) {
      case .bytes: continue
      case .wouldBlock: break
      case .endOfStream, .failed:
        input.removeAll()
        input.giveBack()
        return true
      }
    }
    input.removeAll()
    input.giveBack()
    return false
  }
}

/// What a server that has understood a handshake answers to its key (RFC 6455 §4.2.2).
enum WebSocketKey {
  private static let salt: StaticString = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

  /// What `Sec-WebSocket-Accept` must be; nothing that a field could hold if there is no SHA-1.
  static func accept(for key: Span<UInt8>) -> [UInt8] {
    var text = ByteBuffer(capacity: 128)
    text.append(key)
    text.append(salt)
    guard let digest = SHA1.hash(of: text.readable) else { return [0] }
    text.removeAll()
    Base64.encode(digest.span, into: &text)
    return text.readable.array
  }
}
