import Bytes
import HTTP
import Transport

/// The servers of one upstream as a worker sees them: whose turn it is, and the idle connections to each.
///
/// Confined to its worker.
final class UpstreamGroup: SocketKeeper {
  let settings: UpstreamSettings
  private let loop: EventLoop
  private let state: Confined<State>

  private struct State: ~Copyable {
    var keeper: KeeperID?
    var endpoints: [Endpoint]
    var idleCount = 0
    var isRetired = false

    init(_ endpoints: [Endpoint]) { self.endpoints = endpoints }
  }

  /// One server, with its share of the turns and its idle connections, the last one used on top.
  private struct Endpoint {
    let server: UpstreamServer
    var credit = 0
    var idle: [SocketID] = []
    /// Idle ones that nobody may have before a moment, the soonest first.
    var resting: [(id: SocketID, until: MonotonicTime)] = []
  }

  /// How long a connection rests that may still have something on its way to us, in nanoseconds.
  ///
  /// A server that sends a body where there must be none may hold it back until our machine has acknowledged what came before, and
  /// that is put off for a next request to carry it, for 0.2 s at most.
  private static let restTime: Int64 = 250_000_000

  /// How long an idle connection is kept, in nanoseconds.
  ///
  /// Many servers keep theirs for less (Node 5 s, gunicorn 2 s): that they have closed one is noticed, and a request that met the
  /// close on its way is sent anew where that is safe.
  private static let idleLimit: Int64 = 60_000_000_000

  init(_ settings: UpstreamSettings, loop: EventLoop) {
    self.settings = settings
    self.loop = loop
    state = Confined(State(settings.servers.map { Endpoint(server: $0) }))
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
      return state.value.endpoints.count == 1 ? 0 : nextInTurn { _ in true }
    }
    guard tried.count < state.value.endpoints.count else { return nil }
    let health = settings.health
    var soonest: (endpoint: Int, moment: MonotonicTime)?
    for endpoint in state.value.endpoints.indices where !tried.contains(endpoint) {
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
    for index in state.value.endpoints.indices where isCandidate(index) {
      state.value.endpoints[index].credit += state.value.endpoints[index].server.weight
      total += state.value.endpoints[index].server.weight
      if best.map({ state.value.endpoints[index].credit > state.value.endpoints[$0].credit }) ?? true { best = index }
    }
    if let best { state.value.endpoints[best].credit -= total }
    return best
  }

  var now: MonotonicTime { loop.now }

  func server(at endpoint: Int) -> UpstreamServer { state.value.endpoints[endpoint].server }

  /// The idle connection to the server that was used last; nil if there is none.
  func takeIdle(of endpoint: Int) -> Socket? {
    while let id = state.value.endpoints[endpoint].idle.popLast() {
      state.value.idleCount -= 1
      if let socket = loop.unpark(id) { return socket }
    }
    while let rested = state.value.endpoints[endpoint].resting.first, rested.until <= loop.now {
      state.value.endpoints[endpoint].resting.removeFirst()
      state.value.idleCount -= 1
      if let socket = loop.unpark(rested.id) { return socket }
    }
    return nil
  }

  /// Keeps a connection for the next request, if there is room for it and nothing has come in on it.
  ///
  /// - Parameter rests: whether a while must pass first, because something might yet come in.
  func keep(_ socket: consuming Socket, of endpoint: Int, rests: Bool = false) {
    guard !state.value.isRetired, state.value.idleCount < settings.keepalive, !socket.isReadable, !socket.isPeerFinished
    else { return }
    let keeper = registered
    let id = loop.park(
      socket, with: keeper, tag: UInt64(endpoint), isForReuse: true,
      until: loop.now.advanced(byNanoseconds: Self.idleLimit))
    if rests {
      state.value.endpoints[endpoint].resting.append((id, loop.now.advanced(byNanoseconds: Self.restTime)))
    } else {
      state.value.endpoints[endpoint].idle.append(id)
    }
    state.value.idleCount += 1
  }

  /// Closes all idle connections; false if there are none.
  func dropIdle() -> Bool {
    guard let keeper = state.value.keeper, state.value.idleCount > 0 else { return false }
    forgetIdle()
    return loop.closeParked(with: keeper) > 0
  }

  private func forgetIdle() {
    for index in state.value.endpoints.indices {
      state.value.endpoints[index].idle.removeAll()
      state.value.endpoints[index].resting.removeAll()
    }
    state.value.idleCount = 0
  }

  /// Closes all idle connections and keeps none from now on.
  func retire() {
    state.value.isRetired = true
    if let keeper = state.value.keeper { loop.unregister(keeper) }
    state.value.keeper = nil
    forgetIdle()
  }

  private var registered: KeeperID {
    if let keeper = state.value.keeper { return keeper }
    let fresh = loop.register(self)
    state.value.keeper = fresh
    return fresh
  }

  /// An idle connection was closed by the server, or spoke out of turn, or is too old: it goes.
  func socketWoke(_ socket: consuming Socket, tag: UInt64, wake: Wake) {
    let endpoint = Int(tag)
    let id = socket.id
    if let place = state.value.endpoints[endpoint].idle.lastIndex(of: id) {
      state.value.endpoints[endpoint].idle.remove(at: place)
      state.value.idleCount -= 1
    } else if let place = state.value.endpoints[endpoint].resting.firstIndex(where: { $0.id == id }) {
      state.value.endpoints[endpoint].resting.remove(at: place)
      state.value.idleCount -= 1
    }
  }
}
