import Bytes
import Configuration
import Cryptography
import Glibc
import HTTP
import JSON
import Policy
import TestSupport
import Tokens

@testable import Gateway
@testable import IssuerKeys
@testable import Observability
@testable import Proxy
@testable import Transport

/// The gateway's engine in a world that one seed decides: clients, upstreams, the clock, short reads and writes, resets, reloads.
///
/// The engine is the real one, from the acceptor to the connection pool; only descriptors, the kernel's clock and its events are
/// simulated. The same seed gives the same run to the byte. After every step:
///
/// 1. Each request has at most one final response, of its own bytes; none comes that was not asked for (``SimulatedClient``).
/// 2. No byte of one exchange is in another one: bodies are made of the request's number (``Exchanged``).
/// 3. A request with a body reaches an upstream at most once; a response that breaks off never looks whole.
/// 4. The gateway counts as many client connections as there are.
/// 5. Every wait has a deadline (``EventLoop/checkInvariants()``).
///
/// At the end nothing is left: no wait, no channel, no connection, and each request was answered or its connection has ended.
final class Simulation {
  let seed: UInt64
  var random: Dice
  let loop: EventLoop
  let worker: WorkerContext
  private let acceptor: ConnectionAcceptor
  let network: SimulatedNetwork
  let swarm: Swarm
  var isCalm: Bool { swarm.isCalm }

  private(set) var now = MonotonicTime(nanoseconds: 1_000_000_000)
  private var events: [(time: Int64, order: Int, action: () -> Void)] = []
  private var eventCount = 0
  /// The history so far in one number: FNV-1a over all that peers have seen.
  private(set) var digest: UInt64 = 0xcbf2_9ce4_8422_2325
  private(set) var faults: [String] = []
  private(set) var requests: [Exchanged] = []
  private var clientLinks: Set<Int> = []
  private(set) var openLinks: Set<Int> = []
  private var linkCount = 0
  private(set) var clients: [SimulatedClient] = []
  private var hasDrained = false

  /// The virtual time at which the clock shows ``now`` is 0.
  private static let epoch = 1_800_000_000.0

  private static let listener = ListenerTag(number: 0, isAdmin: false)

  struct NotStarted: Error {}

  init(seed: UInt64) throws {
    self.seed = seed
    var dice = Dice(seed: seed)
    swarm = Swarm(seed: seed, dice: &dice)
    random = dice
    loop = try EventLoop(at: now, unixTime: Self.epoch)
    network = SimulatedNetwork()
    worker = try WorkerContext(
      try World.snapshot(seed: seed), loop: loop, log: ErrorLog(sink: nil, level: .error), accessLog: nil,
      keeper: World.keeper, connector: network, random: RandomSource(seed: seed))
    worker.start(on: [])
    guard let acceptor = worker.acceptor(for: Self.listener) else { throw NotStarted() }
    self.acceptor = acceptor
    network.simulation = self
  }

  // MARK: Running

  /// Runs until everybody has come to an end; the faults that were found are in ``faults``.
  func run() {
    let clientCount = random.number(in: 1...4)
    for number in 0..<clientCount {
      after(pause()) { [unowned self] in connectClient(number) }
    }
    if !isCalm, random.chance(1, in: 3) { after(random.number(in: 0...400_000_000)) { [unowned self] in reload() } }
    if !isCalm, random.chance(1, in: 6) { after(random.number(in: 0...2_000_000_000)) { [unowned self] in drain() } }
    var steps = 0
    while faults.isEmpty {
      step()
      steps += 1
      if steps % 16 == 0 { loop.checkInvariants() }
      if events.isEmpty && openLinks.isEmpty { break }
      if steps > 200_000 || now.nanoseconds > 3_600_000_000_000 {
        return fault("it does not come to an end: \(openLinks.count) connections are open")
      }
    }
    if faults.isEmpty { settle() }
    dispose()
  }

  /// Breaks the circle of loop and worker, which live as long as the process otherwise.
  private func dispose() {
    loop.state.value.timers.removeAll()
    loop.state.value.keepers.removeAll()
    events.removeAll()
  }

  /// One turn of the loop, then what is due next.
  private func step() {
    loop.turn(at: now, unixTime: Self.epoch + Double(now.nanoseconds) / 1e9)
    if worker.connectionCount != clientLinks.count {
      fault("the gateway counts \(worker.connectionCount) connections, there are \(clientLinks.count)")
    }
    let ready = loop.nanosecondsToNext.map { now.advanced(byNanoseconds: $0) } ?? .never
    let due = events.first.map { MonotonicTime(nanoseconds: $0.time) } ?? .never
    let next = min(ready, due)
    if next == .never { return }
    now = max(now, next)
    while let event = events.first, event.time <= now.nanoseconds, faults.isEmpty {
      removeFirst()
      event.action()
    }
  }

  /// The end: nothing may be left.
  private func settle() {
    for _ in 0..<4 { loop.turn(at: now, unixTime: Self.epoch + Double(now.nanoseconds) / 1e9) }
    loop.checkInvariants()
    for client in clients { client.settle() }
    if loop.waitCount != 0 { fault("\(loop.waitCount) waits are left") }
    if loop.channelCount != 0 { fault("\(loop.channelCount) channels are left") }
    if worker.tunnels.count != 0 { fault("\(worker.tunnels.count) tunnels are left") }
  }

  func fault(_ text: String) { faults.append("seed \(seed) at \(now.nanoseconds / 1000) µs: \(text)") }

  /// Prints what happens, where a seed is looked at by itself.
  func trace(_ text: @autoclosure () -> String) {
    if World.isTracing { print("\(now.nanoseconds / 1000) µs: \(text())") }
  }

  /// Notes that something was seen, so that two runs can be compared.
  func note(_ number: Int, _ bytes: some Sequence<UInt8>) {
    var value = (digest ^ UInt64(truncatingIfNeeded: number)) &* 0x100_0000_01b3
    value = (value ^ UInt64(bitPattern: now.nanoseconds)) &* 0x100_0000_01b3
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    digest = value
  }

  // MARK: Events

  /// The time until a peer acts again, in nanoseconds.
  func pause() -> Int64 { random.delay(isLong: swarm.hasLongPauses) }

  /// Calls the action so many nanoseconds from now.
  func after(_ delay: Int64, _ action: @escaping () -> Void) {
    eventCount += 1
    let event = (time: now.nanoseconds + delay, order: eventCount, action: action)
    events.append(event)
    // A binary heap, the soonest first, and in the order of coming where two are due at once.
    var index = events.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard isSooner(index, parent) else { break }
      events.swapAt(index, parent)
      index = parent
    }
  }

  private func removeFirst() {
    events.swapAt(0, events.count - 1)
    events.removeLast()
    var index = 0
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < events.count && isSooner(child, least) { least = child }
      if least == index { return }
      events.swapAt(index, least)
      index = least
    }
  }

  private func isSooner(_ left: Int, _ right: Int) -> Bool {
    (events[left].time, events[left].order) < (events[right].time, events[right].order)
  }

  // MARK: Links

  func makeLink() -> MemoryLink {
    linkCount += 1
    openLinks.insert(linkCount)
    let least = isCalm ? 11 : 6
    return MemoryLink(
      linkCount, in: loop,
      capacity: (1 << random.number(in: least...14), 1 << random.number(in: least...14)),
      portion: { [unowned self] most in random.chance(1, in: 3) ? random.number(in: 1...most) : most },
      onClose: { [unowned self] link in
        openLinks.remove(link.number)
        clientLinks.remove(link.number)
      })
  }

  private func connectClient(_ number: Int) {
    guard !worker.isDraining else { return }
    // The kernel's backlog: it waits until there is room.
    guard acceptor.isAccepting || acceptor.makeRoom(forDescriptor: false) && acceptor.isAccepting else {
      return after(100_000_000) { [unowned self] in connectClient(number) }
    }
    let link = makeLink()
    clientLinks.insert(link.number)
    clients.append(SimulatedClient(number, over: link, in: self))
    loop.asJob { acceptor.accepted(link.open(isConnected: true), listener: Self.listener.rawValue) }
    clients[clients.count - 1].begin()
  }

  // MARK: Requests

  func makeRequest() -> Exchanged {
    let request = Exchanged(number: requests.count, dice: &random, swarm: swarm)
    requests.append(request)
    return request
  }

  // MARK: Orders

  private func reload() {
    do {
      let previous = worker.snapshot.shared
      let snapshot = try World.snapshot(seed: seed &+ 1, after: previous)
      loop.asJob {
        do {
          try worker.reload(WorkerChange(snapshot: snapshot, accessSink: nil, added: [], removed: [], settings: [:]))
        } catch {
          fault("the reload failed: \(error)")
        }
      }
    } catch {
      fault("the second configuration can't be made: \(error)")
    }
  }

  private func drain() {
    loop.asJob { worker.drain {} }
    // As the worker does it in turns of its own: what is idle is closed.
    after(1_000_000) { [unowned self] in
      loop.asJob { worker.closeParked() }
    }
  }
}
