import Bytes
import Configuration
import Policy
import Transport

/// Requests whose tokens need keys that are not there: they wait for the fetch that may bring them, and are decided on again.
///
///     decided, a key is missing ──▶ waiting ──the fetch has ended──▶ decided again
///                 │                    ├──the time is over──▶ decided without the keys
///                 │                    └──the client has left──▶ ended
///                 └──nothing to wait for──▶ as it was decided
extension ProxyService {
  /// Has a request wait for the keys of an issuer if there is a fetch to wait for; whether its exchange has ended already.
  ///
  /// - Parameters:
  ///   - decision: that counts if there is not.
  ///   - issuer: its place among those of the snapshot.
  ///   - deadline: of a wait that this one follows.
  func exchange(
    _ conversation: Conversation, _ decision: consuming Decision, missing issuer: Int,
    until deadline: MonotonicTime? = nil
  ) -> Bool {
    let serving = conversation.state.value.serving
    let issuers = serving.snapshot.issuerSettings
    guard issuers.indices.contains(issuer), issuers[issuer].source.settings.origin.url != nil else {
      return act(on: decision, conversation, serving)
    }
    let source = issuers[issuer].source
    let socket = conversation.state.value.client.socket.id
    let outcome = keyWaits.enter(source, hasNone: decision.reason == .keysUnavailable, at: loop.now) {
      keeper.fetch(source)
    } wake: { [loop] in
      loop.interrupt(socket)
    }
    switch outcome {
    case .refuse: return act(on: decision, conversation, serving)
    case .full: return decideWithout(conversation)
    case .wait(let wait):
      // The request is all here but for its body, which stays where it is.
      conversation.state.value.client.requestEnded(at: loop.now)
      let patience = serving.snapshot.configuration.auth.keySetWait.wholeNanoseconds
      let deadline = deadline ?? loop.now.advanced(byNanoseconds: patience)
      conversation.state.value.stage = .keys(wait, until: deadline)
      return awaitKeys(conversation, wait, until: deadline)
    }
  }

  /// The wait for keys was ended by something; whether the exchange has ended already.
  func goOn(_ conversation: Conversation, after wait: KeyWait, until deadline: MonotonicTime, _ wake: Wake) -> Bool {
    guard wait.isOver || wake == .timedOut else { return awaitKeys(conversation, wait, until: deadline) }
    keyWaits.leave(wait)
    guard wait.isOver else { return decideWithout(conversation) }
    adoptServing(conversation)
    let serving = conversation.state.value.serving
    let decision = decide(conversation.state.value.client, serving, &conversation.state.value.record)
    if wait.isForNews, loop.now < deadline, let issuer = decision.missedIssuer {
      return exchange(conversation, decision, missing: issuer, until: deadline)
    }
    return act(on: decision, conversation, serving)
  }

  /// Waits on, as long as there is somebody to wait for the answer.
  private func awaitKeys(_ conversation: Conversation, _ wait: KeyWait, until deadline: MonotonicTime) -> Bool {
    while true {
      if conversation.state.value.client.hasLeft(at: loop.now) {
        keyWaits.leave(wait)
        conversation.state.value.record.status = 499
        conversation.state.value.record.reason = nil
        conversation.state.value.client.ending = .closed
        note(conversation)
        return true
      }
      if conversation.state.value.client.socket.isPeerFinished { keyWaits.freePlace(of: wait) }
      let departure = conversation.state.value.client.departure
      if loop.wait(for: departure, until: deadline, then: conversation) { return false }
    }
  }

  /// Decides on a request for which the keys have not come in time, or too many wait already.
  private func decideWithout(_ conversation: Conversation) -> Bool {
    adoptServing(conversation)
    let serving = conversation.state.value.serving
    let decision = decide(
      conversation.state.value.client, serving, &conversation.state.value.record, lacksKeys: true)
    return act(on: decision, conversation, serving)
  }
}
