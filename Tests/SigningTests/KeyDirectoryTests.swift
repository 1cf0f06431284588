import Files
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Signing

@Suite struct KeyDirectoryTests {
  static let now = 1_763_737_200
  let scratch: TemporaryDirectory
  let directory: KeyDirectory

  init() throws {
    scratch = try TemporaryDirectory()
    directory = KeyDirectory(path: scratch("data/keys"))
  }

  private static let count = Atomic(0)

  /// A key like no other; what it is made of is not the directory's business.
  @Sendable static func make() -> KeyDirectory.NewKey {
    let number = String(count.add(1, ordering: .relaxed).newValue)
    let identifier = String(repeating: "k", count: 43 - number.count) + number
    return KeyDirectory.NewKey(identifier: identifier, algorithm: "ES256", pem: Array("pem of \(identifier)".utf8))
  }

  func readOrMake(lifetime: Int = 3600, now: Int = now) throws -> KeyDirectory.Contents {
    try directory.readOrMake(lifetime: lifetime, now: now, make: Self.make)
  }

  func rotate(now: Int = now) throws -> KeyRing {
    try directory.rotate(lifetime: 3600, now: now, make: Self.make)
  }

  func revokeAll(now: Int = now) throws -> (ring: KeyRing, revoked: [KeyRecord]) {
    try directory.revokeAll(lifetime: 3600, now: now, make: Self.make)
  }

  var names: [String] { TemporaryDirectory.names(of: directory.path) }

  func files(of ring: KeyRing) -> [String] { (ring.records.map { $0.identifier + ".pem" } + ["index"]).sorted() }

  @Test func `a missing directory is made with two keys, for its owner only`() throws {
    #expect(try directory.read(now: Self.now) == nil)
    #expect(scratch.names.isEmpty)
    let contents = try readOrMake()
    #expect(contents.keys.map(\.record.state) == [.next, .current])
    for (record, pem) in contents.keys { #expect(pem == Array("pem of \(record.identifier)".utf8)) }
    #expect(mode(of: directory.path) == 0o700)
    #expect(names == files(of: contents.ring))
    for name in names { #expect(mode(of: directory.path + "/" + name) == 0o600) }
    #expect(try readOrMake().ring == contents.ring)
  }

  @Test func `of many that find it missing one makes it and all get the same`() throws {
    for round in 0..<50 {
      let directory = KeyDirectory(path: scratch("keys\(round)"))
      let rings = onThreads(8) { _ in
        try? directory.readOrMake(lifetime: 3600, now: Self.now, make: Self.make).ring
      }
      #expect(Set(rings).count == 1)
      #expect(rings.first != .some(nil))
      #expect(TemporaryDirectory.names(of: directory.path).count == 3)
    }
  }

  @Test func `a rotation leaves nothing behind but what is needed`() throws {
    let first = try readOrMake().ring
    let second = try rotate()
    #expect(second.current.identifier == first.next.identifier)
    #expect(names == files(of: second))
    let third = try rotate(now: Self.now + 3660)
    #expect(third.records.count == 3)
    #expect(names == files(of: third))
    #expect(try directory.read(now: Self.now + 3660)?.ring == third)
    #expect(try directory.read(now: Self.now + 3660 + 3660)?.keys.count == 2)
  }

  @Test func `a rotation without keys makes the first ones`() throws {
    #expect(try rotate().records.map(\.state) == [.next, .current])
    #expect(try directory.replaceNext(lifetime: 60, now: Self.now, make: Self.make).records.count == 2)
  }

  @Test func `a revocation leaves nothing of what lay in the directory`() throws {
    _ = try readOrMake()
    let before = try rotate()
    let (after, revoked) = try revokeAll()
    #expect(revoked == before.records)
    #expect(after.records.map(\.state) == [.next, .current])
    #expect(Set(after.records.map(\.identifier)).isDisjoint(with: before.records.map(\.identifier)))
    #expect(names == files(of: after))
    #expect(try directory.read(now: Self.now)?.ring == after)
  }

  @Test(arguments: 0..<3) func `a key that is revoked alone goes with its file`(place: Int) throws {
    _ = try readOrMake()
    let before = try rotate()
    let name = before.records[place].identifier
    let (after, revoked) = try directory.revoke(name, lifetime: 3600, now: Self.now, make: Self.make)
    #expect(revoked == before.records[place])
    #expect(!after.records.contains { $0.identifier == name })
    #expect(names == files(of: after))
    let kept = before.records.map(\.identifier).filter { $0 != name }
    #expect(Set(after.records.map(\.identifier)).isSuperset(of: kept))
    #expect(try directory.read(now: Self.now)?.keys.count == after.records.count)
  }

  @Test func `a key that isn't there can't be revoked, and everything stays`() throws {
    let before = try readOrMake().ring
    for name in ["", "x", before.next.identifier + "x", "../index"] {
      let error = #expect(throws: FileError.self) {
        _ = try directory.revoke(name, lifetime: 3600, now: Self.now, make: Self.make)
      }
      #expect(error?.description.contains("it holds no key '\(name)'") == true)
    }
    #expect(try directory.read(now: Self.now)?.ring == before)
    #expect(names == files(of: before))
    let empty = KeyDirectory(path: scratch("empty"))
    #expect(throws: FileError.self) {
      _ = try empty.revoke("x", lifetime: 1, now: 1, make: Self.make)
    }
    #expect(try empty.revokeAll(lifetime: 1, now: 1, make: Self.make).ring.records.count == 2)
  }

  @Test func `a longer life is noted, and keys that are over go, when the keys are read for use`() throws {
    _ = try readOrMake()
    _ = try readOrMake(lifetime: 7200)
    #expect(try readOrMake(lifetime: 60).ring.current.lifetime == 7200)
    let ring = try rotate()
    #expect(ring.records[2].until == Self.now + 7260)
    let end = Self.now + 7260
    #expect(try readOrMake(now: end).keys.count == 2)
    #expect(names.count == 3)
  }

  @Test func `rotations side by side are all done, and readers always find a whole ring`() throws {
    _ = try readOrMake()
    let directory = directory
    let results = onThreads(6) { number in
      (0..<20).map { _ in
        if number < 2 {
          (try? directory.rotate(lifetime: 3600, now: Self.now, make: Self.make)) != nil
        } else {
          (try? directory.read(now: Self.now))?.keys.allSatisfy {
            $0.pem == Array("pem of \($0.record.identifier)".utf8)
          }
            ?? false
        }
      }
    }
    #expect(results.joined().allSatisfy { $0 })
    #expect(try directory.read(now: Self.now)?.ring.records.count == 42)
  }

  /// Stops a change after each of its steps, in the middle of writing a file too.
  @Test(arguments: ["first keys", "rotation", "revocation", "revocation of one", "removal of what is over"])
  func `a change that is broken off anywhere leaves a directory that can be used`(change: String) throws {
    var step = 0
    while true {
      let directory = KeyDirectory(path: scratch("\(change) \(step)"))
      var before: KeyRing?
      let (a, b, c) = (Self.make(), Self.make(), Self.make())
      var after = KeyRing(current: a.name, next: b.name, lifetime: 60, now: Self.now)
      var added = [a, b]
      if change == "first keys" {
        mkdir(directory.path, 0o700)
      } else {
        before = try directory.rotate(lifetime: 60, now: Self.now, make: Self.make)
        before = try directory.rotate(lifetime: 60, now: Self.now, make: Self.make)
        after = try #require(before)
        switch change {
        case "revocation": after = KeyRing(current: a.name, next: b.name, lifetime: 60, now: Self.now)
        case "revocation of one":
          after.revoke(after.current.identifier, lifetime: 60, now: Self.now) { c.name }
          added = [c]
        default:
          after.rotate(next: c.name, lifetime: 60, now: Self.now + (change == "rotation" ? 0 : 1000))
          added = [c]
        }
      }
      let plan = KeyDirectoryPlan(
        to: after, adding: added.map { ($0.name.identifier, $0.pem) }, in: TemporaryDirectory.names(of: directory.path))
      for done in plan.steps.prefix(step) { try directory.perform(done) }
      if step < plan.steps.count, case .write(let name, let bytes) = plan.steps[step] {
        try directory.perform(.write(name: name, Array(bytes.prefix(bytes.count / 2))))
      }

      let found = try directory.read(now: Self.now)
      #expect(found?.ring == before || found?.ring == after, "after \(step) steps")
      #expect(found == nil || found?.keys.count == found?.ring.published(at: Self.now).count)
      let next = try directory.rotate(lifetime: 60, now: Self.now, make: Self.make)
      if let found { #expect(next.current.identifier == found.ring.next.identifier) }
      #expect(TemporaryDirectory.names(of: directory.path) == files(of: next), "after \(step) steps")
      if step == plan.steps.count { break }
      step += 1
    }
    #expect(step >= 5)
  }

  @Test func `rotations beyond all measure are refused, and leave everything as it is`() throws {
    while try directory.read(now: Self.now)?.keys.count ?? 0 < 100 { _ = try rotate() }
    let names = names
    let error = #expect(throws: FileError.self) { try rotate() }
    #expect(error?.description.contains("rotate them less often") == true)
    #expect(self.names == names)
    let current = try #require(try directory.read(now: Self.now)).ring.current.identifier
    let (ring, _) = try directory.revoke(current, lifetime: 3600, now: Self.now, make: Self.make)
    #expect(ring.records.count == 100)
    #expect(try rotate(now: Self.now + 10_000).records.count == 3)
  }

  @Test func `a directory of somebody else's is not touched`() throws {
    mkdir(scratch("data"), 0o700)
    mkdir(directory.path, 0o700)
    try write(Array("x".utf8), to: directory.path + "/server.pem")
    for attempt in [{ _ = try readOrMake() }, { _ = try rotate() }] {
      let error = #expect(throws: FileError.self, performing: attempt)
      #expect(error?.description.contains("it holds 'server.pem' and no index of keys") == true)
    }
    #expect(names == ["server.pem"])
  }

  @Test func `what else is in a key directory stays`() throws {
    _ = try readOrMake()
    try write(Array("x".utf8), to: directory.path + "/README")
    _ = try rotate()
    #expect(names.contains("README"))
  }

  @Test func `a directory that can't be used is refused with the reason`() throws {
    let ring = try readOrMake().ring
    unlink(directory.path + "/" + ring.next.identifier + ".pem")
    var error = #expect(throws: FileError.self) { try directory.read(now: Self.now) }
    #expect(error?.description.contains("the index names this key, but it is not there") == true)
    try write(Array("nonsense".utf8), to: directory.path + "/index")
    error = #expect(throws: FileError.self) { try rotate() }
    #expect(error?.description.contains("/index': it was not written by this program") == true)
    error = #expect(throws: FileError.self) {
      try KeyDirectory(path: scratch("no/such/directory")).rotate(lifetime: 1, now: 1, make: Self.make)
    }
    #expect(error?.description.contains("nor the one above it exists") == true)
    try write([], to: scratch("file"))
    error = #expect(throws: FileError.self) { try KeyDirectory(path: scratch("file")).read(now: 1) }
    #expect(error?.description.contains("Not a directory") == true)
  }
}
