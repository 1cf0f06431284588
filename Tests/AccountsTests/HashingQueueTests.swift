import Accounts
import Testing

/// The order in which passwords are hashed.
@Suite struct HashingQueueTests {
  /// A network by its last octet.
  private static func network(_ number: Int) -> ClientNetwork { ClientNetwork(v4: 0x7F00_0000 + UInt32(number)) }

  /// A queue with requests in it, written `L1 R2 L1`: logins and registrations, each of a network.
  private final class Line {
    private(set) var queue = HashingQueue()
    private var words: [UInt64: String] = [:]
    private var last: UInt64 = 0

    init(_ words: String = "") { add(words) }

    func add(_ words: String) {
      for word in words.split(separator: " ") {
        last += 1
        let operation: HashingQueue.Operation = word.first == "L" ? .login : .registration
        queue.add(
          last, as: .init(operation, from: HashingQueueTests.network(Int(word.dropFirst().prefix { $0 != "." }) ?? 0)))
        self.words[last] = String(word)
      }
    }

    func next() -> String { queue.takeNext().flatMap { words[$0] } ?? "-" }

    func excess() -> String { queue.takeExcess().flatMap { words[$0] } ?? "-" }

    func leave(_ word: String) -> Bool {
      guard let number = words.first(where: { $0.value == word })?.key else { return false }
      return queue.remove(number)
    }

    /// Everybody, in the order of their turns.
    func all() -> String {
      var order: [String] = []
      while queue.count > 0 { order.append(next()) }
      return order.joined(separator: " ")
    }
  }

  @Test(arguments: [
    ("one network keeps its order", "L1.a L1.b L1.c", "L1.a L1.b L1.c"),
    ("networks take turns", "L1.a L1.b L1.c L2.a L3.a L2.b", "L1.a L2.a L3.a L1.b L2.b L1.c"),
    ("registrations of networks take turns, too", "R1.a R1.b R1.c R2.a", "R1.a R2.a R1.b R1.c"),
    ("logins go before registrations", "R1 R2 L3 L4", "L3 L4 R1 R2"),
    ("of four places a registration gets one", "R1.a R1.b L2 L3 L4 L5 L6 L7 L8", "L2 L3 L4 R1.a L5 L6 L7 R1.b L8"),
    ("without a registration all places are for logins", "L1 L2 L3 L4 L5", "L1 L2 L3 L4 L5"),
    ("what is left over is for registrations", "L1 R2 R3 R4", "L1 R2 R3 R4"),
    ("a crowd of one network delays another by one", "R1.a R1.b L1.a L1.b L1.c L2.a", "L1.a L2.a L1.b R1.a L1.c R1.b"),
  ])
  func `turns`(rule: String, waiting: String, order: String) {
    let line = Line(waiting)
    #expect(line.all() == order, "\(rule)")
  }

  @Test func `a registration that comes later is overtaken by three logins at most`() {
    let line = Line("L1 L2 L3 L4")
    #expect((line.next(), line.next()) == ("L1", "L2"))
    line.add("R9 L5 L6 L7")
    #expect(line.all() == "L3 L4 L5 R9 L6 L7")
  }

  @Test func `a registration that leaves takes its turn with it`() {
    let line = Line("R9 L1 L2 L3 L4")
    _ = (line.next(), line.next(), line.next())
    #expect(line.leave("R9"))
    line.add("R8 L5 L6 L7")
    #expect(line.all() == "L4 L5 L6 R8 L7")
  }

  @Test func `a network that comes back stands behind all that wait`() {
    let line = Line("L1.a L2.a L2.b")
    #expect(line.next() == "L1.a")
    line.add("L1.b L3.a")
    #expect(line.all() == "L2.a L1.b L3.a L2.b")
  }

  @Test(arguments: [
    ("the newest of the network with the most", "L1.a L1.b L2.a L1.c L3.a", "L1.c"),
    ("logins and registrations count together", "L1.a L1.b R2.a R2.b L2.c", "L2.c"),
    ("it may be a login, though others register", "R1 L2.a R3 L2.b R4", "L2.b"),
    ("it may be a registration, though it waits before a login", "L2.a L2.b R2.c L1.a", "R2.c"),
    ("of equal networks one that registers loses", "L1 R2 L3", "R2"),
    ("of equal networks the last to come loses", "L1 L2 L3", "L3"),
    ("of equal networks that register the last to come loses", "R1 R2 L3 R4 L5", "R4"),
    ("nobody", "", "-"),
  ])
  func `who makes room`(rule: String, waiting: String, loser: String) {
    let line = Line(waiting)
    let count = line.queue.count
    #expect(line.excess() == loser, "\(rule)")
    #expect(line.queue.count == max(0, count - 1))
    #expect(!line.leave(loser), "it waits no more")
  }

  @Test func `who is gone leaves the queue, once, and the others keep their turns`() {
    let line = Line("L1.a L1.b L2.a R3.a L2.b")
    #expect(line.leave("L1.b"))
    #expect(!line.leave("L1.b"))
    #expect(line.leave("L2.a"))
    #expect(line.queue.count == 3)
    #expect(line.all() == "L1.a L2.b R3.a")
    #expect(line.next() == "-")
    #expect(!line.leave("L1.a"))
  }

  @Test func `a crowd that registers from one network or many lets every login pass within four places`() {
    for networks in [1, 7, 64] {
      let line = Line((0..<64).map { "R\($0 % networks).\($0)" }.joined(separator: " "))
      for round in 0..<200 {
        line.add("L200.\(round)")
        line.add("R\(round % networks).again\(round)")
        while line.queue.count > 64 { #expect(line.excess().first == "R") }
        let taken = (0..<4).map { _ in line.next() }
        #expect(taken.contains("L200.\(round)"))
      }
    }
  }

  @Test(arguments: 0..<20)
  func `whatever happens, everybody leaves once and nobody is forgotten`(seed: UInt64) {
    var random = Steps(state: seed)
    var queue = HashingQueue()
    var waiting: [UInt64: HashingQueue.Label] = [:]
    var overtaken = 0
    for number in 1...2000 as ClosedRange<UInt64> {
      let label = HashingQueue.Label(
        random.next() % 3 == 0 ? .registration : .login, from: Self.network(Int(random.next() % 9)))
      queue.add(number, as: label)
      waiting[number] = label
      switch random.next() % 8 {
      case 0:
        guard let gone = waiting.keys.min() else { break }
        waiting[gone] = nil
        let hasLeft = queue.remove(gone)
        #expect(hasLeft)
      case 1:
        guard let loser = queue.takeExcess() else { break }
        let label = waiting.removeValue(forKey: loser)
        #expect(label != nil)
      case 2, 3: break
      default:
        let registers = waiting.values.contains { $0.operation == .registration }
        guard let next = queue.takeNext(), let label = waiting.removeValue(forKey: next) else {
          Issue.record("somebody waits")
          continue
        }
        overtaken = registers && label.operation == .login ? overtaken + 1 : 0
        #expect(overtaken <= 3)
      }
      if !waiting.values.contains(where: { $0.operation == .registration }) { overtaken = 0 }
      #expect(queue.count == waiting.count)
    }
    while let next = queue.takeNext() {
      let label = waiting.removeValue(forKey: next)
      #expect(label != nil)
    }
    #expect(waiting.isEmpty && queue.count == 0)
  }

  /// Numbers that are the same each time.
  private struct Steps {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
  }
}
