import Bytes
import Cryptography
import JSON
import Tokens

/// Tokens: what is accepted carries the issuer's signature, and what people are told is what was decided.
enum TokenTarget {
  /// The bytes as a whole token.
  static func read(_ token: [UInt8]) {
    let verified = judge(token)
    _ = Issuing.verifier.issuerIndex(of: token.span)
    guard verified != nil else { return }
    let parts = token.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    require(parts.count == 3, "a token has three parts", shown(token))
    let message = Array(token.prefix(parts[0].count + 1 + parts[1].count))
    guard let header = Issuing.decoded(parts[0]), let signature = Issuing.decoded(parts[2]) else {
      return require(false, "a token is base64url", shown(token))
    }
    let hashes: [(String, HashFunction)] = [("HS256", .sha256), ("HS384", .sha384), ("HS512", .sha512)]
    let algorithm = (try? JSONReader.parse(header.span, limits: .token))?.object?["alg"]?.string
    let hash = hashes.first { $0.0 == algorithm }?.1
    require(hash.map { Issuing.tag(message, $0) } == signature, "a token is signed as it says", shown(token))
  }

  /// The bytes as the header of a token that is signed with the issuer's secret.
  static func readHeader(_ header: [UInt8]) {
    guard judge(Issuing.token(header, Issuing.payload)) != nil else { return }
    let object = (try? JSONReader.parse(header.span, limits: .token))?.object
    require(object?["alg"]?.string == "HS256", "the signature's algorithm is the one named", shown(header))
    require(object?["crit"] == nil && object?["b64"] == nil, "no extension is understood", shown(header))
    let types = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"]
    if let type = object?["typ"] {
      require(types.contains(type.string?.lowercased() ?? ""), "it is an access token", shown(header))
    }
  }

  /// Verifies the token and explains it; both must come to the same verdict.
  static func judge(_ token: [UInt8], at now: Double = Issuing.now) -> VerifiedToken? {
    let inspection = TokenInspection(token.span, verifier: Issuing.verifier, now: now)
    for check in inspection.checks {
      let isPrintable = check.sentence.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
      require(isPrintable, "an explanation is fit for a terminal", check.sentence)
    }
    do throws(TokenRejection) {
      let verified = try Issuing.verifier.verify(token.span, now: now)
      require(inspection.verdict == nil, "the explanation is that of the verdict", shown(token))
      require(!verified.subject.isEmpty && verified.rejection(at: now) == nil, "a token is good when it is accepted")
      require(verified.issuer == Issuing.name, "a token is of the issuer that it names")
      return verified
    } catch {
      require(inspection.verdict == error, "the explanation is that of the verdict", "\(error) \(shown(token))")
      require(error != .missing && error != .ambiguous && error != .revoked, "a token alone can't tell that")
      return nil
    }
  }
}
