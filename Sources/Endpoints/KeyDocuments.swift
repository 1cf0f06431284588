import Bytes
package import Configuration
import JSON
package import Signing
package import Tokens

/// The documents about the gateway's keys, ready to be sent.
package struct KeyDocuments {
  /// The public keys (RFC 7517 §5); none while tokens are signed with a secret.
  package let keySet: [UInt8]
  /// The description of the issuer (OpenID Connect Discovery 1.0 §4.2); nil unless its name is a URL.
  package let discovery: [UInt8]?

  /// For how long others may keep them, in seconds: as the next key is published long before it signs, that may be a while.
  static let maxAge = SigningDirectory.settlingTime

  /// - Parameter algorithms: that tokens of the accounts are signed with.
  package init(_ configuration: GatewayConfiguration, keys: SigningKeys?, algorithms: [SignatureAlgorithm]) {
    keySet = JSONWebKeySet.text(of: keys?.published.keys ?? [])
    guard let issuer = configuration.accounts?.issuer?.value, let url = IssuerURL(issuer) else {
      discovery = nil
      return
    }
    let description: JSONObject = [
      "issuer": .string(issuer), "jwks_uri": .string(url.text + "/.well-known/jwks.json"),
      "id_token_signing_alg_values_supported": .array(algorithms.map { .string($0.rawValue) }),
    ]
    var text = ByteBuffer(capacity: 512)
    text.appendJSON(description)
    discovery = text.readable.array
  }
}
