import Accounts
import Bytes
import Configuration
import Endpoints
import HTTP
import JSON
import Observability
import Policy
import Tokens
import Transport

/// Phases *receiving the body* and *working*: requests that an endpoint of the gateway's own answers.
extension Exchange {
  /// Begins to answer a request to a hosted endpoint.
  mutating func serve<Client: ClientStream & ~Copyable>(
    _ call: EndpointRequest, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    endpointRequest = PendingRequest(call: call)
    do throws(BodyRefusal) {
      switch call.endpoint {
      case .me: return answer(try Self.me(call), &client, worker)
      case .keySet: return answer(EndpointOutcome(.document(snapshot.documents.keySet)), &client, worker)
      case .discovery:
        guard let discovery = snapshot.documents.discovery else { throw BodyRefusal(reason: .internalError) }
        return answer(EndpointOutcome(.document(discovery)), &client, worker)
      case .register, .login, .refresh, .logout, .password, .sessions, .session:
        guard let accounts = snapshot.shared.accounts else { throw BodyRefusal(reason: .internalError) }
        if call.endpoint == .register, accounts.registration == .closed {
          throw BodyRefusal(reason: .registrationClosed)
        }
        if call.endpoint == .register, let limit = accounts.registrationLimit { try count(by: limit, worker) }
      }
      switch call.endpoint.bodyUse {
      case .ignored: return work(&client, worker)
      case .optional where request.body == .none || request.body == .exact(0): return work(&client, worker)
      case .optional, .required:
        guard request.isForJSON else { throw BodyRefusal(reason: .unsupportedMediaType) }
      }
    } catch {
      return answer(EndpointOutcome(.refusal(error)), &client, worker)
    }
    deadline = worker.loop.now.advanced(byNanoseconds: snapshot.shared.timeouts.head)
    if client.awaitsContinue, !client.isBodyReceived { client.beginContinue() }
    phase = .receivingBody
    return .again
  }

  /// `GET /me`: whom the token speaks for, and what it says.
  private static func me(_ call: EndpointRequest) throws(BodyRefusal) -> EndpointOutcome {
    guard let reading = call.identity?.reading else { throw BodyRefusal(reason: .internalError) }
    return EndpointOutcome(
      .object(status: 200, ["user": .string(reading.subject), "claims": .object(reading.claims)]))
  }

  // MARK: The body

  /// Reads the body whole.
  mutating func receiveBody<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    if wake == .timedOut {
      return answer(EndpointOutcome(.refusal(BodyRefusal(reason: .requestTimeout))), &client, worker)
    }
    if client.pendingCount > 0 {
      switch client.flush() {
      case .done: break
      case .wouldBlock: return wait(client.writable, until: deadline)
      case .failed: return leave(&client, worker)
      }
    }
    var payload = ByteBuffer(from: worker.buffers)
    while !client.isBodyReceived {
      switch client.readBody(into: &payload) {
      case .payload:
        endpointRequest?.body.append(contentsOf: payload.readable.array)
        payload.removeAll()
        if endpointRequest?.body.count ?? 0 > HostedEndpoint.bodyLimit {
          return answer(EndpointOutcome(.refusal(BodyRefusal(reason: .bodyTooLarge))), &client, worker)
        }
      case .wouldBlock: return wait(client.readable, until: deadline)
      case .failed(.malformed):
        return answer(EndpointOutcome(.refusal(BodyRefusal(reason: .malformedBody))), &client, worker)
      case .failed: return leave(&client, worker)
      }
    }
    client.requestEnded(at: worker.loop.now)
    return work(&client, worker)
  }

  /// The client is gone before it was answered.
  private mutating func leave<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    endpointRequest = nil
    record.isBrokenOff = true
    client.ending = .closed
    return end(client, worker)
  }

  // MARK: The work

  private mutating func work<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    guard let endpointRequest, let accounts = snapshot.shared.accounts else { return leave(&client, worker) }
    let call = AccountCall(
      accountRequest(for: endpointRequest.call), accounts: accounts, loop: worker.loop, log: worker.log,
      waker: client.id)
    let step: EndpointStep
    do throws(BodyRefusal) {
      let endpoint = try AccountEndpoints.endpoint(endpointRequest.call.endpoint, body: endpointRequest.body)
      guard let endpoint else { throw BodyRefusal(reason: .internalError) }
      if let account = endpoint.account { record.account = account }
      step = try endpoint.answer(call)
    } catch {
      step = .done(EndpointOutcome(.refusal(error)))
    }
    switch step {
    case .done(let outcome): return answer(outcome, &client, worker)
    case .working(let work):
      self.endpointRequest?.work = work
      self.endpointRequest?.body = []
      phase = .working
      return .again
    }
  }

  /// Counts a request to register.
  private func count(by limit: RegistrationLimit, _ worker: WorkerContext) throws(BodyRefusal) {
    let address = snapshot.shared.policy.trustedProxies.clientAddress(of: request, from: peer)
    var field: [UInt8]?
    if let name = limit.fieldName, let line = request.fields.first(named: Array(name.utf8).span) {
      field = request.fields.value(at: line).array
    }
    try limit.admit(from: ClientNetwork(address), field: field, now: worker.loop.now.nanoseconds)
  }

  /// The client and what it asks for.
  private func accountRequest(for call: EndpointRequest) -> AccountCall.Request {
    let address = snapshot.shared.policy.trustedProxies.clientAddress(of: request, from: peer)
    let agent = request.fields.first(.userAgent).map { request.fields.value(at: $0).text }
    let path = request.target.path
    var start = path.count
    while start > 0, path[start - 1] != UInt8(ascii: "/") { start -= 1 }
    return AccountCall.Request(
      network: ClientNetwork(address),
      client: .user(address: address.address.map { "\($0)" }, userAgent: agent), identity: call.identity,
      deletes: request.method == .delete, lastSegment: path.extracting(start..<path.count).text)
  }

  /// The time for which a client that has closed its sending side waits in the queue before it is probed, in nanoseconds.
  private static var probeDelay: Int64 { 1_000_000_000 }

  /// Waits for the work; a client that leaves the queue takes its work with it.
  mutating func awaitWork<Client: ClientStream & ~Copyable>(
    _ client: inout Client, _ worker: WorkerContext, _ wake: Wake
  ) -> Next {
    guard let work = endpointRequest?.work else { return leave(&client, worker) }
    if let outcome = work.outcome { return answer(outcome, &client, worker) }
    let now = worker.loop.now
    if endpointRequest?.isForLogAlone == false, client.hasLeft(at: now) {
      if work.abandon() { return leave(&client, worker) }
      endpointRequest?.isForLogAlone = true
    }
    if endpointRequest?.isForLogAlone == true { return wait(client.interruption, until: .never) }
    if wake == .timedOut {
      endpointRequest?.probeTime = .never
      // A client that has closed its connection answers an interim response with a reset; one that has only closed its sending side
      // looks the same until then, and passes over it (RFC 9110 §15.2).
      if work.isQueued {
        client.beginContinue()
        if client.flush() == .wouldBlock { client.withdraw() }
      }
    } else if endpointRequest?.probeTime == nil, client.isHalfClosed, request.version == .http11 {
      endpointRequest?.probeTime = now.advanced(byNanoseconds: Self.probeDelay)
    }
    return wait(client.departure, until: endpointRequest?.probeTime ?? .never)
  }

  // MARK: The answer

  private mutating func answer<Client: ClientStream & ~Copyable>(
    _ outcome: EndpointOutcome, _ client: inout Client, _ worker: WorkerContext
  ) -> Next {
    guard let call = endpointRequest.take()?.call else { return leave(&client, worker) }
    if let account = outcome.account { record.account = account }
    switch outcome.answer {
    case .object(let status, let object):
      var body = ByteBuffer(from: worker.buffers)
      body.appendJSON(object)
      body.append("\n")
      return reply(.document(status: status, EndpointFields.answer + call.cors, body.readable.array), &client, worker)
    case .nothing:
      return reply(.document(status: 204, EndpointFields.nothing + call.cors, []), &client, worker)
    case .document(let body):
      return reply(.document(status: 200, EndpointFields.document + call.cors, body), &client, worker)
    case .refusal(let refusal):
      let rejection = snapshot.shared.policy.rejection(
        refusal.reason, of: call, details: refusal.details, retryAfter: refusal.retryAfter, limit: refusal.limit)
      record.reason = rejection.reason
      return reply(.rejection(rejection), &client, worker)
    }
  }
}

extension FieldBlock {
  /// The lines of both.
  fileprivate static func + (left: FieldBlock, right: FieldBlock) -> FieldBlock {
    var sum = left
    sum.append(right)
    return sum
  }
}

extension ClientNetwork {
  /// The network of a client; all clients of unknown address count as one.
  init(_ client: ClientAddress) {
    switch client {
    case .known(let address):
      switch address.family {
      case .v4: self.init(v4: UInt32(truncatingIfNeeded: address.bits))
      case .v6: self.init(v6: address.bits)
      }
    case .local: self = .local
    case .unknown: self = .unknown
    }
  }
}
