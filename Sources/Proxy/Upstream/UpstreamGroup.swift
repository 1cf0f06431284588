import HTTP
import Transport

/// The servers of one upstream as a worker sees them: whose turn it is, and the idle connections to each.
///
/// Confined to its worker.
final class UpstreamGroup: SocketKeeper {
  let settings: UpstreamSettings
  private let loop: EventLoop
  private var keeper: KeeperID?
  private var endpoints: [Endpoint]
  private var idleCount = 0
  private var isRetired = false

  /// One server, with its share of the turns and its idle connections, the last one used on top.
  private struct Endpoint {
    let server: UpstreamServer
    var credit = 0
    var idle: [SocketID] = []
  }

  /// How long an idle connection is kept.
  ///
  /// Shorter than what servers keep theirs for by default (gunicorn 2 s, Node 5 s, nginx 75 s can't all be undercut: what
  /// they have closed meanwhile is noticed and the request sent anew).
  private static let idleLimit: Int64 = 60_000_000_000

  init(_ settings: UpstreamSettings, loop: EventLoop) {
    self.settings = settings
    self.loop = loop
    endpoints = settings.servers.map { Endpoint(server: $0) }
  }

  /// The server whose turn it is: each gets its weight's share, spread evenly over the round (smooth weighted round robin).
  func nextEndpoint() -> Int {
    guard endpoints.count > 1 else { return 0 }
    var total = 0
    var best = 0
    for index in endpoints.indices {
      endpoints[index].credit += endpoints[index].server.weight
      total += endpoints[index].server.weight
      if endpoints[index].credit > endpoints[best].credit { best = index }
    }
    endpoints[best].credit -= total
    return best
  }

  var endpointCount: Int { endpoints.count }

  func server(at endpoint: Int) -> UpstreamServer { endpoints[endpoint].server }

  /// The idle connection to the server that was used last; nil if there is none.
  func takeIdle(of endpoint: Int) -> Socket? {
    while let id = endpoints[endpoint].idle.popLast() {
      idleCount -= 1
      if let socket = loop.unpark(id) { return socket }
    }
    return nil
  }

  /// Keeps a connection for the next request, if there is room for it and nothing has come in on it.
  func keep(_ socket: consuming Socket, of endpoint: Int) {
    guard !isRetired, idleCount < settings.keepalive, !socket.isReadable, !socket.isPeerFinished else { return }
    let keeper = registered
    let id = loop.park(
      socket, with: keeper, tag: UInt64(endpoint), until: loop.now.advanced(byNanoseconds: Self.idleLimit))
    endpoints[endpoint].idle.append(id)
    idleCount += 1
  }

  /// Closes all idle connections and keeps none from now on.
  func retire() {
    isRetired = true
    if let keeper { loop.closeParked(with: keeper) }
    for index in endpoints.indices { endpoints[index].idle.removeAll() }
    idleCount = 0
  }

  private var registered: KeeperID {
    if let keeper { return keeper }
    let fresh = loop.register(self)
    keeper = fresh
    return fresh
  }

  /// An idle connection was closed by the server, or spoke out of turn, or is too old: it goes.
  func socketWoke(_ socket: consuming Socket, tag: UInt64, wake: Wake) {
    let endpoint = Int(tag)
    let id = socket.id
    if let place = endpoints[endpoint].idle.lastIndex(of: id) {
      endpoints[endpoint].idle.remove(at: place)
      idleCount -= 1
    }
  }
}

/// What is configured for an upstream, made ready to serve.
///
/// Shared by the workers.
struct UpstreamSettings: Sendable {
  let name: String
  let servers: [UpstreamServer]
  /// In nanoseconds, as are the other two.
  let connectTimeout: Int64
  let responseTimeout: Int64
  let idleTimeout: Int64
  /// How many idle connections a worker keeps.
  let keepalive: Int
}

/// One server of an upstream.
final class UpstreamServer: Sendable {
  /// As the configuration writes it, for logs and for `host_header`.
  let name: String
  /// What the name stood for when the configuration was loaded, to be tried in this order.
  let addresses: [SocketAddress]
  let weight: Int
  /// What `Host` says where the route wants the upstream's own name.
  let authority: UpstreamAuthority

  init(name: String, addresses: [SocketAddress], weight: Int, authority: UpstreamAuthority) {
    self.name = name
    self.addresses = addresses
    self.weight = weight
    self.authority = authority
  }
}
