import Accounts
import Configuration
import JSON
import Observability
import Policy

/// `POST /register`: makes an account; it is on the disk when the answer is sent.
package struct RegisterEndpoint: AccountEndpoint {
  private let credentials: Credentials
  private let invite: String?

  init(_ body: [UInt8]) throws(BodyRefusal) {
    let body = try HostedBody(body.span)
    credentials = try Credentials(body)
    invite = try body.optionalString("invite")
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
    var code: String?
    if accounts.registration == .invite {
      guard let invite else { throw BodyRefusal(reason: .inviteInvalid) }
      code = invite
    }
    let invite = code
    let breached = accounts.breached
    return call.hashing(as: .registration, of: .registrations) { () throws(AccountsError) -> Registration? in
      if try breached?.contains(password) == true { return nil }
      return try store.register(name, password: password, roles: roles, invite: invite, stamp)
    } finish: { registration in
      switch registration {
      case nil: EndpointOutcome(.refusal(BodyRefusal(reason: .passwordBreached)))
      case .registered(let account)?:
        EndpointOutcome(
          .object(status: 201, ["message": .string("User registered successfully!")]), account: .user(account.name))
      case .exists?: EndpointOutcome(.refusal(BodyRefusal(reason: .userExists)))
      case .inviteRefused?: EndpointOutcome(.refusal(BodyRefusal(reason: .inviteInvalid)))
      }
    }
  }
}
