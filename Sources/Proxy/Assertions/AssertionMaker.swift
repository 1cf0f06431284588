import Bytes
import Configuration
import Cryptography
import HTTP
import JSON
import Policy
import Tokens

/// Makes the assertions that tell upstreams who asks (`auth.identity_assertion`), and remembers those made last.
///
/// Confined to one worker. It goes with the keys: others have a maker of their own, so no assertion outlives a rotation.
final class AssertionMaker {
  private let configuration: AssertionConfiguration
  private let ttl: Int
  private let name: [UInt8]
  /// The claims that assertions repeat.
  private let claims: [ClaimPath]
  private let upstreams: [String]
  private let signer: TokenSigner
  private let cache = Confined(AssertionCache())

  /// - Throws: when libcrypto can't do what the key needs.
  init(
    _ configuration: AssertionConfiguration, of gateway: GatewayConfiguration, key: SigningKey
  ) throws(KeyError) {
    self.configuration = configuration
    ttl = Int(clamping: configuration.ttl.components.seconds)
    name = Array(configuration.header.utf8)
    // A token may come over many connections, so an assertion says nothing of a certificate.
    claims = gateway.auth.identityHeaders.filter { $0.certificateClaim == nil }.map(\.claim)
      .filter { !Self.own.contains($0) }.map(ClaimPath.init)
    upstreams = gateway.upstreams.map(\.name.value)
    signer = try TokenSigner(key)
  }

  /// Claims that are said of the assertion itself, or in its own words.
  private static let own = [
    "iss", "sub", "aud", "exp", "nbf", "iat", "jti", "orig_iss", "roles", "scope", "method", "host", "path", "route",
  ]

  /// Adds an assertion to what the plan says of the caller, if a token proves one.
  ///
  /// - Parameter now: seconds since the epoch.
  /// - Returns: false if it can't be signed; the request must not go on then.
  func complete(_ plan: inout ForwardPlan, for head: borrowing RequestHead, now: Double) -> Bool {
    guard let identity = plan.identity, identity.isOfToken else { return true }
    let upstream = plan.forwarding.upstream
    if !configuration.bindsRequest, let fields = cache.value.fields(for: identity, upstream: upstream, now: now) {
      plan.assertedFields = fields
      return true
    }
    guard var claims = claims(of: identity, upstream: upstream, now: now) else { return false }
    if configuration.bindsRequest { bind(&claims, to: head, plan) }
    guard let expiry = claims["exp"]?.number?.double, let fields = fields(of: identity, claims) else { return false }
    plan.assertedFields = fields
    if !configuration.bindsRequest {
      // Half of its time is for the upstream. Nothing is won by another one that ends with the token as well.
      let issued = now.rounded(.down)
      let isShortened = expiry < issued + Double(ttl)
      cache.value.insert(
        fields, for: identity, upstream: upstream, madeAt: now, staleAt: isShortened ? expiry : issued + Double(ttl) / 2
      )
    }
    return true
  }

  /// The number of assertions that are remembered.
  var keptCount: Int { cache.value.count }

  /// The bytes of memory that they hold.
  var heldByteCount: Int { cache.value.byteCount }

  private func claims(of identity: Identity, upstream: Int, now: Double) -> JSONObject? {
    guard let token = identity.reading else { return nil }
    let issued = Int(exactly: now.rounded(.down)) ?? 0
    // As long as the gateway takes the token, and no longer.
    let end = min(Double(issued + ttl), identity.expiresAt.rounded(.up))
    var claims: JSONObject = ["iss": .string(configuration.issuer), "sub": .string(token.subject)]
    if upstreams.indices.contains(upstream) { claims["aud"] = .string(upstreams[upstream]) }
    claims["iat"] = .number(JSONNumber(issued))
    claims["exp"] = .number(JSONNumber(Int(exactly: end) ?? issued))
    if let issuer = identity.issuer { claims["orig_iss"] = .string(issuer) }
    let (roles, scopes) = (token.roles, token.scopes)
    if !roles.isEmpty { claims["roles"] = .array(roles.map(JSONValue.string)) }
    if !scopes.isEmpty { claims["scope"] = .string(scopes.joined(separator: " ")) }
    for path in self.claims {
      if let value = token.meaning(of: path).json { claims[path.text] = value }
    }
    return claims
  }

  /// Adds the claims that name its one request, as the upstream gets it, so that a change on the way is noticed.
  private func bind(_ claims: inout JSONObject, to head: borrowing RequestHead, _ plan: ForwardPlan) {
    var path = ByteBuffer(capacity: 256)
    if let rewrite = plan.forwarding.requestRules.rewrite {
      rewrite.write(head.target, to: &path)
    } else {
      path.append(head.target.path)
    }
    claims["method"] = .string(head.method.text)
    claims["host"] = .string(head.authority.text)
    claims["path"] = .string(path.readable.text)
    claims["route"] = .string(plan.route.name)
  }

  /// The caller's lines and that of the assertion; nil if it can't be signed.
  private func fields(of identity: Identity, _ claims: JSONObject) -> FieldBlock? {
    var claims = claims
    do {
      let random = try SecureRandom.bytes(16)
      var text = ByteBuffer(capacity: 32)
      Base64URL.encode(random.span, into: &text)
      claims["jti"] = .string(text.readable.text)
      let assertion = try signer.sign(claims, type: "assertion+jwt")
      let name = name
      var fields = identity.fields(reserving: name.count + assertion.count + 4)
      return fields.append(name: name.span, value: assertion.span) ? fields : nil
    } catch {
      return nil
    }
  }
}
