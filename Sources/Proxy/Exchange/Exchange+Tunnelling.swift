import Bytes
import Configuration
import HTTP
import Observability
import Policy
import Transport

/// Phases *opening a tunnel*, *tunnelling* and *parting*: a WebSocket (RFC 6455) from the upstream's 101 to its end.
///
///     101 ──▶ judge it ──▶ pass it on ──▶ relay both ways ──▶ one side ends ──▶ the other one may finish
///                                              └──▶ the token is good no longer, nobody says anything ──▶ Close to both
///
/// 1. Until the 101 has been judged nothing that the client sends behind its handshake is read, let alone passed on.
/// 2. No byte passes once the token has expired, or before it was judged again after the keys or the configuration have changed.
/// 3. What is in between is bytes: frames are followed only to know where one of the gateway's own could stand.
extension Exchange {
  /// Puts the 101 on its way to the client, unless it is none for this handshake.
  mutating func beginTunnel<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    if let flaw {
      return fail(.upstream(.malformedResponse(.init(text: flaw.reason))), &client, worker)
    }
    record.status = response.status
    let places = snapshot.shared.policy.tokenPlaces
    forwarding.value.begin(
      response, to: &client, keepsAlive: true, date: worker.date.span,
      opening: TunnelOpening(webSocketProtocol: places.webSocketProtocol(offeredIn: request)))
    client.ending = .closed
    pace.reset()
    phase = .openingTunnel
    return .again
  }

  private var flaw: WebSocketAnswer.Flaw? {
    guard let line = request.fields.first(.secWebSocketKey) else { return .wrongAccept }
    let accept = WebSocketKey.accept(for: request.fields.value(at: line))
    return WebSocketAnswer.flaw(of: response, to: request, accept: accept.span)
  }

  /// Writes the 101, then opens both directions.
  mutating func openTunnel<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    switch flush(&client, worker, wake) {
    case .done: break
    case .wait: return .wait
    case .failed: return end(client, worker)
    }
    guard let rules = forwarding.value.plan.forwarding.webSocket else { return end(client, worker) }
    client.beginTunnel()
    upstream.value.stream.connection.beginTunnel()
    let tunnel = Tunnel(
      client: client.id, warrant: snapshot.shared.policy.warrant(of: forwarding.value.plan, request, from: peer))
    // Its token may have been taken back while the upstream thought about the handshake.
    let isRevoked = tunnel.warrant.map { worker.revocations.include($0.identity) } ?? false
    worker.tunnels.insert(tunnel, order: isRevoked ? .token(.tokenRevoked) : nil)
    let now = worker.loop.now
    self.tunnel.put(
      TunnelRelay(
        tunnel: tunnel, up: TunnelWay(buffers: worker.buffers), down: TunnelWay(buffers: worker.buffers),
        upPace: TunnelRelay.Pace(at: now), downPace: TunnelRelay.Pace(at: now), judge: snapshot.authenticator,
        idleTimeout: rules.idleTimeout.wholeNanoseconds,
        // As long as a body that has earned the most.
        stallTime: 6 * worker.snapshot.shared.timeouts.head))
    phase = .tunnelling
    return .again
  }

  // MARK: Relaying

  /// The time for which one side may go on without a word when the other one has ended: there is no half of a WebSocket.
  private static var closingTime: Int64 { 10_000_000_000 }

  /// Relays both directions until the tunnel ends.
  mutating func relayTunnel<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    if let order = tunnel.value.tunnel.order { return endTunnel(order, &client, worker) }
    if let reason = tunnelRefusal(worker) { return endTunnel(.token(reason), &client, worker) }
    moveTunnel(&client)
    if let ending = tunnelEnding { return endTunnel(ending, &client, worker) }
    let now = worker.loop.now
    let (upStep, downStep) = (tunnel.value.upStep, tunnel.value.downStep)
    if upStep == .needsTurn || downStep == .needsTurn {
      tunnel.value.upPace.note(tunnel.value.up.byteCount, at: now)
      tunnel.value.downPace.note(tunnel.value.down.byteCount, at: now)
      return .nextTurn
    }
    // A slow side's bytes count as taken although there is no room for more yet.
    let upUnsent = upStep == .needsSink ? upstream.value.stream.unsentCount : 0
    let downUnsent = downStep == .needsSink ? client.unsentCount : 0
    tunnel.value.upPace.note(tunnel.value.up.byteCount &- UInt64(upUnsent), at: now)
    tunnel.value.downPace.note(tunnel.value.down.byteCount &- UInt64(downUnsent), at: now)
    let first = tunnel.value.first
    var limit = max(tunnel.value.upPace.moved, tunnel.value.downPace.moved)
      .advanced(byNanoseconds: first == nil ? tunnel.value.idleTimeout : Self.closingTime)
    if now >= limit { return endTunnel(first ?? .idle, &client, worker) }
    for (step, pace) in [(upStep, tunnel.value.upPace), (downStep, tunnel.value.downPace)] where step == .needsSink {
      let stall = pace.moved.advanced(byNanoseconds: tunnel.value.stallTime)
      if now >= stall { return endTunnel(first ?? .stalled, &client, worker) }
      limit = min(limit, stall)
    }
    return waitInTunnel(&client, until: min(limit, tunnelExpiry(worker)), worker)
  }

  /// Moves what can be moved in both directions.
  private mutating func moveTunnel<Client: ClientStream & ~Copyable>(_ client: inout Client) {
    if tunnel.value.upStep != .finished {
      tunnel.value.upStep = tunnel.value.up.step(from: &client, to: &upstream.value.stream)
      if tunnel.value.upStep == .finished { upstream.value.stream.connection.channel.finishSending() }
    }
    if tunnel.value.downStep != .finished {
      tunnel.value.downStep = tunnel.value.down.step(from: &upstream.value.stream, to: &client)
      if tunnel.value.downStep == .finished { client.finishSending() }
    }
  }

  /// The reason for which the tunnel has ended, as the last move has shown; nil if it goes on.
  private var tunnelEnding: Tunnel.Ending? {
    let (upStep, downStep) = (tunnel.value.upStep, tunnel.value.downStep)
    // The side that was first to say Close has ended it, whichever closes the connection first.
    if tunnel.value.closer == nil, tunnel.value.up.frames.hasClosed { tunnel.value.closer = .client }
    if tunnel.value.closer == nil, tunnel.value.down.frames.hasClosed { tunnel.value.closer = .upstream }
    let closer = tunnel.value.closer
    if tunnel.value.first == nil, upStep == .finished { tunnel.value.first = closer ?? .client }
    if tunnel.value.first == nil, downStep == .finished { tunnel.value.first = closer ?? .upstream }
    let first = tunnel.value.first
    if let first, upStep == .finished, downStep == .finished { return first }
    if upStep == .sourceFailed || downStep == .sinkFailed { return first ?? closer ?? .client }
    if upStep == .sinkFailed || downStep == .sourceFailed { return first ?? closer ?? .upstream }
    return nil
  }

  /// Waits for what either direction needs, and for a side that is gone where neither direction would notice.
  private mutating func waitInTunnel<Client: ClientStream & ~Copyable>(
    _ client: inout Client, until limit: MonotonicTime, _ worker: WorkerContext
  ) -> Next {
    let first = tunnel.value.first
    switch (tunnel.value.upStep, tunnel.value.downStep) {
    case (.needsSource, .needsSource):
      return wait(client.readable, or: upstream.value.stream.readable, until: limit)
    case (.needsSink, .needsSink): return wait(upstream.value.stream.writable, or: client.writable, until: limit)
    case (.needsSource, .needsSink):
      if upstream.value.stream.isBroken { return endTunnel(first ?? .upstream, &client, worker) }
      return wait(client.readable, or: client.writable, orElse: upstream.value.stream.broken, until: limit)
    case (.needsSink, .needsSource):
      if client.isBroken { return endTunnel(first ?? .client, &client, worker) }
      return wait(
        upstream.value.stream.writable, or: upstream.value.stream.readable, orElse: client.broken, until: limit)
    // Of a connection that has been ended in both directions there may still be something to read.
    case (.finished, .needsSink): return wait(client.writable, until: limit)
    case (.needsSink, .finished): return wait(upstream.value.stream.writable, until: limit)
    case (.finished, _):
      if client.isBroken { return endTunnel(first ?? .client, &client, worker) }
      return wait(upstream.value.stream.readable, or: client.broken, until: limit)
    case (_, _):
      if upstream.value.stream.isBroken { return endTunnel(first ?? .upstream, &client, worker) }
      return wait(client.readable, or: upstream.value.stream.broken, until: limit)
    }
  }

  // MARK: The token

  /// The interval at which a tunnel that will expire looks at the clock, which may be set while it sleeps, in seconds.
  private static var clockTime: Double { 60 }

  /// The reason for which the token that opened the tunnel is refused by now; nil if it isn't.
  private func tunnelRefusal(_ worker: WorkerContext) -> RejectionReason? {
    guard let expiresAt = tunnel.value.tunnel.warrant?.expiresAt else { return nil }
    let current = worker.snapshot.authenticator
    if current !== tunnel.value.judge {
      tunnel.value.judge = current
      return tunnel.value.tunnel.warrant?.judge(
        at: worker.loop.unixTime, by: current, revocations: worker.revocations)
    }
    return worker.loop.unixTime >= expiresAt ? .tokenExpired : nil
  }

  private func tunnelExpiry(_ worker: WorkerContext) -> MonotonicTime {
    guard let moment = tunnel.value.tunnel.warrant?.expiresAt, moment < .infinity else { return .never }
    let remaining = max(0, min(moment - worker.loop.unixTime, Self.clockTime))
    return worker.loop.now.advanced(byNanoseconds: Int64(remaining * 1e9))
  }

  // MARK: Parting

  private static var partingTime: Int64 { 2_000_000_000 }

  /// Ends the tunnel: both sides are told why, where there is something to say, and may finish what they are saying.
  private mutating func endTunnel<Client: ClientStream & ~Copyable>(
    _ ending: Tunnel.Ending, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    worker.tunnels.remove(tunnel.value.tunnel)
    record.sentBytes = tunnel.value.down.byteCount
    record.tunnel = ExchangeRecord.TunnelEnd(receivedBytes: tunnel.value.up.byteCount, ending: ending)
    if case .token(let reason) = ending { record.reason = reason }
    if let close = ending.close {
      var frame = ByteBuffer(from: worker.buffers)
      if tunnel.value.down.takesFrame {
        WebSocketFrames.appendClose(close.code, close.reason, mask: nil, to: &frame)
        client.sendLast(&frame)
      }
      client.finishSending()
      frame.removeAll()
      if tunnel.value.up.takesFrame {
        let mask = UInt32(truncatingIfNeeded: worker.randomBits())
        WebSocketFrames.appendClose(close.code, close.reason, mask: mask, to: &frame)
        _ = upstream.value.stream.connection.channel.send(&frame)
      }
      upstream.value.stream.connection.channel.finishSending()
      // A process that ends does not wait for peers.
      if ending != .stopping {
        tunnel.value.partingEnd = worker.loop.now.advanced(byNanoseconds: Self.partingTime)
        phase = .parting
        return .again
      }
    }
    tunnel.clear()
    return end(client, worker)
  }

  /// Reads on for a while without passing anything on, so that what was said last isn't lost to a reset.
  mutating func part<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    let limit = tunnel.value.partingEnd
    if !tunnel.value.hasClientEnded { tunnel.value.hasClientEnded = client.discardInput() }
    if !tunnel.value.hasUpstreamEnded {
      tunnel.value.hasUpstreamEnded = upstream.value.stream.connection.discardInput()
    }
    if worker.loop.now < limit {
      // A peer that goes on at full speed must not keep the others waiting, nor the time of the loop from passing.
      if !tunnel.value.hasClientEnded && client.isReadable
        || !tunnel.value.hasUpstreamEnded && upstream.value.stream.isReadable
      {
        return .nextTurn
      }
      switch (tunnel.value.hasClientEnded, tunnel.value.hasUpstreamEnded) {
      case (true, true): break
      case (true, false): return wait(upstream.value.stream.readable, until: limit)
      case (false, true): return wait(client.readable, until: limit)
      case (false, false): return wait(client.readable, or: upstream.value.stream.readable, until: limit)
      }
    }
    tunnel.clear()
    return end(client, worker)
  }
}

extension TunnelWay {
  /// True if a frame of the gateway's own could stand behind what the receiver has got.
  fileprivate var takesFrame: Bool { buffer.isEmpty && frames.takesFrame }
}
