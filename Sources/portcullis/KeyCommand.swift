import Tokens

/// What `portcullis key …` asks for.
struct KeyCommand {
  enum Action {
    /// Another next key for the directory, or a pair for elsewhere.
    case generate(SignatureAlgorithm?, output: String?)
    case list
    case rotate(revoking: Bool)
  }

  let action: Action

  /// - Parameter reader: after the word `key`.
  init(_ reader: inout ArgumentReader, _ options: ArgumentReader.Options) throws(UsageError) {
    switch reader.next() {
    case "generate": action = .generate(try options.algorithm.map(Self.algorithm), output: options.output)
    case "list": action = .list
    case "rotate": action = .rotate(revoking: options.revokes)
    case let word:
      throw UsageError(
        message: "'key' is followed by generate, list or rotate" + (word.map { ", not '\($0)'" } ?? ""))
    }
  }

  private static func algorithm(_ name: String) throws(UsageError) -> SignatureAlgorithm {
    guard let algorithm = SignatureAlgorithm(name: name) else {
      let names = SignatureAlgorithm.allCases.filter { $0.family != .secret }.map(\.rawValue)
      throw UsageError(message: "--alg takes one of \(names.joined(separator: ", ")), not '\(name)'")
    }
    guard algorithm.family != .secret else {
      throw UsageError(
        message: "\(name) takes a secret and no key pair; the gateway makes the file of 'secret_file' itself")
    }
    return algorithm
  }

  static let help = """
    portcullis key: the key pairs that tokens and identity assertions are signed with, also beside a running gateway

    usage:
      portcullis key list                  print the keys of the configuration's key directory
      portcullis key rotate                sign with the key that was next, and make another next one
      portcullis key generate              make another next key in the place of the one that is there
      portcullis key generate --out FILE   make a pair for elsewhere: the private key into a new file (- for standard
                                           output), the public one as a JWK to standard output

    options:
      -c FILE     the configuration, if not ./gateway.json or /etc/portcullis/gateway.json
      --alg NAME  what 'generate' makes the key for: RS256 … PS512, ES256, ES384, ES512 or EdDSA, if not what the
                  configuration says (ES256 with --out)
      --revoke    'rotate' drops the key that has signed until now, and with it every token that it has signed:
                  for a key that somebody else may have

    A key is 'next' (known to others, not signing yet), 'current' (signs) and 'previous' (until everything that it has
    signed has expired), then removed. A running gateway notices a change within seconds.
    """
}
