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

  /// The server whose turn it is; nil if none can be asked.
  ///
  /// Of those that work each gets its weight's share, spread evenly over the round (smooth weighted round robin). One whose time
  /// out is over is tried with a single request. If all are left out for what requests have found, the one that comes back first is
  /// asked all the same: an answer is worth a try. Checks that fail are another matter: who fails those is not asked.
  ///
  /// - Parameter tried: servers that this exchange has found unreachable.
  func nextEndpoint(except tried: EndpointSet) -> Int? {
    if settings.health.isClear && tried.count == 0 {
      return endpoints.count == 1 ? 0 : nextInTurn { _ in true }
    }
    guard tried.count < endpoints.count else { return nil }
    let health = settings.health
    var soonest: (endpoint: Int, moment: MonotonicTime)?
    for endpoint in endpoints.indices where !tried.contains(endpoint) {
      guard case .ejected(let until) = health.standing(of: endpoint) else { continue }
      if until <= loop.now, health.beginTrial(of: endpoint, at: loop.now) { return endpoint }
      if soonest.map({ until < $0.moment }) ?? true { soonest = (endpoint, until) }
    }
    let inTurn = nextInTurn { endpoint in
      guard !tried.contains(endpoint) else { return false }
      switch health.standing(of: endpoint) {
      case .well, .suspect: return true
      case .ejected, .unhealthy: return false
      }
    }
    return inTurn ?? soonest?.endpoint
  }

  private func nextInTurn(among isCandidate: (Int) -> Bool) -> Int? {
    var total = 0
    var best: Int?
    for index in endpoints.indices where isCandidate(index) {
      endpoints[index].credit += endpoints[index].server.weight
      total += endpoints[index].server.weight
      if best.map({ endpoints[index].credit > endpoints[$0].credit }) ?? true { best = index }
    }
    if let best { endpoints[best].credit -= total }
    return best
  }

  var now: MonotonicTime { loop.now }

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
      socket, with: keeper, tag: UInt64(endpoint), isForReuse: true,
      until: loop.now.advanced(byNanoseconds: Self.idleLimit))
    endpoints[endpoint].idle.append(id)
    idleCount += 1
  }

  /// Closes all idle connections and keeps none from now on.
  func retire() {
    isRetired = true
    if let keeper { loop.unregister(keeper) }
    keeper = nil
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
