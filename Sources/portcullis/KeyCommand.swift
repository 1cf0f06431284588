import Tokens

/// The arguments of `portcullis key …`.
struct KeyCommand {
  enum Action {
    /// Another next key for the directory, or a pair for elsewhere.
    case generate(SignatureAlgorithm?, output: String?)
    case list
    case rotate
    /// Drops every key, or one by its `kid`.
    case revoke(String?)
  }

  let action: Action

  /// - Parameter reader: stands behind the word `key`.
  init(_ reader: inout ArgumentReader, _ options: ArgumentReader.Options) throws(UsageError) {
    switch reader.next() {
    case "generate": action = .generate(try options.algorithm.map(Self.algorithm), output: options.output)
    case "list": action = .list
    case "rotate": action = options.revokes ? .revoke(reader.next()) : .rotate
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
      portcullis key rotate --revoke       make a new current and a new next key, and drop all others
      portcullis key rotate --revoke KID   drop that key alone
      portcullis key generate              make another next key in the place of the one that is there
      portcullis key generate --out FILE   make a pair for another program: the private key into a new file (- for standard
                                           output), the public one as a JWK to standard output

    options:
      -c FILE     the configuration, if not ./gateway.json or /etc/portcullis/gateway.json
      --alg NAME  the algorithm of the key of 'generate': RS256 … PS512, ES256, ES384, ES512 or EdDSA, if not that of the
                  configuration (ES256 with --out)
      --revoke    'rotate' drops keys that may have leaked, and with them every token that they have signed:
                  all of them, because they lie in one place, or the one that is named; the next key takes the place
                  of a current one, and a new key that of a next one

    A key is 'next' (known to others, not signing yet), 'current' (signs) and 'previous' (until everything that it has
    signed has expired, and for nothing that was issued later), then removed. A running gateway notices a change
    within a second.
    """
}
