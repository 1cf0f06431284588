import Bytes
import Configuration
import HTTP
import Policy
import Transport

/// What has to wait, straight down: one exchange, from wherever it stands to its end.
extension ProxyService {
  /// Goes on with a conversation that was handed over.
  func serve(_ conversation: Conversation) async {
    switch conversation.state.value.stage {
    case .request, .keys, .response, .ending: break
    case .pause:
      await loop.nextTurn()
      return proceed(conversation)
    case .refusal(let rejection): await refuse(&conversation.state.value.client, rejection)
    case .answer(let decision):
      await answer(decision, conversation)
      note(conversation)
    case .forward(let plan, let endpoint): await forward(conversation, plan, to: endpoint)
    case .attempt:
      if let plan = conversation.state.value.attempt?.plan {
        await forward(conversation, plan, to: conversation.state.value.attempt?.endpoint)
      }
    }
    switch conversation.state.value.client.ending {
    case .kept:
      if settle(conversation) { proceed(conversation) }
      return
    case .closed: break
    case .lingering: await conversation.state.value.client.linger(in: loop)
    case .reset: conversation.state.value.client.socket.resetOnClose()
    }
    end(conversation)
  }

  private func forward(_ conversation: Conversation, _ plan: ForwardPlan, to endpoint: Int?) async {
    await forward(
      &conversation.state.value.client, plan, conversation.state.value.serving, first: endpoint,
      begun: &conversation.state.value.attempt, &conversation.state.value.record)
    note(conversation)
  }

  private func answer(_ decision: Decision, _ conversation: Conversation) async {
    let serving = conversation.state.value.serving
    switch decision {
    case .forward: break
    case .answer(.fixed(let answer)):
      await respond(&conversation.state.value.client, answer, &conversation.state.value.record)
    case .answer(.hosted(let call)):
      await respond(&conversation.state.value.client, call, serving, &conversation.state.value.record)
    case .reject(let rejection):
      await respond(&conversation.state.value.client, rejection, &conversation.state.value.record)
    }
  }

  /// What becomes of the request.
  ///
  /// - Parameter lacksKeys: whether the keys that its token may need could not be waited for.
  func decide(
    _ client: borrowing Downstream, _ serving: Serving, _ record: inout ExchangeRecord, lacksKeys: Bool = false
  ) -> Decision {
    var decision = serving.snapshot.policy.decide(
      client.head, peer: client.peer, now: loop.unixTime, authenticator: serving.authenticator, lacksKeys: lacksKeys)
    if accessLog != nil { record.note(decision) }
    if client.peer.isTrusted { record.believedID = RequestID.believed(in: client.head) }
    if let assertions = serving.assertions, case .forward(var plan) = decision {
      if assertions.complete(&plan, for: client.head, now: loop.unixTime) {
        decision = .forward(plan)
      } else {
        log.error("an identity assertion can't be signed")
        record.reason = .internalError
        decision = .reject(Rejection(.internalError, of: plan))
      }
    }
    return decision
  }

  /// Writes the access log's line for an exchange that has ended.
  func writeAccessLog(_ record: ExchangeRecord, _ client: borrowing Downstream, _ serving: Serving) {
    updateTexts()
    accessLog?.write(record, client.head, client.peer, at: loop.now, texts: texts, policy: serving.snapshot.policy)
  }

  /// A client that has something to say.
  func makeClient(_ socket: consuming Socket) -> Downstream {
    let peer = Peer(
      address: socket.peerAddress.flatMap(IPAddress.init), scheme: .http,
      trustedProxies: serving.snapshot.policy.trustedProxies)
    return Downstream(socket, peer: peer, limits: serving.snapshot.requestLimits, buffers: buffers, now: loop.now)
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
