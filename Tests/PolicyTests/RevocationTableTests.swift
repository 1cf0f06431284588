import Testing

@testable import Policy

/// The table behind revocations, and what it forgets.
@Suite struct RevocationTableTests {
  private static func holder(_ number: Int) -> Revocations.Holder {
    Revocations.Holder(issuer: nil, name: "session \(number)")
  }

  @Test func `of many thousands each is found, and nobody else`() {
    var table = HolderTable()
    for number in 0..<20_000 { table.set(Self.holder(number), Double(number), expires: .infinity) }
    #expect(table.count == 20_000)
    #expect((0..<20_000).allSatisfy { table.moment(of: Self.holder($0)) == Double($0) })
    #expect((20_000..<40_000).allSatisfy { table.moment(of: Self.holder($0)) == nil })
  }

  @Test func `an entry takes the place of one for the same holder`() {
    var table = HolderTable()
    for moment in [1.0, 2, 3] { table.set(Self.holder(1), moment, expires: 10 * moment) }
    #expect(table.count == 1)
    #expect(table.moment(of: Self.holder(1)) == 3)
    table.forget(expiredBy: 20)
    #expect(table.moment(of: Self.holder(1)) == 3)
    table.forget(expiredBy: 30)
    #expect(table.moment(of: Self.holder(1)) == nil)
  }

  @Test func `an entry is never shortened by a later one`() {
    var table = HolderTable()
    table.set(Self.holder(1), 5, expires: 100)
    table.set(Self.holder(1), 4, expires: 10)
    #expect(table.moment(of: Self.holder(1)) == 5)
    table.forget(expiredBy: 99)
    #expect(table.moment(of: Self.holder(1)) == 5)
  }

  @Test func `what has expired is forgotten, and the rest is found`() {
    var table = HolderTable()
    for number in 0..<5_000 { table.set(Self.holder(number), 0, expires: Double(number)) }
    for moment in stride(from: 0.0, through: 5_000, by: 500) {
      table.forget(expiredBy: moment)
      #expect((0..<5_000).allSatisfy { (table.moment(of: Self.holder($0)) != nil) == (Double($0) > moment) })
    }
    #expect(table.count == 0)
  }

  @Test func `an empty table knows nobody`() {
    var table = HolderTable()
    #expect(table.moment(of: Self.holder(1)) == nil)
    table.forget(expiredBy: 0)
    #expect(table.count == 0)
  }

  @Test func `a copy is not changed with the original`() {
    var original = Revocations(sessions: [Self.holder(1)])
    let copy = original
    original.add([Revocations.Entry(Self.holder(2), .session, expires: 10)])
    #expect((original.count, copy.count) == (2, 1))
    original.forget(expiredBy: 10)
    #expect((original.count, copy.count) == (1, 1))
  }

  @Test func `the holder is told by issuer and name, whose ends are not mixed up`() {
    let holders = [
      Revocations.Holder(issuer: nil, name: "ab"), Revocations.Holder(issuer: "", name: "ab"),
      Revocations.Holder(issuer: "a", name: "b"), Revocations.Holder(issuer: "ab", name: ""),
    ]
    #expect(Set(holders).count == holders.count)
    #expect(Revocations.Holder(issuer: "a", name: "b") == holders[2])
  }
}
