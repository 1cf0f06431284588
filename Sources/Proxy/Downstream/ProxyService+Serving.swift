import Bytes
import Configuration
import HTTP
import Policy
import Transport

/// The life of a connection while it is in use: one request after the other, straight down.
extension ProxyService {
  /// Serves a connection until it closes or falls quiet.
  func serve(_ id: SocketID, listener: ListenerTag) async {
    var known = serving
    var client = makeClient(id)
    var streak = 0
    while true {
      // Requests sent ahead never let this task wait: others get their turn all the same.
      streak = client.input.isEmpty ? 0 : streak + 1
      if streak == Self.streakMax {
        streak = 0
        await loop.nextTurn()
      }
      let arrival = await client.receiveHead(in: loop, timeout: serving.snapshot.timings.head)
      if serving !== known {
        // The configuration has changed since the last request of the connection.
        known = serving
        client.adopt(trustedProxies: known.snapshot.policy.trustedProxies, limits: known.snapshot.requestLimits)
      }
      switch arrival {
      case .request: await exchange(&client)
      case .rejected(let rejection): await refuse(&client, Rejection(rejection))
      case .timedOut: await refuse(&client, Rejection(.requestTimeout))
      case .quiet: return park(client, listener: listener)
      case .closed: client.ending = .closed
      }
      switch client.ending {
      case .kept: continue
      case .closed: break
      case .lingering: await client.linger(in: loop)
      case .reset: client.socket.resetOnClose()
      }
      break
    }
    close(client, listener: listener)
  }

  /// How many requests that were sent ahead a connection may have served before others.
  private static let streakMax = 16

  /// A client that has something to say.
  func makeClient(_ id: SocketID) -> Downstream {
    let socket = loop.claim(id)
    let peer = Peer(
      address: socket.peerAddress.flatMap(IPAddress.init), scheme: .http,
      trustedProxies: serving.snapshot.policy.trustedProxies)
    return Downstream(socket, peer: peer, limits: serving.snapshot.requestLimits, buffers: buffers, now: loop.now)
  }

  /// One request: decided on, then answered, refused or forwarded.
  // Inlined, as are the steps below it that suspend on no usual request's way: each call of an asynchronous function costs as much
  // as the parsing of a head.
  @inline(__always)
  private func exchange(_ client: inout Downstream) async {
    let serving = serving
    var record = ExchangeRecord(began: client.requestBegan, requestID: makeRequestID())
    let decision = serving.snapshot.policy.decide(
      client.head, peer: client.peer, now: loop.unixTime, authenticator: serving.authenticator)
    if accessLog != nil { record.note(decision) }
    if let issuer = decision.missedIssuer {
      missesKey(of: issuer, hasNone: decision.reason == .keysUnavailable, in: serving.snapshot)
    }
    if client.peer.isTrusted { record.believedID = RequestID.believed(in: client.head) }
    switch consume decision {
    case .forward(var plan):
      if let assertions = serving.assertions,
        !assertions.complete(&plan, for: client.head, now: loop.unixTime)
      {
        log.error("an identity assertion can't be signed")
        record.reason = .internalError
        await respond(&client, Rejection(.internalError, of: plan), &record)
      } else {
        await forward(&client, plan, serving, &record)
      }
    case .answer(.fixed(let answer)): await respond(&client, answer, &record)
    case .answer(.hosted(let call)): await respond(&client, call, serving, &record)
    case .reject(let rejection): await respond(&client, rejection, &record)
    }
    accessLog?.write(
      record, client.head, client.peer, at: loop.now, texts: texts, policy: serving.snapshot.policy)
  }

  /// Refuses a request whose head can't be read.
  private func refuse(_ client: inout Downstream, _ rejection: Rejection) async {
    var record = ExchangeRecord(began: client.requestBegan, requestID: makeRequestID())
    record.reason = rejection.reason
    await respond(&client, rejection, &record)
    accessLog?.writeUnread(record, client.peer, at: loop.now, texts: texts)
  }

  func makeRequestID() -> RequestID {
    updateTexts()
    return RequestID(high: randomBits(), low: randomBits())
  }
}

extension IPAddress {
  /// The address of a peer; nil for a unix socket.
  init?(_ address: SocketAddress) {
    switch address {
    case .ipv4(let bits, _): self.init(v4: bits)
    case .ipv6(let high, let low, _, _): self.init(v6: UInt128(high) << 64 | UInt128(low))
    case .unix: return nil
    }
  }
}
