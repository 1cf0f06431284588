import Foundation
import Testing

/// The conventions of the sources that no formatter knows.
@Suite struct ConventionTests {
  struct Line: CustomStringConvertible {
    let place: String
    /// Without the blanks around it.
    let text: Substring

    var description: String { "\(place): \(text)" }
  }

  /// The lines of all Swift files below these folders of the repository, in order.
  static func lines(below folders: String...) throws -> [Line] {
    var lines: [Line] = []
    for folder in folders {
      let root = PurityTests.root.appending(path: folder)
      let names = try #require(FileManager.default.enumerator(atPath: root.path()))
      for case let name as String in names where name.hasSuffix(".swift") {
        let text = try String(contentsOf: root.appending(path: name), encoding: .utf8)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
          let trimmed = line.drop { $0 == " " }
          if !trimmed.isEmpty { lines.append(Line(place: "\(folder)/\(name):\(index + 1)", text: trimmed)) }
        }
      }
    }
    #expect(lines.count > 10_000)
    return lines
  }

  /// Words with which a doc comment would ask instead of tell.
  static let questions: Set<Substring> = [
    "What", "Who", "Whom", "Whose", "Whether", "How", "Why", "Has", "Where", "When", "Which", "Whoever", "Whatever",
    "Wherever",
  ]

  @Test func `a doc comment begins with what the thing is or does`() throws {
    let lines = try Self.lines(below: "Sources", "Tests").filter { $0.text.hasPrefix("/// ") }
    let found = lines.filter { Self.questions.contains($0.text.dropFirst(4).prefix { $0.isLetter }) }
    #expect(found.map(\.description) == [])
  }

  @Test func `nothing is left to do in the sources`() throws {
    let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
    let found = try Self.lines(below: "Sources").filter { line in marks.contains { line.text.contains($0) } }
    #expect(found.map(\.description) == [])
  }

  /// A condition stands on the same line: `while !condition() { usleep(1000) }`.
  @Test func `a test sleeps only while it waits for a condition`() throws {
    let sleeps = ["us" + "leep(", "Task.sl" + "eep(", "Thread.sl" + "eep(", "nanosl" + "eep("]
    let found = try Self.lines(below: "Tests").filter { line in
      sleeps.contains { line.text.contains($0) } && !line.text.hasPrefix("while ") && !line.text.hasPrefix("///")
    }
    #expect(found.map(\.description) == [])
  }
}
