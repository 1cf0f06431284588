import Bytes
import HTTP
import Testing
import Transport

@testable import Proxy

/// Idle connections that are channels without descriptors, and a clock that the test turns.
@Suite struct `The idle connections of an upstream` {
  private let loop: EventLoop
  private let buffers = BufferPool()

  init() throws { loop = try EventLoop(at: MonotonicTime(nanoseconds: 0), unixTime: 0) }

  private func turn(atMillisecond millisecond: Int64) {
    loop.turn(at: MonotonicTime(nanoseconds: millisecond * 1_000_000), unixTime: 0)
  }

  private func pool(_ limit: Int = 10) -> ConnectionPool { ConnectionPool(limit: limit, loop: loop) }

  /// Gives a connection back to the pool that has been made just now.
  @discardableResult
  private func add(to pool: ConnectionPool, _ lane: ConnectionPool.Lane, rests: Bool = false) -> ChannelID {
    let connection = loop.makeChannel(isConnected: true)
    let id = connection.id
    pool.giveBack(connection, to: lane, rests: rests)
    return id
  }

  /// The next connection that a request would get, which is closed then; nil if it would have to make one.
  private func lease(_ pool: ConnectionPool, _ lane: ConnectionPool.Lane) -> ChannelID? {
    guard let stream = pool.lease(from: lane, limits: .response, buffers: buffers) else { return nil }
    return stream.connection.channel.id
  }

  private func isClosed(_ id: ChannelID) -> Bool {
    guard let socket = loop.unpark(id) else { return true }
    _ = consume socket
    return false
  }

  @Test func `the one that was used last is leased first`() {
    let pool = pool()
    let lane = pool.openLane()
    let ids = (0..<3).map { _ in add(to: pool, lane) }
    #expect((0..<4).map { _ in lease(pool, lane) } == [ids[2], ids[1], ids[0], nil])
  }

  @Test func `each endpoint has its own`() {
    let pool = pool()
    let (one, other) = (pool.openLane(), pool.openLane())
    let id = add(to: pool, one)
    #expect(lease(pool, other) == nil)
    #expect(lease(pool, one) == id)
  }

  @Test func `one that rests is leased after a quarter of a second, behind those that don't`() {
    let pool = pool()
    let lane = pool.openLane()
    let rested = add(to: pool, lane, rests: true)
    turn(atMillisecond: 249)
    #expect(lease(pool, lane) == nil)
    let ready = add(to: pool, lane)
    turn(atMillisecond: 250)
    #expect([lease(pool, lane), lease(pool, lane)] == [ready, rested])
  }

  @Test func `no more are kept than the limit, of all endpoints together`() {
    let pool = pool(2)
    let (one, other) = (pool.openLane(), pool.openLane())
    let kept = [add(to: pool, one), add(to: pool, other, rests: true)]
    add(to: pool, one)
    #expect(lease(pool, one) == kept[0])
    let next = add(to: pool, one)
    #expect(lease(pool, one) == next, "a lease makes room")
  }

  @Test(arguments: [.readable, .peerFinished] as [Readiness])
  func `one on which something has come in is not kept`(event: Readiness) {
    let pool = pool()
    let lane = pool.openLane()
    let connection = loop.makeChannel(isConnected: true)
    loop.raise(event, on: connection.id)
    turn(atMillisecond: 1)
    pool.giveBack(connection, to: lane, rests: false)
    #expect(lease(pool, lane) == nil)
  }

  @Test(arguments: [false, true]) func `one that wakes while it is idle is closed, and makes room`(rests: Bool) {
    let pool = pool(1)
    let lane = pool.openLane()
    let woken = add(to: pool, lane, rests: rests)
    loop.raise(.readable, on: woken)
    turn(atMillisecond: 500)
    #expect(lease(pool, lane) == nil)
    let next = add(to: pool, lane)
    #expect(lease(pool, lane) == next)
  }

  @Test func `one that is idle for a minute is closed`() {
    let pool = pool()
    let lane = pool.openLane()
    let old = add(to: pool, lane)
    turn(atMillisecond: 59_000)
    let young = add(to: pool, lane)
    turn(atMillisecond: 61_000)
    #expect(isClosed(old))
    #expect([lease(pool, lane), lease(pool, lane)] == [young, nil])
  }

  @Test func `an endpoint that is gone has none, and none is given back to it`() {
    let pool = pool(2)
    let (gone, other) = (pool.openLane(), pool.openLane())
    let ids = [add(to: pool, gone), add(to: pool, gone, rests: true)]
    pool.close(gone)
    #expect(gone.isClosed && !other.isClosed)
    for id in ids { #expect(isClosed(id)) }
    let late = add(to: pool, gone)
    #expect(isClosed(late))
    let kept = [add(to: pool, other), add(to: pool, other)]
    #expect([lease(pool, other), lease(pool, other)] == [kept[1], kept[0]], "its connections made room")
  }

  @Test func `all can be closed at once, and others kept afterwards`() {
    let pool = pool()
    let lane = pool.openLane()
    #expect(!pool.dropIdle())
    let ids = [add(to: pool, lane), add(to: pool, lane, rests: true)]
    #expect(pool.dropIdle())
    #expect(!pool.dropIdle())
    for id in ids { #expect(isClosed(id)) }
    let next = add(to: pool, lane)
    #expect(lease(pool, lane) == next)
  }

  @Test func `a pool that has retired keeps none`() {
    let pool = pool()
    let lane = pool.openLane()
    let before = add(to: pool, lane)
    pool.retire()
    let after = add(to: pool, lane)
    for id in [before, after] { #expect(isClosed(id)) }
    #expect(lease(pool, lane) == nil)
  }
}
