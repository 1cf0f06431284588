import Accounts
import Bytes
import HTTP
import JSON
import Policy
import Transport

/// What a hosted endpoint has come to.
enum HostedOutcome {
  case answer(status: Int, JSONObject)
  /// JSON that is the same for everybody.
  case document([UInt8])
  case refusal(Rejection)
  /// The client is gone.
  case abandoned
}

/// `POST /register` and `POST /login`: what the accounts' threads are asked, and what their answers mean.
///
/// Confined to its worker.
struct AccountEndpoints {
  let accounts: AccountService
  let loop: EventLoop
  let log: GatewayLog

  /// `POST /register`: makes an account; it is on the disk when the answer is sent.
  func register(
    _ credentials: Credentials, from network: ClientNetwork, for client: inout Downstream,
    _ record: inout ExchangeRecord
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
    let (store, roles) = (accounts.store, accounts.defaultRoles)
    let outcome = await accounts.hash(as: .registration, from: network, for: &client, in: loop) {
      Result { () throws(AccountsError) in try store.register(name, password: password, roles: roles, now: now) }
    }
    guard let result = try settled(outcome, .registration) else { return .abandoned }
    switch result {
    case .registered(let account):
      accounts.troubles.noteSuccess(of: .registration, in: log)
      record.account = .user(account.name)
      return .answer(status: 201, ["message": .string("User registered successfully!")])
    case .exists: throw BodyRefusal(reason: .userExists)
    }
  }

  /// `POST /login`: a token for a name and a password, unless too many have been tried.
  func logIn(
    _ credentials: Credentials, from network: ClientNetwork, for client: inout Downstream,
    _ record: inout ExchangeRecord
  ) async throws(BodyRefusal) -> HostedOutcome {
    let (username, password) = (credentials.username, Password(credentials.password))
    // What can't be a name may well be a password in the wrong place: it is not written down.
    record.account = AccountName.isPossible(username) ? .login(username) : nil
    switch accounts.throttle.admit(username, from: network, now: loop.now.nanoseconds) {
    case .delayed(let seconds): throw BodyRefusal(reason: .loginThrottled, retryAfter: seconds)
    case .admitted(let attempt):
      let now = loop.unixTime
      let (store, policy, tokens) = (accounts.store, accounts.passwordPolicy, accounts.tokens)
      let outcome = await accounts.hash(as: .login, from: network, for: &client, in: loop) {
        Result { () throws(AccountsError) in
          let outcome = try store.authenticate(username, password: password, policy: policy)
          // Signed here, too: with some keys that takes as long as many requests.
          return Self.login(outcome, tokens, now: now)
        }
      }
      switch outcome {
      case .done(.success(.success)), .done(.success(.unsigned)): attempt.succeed(now: loop.now.nanoseconds)
      case .done(.success(.refused)): attempt.fail(now: loop.now.nanoseconds)
      case .done(.failure), .refused, .abandoned: attempt.abandon(now: loop.now.nanoseconds)
      }
      guard let login = try settled(outcome, .login) else { return .abandoned }
      accounts.troubles.noteSuccess(of: .login, in: log)
      switch login {
      case .refused: throw BodyRefusal(reason: .credentialsInvalid)
      case .unsigned(let why):
        log.error("a token can't be signed: \(why)")
        throw BodyRefusal(reason: .internalError)
      case .success(let name, let token):
        record.account = .user(name)
        return .answer(
          status: 200,
          [
            "token": .string(token.span.text), "token_type": .string("Bearer"),
            "expires_in": .number(JSONNumber(tokens.lifetime)),
          ])
      }
    }
  }

  /// What a login has come to.
  private enum Login: Sendable {
    case success(name: String, token: [UInt8])
    case refused
    case unsigned(String)
  }

  private static func login(_ outcome: Authentication, _ tokens: AccountTokens, now: Double) -> Login {
    switch outcome {
    case .refused: return .refused
    case .success(let account):
      do {
        return .success(name: account.name, token: try tokens.issue(to: account, session: true, now: now))
      } catch {
        return .unsigned("\(error)")
      }
    }
  }

  /// What the accounts' threads have found, if they had the time and the database let them; nil if the client is gone.
  private func settled<Value>(
    _ outcome: HashingOutcome<Result<Value, AccountsError>>, _ operation: HashingQueue.Operation
  ) throws(BodyRefusal) -> Value? {
    switch outcome {
    case .done(.success(let value)): return value
    case .done(.failure(let error)):
      accounts.troubles.note(error, of: operation, now: loop.now.nanoseconds, in: log)
      throw BodyRefusal(reason: error.reason)
    case .refused: throw BodyRefusal(reason: .accountsBusy)
    case .abandoned: return nil
    }
  }
}

extension AccountName {
  /// Whether some account may have the name.
  static func isPossible(_ text: String) -> Bool {
    do throws(PolicyViolation) {
      _ = try AccountName(text)
      return true
    } catch {
      return false
    }
  }
}
