import Bytes
import HTTP
import Transport

/// The endpoints of one upstream as a worker sees them: whose turn it is, and the idle connections to each.
///
/// Endpoints are named by their place in the table that the group was made for, which never changes. When addresses have become
/// others, another group takes its place; exchanges that have begun go on with the old one. Confined to its worker.
///
/// 1. An endpoint that is in both tables keeps its idle connections, its health, and connections that come back from exchanges.
/// 2. Of one that is gone idle connections are closed at once, and the others when they come back; it is nobody's turn any more.
final class UpstreamGroup {
  let settings: UpstreamSettings
  let table: EndpointTable
  private let loop: EventLoop
  private let pool: ConnectionPool
  /// By endpoint.
  private let lanes: [ConnectionPool.Lane]
  private let state: Confined<State>

  private struct State: ~Copyable {
    /// By endpoint: how far it is behind with its turns.
    var credits: [Int]
    /// Another group has taken its place: some endpoints may be gone.
    var isReplaced = false
  }

  init(_ settings: UpstreamSettings, loop: EventLoop) {
    self.settings = settings
    self.loop = loop
    table = settings.table
    let pool = ConnectionPool(limit: settings.keepalive, loop: loop)
    self.pool = pool
    lanes = table.endpoints.map { _ in pool.openLane() }
    state = Confined(State(credits: Array(repeating: 0, count: table.endpoints.count)))
  }

  /// The group that takes the place of another one of the same settings, whose addresses have become others.
  private init(after previous: UpstreamGroup, _ table: EndpointTable) {
    settings = previous.settings
    loop = previous.loop
    self.table = table
    let pool = previous.pool
    self.pool = pool
    let known = previous.table.endpoints
    lanes = table.endpoints.map { endpoint in
      known.firstIndex { $0 === endpoint }.map { previous.lanes[$0] } ?? pool.openLane()
    }
    state = Confined(State(credits: Array(repeating: 0, count: table.endpoints.count)))
    for (place, endpoint) in known.enumerated() where !table.endpoints.contains(where: { $0 === endpoint }) {
      pool.close(previous.lanes[place])
    }
    previous.state.value.isReplaced = true
  }

  /// True if the servers have got other addresses since.
  var isOutdated: Bool { settings.table !== table }

  /// The group for the addresses of by now; this one, if they are those that it has.
  func renewed() -> UpstreamGroup {
    let table = settings.table
    return table === self.table ? self : UpstreamGroup(after: self, table)
  }

  /// The endpoint whose turn it is; nil if none can be asked.
  ///
  /// Of those that work each gets its weight's share, spread evenly over the round (smooth weighted round robin). One whose time
  /// out is over is tried with a single request. If all are left out for what requests have found, the one that comes back first is
  /// asked all the same: an answer is worth a try. Checks that fail are another matter: who fails those is not asked.
  ///
  /// - Parameter tried: endpoints that this exchange has found unreachable.
  func nextEndpoint(except tried: EndpointSet) -> Int? {
    if table.health.isClear && tried.count == 0 && !state.value.isReplaced {
      return state.value.credits.count == 1 ? 0 : nextInTurn { _ in true }
    }
    guard tried.count < state.value.credits.count else { return nil }
    let health = table.health
    var soonest: (endpoint: Int, moment: MonotonicTime)?
    for endpoint in state.value.credits.indices where isCandidate(endpoint, tried) {
      guard case .ejected(let until) = health.standing(of: endpoint) else { continue }
      if until <= loop.now, health.beginTrial(of: endpoint, at: loop.now) { return endpoint }
      if soonest.map({ until < $0.moment }) ?? true { soonest = (endpoint, until) }
    }
    let inTurn = nextInTurn { endpoint in
      guard isCandidate(endpoint, tried) else { return false }
      switch health.standing(of: endpoint) {
      case .well, .suspect: return true
      case .ejected, .unhealthy: return false
      }
    }
    return inTurn ?? soonest?.endpoint
  }

  private func isCandidate(_ endpoint: Int, _ tried: EndpointSet) -> Bool {
    !tried.contains(endpoint) && !lanes[endpoint].isClosed
  }

  private func nextInTurn(among isCandidate: (Int) -> Bool) -> Int? {
    var total = 0
    var best: Int?
    for index in state.value.credits.indices where isCandidate(index) {
      state.value.credits[index] += table.weights[index]
      total += table.weights[index]
      if best.map({ state.value.credits[index] > state.value.credits[$0] }) ?? true { best = index }
    }
    if let best { state.value.credits[best] -= total }
    return best
  }

  var now: MonotonicTime { loop.now }

  func server(at endpoint: Int) -> UpstreamServer { table.endpoints[endpoint].server }

  func address(of endpoint: Int) -> SocketAddress { table.endpoints[endpoint].address }

  /// Tells if the endpoint's server has lost the address.
  func isGone(_ endpoint: Int) -> Bool { lanes[endpoint].isClosed }

  /// The idle connection to the endpoint that was used last; nil if there is none.
  func takeIdle(of endpoint: Int) -> Socket? { pool.take(from: lanes[endpoint]) }

  /// Keeps a connection for the next request, if there is room for it and nothing has come in on it.
  ///
  /// - Parameter rests: whether a while must pass first, because something might yet come in.
  func keep(_ socket: consuming Socket, of endpoint: Int, rests: Bool = false) {
    pool.keep(socket, in: lanes[endpoint], rests: rests)
  }

  /// Closes all idle connections; false if there are none.
  func dropIdle() -> Bool { pool.dropIdle() }

  /// Closes all idle connections and keeps none from now on.
  func retire() { pool.retire() }
}
