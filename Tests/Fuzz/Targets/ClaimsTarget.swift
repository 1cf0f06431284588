import Bytes
import HTTP
import JSON
import Policy
import Tokens

/// Claims under a good signature: judged by what they say, and told upstream without ever ending a line.
enum ClaimsTarget {
  static func read(_ payload: [UInt8]) {
    let token = Issuing.token(Issuing.header, payload)
    guard let verified = TokenTarget.judge(token) else { return }
    let comment = shown(payload)
    let claims = (try? JSONReader.parse(payload.span, limits: .token))?.object
    require(claims?["iss"]?.string == Issuing.name, "the issuer is the one named", comment)
    require(claims?["sub"]?.string == verified.subject, "the subject is the one named", comment)
    let audience = claims?["aud"]
    let audiences = audience?.array ?? [audience].compactMap { $0 }
    require(audiences.contains(.string("orders")), "the token is for us", comment)
    let expiry = claims?["exp"]?.number?.double ?? 0
    require(expiry + 1 > Issuing.now, "the token has not expired", comment)
    require(verified.rejection(at: expiry + 1) != nil, "the token expires", comment)
    if let start = claims?["nbf"]?.number?.double {
      require(start - 5 <= Issuing.now, "the token is valid yet", comment)
    }
    checkForwarded(token, verified, comment)
  }

  private static func checkForwarded(_ token: [UInt8], _ verified: VerifiedToken, _ comment: String) {
    guard token.count < 8000 else { return }
    let request = Array("GET /private HTTP/1.1\r\nHost: a\r\nX-Auth-User: root\r\nAuthorization: Bearer ".utf8) + token
    guard let output = Gate.forwarded(request + Array("\r\n\r\n".utf8)) else {
      return require(false, "a good token may pass", comment)
    }
    let again = RequestReading(output, limits: RequestHeadTarget.wide)
    require(again.outcome == .complete(byteCount: output.count), "identity breaks no head", comment + shown(output))
    func values(_ name: String) -> [[UInt8]] {
      again.fields.filter { $0[0].map(ASCII.lowercased) == Array(name.utf8) }.map { $0[1] }
    }
    let users = values("x-auth-user")
    require(users.count == 1, "somebody asks", comment + shown(output))
    let isPlain = verified.subject.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "%") }
    if isPlain { require(users == [Array(verified.subject.utf8)], "he asks who has the token", comment) }
    for user in users + values("x-auth-roles") + values("x-auth-scope") {
      require(user.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "identity is visible", shown(user))
    }
    for name in ["x-auth-issuer", "x-auth-roles", "x-auth-scope"] {
      require(values(name).count <= 1, "a claim is told once", comment)
    }
  }
}
