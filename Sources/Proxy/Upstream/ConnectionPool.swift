import Bytes
import HTTP
import Transport

/// The idle connections of a worker to the endpoints of an upstream.
///
/// It outlives changes of addresses: each endpoint has a lane of its own, which closes with it. Confined to its worker.
final class ConnectionPool: ChannelKeeper {
  private let loop: EventLoop
  /// The most idle connections that are kept, of all lanes together.
  private let limit: Int
  private let state: Confined<State>

  private struct State: ~Copyable {
    var keeper: KeeperID?
    /// By number; those that are open.
    var lanes: [Int: Lane] = [:]
    var laneCount = 0
    var idleCount = 0
    var isRetired = false
  }

  /// The idle connections to one endpoint.
  final class Lane {
    fileprivate let number: Int
    fileprivate let state = Confined(State())

    fileprivate struct State: ~Copyable {
      /// The last one used on top.
      var idle: [ChannelID] = []
      /// Idle ones that nobody may have before a moment, the soonest first.
      var resting: [(id: ChannelID, until: MonotonicTime)] = []
      var isClosed = false
    }

    fileprivate init(number: Int) { self.number = number }

    /// True once the server has lost the address.
    var isClosed: Bool { state.value.isClosed }

    fileprivate var count: Int { state.value.idle.count + state.value.resting.count }

    fileprivate func forget() {
      state.value.idle.removeAll()
      state.value.resting.removeAll()
    }

    fileprivate func remove(_ id: ChannelID) -> Bool {
      if let place = state.value.idle.lastIndex(of: id) {
        state.value.idle.remove(at: place)
      } else if let place = state.value.resting.firstIndex(where: { $0.id == id }) {
        state.value.resting.remove(at: place)
      } else {
        return false
      }
      return true
    }
  }

  /// The time for which a connection is left alone on which the server may still be sending, in nanoseconds.
  ///
  /// A server that sends a body where there must be none may hold it back until our machine has acknowledged what came before, and
  /// that is put off for a next request to carry it, for 0.2 s at most.
  private static let restTime: Int64 = 250_000_000

  /// The time for which an idle connection is kept, in nanoseconds.
  ///
  /// Many servers keep theirs for less (Node 5 s, gunicorn 2 s): that they have closed one is noticed, and a request that met the
  /// close on its way is sent anew where that is safe.
  private static let idleLimit: Int64 = 60_000_000_000

  init(limit: Int, loop: EventLoop) {
    self.limit = limit
    self.loop = loop
    state = Confined(State())
  }

  /// A lane for an endpoint that has just appeared.
  func openLane() -> Lane {
    state.value.laneCount += 1
    let lane = Lane(number: state.value.laneCount)
    state.value.lanes[lane.number] = lane
    return lane
  }

  /// Closes the idle connections of an endpoint that is gone; those that are in use are not kept when they come back.
  func close(_ lane: Lane) {
    lane.state.value.isClosed = true
    state.value.lanes[lane.number] = nil
    state.value.idleCount -= lane.count
    for id in lane.state.value.idle { _ = loop.unpark(id) }
    for rested in lane.state.value.resting { _ = loop.unpark(rested.id) }
    lane.forget()
  }

  /// Leases the idle stream that was used last; nil if there is none.
  ///
  /// ``giveBack(_:to:rests:)`` ends the lease; a stream that is dropped instead closes its connection.
  ///
  /// - Parameter limits: the limits of the response's head.
  func lease(from lane: Lane, limits: HeadLimits, buffers: borrowing BufferPool) -> HTTP1UpstreamStream? {
    guard let connection = take(from: lane) else { return nil }
    return HTTP1UpstreamStream(connection, isReused: true, limits: limits, buffers: buffers)
  }

  private func take(from lane: Lane) -> Channel? {
    while let id = lane.state.value.idle.popLast() {
      state.value.idleCount -= 1
      if let channel = loop.unpark(id) { return channel }
    }
    while let rested = lane.state.value.resting.first, rested.until <= loop.now {
      lane.state.value.resting.removeFirst()
      state.value.idleCount -= 1
      if let channel = loop.unpark(rested.id) { return channel }
    }
    return nil
  }

  /// Ends the lease of a stream: keeps its connection for the next request, if there is room for it and nothing has come in on it.
  ///
  /// Closes it otherwise.
  ///
  /// - Parameter rests: a while must pass first, because something might yet come in.
  func giveBack(_ channel: consuming Channel, to lane: Lane, rests: Bool) {
    guard !state.value.isRetired, !lane.isClosed, state.value.idleCount < limit, !channel.isReadable,
      !channel.isPeerFinished
    else { return }
    let id = loop.park(
      channel, with: registered, tag: UInt64(lane.number), isForReuse: true,
      until: loop.now.advanced(byNanoseconds: Self.idleLimit))
    if rests {
      lane.state.value.resting.append((id, loop.now.advanced(byNanoseconds: Self.restTime)))
    } else {
      lane.state.value.idle.append(id)
    }
    state.value.idleCount += 1
  }

  /// Closes all idle connections; false if there are none.
  func dropIdle() -> Bool {
    guard let keeper = state.value.keeper, state.value.idleCount > 0 else { return false }
    forgetIdle()
    return loop.closeParked(with: keeper) > 0
  }

  /// Closes all idle connections and keeps none from now on.
  func retire() {
    state.value.isRetired = true
    if let keeper = state.value.keeper { loop.unregister(keeper) }
    state.value.keeper = nil
    forgetIdle()
  }

  private func forgetIdle() {
    for lane in state.value.lanes.values { lane.forget() }
    state.value.idleCount = 0
  }

  private var registered: KeeperID {
    if let keeper = state.value.keeper { return keeper }
    let fresh = loop.register(self)
    state.value.keeper = fresh
    return fresh
  }

  /// An idle connection was closed by the server, or spoke out of turn, or is too old: it goes.
  func channelWoke(_ channel: consuming Channel, tag: UInt64, wake: Wake) {
    guard let lane = state.value.lanes[Int(tag)], lane.remove(channel.id) else { return }
    state.value.idleCount -= 1
  }
}
