import Configuration
import Tokens

/// The keys that a document holds for its issuer.
struct KeyReading: Sendable {
  let keys: KeySet
  /// Of each key that can't be used, which one it is and why, and of which kind if no key can be used; fit for a log.
  let unusable: [String]

  init(_ document: [UInt8], _ settings: KeySource.Settings) throws(KeyProblem) {
    switch settings.origin {
    case .secretFile:
      do throws(KeyError) {
        let secret = try SharedSecret(file: document.span)
        keys = try KeySet([try VerificationKey(secret: secret, algorithms: settings.algorithms)])
      } catch {
        throw KeyProblem(text: error.message + Self.hint(for: error))
      }
      unusable = []
    case .publicKeyFile, .keySetFile, .keySetURL, .discovery:
      let read = try Self.readSet(document, settings)
      do throws(KeyError) { keys = try KeySet(read.keys) } catch { throw KeyProblem(text: error.message) }
      unusable = read.unusable.map(read.keys.isEmpty ? \.messageWithKind : \.message)
    }
  }

  /// Tells why a file without a usable key has none.
  func emptiness(for algorithms: [SignatureAlgorithm]) -> String {
    let names = algorithms.map(\.rawValue).joined(separator: ", ")
    let more = unusable.count > 10 ? ["\(unusable.count - 10) more"] : []
    let keys = (unusable.prefix(10) + more).joined(separator: "; ")
    return "it holds no key that serves the issuer's algorithms (\(names)): \(keys.isEmpty ? "there is none" : keys)"
  }

  /// Names the key of the configuration that takes such a file.
  private static func hint(for error: KeyError) -> String {
    guard case .secretIsKey(let form) = error else { return "" }
    switch form {
    case .pem: return " (the issuer's public key is named with 'public_key_file')"
    case .jsonWebKey: return " (the issuer's keys are named with 'jwks')"
    case .der, .ssh: return ""
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
}

/// The reason for which a document holds no keys.
struct KeyProblem: Error, Equatable {
  /// As the end of a sentence; fit for a log.
  let text: String
}
