import Configuration
import Tokens

/// What a document of keys comes to for its issuer.
struct KeyReading: Sendable {
  let keys: KeySet
  /// Of each key that can't be used, which one it is and why; fit for a log.
  let unusable: [String]

  init(_ document: [UInt8], _ settings: KeySource.Settings) throws(KeyProblem) {
    switch settings.origin {
    case .secretFile:
      keys = try Self.set { () throws(KeyError) in
        [try VerificationKey(secret: SharedSecret(file: document.span), algorithms: settings.algorithms)]
      }
      unusable = []
    case .publicKeyFile, .keySetFile, .keySetURL, .discovery:
      let read = try Self.readSet(document, settings)
      keys = try Self.set { () throws(KeyError) in read.keys }
      unusable = read.unusable.map(\.message)
    }
  }

  private static func readSet(
    _ document: [UInt8], _ settings: KeySource.Settings
  ) throws(KeyProblem) -> JSONWebKeySet {
    do throws(KeySetError) {
      if settings.origin.url == nil { return try KeyFile.read(document.span, allowing: settings.algorithms) }
      return try JSONWebKeySet.read(document.span, allowing: settings.algorithms, secrets: .refused)
    } catch {
      throw KeyProblem(text: error.message)
    }
  }

  private static func set(_ keys: () throws(KeyError) -> [VerificationKey]) throws(KeyProblem) -> KeySet {
    do throws(KeyError) { return try KeySet(try keys()) } catch { throw KeyProblem(text: error.message) }
  }
}

/// Why a document holds no keys.
struct KeyProblem: Error, Equatable {
  /// As the end of a sentence; fit for a log.
  let text: String
}
