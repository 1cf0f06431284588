import Bytes
import JSON

/// Decides whether tokens are good, and is the only maker of ``VerifiedToken``.
///
/// Holds the keys made ready for use, so it is confined to one thread; the issuers it is made from may be shared. The checks come
/// in the order of ``TokenRejection``, and the first that fails is the answer.
package final class TokenVerifier {
  /// The issuers whose tokens are accepted.
  package let issuers: [TrustedIssuer]
  /// The most bytes that a token may have; looked at before anything else.
  package let byteCountMax: Int
  private let prepared: [PreparedIssuer]

  /// 16 KiB.
  package static let usualByteCountMax = 16 * 1024

  /// An issuer with its keys, shared by reference: it has too many parts to be copied for each token.
  private final class PreparedIssuer {
    let index: Int
    let issuer: TrustedIssuer
    let reader: ClaimReader
    /// The keys that verify its tokens; nil where it has none yet.
    let keys: PreparedKeys?

    init(_ index: Int, _ issuer: TrustedIssuer) throws(KeyError) {
      self.index = index
      self.issuer = issuer
      reader = ClaimReader(issuer)
      keys = if let set = issuer.keys { try PreparedKeys(set, allowing: issuer.algorithms) } else { nil }
    }
  }

  /// - Throws: ``KeyError/algorithmUnavailable(_:)``.
  package init(issuers: [TrustedIssuer], byteCountMax: Int = usualByteCountMax) throws(KeyError) {
    self.issuers = issuers
    self.byteCountMax = byteCountMax
    var prepared: [PreparedIssuer] = []
    for (index, issuer) in issuers.enumerated() { prepared.append(try PreparedIssuer(index, issuer)) }
    self.prepared = prepared
  }

  /// Verifies a token at the time `now`, in seconds since the epoch.
  ///
  /// - Parameter certificate: that of the client that bears it, proven by the connection; nil without.
  /// - Throws: the first reason against it; never ``TokenRejection/missing``, ``TokenRejection/ambiguous`` or
  ///   ``TokenRejection/revoked``, which a token alone can't tell.
  package func verify(
    _ token: Span<UInt8>, now: Double, certificate: CertificateThumbprint? = nil
  ) throws(TokenRejection) -> VerifiedToken {
    let verified = try verifyButBinding(token, now: now)
    if let rejection = verified.binding.rejection(of: certificate) { throw rejection }
    return verified
  }

  /// The same without a look at what the token is bound to: for those who keep the token and judge that for each request.
  package func verifyButBinding(_ token: Span<UInt8>, now: Double) throws(TokenRejection) -> VerifiedToken {
    let unverified = try takeApart(token)
    if unverified.registered.hasNumericSubject, !takesNumericSubject(unverified) { throw .malformed }
    guard unverified.header.isAccessTokenType else { throw .typeRefused }
    guard !unverified.header.hasCritical else { throw .criticalUnsupported }
    let (prepared, algorithm) = try issuer(of: unverified)
    let verifier = try verifier(prepared, algorithm, unverified)
    guard verifier.isValid(unverified.signature.span, for: token.extracting(..<unverified.signedCount)) else {
      throw .signatureInvalid
    }

    let validity = TokenValidity(unverified.registered, issuer: prepared.issuer)
    if let rejection = validity.rejection(at: now) { throw rejection }
    guard let reading = prepared.reader.reading(of: unverified.claims) else { throw .subjectMissing }
    guard prepared.issuer.audience.admits(unverified.registered.audience) else { throw .audienceMismatch }
    return VerifiedToken(
      issuerIndex: prepared.index, reader: prepared.reader, reading: reading, validity: validity,
      binding: TokenBinding(unverified.claims["cnf"], isRequired: prepared.issuer.requiresBinding))
  }

  /// The place among ``issuers`` of the one that the token names; nil if it is no token, or names none of them.
  ///
  /// Nothing is proven by it: it says whose keys to ask for again after ``TokenRejection/keyUnknown``.
  package func issuerIndex(of token: Span<UInt8>) -> Int? {
    do throws(TokenRejection) {
      let issuer = try takeApart(token).registered.issuer
      return issuers.firstIndex { $0.isNamed(issuer) }
    } catch {
      return nil
    }
  }

  /// Takes a token apart, with nothing proven.
  ///
  /// - Throws: ``TokenRejection/tooLarge`` or ``TokenRejection/malformed``.
  func takeApart(_ token: Span<UInt8>) throws(TokenRejection) -> UnverifiedToken {
    guard token.count <= byteCountMax else { throw .tooLarge }
    do throws(TokenFlaw) {
      return try UnverifiedToken(token)
    } catch {
      throw .malformed
    }
  }

  /// True if a number may stand in the token's `sub`, which is a string by RFC 7519 §4.1.2.
  private func takesNumericSubject(_ token: UnverifiedToken) -> Bool {
    let claimed = token.registered.issuer
    return issuers.contains { $0.isNamed(claimed) && $0.claims.takesNumericSubject }
  }

  /// The verifier with the key that the token names.
  private func verifier(
    _ prepared: PreparedIssuer, _ algorithm: SignatureAlgorithm, _ token: UnverifiedToken
  ) throws(TokenRejection) -> SignatureVerifier {
    guard let keys = prepared.keys else { throw .keysUnavailable }
    let verifier: SignatureVerifier?
    do throws(KeyError) {
      verifier = try keys.verifier(
        for: algorithm, identifier: token.header.keyIdentifier, issuedAt: token.registered.issuedAt)
    } catch {
      // It was found fit when it was read: what is lacking now is memory.
      throw .keysUnavailable
    }
    guard let verifier else { throw .keyUnknown }
    return verifier
  }

  /// The issuer that the token names, and the algorithm if that issuer may use it.
  ///
  /// An algorithm that no issuer may use is refused before the issuer is looked up.
  private func issuer(of token: UnverifiedToken) throws(TokenRejection) -> (PreparedIssuer, SignatureAlgorithm) {
    guard let algorithm = token.header.algorithm else { throw .algorithmRefused }
    let claimed = token.registered.issuer
    for prepared in prepared where prepared.issuer.isNamed(claimed) {
      guard prepared.issuer.algorithms.contains(algorithm) else { throw .algorithmRefused }
      return (prepared, algorithm)
    }
    throw issuers.contains { $0.algorithms.contains(algorithm) } ? .issuerUnknown : .algorithmRefused
  }
}

extension TrustedIssuer {
  /// True if a token with that `iss` is one of the issuer's.
  func isNamed(_ claimed: String?) -> Bool {
    switch (name, claimed) {
    case (let name?, let claimed?): name.equalsExactly(claimed)
    case (nil, nil): true
    case (_?, nil), (nil, _?): false
    }
  }
}

extension AudienceRule {
  /// True if a token with that audience is for this gateway; nil stands for a token that names none.
  func admits(_ claimed: [String]?) -> Bool {
    switch self {
    case .any: true
    case .oneOf(let names): claimed?.contains { claimed in names.contains { $0.equalsExactly(claimed) } } ?? false
    case .absent: claimed == nil
    }
  }
}
