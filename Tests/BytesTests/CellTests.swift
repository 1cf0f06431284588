import Bytes
import Testing

@Suite struct `A cell` {
  /// Counts how many of its kind there are.
  private final class Counter { var alive = 0 }

  private struct Guest: ~Copyable {
    let counter: Counter
    var word: String

    init(_ word: String, _ counter: Counter) {
      self.word = word
      self.counter = counter
      counter.alive += 1
    }

    deinit { counter.alive -= 1 }
  }

  @Test func `holds one value at a time, and lets it die with it`() {
    let counter = Counter()
    do {
      var cell = Cell<Guest>()
      #expect(cell.isOccupied == false)
      cell.put(Guest("one", counter))
      cell.put(Guest("two", counter))
      #expect(cell.isOccupied == true)
      #expect(counter.alive == 1)
      cell.value.word += "!"
      #expect(cell.value.word == "two!")
    }
    #expect(counter.alive == 0)
  }

  @Test func `gives its value away, and is empty then`() {
    let counter = Counter()
    var cell = Cell(Guest("one", counter))
    let guest = cell.take()
    #expect(cell.isOccupied == false)
    #expect(guest.word == "one")
    #expect(counter.alive == 1)
    cell.clear()
    #expect(counter.alive == 1)
  }

  @Test func `clearing it ends the value once`() {
    let counter = Counter()
    var cell = Cell(Guest("one", counter))
    cell.clear()
    cell.clear()
    #expect(counter.alive == 0)
    #expect(cell.isOccupied == false)
  }
}
