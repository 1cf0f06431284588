import Foundation
import Policy
import Testing

/// The documented reasons, which operators and clients rely on.
@Suite struct ReasonTests {
  /// Each word of the tables in Reasons.md with its status.
  static func documented() throws -> [(word: String, status: Int)] {
    let page = PurityTests.root.appending(path: "Sources/portcullis/Documentation.docc/Reasons.md")
    return try String(contentsOf: page, encoding: .utf8).split(separator: "\n").compactMap { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 4, cells[0].hasPrefix("`"), let status = Int(cells[1]), !cells.contains("") else {
        return nil
      }
      return (cells[0].trimmingCharacters(in: ["`"]), status)
    }
  }

  @Test
  func `the documentation lists every reason with its status, in the order in which they are tried, and no other`()
    throws
  {
    let documented = try Self.documented()
    #expect(documented.map(\.word) == RejectionReason.allCases.map { "\($0.word)" })
    #expect(documented.map(\.status) == RejectionReason.allCases.map(\.status))
  }

  @Test(arguments: RejectionReason.allCases)
  func `the word of a reason is that of its body, and no other reason has it`(reason: RejectionReason) throws {
    #expect(Rejection(reason).body.contains("\"reason\":\"\(reason.word)\""))
    #expect(RejectionReason.allCases.count { "\($0.word)" == "\(reason.word)" } == 1)
    #expect("\(reason.word)".allSatisfy { $0 == "_" || $0.isASCII && $0.isLowercase })
  }
}
