import HTTP
import JSON
import Tokens

extension Loading {
  /// `auth.identity_assertion`; nil if there is none, or no sense in it.
  ///
  /// - Parameters:
  ///   - auth: what else `auth` says.
  ///   - accounts: whose name and keys serve where the assertion has none of its own; nil also where something is wrong with them.
  func assertion(
    _ value: LocatedJSON?, in auth: AuthConfiguration, beside accounts: AccountsConfiguration?, written: Bool
  ) -> AssertionConfiguration? {
    guard let value, let reader = object(value, .assertion) else { return nil }
    let header = assertionHeader(required("header", of: reader), beside: auth)
    let ttl = duration(reader["ttl"], in: .seconds(5) ... .seconds(3600))
    if let ttl, ttl.components.attoseconds != 0 {
      error(at: reader["ttl"]?.location ?? value.location, "expected whole seconds")
    }
    let binds = bool(reader["bind"])
    // A part that is missing because `accounts` has an error is no error of its own.
    let isKnown = accounts != nil || !written
    let issuer = assertionIssuer(reader, auth, accounts, isKnown: isKnown)
    let directory = assertionKeys(reader, accounts, isKnown: isKnown)
    guard let header, let issuer else { return nil }
    assertionHeader = header
    var assertion = AssertionConfiguration(header: header, issuer: issuer)
    if let ttl { assertion.ttl = ttl }
    if let binds { assertion.bindsRequest = binds }
    assertion.keyDirectory = directory
    return assertion
  }

  private func assertionHeader(_ value: LocatedJSON?, beside auth: AuthConfiguration) -> String? {
    guard let text = nonEmptyString(value), let name = fieldName(text.value, for: .identity, at: text.location) else {
      return nil
    }
    if let twin = auth.identityHeaders.first(where: { FoldedFieldName.matches($0.name, name) }) {
      error(at: text.location, "'\(name)' can't be told from '\(twin.name)', which is one of 'identity_headers'")
    }
    for case .header(let place) in auth.tokenFrom where FoldedFieldName.matches(place, name) {
      error(at: text.location, "'\(name)' is both the header of assertions and a place of 'token_from'")
    }
    return name
  }

  private func assertionIssuer(
    _ reader: ObjectReader, _ auth: AuthConfiguration, _ accounts: AccountsConfiguration?, isKnown: Bool
  ) -> String? {
    if let value = reader["issuer"] {
      guard let name = nonEmptyString(value) else { return nil }
      if let twin = auth.issuers.first(where: { $0.name.value.equalsExactly(name.value) }) {
        error(
          at: name.location,
          "'\(name.value)' is one of 'auth.issuers', at \(Self.place(twin.name.location)); assertions are the gateway's own"
        )
      }
      return name.value
    }
    if let name = accounts?.issuer { return name.value }
    if isKnown {
      error(
        at: reader.location,
        accounts == nil
          ? "assertions need the name of their issuer: set 'issuer', such as the gateway's URL"
          : "assertions need the name of their issuer: set 'issuer' here, or that of 'accounts'")
    }
    return nil
  }

  /// Keys for assertions alone, where the accounts have none that others could check them with.
  private func assertionKeys(
    _ reader: ObjectReader, _ accounts: AccountsConfiguration?, isKnown: Bool
  ) -> KeyDirectoryConfiguration? {
    let word = nonEmptyString(reader["algorithm"])
    let algorithm = word.flatMap(signingAlgorithm)
    if let word, let algorithm, algorithm.isSymmetric {
      error(
        at: word.location,
        "an upstream could forge an assertion that \(algorithm.rawValue) signs: take \"ES256\" or another with a key pair"
      )
    }
    switch (reader["key_directory"], accounts?.signing) {
    case (let directory?, .keyDirectory):
      error(
        at: directory.location, "the keys of 'accounts.signing.key_directory' sign assertions too: leave this one out")
      return nil
    case (let directory?, .secretFile), (let directory?, nil): return keyDirectory(directory, algorithm)
    case (nil, .keyDirectory):
      if let word {
        error(at: word.location, "'algorithm' belongs to a 'key_directory'; here the keys of 'accounts.signing' sign")
      }
    case (nil, .secretFile):
      error(
        at: reader.location,
        "assertions are signed with a key pair, never with the secret of 'accounts.signing': set 'key_directory', here or there"
      )
    case (nil, nil):
      if isKnown { error(at: reader.location, "assertions are signed with a key pair: set 'key_directory'") }
    }
    return nil
  }
}
