import HTTP
import JSON
import Tokens

extension Loading {
  /// `auth.issuers`.
  ///
  /// - Parameter leeway: of those that have no word of their own.
  func issuers(_ value: LocatedJSON?, leeway: Duration) -> [IssuerConfiguration] {
    var issuers: [IssuerConfiguration] = []
    for entry in list(value) ?? [] {
      guard let issuer = issuer(entry, leeway: leeway) else { continue }
      if let twin = issuers.first(where: { $0.name.value.equalsExactly(issuer.name.value) }) {
        let place = Self.place(twin.name.location)
        error(at: issuer.name.location, "the issuer '\(issuer.name.value)' is listed already, at \(place)")
      } else {
        issuers.append(issuer)
      }
    }
    return issuers
  }

  /// The proxies that keys are fetched through; errors in them count only if keys are fetched.
  func proxies(for issuers: [IssuerConfiguration]) -> ForwardProxies {
    guard let fetched = issuers.first(where: { $0.keys.value.url != nil }) else { return ForwardProxies() }
    do throws(ForwardProxyFault) {
      return try ForwardProxies(environment: environment)
    } catch {
      self.error(at: fetched.keys.location, error.text)
      return ForwardProxies()
    }
  }

  private func issuer(_ value: LocatedJSON, leeway: Duration) -> IssuerConfiguration? {
    guard let reader = object(value, .issuer) else { return nil }
    let name = nonEmptyString(required("issuer", of: reader))
    let audience = audience(reader)
    let keys = keyOrigin(reader, issuer: name)
    let authorities = authorities(reader, for: keys)
    let algorithms = algorithms(reader["algorithms"], for: keys?.value)
    let ownLeeway = duration(reader["leeway"], in: Self.leeways)
    let maxTTL = timeout(reader["max_ttl"])
    let requiresExpiry = bool(reader["require_exp"])
    let claims = claimNames(reader["claims"])
    let takesNumericSubject = bool(reader["numeric_subject"])
    let requiresBinding = bool(reader["require_binding"])
    guard let name, let audience, let keys else { return nil }
    var issuer = IssuerConfiguration(name: name, audience: audience, keys: keys)
    issuer.authorities = authorities
    if let algorithms { issuer.algorithms = algorithms }
    issuer.leeway = ownLeeway ?? leeway
    issuer.maxTTL = maxTTL
    if let requiresExpiry { issuer.requiresExpiry = requiresExpiry }
    issuer.claims = claims
    if let takesNumericSubject { issuer.takesNumericSubject = takesNumericSubject }
    if let requiresBinding { issuer.requiresBinding = requiresBinding }
    return issuer
  }

  private func claimNames(_ value: LocatedJSON?) -> ClaimNamesConfiguration {
    var names = ClaimNamesConfiguration()
    guard let value, let reader = object(value, .claimNames) else { return names }
    if let subject = nonEmptyString(reader["subject"]) { names.subject = subject.value }
    if let roles = nonEmptyString(reader["roles"]) { names.roles = roles.value }
    if let scope = nonEmptyString(reader["scope"]) { names.scope = scope.value }
    return names
  }

  private func audience(_ reader: ObjectReader) -> AudienceRule? {
    guard let value = reader["audience"] else {
      error(at: reader.location, "'audience' is missing: name whom tokens are for, or say \"any\"")
      return nil
    }
    switch value.content {
    case .string("any"): return .any
    case .string, .list: break
    case .null, .bool, .number, .object:
      error(at: value.location, "'audience' is a string, a list of strings or \"any\", found \(value.kind)")
      return nil
    }
    let names = words(someElements(value)).map(\.value)
    return names.isEmpty ? nil : .oneOf(names)
  }

  // MARK: Keys

  /// The one of these that an issuer has.
  private static let origins = ["jwks", "discover", "public_key_file", "secret_file"]

  private func keyOrigin(_ reader: ObjectReader, issuer: Located<String>?) -> Located<KeyOrigin>? {
    let discovers = bool(reader["discover"])
    let given = Self.origins.filter { key in
      key == "discover" ? discovers == true : reader[key] != nil
    }
    guard let key = given.first else {
      // A `discover` that is neither has been spoken of.
      guard reader["discover"] == nil || discovers != nil else { return nil }
      error(
        at: reader.location,
        "the issuer's keys are missing: one of 'jwks', 'discover', 'public_key_file' and 'secret_file'")
      return nil
    }
    for other in given.dropFirst() {
      error(at: reader.place(of: other), "'\(key)' and '\(other)' exclude each other: an issuer's keys have one source")
    }
    guard given.count == 1 else { return nil }
    switch key {
    case "jwks": return keySet(reader["jwks"])
    case "discover": return discovery(at: reader.place(of: "discover"), issuer: issuer)
    case "public_key_file":
      return path(reader["public_key_file"]).map { Located(.publicKeyFile($0.value), at: $0.location) }
    default: return path(reader["secret_file"]).map { Located(.secretFile($0.value), at: $0.location) }
    }
  }

  /// A path or a URL.
  private func keySet(_ value: LocatedJSON?) -> Located<KeyOrigin>? {
    guard let text = nonEmptyString(value) else { return nil }
    guard text.value.contains("://") else {
      return path(value).map { Located(.keySetFile($0.value), at: $0.location) }
    }
    return url(text.value, at: text.location).map { Located(.keySetURL($0), at: text.location) }
  }

  /// The URL of the provider's description of itself: a well-known place below its name (OpenID Connect Discovery 1.0 §4).
  private func discovery(at location: SourceLocation, issuer: Located<String>?) -> Located<KeyOrigin>? {
    guard let issuer else { return nil }
    guard HTTPURL.hasScheme(issuer.value), !issuer.value.contains("?") else {
      error(at: location, "'discover' takes an issuer that is an 'https://' (or 'http://') URL without '?'")
      return nil
    }
    let base = issuer.value.hasSuffix("/") ? String(issuer.value.dropLast()) : issuer.value
    return url(base + "/.well-known/openid-configuration", at: issuer.location).map {
      Located(.discovery($0), at: location)
    }
  }

  private func url(_ text: String, at location: SourceLocation) -> HTTPURL? {
    do throws(HTTPURLFault) {
      let url = try HTTPURL(text)
      if url.scheme == .http, !url.isLoopback {
        warning(at: location, "keys that come over 'http://' can be replaced by anybody on their way: use 'https://'")
      }
      return url
    } catch {
      self.error(at: location, "\"\(text)\" is no URL that keys can be fetched from: \(error.text)")
      return nil
    }
  }

  private func authorities(_ reader: ObjectReader, for keys: Located<KeyOrigin>?) -> Located<String>? {
    guard let file = path(reader["ca"]) else { return nil }
    if let keys, keys.value.url?.scheme != .https {
      error(at: reader.place(of: "ca"), "'ca' is for keys that are fetched over HTTPS, and these are not")
    }
    return file
  }

  // MARK: Algorithms

  private func algorithms(_ value: LocatedJSON?, for keys: KeyOrigin?) -> [SignatureAlgorithm]? {
    guard let entries = nonEmptyList(value) else { return nil }
    var algorithms: [SignatureAlgorithm] = []
    var isWhole = true
    for word in words(entries) {
      guard let algorithm = signingAlgorithm(word) else {
        isWhole = false
        continue
      }
      if let keys, let problem = Self.problem(of: algorithm, with: keys) { error(at: word.location, problem) }
      // One may have two names.
      if !algorithms.contains(algorithm) { algorithms.append(algorithm) }
    }
    // A key that the misspelt one is for must not be called unfit beside that.
    return isWhole ? algorithms : nil
  }

  /// The reason why keys of that origin can't serve the algorithm; nil if they can.
  private static func problem(of algorithm: SignatureAlgorithm, with keys: KeyOrigin) -> String? {
    let name = algorithm.rawValue
    switch keys {
    case .secretFile:
      return algorithm.isSymmetric ? nil : "a shared secret can't serve \(name), which takes a public key"
    case .publicKeyFile:
      return algorithm.isSymmetric ? "a public key can't serve \(name), which takes a shared secret" : nil
    case .keySetURL, .discovery:
      return algorithm.isSymmetric ? "\(name) takes a shared secret, and no secret is taken from a URL" : nil
    case .keySetFile: return nil
    }
  }

  /// An algorithm by the name that tokens have for it.
  func signingAlgorithm(_ word: Located<String>) -> SignatureAlgorithm? {
    if let algorithm = SignatureAlgorithm(name: word.value) { return algorithm }
    if word.value.asciiLowercased == "none" {
      error(at: word.location, "'\(word.value)' is no algorithm: a token without a signature proves nothing")
    } else {
      error(at: word.location, Self.notOneOf(SignatureAlgorithm.names, word.value))
    }
    return nil
  }
}
