import Files
import TestSupport
import Testing

@testable import Signing

@Suite struct KeyRingTests {
  static let start = 1_763_737_200

  func ring() -> KeyRing { KeyRing(current: key("a"), next: key("b"), lifetime: 3600, now: Self.start) }

  func key(_ name: String) -> KeyRing.NewKey { KeyRing.NewKey(identifier: name, algorithm: "ES256") }

  /// States and names, as in `next b, current a`.
  func summary(_ ring: KeyRing) -> String {
    ring.records.map { "\($0.state.rawValue) \($0.identifier)" }.joined(separator: ", ")
  }

  @Test func `a key is next, then current, then previous until nothing that it has signed is good`() throws {
    var ring = ring()
    #expect(summary(ring) == "next b, current a")
    ring.rotate(next: key("c"), lifetime: 3600, now: Self.start + 100)
    #expect(summary(ring) == "next c, current b, previous a")
    let retired = try #require(ring.records.last)
    #expect(retired.since == Self.start + 100)
    #expect(retired.until == Self.start + 100 + 3600 + KeyRing.margin)
    let end = try #require(retired.until)
    #expect(ring.published(at: end - 1).map(\.identifier) == ["c", "b", "a"])
    #expect(ring.published(at: end).map(\.identifier) == ["c", "b"])
    ring.rotate(next: key("d"), lifetime: 3600, now: end - 1)
    #expect(summary(ring) == "next d, current c, previous b, previous a")
    ring.rotate(next: key("e"), lifetime: 3600, now: end)
    #expect(summary(ring) == "next e, current d, previous c, previous b")
  }

  @Test func `what is current and next never ends by itself`() {
    let ring = ring()
    #expect(ring.published(at: .max).count == 2)
  }

  @Test func `tokens of a longer life are waited for, whatever the configuration says by now`() {
    var ring = ring()
    ring.note(lifetime: 86_400)
    ring.note(lifetime: 60)
    ring.rotate(next: key("c"), lifetime: 60, now: Self.start)
    #expect(ring.records[2].until == Self.start + 86_400 + KeyRing.margin)
    // The next key was noted for, too: it may have been the current one for somebody who read earlier.
    ring.rotate(next: key("d"), lifetime: 60, now: Self.start)
    #expect(ring.records[2].until == Self.start + 86_400 + KeyRing.margin)
    ring.rotate(next: key("e"), lifetime: 90, now: Self.start)
    #expect(ring.records[2].until == Self.start + 90 + KeyRing.margin)
  }

  static let revocations: [(String, String, makesKey: Bool)] = [
    ("c", "next d, current b, previous a", true),
    ("b", "next d, current c, previous a", true),
    ("a", "next c, current b", false),
    ("A", "next c, current b, previous a", false),
    ("", "next c, current b, previous a", false),
  ]

  @Test(arguments: revocations)
  func `one key is revoked, whatever it is there for`(name: String, expected: String, makesKey: Bool) {
    var ring = ring()
    ring.rotate(next: key("c"), lifetime: 3600, now: Self.start)
    var count = 0
    ring.revoke(name, lifetime: 60, now: Self.start + 9) {
      count += 1
      return key("d")
    }
    #expect(summary(ring) == expected)
    #expect(count == (makesKey ? 1 : 0))
    if name == "b" {
      #expect(ring.current.since == Self.start + 9)
      // It may have signed for somebody who read earlier.
      #expect(ring.current.lifetime == 3600)
    }
  }

  @Test func `only a previous key has a last moment for what it verifies`() {
    var ring = ring()
    #expect(ring.records.map(\.lastIssue) == [nil, nil])
    ring.rotate(next: key("c"), lifetime: 3600, now: Self.start + 100)
    #expect(ring.records.map(\.lastIssue) == [nil, nil, Self.start + 100 + KeyRing.handover])
    ring.rotate(next: key("d"), lifetime: 3600, now: Self.start + 200)
    #expect(ring.records.dropFirst(2).map(\.lastIssue) == [Self.start + 203, Self.start + 103])
  }

  @Test func `another next key takes the place of the one that has signed nothing`() {
    var ring = ring()
    ring.replaceNext(with: key("c"), lifetime: 3600, now: Self.start + 1)
    #expect(summary(ring) == "next c, current a")
    #expect(ring.next.since == Self.start + 1)
  }

  @Test func `a life beyond all bounds doesn't end before it began`() {
    var ring = KeyRing(current: key("a"), next: key("b"), lifetime: 315_360_000, now: Self.start)
    ring.rotate(next: key("c"), lifetime: 315_360_000, now: Self.start)
    #expect(ring.records[2].until == Self.start + 315_360_000 + KeyRing.margin)
  }

  @Test func `what is written is read`() throws {
    var ring = ring()
    for name in ["c", "d", "e"] {
      #expect(try KeyRing(text: Array(ring.text.utf8).span) == ring)
      ring.rotate(next: key(name), lifetime: 3600, now: Self.start + 7)
    }
    #expect(
      ring.text.split(separator: "\n")[4] == "previous ES256 b \(Self.start + 7) \(Self.start + 7 + 3660) 3600")
    #expect(try KeyRing(text: Array(ring.text.utf8).span) == ring)
  }

  @Test func `what the first release has written says when a key was retired`() throws {
    let text = "portcullis keys 1\n\(Self.good)previous ES256 c \(Self.start + 7) \(Self.start + 3667) 3600\n"
    #expect(try KeyRing(text: Array(text.utf8).span).records.last?.lastIssue == Self.start + 10)
  }

  static let good = "next ES256 b 1 - 60\ncurrent ES256 a 1 - 60\n"
  static let nonsense: [(String, String)] = [
    ("", "not written by this program"),
    ("portcullis keys 2\n\(good)", "a newer version"),
    ("keys\n\(good)", "not written by this program"),
    ("portcullis keys 1\n\(good.dropLast())", "not written by this program"),
    ("portcullis keys 1\n", "must name one key"),
    ("portcullis keys 1\nnext ES256 b 1 - 60\n", "must name one key"),
    ("portcullis keys 1\ncurrent ES256 a 1 - 60\nnext ES256 b 1 - 60\n", "must name one key"),
    ("portcullis keys 1\n\(good)current ES256 c 1 - 60\n", "must name one key"),
    ("portcullis keys 1\n\(good)previous ES256 c 1 - 60\n", "must name one key"),
    ("portcullis keys 1\n\(good)previous ES256 a 1 5 60\n", "must name one key"),
    ("portcullis keys 1\nnext ES256 b 1 5 60\ncurrent ES256 a 1 - 60\n", "must name one key"),
    ("portcullis keys 1\n\(good)previous ES256 ../c 1 5 60\n", "line 4 makes no sense"),
    ("portcullis keys 1\n\(good)previous ES256 c 1 5\n", "line 4 makes no sense"),
    ("portcullis keys 1\n\(good)previous ES256 c -1 5 60\n", "line 4 makes no sense"),
    ("portcullis keys 1\n\(good)previous ES256 c 1 5 1000000000000000\n", "line 4 makes no sense"),
    (
      "portcullis keys 1\n\(good)previous ES256 \(String(repeating: "c", count: 129)) 1 5 60\n", "line 4 makes no sense"
    ),
    ("portcullis keys 1\n\(good)later ES256 c 1 5 60\n", "line 4 makes no sense"),
    ("portcullis keys 1\n\(good)\n", "line 4 makes no sense"),
    ("portcullis keys 1\n" + String(repeating: "\n", count: 101), "more than 100 keys"),
  ]

  @Test(arguments: nonsense) func `what was not written so is refused`(text: String, message: String) {
    let flaw = #expect(throws: KeyRing.Flaw.self) { try KeyRing(text: Array(text.utf8).span) }
    #expect(flaw?.message.contains(message) == true, "\(flaw?.message ?? "")")
  }
}
