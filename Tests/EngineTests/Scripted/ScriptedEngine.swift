import Bytes
import Configuration
import Glibc

@testable import Gateway
@testable import IssuerKeys
@testable import Observability
@testable import Proxy
@testable import Transport

/// The engine with peers that a test plays step by step, on a clock that the test moves.
final class ScriptedEngine: Connector {
  let loop: EventLoop
  private(set) var now = MonotonicTime(nanoseconds: 1_000_000_000)
  /// The servers' ends of the connections that the gateway has opened, in that order.
  private(set) var servers: [ScriptedPeer] = []
  private(set) var openCount = 0
  /// The fate of the connections that the gateway opens next; those behind them are accepted at once.
  var connects: [Connect] = []
  private var ownWorker: WorkerContext?

  enum Connect {
    case accept
    /// Nobody ever answers.
    case hang
    case refuse
    /// There is no descriptor left.
    case exhausted
  }

  struct NotStarted: Error {}

  /// - Parameter seed: of the configuration, see ``World``.
  init(seed: UInt64 = 0) throws {
    loop = try EventLoop(at: now, unixTime: 1_800_000_000)
    let worker = try WorkerContext(
      try World.snapshot(seed: seed), loop: loop, log: ErrorLog(sink: nil, level: .error), accessLog: nil,
      keeper: World.keeper, connector: self, random: RandomSource(seed: 1))
    ownWorker = worker
    worker.start(on: [])
  }

  var worker: WorkerContext {
    guard let ownWorker else { fatalError("the engine was stopped") }
    return ownWorker
  }

  /// Lets go of what lives as long as the process otherwise.
  func stop() {
    ownWorker = nil
    loop.state.value.timers.removeAll()
    loop.state.value.keepers.removeAll()
  }

  // MARK: Peers

  private func link(_ capacity: Int) -> MemoryLink {
    openCount += 1
    return MemoryLink(
      openCount, in: loop, capacity: (capacity, capacity), onClose: { [weak self] _ in self?.openCount -= 1 })
  }

  /// A client that has just connected.
  ///
  /// - Parameter capacity: the most bytes on their way in one direction.
  func connect(capacity: Int = 1 << 16) throws -> ScriptedPeer {
    let listener = ListenerTag(number: 0, isAdmin: false)
    guard let acceptor = worker.acceptor(for: listener) else { throw NotStarted() }
    let link = link(capacity)
    let loop = loop
    loop.asJob { acceptor.accepted(link.open(isConnected: true), listener: listener.rawValue) }
    return ScriptedPeer(link, in: self)
  }

  func connect(to address: SocketAddress) throws(SystemError) -> Channel {
    let fate = connects.isEmpty ? .accept : connects.removeFirst()
    switch fate {
    case .accept:
      let link = link(1 << 14)
      servers.append(ScriptedPeer(link, in: self))
      return link.open(isConnected: true)
    case .hang: return link(1 << 14).open(isConnected: false)
    case .refuse: throw SystemError(code: ECONNREFUSED)
    case .exhausted: throw SystemError(code: EMFILE)
    }
  }

  // MARK: Time

  /// Moves the clock, and lets the engine do all that it can do then.
  func run(seconds: Double = 0) {
    let end = now.advanced(byNanoseconds: Int64(seconds * 1e9))
    for _ in 0..<10_000 {
      loop.turn(at: now, unixTime: 1_800_000_000 + Double(now.nanoseconds) / 1e9)
      loop.checkInvariants()
      let next = loop.nanosecondsToNext.map { now.advanced(byNanoseconds: $0) } ?? .never
      if next > end, now == end { return }
      now = min(next, end)
    }
  }
}

/// One end of a connection with the gateway, as a test plays it.
final class ScriptedPeer {
  let link: MemoryLink
  private unowned let engine: ScriptedEngine
  private var heard: [UInt8] = []

  init(_ link: MemoryLink, in engine: ScriptedEngine) {
    self.link = link
    self.engine = engine
  }

  /// Sends the text as far as there is room, and lets the engine go on.
  @discardableResult
  func send(_ text: String) -> Int {
    let count = link.write(Array(text.utf8)[...])
    engine.run()
    return count
  }

  /// Reads all that has come.
  var text: String {
    while true {
      let bytes = link.read(atMost: .max)
      if bytes.isEmpty { break }
      heard += bytes
      engine.run()
    }
    return String(decoding: heard, as: UTF8.self)
  }

  /// All that has come since the last time.
  func take() -> String {
    defer { heard.removeAll() }
    return text
  }

  /// Reads a few bytes and leaves the rest.
  func read(_ count: Int) -> Int {
    let bytes = link.read(atMost: count)
    heard += bytes
    engine.run()
    return bytes.count
  }

  var hasEnded: Bool { link.hasEnded }

  func finish() {
    link.finish()
    engine.run()
  }

  func close() {
    link.close()
    engine.run()
  }

  func reset() {
    link.reset()
    engine.run()
  }
}
