import Configuration
import Cryptography
import Glibc
import JSON
import Policy
import Testing
import Tokens

@testable import Gateway
@testable import IssuerKeys
@testable import Observability
@testable import Proxy

/// The configuration and the secrets of all simulations.
enum World {
  /// `PORTCULLIS_SIMULATION_TRACE` is set.
  static let isTracing = getenv("PORTCULLIS_SIMULATION_TRACE") != nil

  static let secret = "a secret that is long enough for sha-256"

  /// Never asked: the keys are a file's.
  static let keeper: KeySetRefresher = {
    do { return try KeySetRefresher(log: ErrorLog(sink: nil, level: .error)) } catch { fatalError("\(error)") }
  }()

  private static let secretFile: String = {
    var name = Array("/tmp/portcullis-simulation-XXXXXX".utf8CString)
    let descriptor = mkstemp(&name)
    _ = secret.withCString { write(descriptor, $0, strlen($0)) }
    close(descriptor)
    return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }()

  /// A token of a user whom all routes let through, good for as long as any simulation lasts.
  static let token: String = {
    let claims: JSONObject = [
      "iss": .string("https://issuer.test"), "sub": .string("alice"), "exp": .number(JSONNumber(1_900_000_000)),
    ]
    do {
      let signer = try TokenSigner(algorithm: .hs256, secret: SharedSecret(Array(secret.utf8)))
      return String(decoding: try signer.sign(claims), as: UTF8.self)
    } catch { fatalError("\(error)") }
  }()

  struct Unusable: Error { let diagnostics: [String] }

  /// A configuration ready to serve; limits vary with the seed.
  static func snapshot(seed: UInt64, after previous: Snapshot? = nil) throws -> Snapshot {
    let connections = seed % 5 == 1 ? 2 : 100
    let text = """
      { "listen": ["127.0.0.1:0"], "workers": 1,
        "limits": { "head_timeout": "\(2 + seed % 2)s", "idle_timeout": "5s", "connections": \(connections), "max_body": "30KB" },
        "auth": { "issuers": [
          { "issuer": "https://issuer.test", "audience": "any", "algorithms": ["HS256"], "secret_file": "\(secretFile)" }] },
        "upstreams": {
          "one": { "servers": ["127.0.0.1:1001"], "connect_timeout": "1s", "response_timeout": "3s", "idle_timeout": "2s" },
          "three": { "servers": ["127.0.0.1:1002", "127.0.0.1:1003", "127.0.0.1:1004"], "connect_timeout": "1s",
                     "response_timeout": "3s", "idle_timeout": "2s", "keepalive": 2 } },
        "routes": [
          { "path": "/one", "upstream": "one", "websocket": { "idle_timeout": "4s" } },
          { "path": "/three", "upstream": "three" },
          { "path": "/short", "upstream": "three", "timeout": "1s" },
          { "path": "/open", "upstream": "one", "auth": "none" }] }
      """
    let loaded = ConfigurationLoader.load(text.utf8Span.span, fileName: "gateway.json", environment: [:])
    guard let configuration = loaded.configuration else {
      throw Unusable(diagnostics: loaded.diagnostics.map(\.description))
    }
    switch SnapshotBuilder.build(configuration, for: .explaining, after: previous) {
    case .success(let snapshot): return snapshot
    case .failure(let errors): throw Unusable(diagnostics: errors.diagnostics.map(\.description))
    }
  }
}
