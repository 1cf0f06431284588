import Bytes
import HTTP
import TLS
import Transport

/// The endpoints of one upstream as a worker sees them: whose turn it is, and the idle connections to each.
///
/// Endpoints are named by their place in the table that the group was made for, which never changes. When addresses have become
/// others, another group takes its place; exchanges that have begun go on with the old one. Confined to its worker.
///
/// 1. An endpoint that is in both tables keeps its idle connections, its health, and connections that come back from exchanges.
/// 2. Of one that is gone idle connections are closed at once, and the others when they come back; it gets no turn any more.
final class UpstreamGroup {
  let settings: UpstreamSettings
  let table: EndpointTable
  private let loop: EventLoop
  private let pool: ConnectionPool
  /// By endpoint.
  private let lanes: [ConnectionPool.Lane]
  /// Nil for servers that are spoken to in clear.
  private let sessions: UpstreamSessions?
  private let state: Confined<State>

  private struct State: ~Copyable {
    var balancer: LoadBalancer
    /// Another group has taken its place: some endpoints may be gone.
    var isReplaced = false
  }

  init(_ settings: UpstreamSettings, loop: EventLoop) {
    self.settings = settings
    self.loop = loop
    table = settings.table
    sessions = settings.tls.map(UpstreamSessions.init)
    let pool = ConnectionPool(limit: settings.keepalive, loop: loop)
    self.pool = pool
    lanes = table.endpoints.map { _ in pool.openLane() }
    state = Confined(State(balancer: LoadBalancer(endpointCount: table.endpoints.count)))
  }

  /// The group that takes the place of another one of the same settings, whose addresses have become others.
  private init(after previous: UpstreamGroup, _ table: EndpointTable) {
    settings = previous.settings
    loop = previous.loop
    self.table = table
    sessions = previous.sessions
    let pool = previous.pool
    self.pool = pool
    let known = previous.table.endpoints
    lanes = table.endpoints.map { endpoint in
      known.firstIndex { $0 === endpoint }.map { previous.lanes[$0] } ?? pool.openLane()
    }
    state = Confined(State(balancer: LoadBalancer(endpointCount: table.endpoints.count)))
    for (place, endpoint) in known.enumerated() where !table.endpoints.contains(where: { $0 === endpoint }) {
      pool.close(previous.lanes[place])
    }
    previous.state.value.isReplaced = true
  }

  /// True if the servers have got other addresses since.
  var isOutdated: Bool { settings.table !== table }

  /// The group for the present addresses; this one, if it has them.
  func renewed() -> UpstreamGroup {
    let table = settings.table
    return table === self.table ? self : UpstreamGroup(after: self, table)
  }

  /// The endpoint whose turn it is; nil if none can be asked.
  ///
  /// - Parameter tried: endpoints that this exchange has found unreachable.
  func nextEndpoint(except tried: EndpointSet) -> Int? {
    if table.health.isClear && tried.count == 0 && !state.value.isReplaced {
      return state.value.balancer.next(of: table)
    }
    guard tried.count < table.endpoints.count else { return nil }
    return state.value.balancer.next(of: table, at: loop.now) { !tried.contains($0) && !lanes[$0].isClosed }
  }

  var now: MonotonicTime { loop.now }

  func server(at endpoint: Int) -> UpstreamServer { table.endpoints[endpoint].server }

  func address(of endpoint: Int) -> SocketAddress { table.endpoints[endpoint].address }

  /// Tells if the endpoint's server has lost the address.
  func isGone(_ endpoint: Int) -> Bool { lanes[endpoint].isClosed }

  /// Leases the idle stream to the endpoint that was used last; nil if there is none.
  func lease(to endpoint: Int, limits: HeadLimits, buffers: borrowing BufferPool) -> HTTP1UpstreamStream? {
    pool.lease(from: lanes[endpoint], limits: limits, buffers: buffers)
  }

  /// True if an idle stream was made by rules of TLS that hold no more.
  @inline(never)
  func isOutOfDate(_ stream: borrowing HTTP1UpstreamStream) -> Bool {
    guard let sessions else { return false }
    guard let filter = stream.connection.channel.filter as? TLSFilter else { return true }
    return !sessions.isCurrent(filter)
  }

  /// True if the servers are spoken to over TLS.
  var speaksTLS: Bool { sessions != nil }

  /// Begins a TLS session with an endpoint over a connection to it that stands.
  ///
  /// Wait for ``Channel/writable``, then ask the filter for its failure.
  func secure(_ channel: inout Channel, to endpoint: Int) throws(TLSError) {
    guard let sessions else { return }
    channel.begin(try sessions.makeFilter(for: server(at: endpoint)))
  }

  /// Takes a stream back for the next request, if there is room for it and nothing has come in on it.
  ///
  /// - Parameter rests: a while must pass first, because something might yet come in.
  func giveBack(_ connection: consuming Channel, of endpoint: Int, rests: Bool = false) {
    pool.giveBack(connection, to: lanes[endpoint], rests: rests)
  }

  /// Closes all idle connections; false if there are none.
  func dropIdle() -> Bool { pool.dropIdle() }

  /// Closes all idle connections and keeps none from now on.
  func retire() { pool.retire() }
}
