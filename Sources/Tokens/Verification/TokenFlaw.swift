import JSON

/// The reason why a text is no token at all; to clients every one is ``TokenRejection/malformed``.
enum TokenFlaw: Error, Equatable {
  case notThreeParts(count: Int)
  case base64(TokenPart)
  case json(TokenPart, JSONError)
  case notAnObject(TokenPart)
  case headerMemberMissing(String)
  case headerMemberOfWrongType(String)
  case unencodedPayload
  case claimOfWrongType(String, expected: String)

  /// The reason in words.
  var message: String {
    switch self {
    case .notThreeParts(5): "five parts: this is an encrypted token (JWE), which is not supported"
    case .notThreeParts(let count): "\(count == 1 ? "1 part" : "\(count) parts") between dots; a signed token has 3"
    case .base64(let part): "the \(part.rawValue) is not base64url without padding in its one canonical spelling"
    case .json(let part, let error):
      "the \(part.rawValue) is not JSON: \(VisibleText.plain(error.message)) (byte \(error.offset))"
    case .notAnObject(let part): "the \(part.rawValue) is not a JSON object"
    case .headerMemberMissing(let name): "the header has no '\(name)'"
    case .headerMemberOfWrongType(let name): "'\(name)' in the header is not a string"
    case .unencodedPayload: "the header has a 'b64', which a JWT must not have"
    case .claimOfWrongType(let name, let expected): "the claim '\(name)' is not \(expected)"
    }
  }
}

/// The three parts of a token, as messages name them.
enum TokenPart: String, Sendable {
  case header
  case payload
  case signature
}
