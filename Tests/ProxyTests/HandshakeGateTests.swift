import Testing
import Transport

@testable import Proxy

/// The bound on TLS handshakes in progress, with handshakes that the test plays.
@Suite struct `The gate of TLS handshakes` {
  /// A client that keeps its place until it is told to leave.
  private final class Handshake: GatedHandshake {
    private(set) var hasEntered = false
    private(set) var hasGivenUp = false

    func enter() { hasEntered = true }
    func giveUp() { hasGivenUp = true }
  }

  private let loop: EventLoop
  private let gate: HandshakeGate

  init() throws {
    loop = try EventLoop(at: MonotonicTime(nanoseconds: 0), unixTime: 0)
    gate = HandshakeGate(loop)
  }

  private func turn(atMillisecond millisecond: Int64) {
    loop.turn(at: MonotonicTime(nanoseconds: millisecond * 1_000_000), unixTime: Double(millisecond) / 1000)
  }

  private func ask(_ count: Int) -> [Handshake] {
    (0..<count).map { _ in
      let handshake = Handshake()
      gate.ask(handshake)
      return handshake
    }
  }

  /// Turns until as many have entered as can.
  private func fill() -> [Handshake] {
    let all = ask(HandshakeGate.placeMax)
    for millisecond in 1...100 { turn(atMillisecond: Int64(millisecond)) }
    return all
  }

  @Test func `lets few begin in one turn, and the rest in the turns that follow`() {
    let all = ask(20)
    #expect(all.filter { $0.hasEntered }.count == HandshakeGate.turnMax)
    turn(atMillisecond: 1)
    #expect(all.filter { $0.hasEntered }.count == 2 * HandshakeGate.turnMax)
    turn(atMillisecond: 2)
    #expect(all.allSatisfy { $0.hasEntered })
  }

  @Test func `gives places in the order of asking`() {
    let all = ask(20)
    turn(atMillisecond: 1)
    #expect(all.prefix(16).allSatisfy { $0.hasEntered })
    #expect(!all[16].hasEntered)
  }

  @Test func `has no more than its places in use`() {
    let all = fill()
    #expect(all.allSatisfy { $0.hasEntered })
    let late = ask(1)
    turn(atMillisecond: 101)
    #expect(!late[0].hasEntered)
    #expect(gate.count == HandshakeGate.placeMax)
    gate.leave(all[7])
    turn(atMillisecond: 102)
    turn(atMillisecond: 103)
    #expect(late[0].hasEntered)
  }

  @Test func `takes the place of the one that began first after a second, if others wait`() {
    let all = fill()
    turn(atMillisecond: 5_000)
    #expect(!all.contains { $0.hasGivenUp })
    let late = ask(2)
    #expect(late[0].hasEntered)
    #expect(all[0].hasGivenUp)
    #expect(late[1].hasEntered)
    #expect(all[1].hasGivenUp)
    #expect(!all[2].hasGivenUp)
  }

  @Test func `wakes by itself when the first one has had its second`() {
    let all = fill()
    let late = ask(1)
    turn(atMillisecond: 900)
    #expect(!late[0].hasEntered)
    for millisecond in 1_000...1_200 { turn(atMillisecond: Int64(millisecond)) }
    #expect(late[0].hasEntered)
    #expect(all.filter { $0.hasGivenUp }.count == 1)
  }

  @Test func `forgets one that leaves while it waits`() {
    let all = fill()
    let late = ask(2)
    gate.leave(late[0])
    gate.leave(all[3])
    turn(atMillisecond: 101)
    turn(atMillisecond: 102)
    #expect(!late[0].hasEntered)
    #expect(late[1].hasEntered)
  }

  @Test func `may be left by one that was told to give up`() {
    let all = fill()
    turn(atMillisecond: 5_000)
    let late = ask(1)
    #expect(late[0].hasEntered && all[0].hasGivenUp)
    gate.leave(all[0])
    #expect(gate.count == HandshakeGate.placeMax)
  }
}
