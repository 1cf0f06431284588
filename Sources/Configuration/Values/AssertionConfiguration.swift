/// `auth.identity_assertion`: a short-lived token of the gateway's own that tells an upstream who asks.
package struct AssertionConfiguration: Sendable {
  /// The field that it stands in; none of ``AuthConfiguration/identityHeaders``.
  package var header: String
  /// The `iss` of assertions: `issuer`, or else that of the accounts.
  package var issuer: String
  /// The lifetime of an assertion, in whole seconds; default 1 min.
  package var ttl: Duration = .seconds(60)
  /// True if each assertion is for one request alone, and says which; default false.
  package var bindsRequest = false
  /// Keys for assertions alone; nil where those of the accounts serve.
  package var keyDirectory: KeyDirectoryConfiguration?

  package init(header: String, issuer: String) {
    self.header = header
    self.issuer = issuer
  }
}
