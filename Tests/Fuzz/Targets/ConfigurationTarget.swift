import Bytes
import Configuration
import HTTP
import JSON
import Policy

/// Configurations: read, or refused with a reason; and what was read can be compiled and asked.
enum ConfigurationTarget {
  private static let requests = [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST /login HTTP/1.1\r\nHost: a.example.com:81\r\nOrigin: https://a\r\n\r\n",
    "OPTIONS /a/b;c HTTP/1.1\r\nHost: a\r\nOrigin: https://app.example.com\r\nAccess-Control-Request-Method: PUT\r\n\r\n",
  ]

  static func read(_ bytes: [UInt8]) {
    let result = ConfigurationLoader.load(bytes.span, fileName: "g", environment: ["A": "a", "PORT": "81"])
    require((result.configuration == nil) == result.hasErrors, "whoever is refused is told why")
    let places = result.diagnostics.map(\.location)
    require(places == places.sorted(), "what is said comes in the order of the file")
    for diagnostic in result.diagnostics {
      require(diagnostic.location.line >= 1 && diagnostic.location.column >= 1, "a diagnostic has its place")
      require(!diagnostic.message.isEmpty, "a diagnostic says something")
    }
    guard let configuration = result.configuration else { return }
    let policy: Policy
    do throws(PolicyError) {
      policy = try Policy(configuration)
    } catch {
      return require(!error.diagnostics.isEmpty, "whoever is refused is told why")
    }
    guard let authenticator = try? Authenticator(issuers: [], policy: policy) else { return }
    let peer = Peer(address: IPAddress("127.0.0.1"), scheme: .http, trustedProxies: policy.trustedProxies)
    for text in requests {
      var head = RequestHead()
      let request = Array(text.utf8)
      guard case .complete = RequestReading(request, into: &head).outcome else { continue }
      _ = policy.decide(head, peer: peer, now: 1_700_000_000, authenticator: authenticator, revocations: .none).decision
    }
  }
}
