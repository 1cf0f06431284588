import Accounts
import Configuration
import JSON
import Observability
import Policy

/// `POST /register`: makes an account; it is on the disk when the answer is sent.
package struct RegisterEndpoint: AccountEndpoint {
  private let credentials: Credentials

  init(_ body: [UInt8]) throws(BodyRefusal) {
    let body = try HostedBody(body.span)
    credentials = try Credentials(body)
  }

  package func answer(_ call: AccountCall) throws(BodyRefusal) -> EndpointStep {
    let accounts = call.accounts
    let name: AccountName
    let password: NewPassword
    do throws(PolicyViolation) {
      name = try AccountName(credentials.username)
      password = try accounts.passwordPolicy.accept(Password(credentials.password))
    } catch {
      throw BodyRefusal(reason: .invalidBody, details: "\(error)")
    }
    let (store, roles, stamp) = (accounts.store, accounts.defaultRoles, call.stamp)
    return call.hashing(as: .registration, of: .registrations) { () throws(AccountsError) in
      try store.register(name, password: password, roles: roles, stamp)
    } finish: { registration in
      switch registration {
      case .registered(let account):
        EndpointOutcome(
          .object(status: 201, ["message": .string("User registered successfully!")]), account: .user(account.name))
      case .exists: EndpointOutcome(.refusal(BodyRefusal(reason: .userExists)))
      case .inviteRefused: EndpointOutcome(.refusal(BodyRefusal(reason: .internalError)))
      }
    }
  }
}
