import Accounts
import Bytes
import Configuration
import HTTP
import JSON
import Policy
import Tokens
import Transport

/// The endpoints of the gateway's own: `/register`, `/login` and `/me` of the accounts, and those that tell of its keys.
extension ProxyService {
  /// Answers a request to a hosted endpoint.
  func respond(
    _ client: inout Downstream, _ call: HostedCall, _ serving: Serving, _ record: inout ExchangeRecord
  ) async {
    switch await outcome(&client, call, serving, &record) {
    case .answer(let status, let object):
      var body = ByteBuffer(from: buffers)
      body.appendJSON(object)
      body.append("\n")
      await send(body.readable, status: status, Self.hostedFields, call, to: &client, &record)
    case .document(let body): await send(body.span, status: 200, Self.documentFields, call, to: &client, &record)
    case .refusal(let rejection):
      record.reason = rejection.reason
      await respond(&client, rejection, &record)
    case .abandoned:
      record.isBrokenOff = true
      client.ending = .closed
    }
  }

  private func outcome(
    _ client: inout Downstream, _ call: HostedCall, _ serving: Serving, _ record: inout ExchangeRecord
  ) async -> HostedOutcome {
    let policy = serving.snapshot.policy
    do throws(BodyRefusal) {
      switch call.endpoint {
      case .me: return try me(call)
      case .keySet: return .document(serving.documents.keySet)
      case .discovery:
        guard let discovery = serving.documents.discovery else { throw BodyRefusal(reason: .internalError) }
        return .document(discovery)
      case .register, .login:
        guard let accounts = serving.snapshot.accounts else { throw BodyRefusal(reason: .internalError) }
        if call.endpoint == .register, accounts.registration == .closed {
          throw BodyRefusal(reason: .registrationClosed)
        }
        guard client.head.isForJSON else { throw BodyRefusal(reason: .unsupportedMediaType) }
        let body = try await client.receiveBody(
          limit: HostedEndpoint.bodyLimit, in: loop, timeout: serving.snapshot.timings.head)
        guard let body else { return .abandoned }
        let credentials = try Credentials(body.span)
        let network = ClientNetwork(policy.trustedProxies.clientAddress(of: client.head, from: client.peer))
        let endpoints = AccountEndpoints(accounts: accounts, loop: loop, log: log)
        return call.endpoint == .register
          ? try await endpoints.register(credentials, from: network, for: &client, &record)
          : try await endpoints.logIn(credentials, from: network, for: &client, &record)
      }
    } catch {
      return .refusal(
        policy.rejection(error.reason, of: call, details: error.details, retryAfter: error.retryAfter))
    }
  }

  /// `GET /me`: whom the token speaks for, and what it says.
  private func me(_ call: HostedCall) throws(BodyRefusal) -> HostedOutcome {
    guard let reading = call.identity?.reading else { throw BodyRefusal(reason: .internalError) }
    return .answer(status: 200, ["user": .string(reading.subject), "claims": .object(reading.claims)])
  }

  private func send(
    _ body: Span<UInt8>, status: Int, _ lines: FieldBlock, _ call: HostedCall, to client: inout Downstream,
    _ record: inout ExchangeRecord
  ) async {
    var fields = lines
    fields.append(call.cors)
    let keepsAlive = await canKeep(&client)
    let response = OwnResponse(status: status, fields: fields, contentLength: body.count)
    await send(response, body, to: &client, keepsAlive: keepsAlive, &record)
  }

  private static let hostedFields: FieldBlock = {
    var fields = FieldBlock()
    _ = fields.append(name: "Content-Type", value: "application/json")
    // Tokens, and whose they are, are not for caches.
    _ = fields.append(name: "Cache-Control", value: "no-store")
    return fields
  }()

  private static let documentFields: FieldBlock = {
    var fields = FieldBlock()
    _ = fields.append(name: "Content-Type", value: "application/json")
    _ = fields.append(name: "Cache-Control", value: "public, max-age=\(KeyDocuments.maxAge)")
    return fields
  }()
}

extension ClientNetwork {
  /// The network of a client; all of whom nobody can say where they are count as one.
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
