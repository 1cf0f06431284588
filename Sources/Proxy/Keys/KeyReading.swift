import Configuration
import Tokens

/// What a document of keys comes to for its issuer.
struct KeyReading: Sendable {
  let keys: KeySet
  /// Of each key that can't be used, which one it is and why; fit for a log.
  let unusable: [String]

  init(_ document: [UInt8], _ settings: KeySource.Settings) throws(KeyProblem) {
    do throws(KeyError) {
      switch settings.origin {
      case .secretFile:
        let key = try VerificationKey(secret: SharedSecret(file: document.span), algorithms: settings.algorithms)
        keys = try KeySet([key])
        unusable = []
      case .publicKeyFile, .keySetFile, .keySetURL, .discovery:
        throw .withoutAlgorithm
      }
    } catch {
      throw KeyProblem(text: error.message)
    }
  }
}

/// Why a document holds no keys.
struct KeyProblem: Error, Equatable {
  /// As the end of a sentence; fit for a log.
  let text: String
}
