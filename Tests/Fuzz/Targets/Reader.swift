/// The readers that can be fuzzed: each reads untrusted bytes, and its answer is checked whatever they are.
enum Reader: String, CaseIterable {
  case requestHead = "request-head"
  case responseHead = "response-head"
  case chunks
  case path
  case target
  case json
  case configuration
  case token
  case tokenHeader = "token-header"
  case claims
  case keySet = "key-set"
  case pem
  case base64url
  case addresses
  case credentials
  case text
  case discovery
  case webSocket = "web-socket"
  case proxyHeader = "proxy-header"
  case clientWishes = "client-wishes"

  func read(_ bytes: [UInt8]) {
    switch self {
    case .requestHead: RequestHeadTarget.read(bytes)
    case .responseHead: ResponseHeadTarget.read(bytes)
    case .chunks: ChunkTarget.read(bytes)
    case .path: PathTarget.read(bytes)
    case .target: RequestHeadTarget.readTarget(bytes)
    case .json: JSONTarget.read(bytes)
    case .configuration: ConfigurationTarget.read(bytes)
    case .token: TokenTarget.read(bytes)
    case .tokenHeader: TokenTarget.readHeader(bytes)
    case .claims: ClaimsTarget.read(bytes)
    case .keySet: KeyTarget.readSet(bytes)
    case .pem: KeyTarget.readPEM(bytes)
    case .base64url: TextTarget.readBase64URL(bytes)
    case .addresses: AddressTarget.read(bytes)
    case .credentials: CredentialsTarget.read(bytes)
    case .text: TextTarget.read(bytes)
    case .discovery: DiscoveryTarget.read(bytes)
    case .webSocket: WebSocketTarget.read(bytes)
    case .proxyHeader: ProxyHeaderTarget.read(bytes)
    case .clientWishes: ClientWishesTarget.read(bytes)
    }
  }
}
