import Bytes
import Foundation
import JSON

@testable import Tokens

/// Vectors of others, in the folder that PORTCULLIS_VECTORS names; without it the tests of them have nothing to do.
enum VectorFolder {
  static let path = ProcessInfo.processInfo.environment["PORTCULLIS_VECTORS"].flatMap { $0.isEmpty ? nil : $0 }
  static var isThere: Bool { path != nil }

  /// The objects of the list that the file is.
  static func objects(_ name: String) throws -> [JSONObject] {
    guard let path else { return [] }
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path).appending(path: name)))
    let limits = JSONLimits(depth: 32, members: 10_000, stringBytes: 1 << 20)
    return try JSONReader.parse(bytes.span, limits: limits).array?.compactMap(\.object) ?? []
  }
}

/// The layer that the vectors test: a compact JWS whose payload may be anything.
struct SignatureLayer {
  let keys: KeySet

  /// - Parameter text: a JWK Set, or one JWK.
  init(_ text: JSONValue, secrets: SecretPolicy = .allowed) throws {
    let object = text.object?["keys"] == nil ? ["keys": .array([text])] : text.object ?? [:]
    keys = try KeySet(JSONWebKeySet(object, SignatureAlgorithm.allCases, secrets).keys)
  }

  func accepts(_ text: String) -> Bool { (try? isValid(Array(text.utf8))) ?? false }

  private func isValid(_ token: [UInt8]) throws -> Bool {
    let (first, second) = try UnverifiedToken.dots(in: token.span)
    let header = try TokenHeader(try UnverifiedToken.object(.header, token.span.extracting(..<first)))
    guard !header.hasCritical, let algorithm = header.algorithm else { return false }
    var payload: [UInt8] = []
    var signature: [UInt8] = []
    guard Base64URL.decode(token.span.extracting((first + 1)..<second), into: &payload),
      Base64URL.decode(token.span.extracting((second + 1)...), into: &signature)
    else { return false }
    let prepared = try PreparedKeys(keys, allowing: SignatureAlgorithm.allCases)
    guard let verifier = try prepared.verifier(for: algorithm, identifier: header.keyIdentifier) else { return false }
    return verifier.isValid(signature.span, for: token.span.extracting(..<second))
  }
}
