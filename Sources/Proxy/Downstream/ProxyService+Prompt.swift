import Bytes
import HTTP
import Policy
import Transport

/// What can be done without waiting, done by plain calls: most of what a gateway does.
///
/// A request that brings no body and is answered at once, or goes upstream on a connection that was kept and comes back with a
/// short response, is served here from its first byte to its last. Whatever else has to wait is handed over to a task, which does
/// by itself all that is done here: nothing here is needed, it only costs less.
extension ProxyService {
  /// Takes up a connection that has something to say.
  func converse(_ socket: consuming Socket, listener: ListenerTag) {
    updateTexts()
    let client = makeClient(socket)
    let conversation = Conversation(
      client, ExchangeRecord(began: loop.now, requestID: RequestID(high: 0, low: 0)), listener: listener, service: self)
    expectRequest(conversation)
    proceed(conversation)
  }

  /// The wait of a conversation has ended.
  func woke(_ conversation: Conversation, _ wake: Wake) {
    if case .response = conversation.state.value.stage {
      guard receiveResponse(conversation, wake) else { return }
    } else if case .keys(let wait, let deadline) = conversation.state.value.stage {
      guard goOn(conversation, after: wait, until: deadline, wake) else { return }
    } else if wake == .timedOut {
      guard serve(conversation.state.value.client.lateness, conversation) else { return }
    } else {
      return proceed(conversation)
    }
    if settle(conversation) { proceed(conversation) }
  }

  private func expectRequest(_ conversation: Conversation) {
    conversation.state.value.stage = .request
    conversation.state.value.client.expectHead(at: loop.now, timeout: serving.snapshot.timings.head)
  }

  /// Serves request after request, until there is one to wait for.
  func proceed(_ conversation: Conversation) {
    repeat {
      let timeout = serving.snapshot.timings.head
      while true {
        if let arrival = conversation.state.value.client.receiveHead(at: loop.now, timeout: timeout) {
          guard serve(arrival, conversation) else { return }
          break
        }
        let (readable, deadline) = conversation.state.value.client.nextHead
        if loop.wait(for: readable, until: deadline, then: conversation) { return }
      }
    } while settle(conversation)
  }

  /// After an exchange: whether the next request may come at once.
  ///
  /// Otherwise the conversation has been handed over or is over.
  func settle(_ conversation: Conversation) -> Bool {
    switch conversation.state.value.client.ending {
    case .kept:
      expectRequest(conversation)
      // Requests sent ahead never let this loop end: others get their turn all the same.
      let isAhead = !conversation.state.value.client.input.isEmpty
      conversation.state.value.streak = isAhead ? conversation.state.value.streak + 1 : 0
      guard conversation.state.value.streak == Self.streakMax else { return true }
      conversation.state.value.streak = 0
      handOver(conversation, .pause)
    case .closed: end(conversation)
    case .lingering, .reset: handOver(conversation, .ending)
    }
    return false
  }

  /// How many requests that were sent ahead a connection may have served before others.
  private static let streakMax = 16

  func end(_ conversation: Conversation) {
    let state = conversation.state.take()
    close(state.client, listener: conversation.listener)
  }

  private func handOver(_ conversation: Conversation, _ stage: Conversation.Stage) {
    conversation.state.value.stage = stage
    handOver(conversation)
  }

  // MARK: Requests

  /// Serves what has arrived: whether the exchange has ended already.
  private func serve(_ arrival: Downstream.Arrival, _ conversation: Conversation) -> Bool {
    adoptServing(conversation)
    switch arrival {
    case .request: return exchange(conversation)
    case .rejected(let rejection): handOver(conversation, .refusal(Rejection(rejection)))
    case .timedOut: handOver(conversation, .refusal(Rejection(.requestTimeout)))
    case .quiet:
      let state = conversation.state.take()
      park(state.client, listener: conversation.listener)
    case .closed: end(conversation)
    }
    return false
  }

  /// Goes by the configuration and the keys that count by now.
  func adoptServing(_ conversation: Conversation) {
    guard serving !== conversation.state.value.serving else { return }
    let serving = serving
    conversation.state.value.serving = serving
    conversation.state.value.client.adopt(
      trustedProxies: serving.snapshot.policy.trustedProxies, limits: serving.snapshot.requestLimits)
  }

  /// One request: decided on, then answered, refused or sent upstream; whether that was all.
  private func exchange(_ conversation: Conversation) -> Bool {
    let serving = conversation.state.value.serving
    conversation.state.value.record = ExchangeRecord(
      began: conversation.state.value.client.requestBegan, requestID: makeRequestID())
    let decision = decide(conversation.state.value.client, serving, &conversation.state.value.record)
    if let issuer = decision.missedIssuer { return exchange(conversation, decision, missing: issuer) }
    return act(on: decision, conversation, serving)
  }

  /// Does what was decided; whether the exchange has ended already.
  func act(on decision: consuming Decision, _ conversation: Conversation, _ serving: Serving) -> Bool {
    switch consume decision {
    case .forward(let plan):
      forward(conversation, plan, serving)
      return false
    case .answer(.fixed(let answer)):
      guard canAnswerAtOnce(conversation.state.value.client) else {
        handOver(conversation, .answer(.answer(.fixed(answer))))
        return false
      }
      answerAtOnce(&conversation.state.value.client, answer, &conversation.state.value.record)
    case .reject(let rejection):
      guard !rejection.closes, canAnswerAtOnce(conversation.state.value.client) else {
        handOver(conversation, .answer(.reject(rejection)))
        return false
      }
      answerAtOnce(&conversation.state.value.client, rejection, &conversation.state.value.record)
    case .answer(.hosted(let call)):
      handOver(conversation, .answer(.answer(.hosted(call))))
      return false
    }
    note(conversation)
    return true
  }

  /// Whether an answer of the gateway's own needs no waiting: no body has to be read first, and the client can take it.
  private func canAnswerAtOnce(_ client: borrowing Downstream) -> Bool {
    client.head.framing == .none && client.head.keepsAlive && !client.head.isWebSocketUpgrade
      && client.socket.takesAtTurnEnd
  }

  /// Writes the access log's line.
  func note(_ conversation: Conversation) {
    guard accessLog != nil else { return }
    writeAccessLog(
      conversation.state.value.record, conversation.state.value.client, conversation.state.value.serving)
  }

  // MARK: Upstream

  /// Sends the request upstream if a connection is at hand, and waits for the response.
  private func forward(_ conversation: Conversation, _ plan: consuming ForwardPlan, _ serving: Serving) {
    let group = serving.groups[plan.forwarding.upstream]
    guard conversation.state.value.client.head.isPlain else {
      return handOver(conversation, .forward(plan, endpoint: nil))
    }
    let endpoint = group.nextEndpoint(except: EndpointSet())
    guard let endpoint,
      let upstream = idleConnection(to: endpoint, of: group, serving.snapshot.responseLimits, isRepeatable: true)
    else { return handOver(conversation, .forward(plan, endpoint: endpoint)) }
    conversation.state.value.record.upstream = group.server(at: endpoint).name
    let deadline = min(
      loop.now.advanced(byNanoseconds: group.settings.responseTimeout),
      deadline(of: plan, conversation.state.value.client))
    let response = upstream.socket.readable
    conversation.state.value.attempt = start(
      upstream, conversation.state.value.client, plan, group, began: loop.now,
      requestID: conversation.state.value.record.requestID)
    guard conversation.state.value.attempt?.send(from: &conversation.state.value.client) == .finished else {
      return handOver(conversation, .attempt)
    }
    conversation.state.value.attempt?.responseDeadline = deadline
    conversation.state.value.client.bodyProgress = .complete
    conversation.state.value.client.requestEnded(at: loop.now)
    conversation.state.value.stage = .response
    awaitResponse(conversation, response, until: deadline)
  }

  private func awaitResponse(_ conversation: Conversation, _ response: Interest, until deadline: MonotonicTime) {
    let departure = conversation.state.value.client.departure
    if !loop.wait(for: response, or: departure, until: deadline, then: conversation) {
      handOver(conversation, .attempt)
    }
  }

  /// Relays a response that has come as a whole, and ends the exchange; false if it goes on in a task.
  private func receiveResponse(_ conversation: Conversation, _ wake: Wake) -> Bool {
    guard wake == .ready, !conversation.state.value.client.hasLeft(at: loop.now) else {
      handOver(conversation, .attempt)
      return false
    }
    let isRelayed = conversation.state.value.attempt?.relay(
      to: &conversation.state.value.client, by: self, &conversation.state.value.record)
    guard isRelayed == true, let attempt = conversation.state.value.attempt.take()
    else {
      handOver(conversation, .attempt)
      return false
    }
    keep(attempt, after: conversation.state.value.client.response)
    note(conversation)
    return true
  }
}

extension RequestHead {
  /// Whether forwarding it needs nothing but its head.
  fileprivate var isPlain: Bool { isRepeatable && !isWebSocketUpgrade && !expectsContinue }
}

extension Attempt {
  /// Sends what can be sent of the request now.
  fileprivate mutating func send(from client: inout Downstream) -> BodyRelay.Step {
    request.step(from: &client.socket, input: &client.input, to: &upstream.socket)
  }

  /// Relays a response that has come as a whole; false if it hasn't, or can't be written at once.
  fileprivate mutating func relay(
    to client: inout Downstream, by service: ProxyService, _ record: inout ExchangeRecord
  ) -> Bool {
    hasResponse = upstream.receiveHead(to: client.head.method, into: &client.response) == .complete
    guard hasResponse, holdsAll(of: client.response), client.socket.takesAtTurnEnd else { return false }
    var response = service.beginResponse(&client, self)
    guard response.relay.output.freeCount >= upstream.input.count else { return false }
    service.noteResponse(self, &record)
    let step = response.relay.step(from: &upstream.socket, input: &upstream.input, to: &client.socket)
    service.endResponse(response, &client, &self, isWhole: step == .finished, &record)
    return true
  }

  /// Whether all of a final response is here, so that relaying it needs no waiting.
  fileprivate borrowing func holdsAll(of response: borrowing ResponseHead) -> Bool {
    guard !response.isInterim, response.status != 101 else { return false }
    switch response.framing {
    case .none: return true
    case .length(let count): return count <= UInt64(upstream.input.count)
    case .chunked, .untilClose: return false
    }
  }
}
