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

  @Test func `a cell that is in use can't be emptied`() async {
    await #expect(processExitsWith: .failure) {
      let keeper = Keeper()
      keeper.cell.value.use { keeper.cell.clear() }
    }
  }

  @Test func `an empty cell has no value`() async {
    await #expect(processExitsWith: .failure) {
      let cell = Cell<Number>()
      _ = cell.value.number
    }
  }
}

/// A value that calls its user back while it is being changed.
private struct Number: ~Copyable {
  var number = 0

  mutating func use(_ body: () -> Void) {
    number += 1
    body()
  }

  borrowing func look(_ body: () -> Void) { body() }
}

private final class Keeper {
  var cell = Cell(Number())
  let confined = Confined(Number())
}

@Suite struct `A confined value` {
  @Test func `may be read by several at once, and changed by one after another`() {
    let keeper = Keeper()
    keeper.confined.value.look { keeper.confined.value.look {} }
    keeper.confined.value.use {}
    keeper.confined.value.use {}
    #expect(keeper.confined.value.number == 2)
  }

  @Test func `may not be changed inside a change`() async {
    await #expect(processExitsWith: .failure) {
      let keeper = Keeper()
      keeper.confined.value.use { keeper.confined.value.use {} }
    }
  }

  @Test func `may not be read inside a change`() async {
    await #expect(processExitsWith: .failure) {
      let keeper = Keeper()
      keeper.confined.value.use { keeper.confined.value.look {} }
    }
  }

  @Test func `may not be changed while it is read`() async {
    await #expect(processExitsWith: .failure) {
      let keeper = Keeper()
      keeper.confined.value.look { keeper.confined.value.use {} }
    }
  }
}
