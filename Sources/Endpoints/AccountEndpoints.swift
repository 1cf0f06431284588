package import Accounts
import Bytes
import JSON
package import Observability
import Policy
import Synchronization
package import Transport

/// `POST /register` and `POST /login`: what the accounts' threads are asked, and what their answers mean.
///
/// Confined to its worker.
package struct AccountEndpoints {
  let accounts: AccountService
  let loop: EventLoop
  let log: ErrorLog
  /// The stream of the exchange that waits for the threads.
  let waker: ChannelID

  package init(accounts: AccountService, loop: EventLoop, log: ErrorLog, waker: ChannelID) {
    self.accounts = accounts
    self.loop = loop
    self.log = log
    self.waker = waker
  }

  /// `POST /register`: makes an account; it is on the disk when the answer is sent.
  package func register(_ credentials: Credentials, from network: ClientNetwork) throws(BodyRefusal) -> EndpointStep {
    let name: AccountName
    let password: NewPassword
    do throws(PolicyViolation) {
      name = try AccountName(credentials.username)
      password = try accounts.passwordPolicy.accept(Password(credentials.password))
    } catch {
      throw BodyRefusal(reason: .invalidBody, details: "\(error)")
    }
    let now = loop.unixTime
    let (store, roles, trouble) = (accounts.store, accounts.defaultRoles, trouble)
    return accounts.hash(as: .registration, from: network, waking: waker, in: loop) {
      Result { () throws(AccountsError) in try store.register(name, password: password, roles: roles, now: now) }
    } finish: { outcome in
      switch outcome {
      case .done(.success(.registered(let account))):
        trouble.noteSuccess(of: .registration)
        return EndpointOutcome(
          .object(status: 201, ["message": .string("User registered successfully!")]), account: .user(account.name))
      case .done(.success(.exists)): return EndpointOutcome(.refusal(BodyRefusal(reason: .userExists)))
      case .done(.failure(let error)): return trouble.refusal(error, of: .registration)
      case .refused, .abandoned: return EndpointOutcome(.refusal(BodyRefusal(reason: .accountsBusy)))
      }
    }
  }

  /// `POST /login`: a token for a name and a password, unless too many have been tried.
  package func logIn(_ credentials: Credentials, from network: ClientNetwork) throws(BodyRefusal) -> EndpointStep {
    let (username, password) = (credentials.username, Password(credentials.password))
    switch accounts.throttle.admit(username, from: network, now: loop.now.nanoseconds) {
    case .delayed(let seconds):
      return .done(EndpointOutcome(.refusal(BodyRefusal(reason: .loginThrottled, retryAfter: seconds))))
    case .admitted(let attempt):
      let pending = PendingAttempt(attempt)
      let now = loop.unixTime
      let (store, policy, tokens) = (accounts.store, accounts.passwordPolicy, accounts.tokens)
      let trouble = trouble
      return accounts.hash(as: .login, from: network, waking: waker, in: loop) {
        Result { () throws(AccountsError) in
          let outcome = try store.authenticate(username, password: password, policy: policy)
          // Signed here, too: with some keys that takes as long as many requests.
          return Self.login(outcome, tokens, now: now)
        }
      } finish: { outcome in
        pending.settle(outcome, now: trouble.loop.now.nanoseconds)
        switch outcome {
        case .done(.success(let login)): return Self.outcome(of: login, lifetime: tokens.lifetime, trouble)
        case .done(.failure(let error)): return trouble.refusal(error, of: .login)
        case .refused, .abandoned: return EndpointOutcome(.refusal(BodyRefusal(reason: .accountsBusy)))
        }
      }
    }
  }

  private static func outcome(
    of login: Login, lifetime: Int, _ trouble: Trouble
  ) -> EndpointOutcome {
    trouble.noteSuccess(of: .login)
    switch login {
    case .refused: return EndpointOutcome(.refusal(BodyRefusal(reason: .credentialsInvalid)))
    case .unsigned(let why):
      trouble.log.error("a token can't be signed: \(why)")
      return EndpointOutcome(.refusal(BodyRefusal(reason: .internalError)))
    case .success(let name, let token):
      let answer: JSONObject = [
        "token": .string(token.span.text), "token_type": .string("Bearer"),
        "expires_in": .number(JSONNumber(lifetime)),
      ]
      return EndpointOutcome(.object(status: 200, answer), account: .user(name))
    }
  }

  /// The outcome of a login.
  fileprivate enum Login: Sendable {
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

  private var trouble: Trouble { Trouble(troubles: accounts.troubles, loop: loop, log: log) }

  /// Notes requests that the database could not serve, and those that show that it can again.
  private struct Trouble: Sendable {
    let troubles: StoreTroubles
    let loop: EventLoop
    let log: ErrorLog

    func noteSuccess(of operation: HashingQueue.Operation) { troubles.noteSuccess(of: operation, in: log) }

    func refusal(_ error: AccountsError, of operation: HashingQueue.Operation) -> EndpointOutcome {
      troubles.note(error, of: operation, now: loop.now.nanoseconds, in: log)
      return EndpointOutcome(.refusal(BodyRefusal(reason: error.reason)))
    }
  }

  /// A login that was admitted and is not settled yet.
  private final class PendingAttempt: Sendable {
    private let attempt: Mutex<LoginAttempt?>

    init(_ attempt: consuming sending LoginAttempt) { self.attempt = Mutex(attempt) }

    func settle(_ outcome: HashingOutcome<Result<Login, AccountsError>>, now: Int64) {
      guard let attempt = attempt.withLock({ $0.take() }) else { return }
      switch outcome {
      case .done(.success(.success)), .done(.success(.unsigned)): attempt.succeed(now: now)
      case .done(.success(.refused)): attempt.fail(now: now)
      case .done(.failure), .refused, .abandoned: attempt.abandon(now: now)
      }
    }
  }
}

extension AccountName {
  /// True if an account may have the name.
  package static func isPossible(_ text: String) -> Bool {
    do throws(PolicyViolation) {
      _ = try AccountName(text)
      return true
    } catch {
      return false
    }
  }
}
