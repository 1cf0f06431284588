import Configuration
import HTTP
import IssuerKeys
import Observability
import Policy
import Transport

/// Phases *deciding* and *awaiting keys*: who gets through, and to where.
///
///     deciding, a key is missing ──▶ awaiting keys ──the fetch has ended──▶ decided again
///                  │                    ├──the time is over──▶ decided without the keys
///                  │                    └──the client has left──▶ ended
///                  └──nothing to wait for──▶ as it was decided
extension Exchange {
  /// Begins the exchange: decides what becomes of the request.
  mutating func decide<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    record = ExchangeRecord(began: client.requestBegan, requestID: worker.makeRequestID())
    if listener.isAdmin { return answerAdmin(&client, worker) }
    let (decision, missedIssuer) = judge(client, worker)
    if let issuer = missedIssuer {
      return fetchKeys(of: issuer, until: nil, instead: decision, &client, worker)
    }
    return act(on: decision, &client, worker)
  }

  /// The decision, which is pure.
  ///
  /// - Parameter lacksKeys: whether the keys that its token may need could not be waited for.
  private mutating func judge<Client: ClientStream & ~Copyable>(
    _ client: borrowing Client, _ worker: WorkerContext, lacksKeys: Bool = false
  ) -> (decision: Decision, missedIssuer: Int?) {
    let now = worker.loop.unixTime
    let (decision, missedIssuer) = snapshot.shared.policy.decide(
      request, peer: peer, rules: rules, now: now, authenticator: snapshot.authenticator,
      revocations: worker.revocations,
      lacksKeys: lacksKeys)
    if worker.isLogging { record.note(decision) }
    if peer.isTrusted { record.believedID = RequestID.believed(in: request) }
    return (decision, missedIssuer)
  }

  /// Goes over to the phase that does what was decided.
  private mutating func act<Client: ClientStream & ~Copyable>(
    on decision: consuming Decision, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    switch consume decision {
    case .forward(let plan): return admit(plan, &client, worker)
    case .answer(.fixed(let answer)): return reply(.fixed(answer), &client, worker)
    case .answer(.hosted(let call)): return serve(call, &client, worker)
    case .reject(let rejection): return reply(.rejection(rejection), &client, worker)
    }
  }

  /// Refuses a request whose head can't be read.
  mutating func refuse<Client: ClientStream & ~Copyable>(
    _ rejection: Rejection, _ client: inout Client, _ worker: WorkerContext
  ) {
    record = ExchangeRecord(began: client.requestBegan, requestID: worker.makeRequestID())
    record.reason = rejection.reason
    isUnread = true
    _ = reply(.rejection(rejection), &client, worker)
  }

  // MARK: Awaiting keys

  /// Waits for the keys of an issuer if there is a fetch to wait for.
  ///
  /// - Parameters:
  ///   - issuer: its place among those of the snapshot.
  ///   - deadline: of a wait that this one follows.
  ///   - decision: counts if there is nothing to wait for.
  private mutating func fetchKeys<Client: ClientStream & ~Copyable>(
    of issuer: Int, until deadline: MonotonicTime?, instead decision: consuming Decision, _ client: inout Client,
    _ worker: WorkerContext
  ) -> Next {
    let issuers = snapshot.shared.issuerSettings
    guard issuers.indices.contains(issuer), issuers[issuer].source.settings.origin.url != nil else {
      return act(on: decision, &client, worker)
    }
    let source = issuers[issuer].source
    let (id, loop, keeper) = (client.id, worker.loop, worker.keeper)
    let outcome = worker.keyWaits.enter(source, hasNone: decision.reason == .keysUnavailable, at: loop.now) {
      keeper.fetch(source)
    } wake: {
      loop.interrupt(id)
    }
    switch outcome {
    case .refuse: return act(on: decision, &client, worker)
    case .full: return decideWithoutKeys(&client, worker)
    case .wait(let wait):
      // The request is all here but for its body, which stays where it is.
      client.requestEnded(at: loop.now)
      let patience = snapshot.shared.configuration.auth.keySetWait.wholeNanoseconds
      self.deadline = deadline ?? loop.now.advanced(byNanoseconds: patience)
      keyWait = wait
      phase = .awaitingKeys
      return .again
    }
  }

  /// Waits on, or decides again.
  mutating func awaitKeys<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    guard let wait = keyWait else { return decideWithoutKeys(&client, worker) }
    if wait.isOver || wake == .timedOut {
      worker.keyWaits.leave(wait)
      keyWait = nil
      return wait.isOver ? decideAgain(after: wait, &client, worker) : decideWithoutKeys(&client, worker)
    }
    if client.hasLeft(at: worker.loop.now) {
      worker.keyWaits.leave(wait)
      keyWait = nil
      record.reason = nil
      return abandon(&client, worker)
    }
    if client.isPeerFinished { worker.keyWaits.freePlace(of: wait) }
    return self.wait(client.departure, until: deadline)
  }

  private mutating func decideAgain<Client: ClientStream & ~Copyable>(
    after wait: KeyWait, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    snapshot = worker.snapshot
    let (decision, missedIssuer) = judge(client, worker)
    if wait.isForNews, let issuer = missedIssuer {
      return fetchKeys(of: issuer, until: deadline, instead: decision, &client, worker)
    }
    return act(on: decision, &client, worker)
  }

  /// Decides on a request for which the keys have not come in time, or too many wait already.
  private mutating func decideWithoutKeys<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    snapshot = worker.snapshot
    return act(on: judge(client, worker, lacksKeys: true).decision, &client, worker)
  }
}
