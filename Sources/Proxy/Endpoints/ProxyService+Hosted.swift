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
  /// What a hosted endpoint has come to.
  enum HostedOutcome {
    case answer(status: Int, JSONObject)
    /// JSON that is the same for everybody.
    case document([UInt8])
    case refusal(Rejection)
    /// The client is gone.
    case abandoned
  }

  /// Answers a request to a hosted endpoint.
  func respond(
    _ client: inout Downstream, _ call: HostedCall, _ serving: Serving, _ record: inout ExchangeRecord
  ) async {
    switch await outcome(&client, call, serving) {
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
    _ client: inout Downstream, _ call: HostedCall, _ serving: Serving
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
        if call.endpoint == .register { return try await register(credentials, in: accounts) }
        let network = ClientNetwork(policy.trustedProxies.clientAddress(of: client.head, from: client.peer))
        return try await logIn(credentials, from: network, in: accounts, call, policy)
      }
    } catch {
      return .refusal(policy.rejection(error.reason, of: call, details: error.details))
    }
  }

  /// `GET /me`: whom the token speaks for, and what it says.
  private func me(_ call: HostedCall) throws(BodyRefusal) -> HostedOutcome {
    guard let identity = call.identity else { throw BodyRefusal(reason: .internalError) }
    return .answer(status: 200, ["user": .string(identity.user), "claims": .object(identity.token.claims)])
  }

  /// `POST /register`: makes an account; it is on the disk when the answer is sent.
  private func register(
    _ credentials: Credentials, in accounts: AccountService
  ) async throws(BodyRefusal) -> HostedOutcome {
    let name: AccountName
    let password: NewPassword
    do throws(PolicyViolation) {
      name = try AccountName(credentials.username)
      password = try accounts.passwordPolicy.accept(Password(credentials.password))
    } catch {
      throw BodyRefusal(reason: .invalidBody, details: "\(error)")
    }
    let now = loop.unixTime
    let result = await accounts.pool.run(in: loop) {
      Result { () throws(AccountsError) in
        try accounts.store.register(name, password: password, roles: accounts.defaultRoles, now: now)
      }
    }
    switch try settled(result) {
    case .registered: return .answer(status: 201, ["message": .string("User registered successfully!")])
    case .exists: throw BodyRefusal(reason: .userExists)
    }
  }

  /// `POST /login`: a token for a name and a password, unless too many have been tried.
  private func logIn(
    _ credentials: Credentials, from network: ClientNetwork, in accounts: AccountService, _ call: HostedCall,
    _ policy: Policy
  ) async throws(BodyRefusal) -> HostedOutcome {
    switch accounts.throttle.admit(credentials.username, from: network, now: loop.now.nanoseconds) {
    case .delayed(let seconds):
      return .refusal(policy.rejection(.loginThrottled, of: call, retryAfter: seconds))
    case .admitted(let attempt):
      let (username, password) = (credentials.username, Password(credentials.password))
      let now = loop.unixTime
      let result = await accounts.pool.run(in: loop) {
        Result { () throws(AccountsError) in
          let outcome = try accounts.store.authenticate(username, password: password, policy: accounts.passwordPolicy)
          // Signed here, too: with some keys that takes as long as many requests.
          return Self.login(outcome, accounts.tokens, now: now)
        }
      }
      switch result {
      case .success(.success)?, .success(.unsigned)?: attempt.succeed(now: loop.now.nanoseconds)
      case .success(.refused)?: attempt.fail(now: loop.now.nanoseconds)
      case .failure?, nil: attempt.abandon(now: loop.now.nanoseconds)
      }
      switch try settled(result) {
      case .refused: throw BodyRefusal(reason: .credentialsInvalid)
      case .unsigned(let why):
        log.error("a token can't be signed: \(why)")
        throw BodyRefusal(reason: .internalError)
      case .success(let token):
        return .answer(
          status: 200,
          [
            "token": .string(token.span.text), "token_type": .string("Bearer"),
            "expires_in": .number(JSONNumber(accounts.tokens.lifetime)),
          ])
      }
    }
  }

  /// What a login has come to.
  private enum Login: Sendable {
    case success(token: [UInt8])
    case refused
    case unsigned(String)
  }

  private static func login(_ outcome: Authentication, _ tokens: AccountTokens, now: Double) -> Login {
    switch outcome {
    case .refused: return .refused
    case .success(let account):
      do {
        return .success(token: try tokens.issue(to: account, session: true, now: now))
      } catch {
        return .unsigned("\(error)")
      }
    }
  }

  /// What the accounts' threads have found, if they had the time and the database let them.
  private func settled<Value>(_ result: Result<Value, AccountsError>?) throws(BodyRefusal) -> Value {
    switch result {
    case .success(let value)?: return value
    case nil, .failure(.busy)?: throw BodyRefusal(reason: .accountsBusy)
    case .failure(let error)?:
      log.error("\(error)")
      throw BodyRefusal(reason: .internalError)
    }
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
