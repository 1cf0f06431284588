import Glibc
import TestSupport
import Testing

@testable import Transport

@Suite struct LogFileTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(_ text: String, to path: String) throws(SystemError) {
    let descriptor = try LogFile.open(path)
    defer { close(descriptor) }
    _ = Array(text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }

  private func contents(of path: String) throws -> String {
    String(decoding: try FileReader.read(path: path, limit: 1000), as: UTF8.self)
  }

  @Test func `a missing file is made for its owner and group, and appended to`() throws {
    try write("one ", to: directory("a.log"))
    try write("two", to: directory("a.log"))
    #expect(try contents(of: directory("a.log")) == "one two")
    var status = stat()
    #expect(stat(directory("a.log"), &status) == 0 && status.st_mode & 0o777 & ~0o640 == 0)
  }

  @Test func `a link of one's own is followed`() throws {
    #expect(symlink(directory("real.log"), directory("a.log")) == 0)
    try write("one ", to: directory("a.log"))
    try write("two", to: directory("a.log"))
    #expect(try contents(of: directory("real.log")) == "one two")
  }

  @Test(.enabled(if: geteuid() == 0, "only root gives files away"))
  func `a link of another user is not followed, to a file or to nothing`() throws {
    for target in ["there.log", "missing.log"] {
      let link = directory("link-to-") + target
      #expect(symlink(directory(target), link) == 0)
      #expect(lchown(link, 65534, 65534) == 0)
    }
    try write("precious", to: directory("there.log"))
    for target in ["there.log", "missing.log"] {
      #expect(throws: SystemError(code: ELOOP)) { try write("evil", to: directory("link-to-") + target) }
    }
    #expect(try contents(of: directory("there.log")) == "precious")
    #expect(access(directory("missing.log"), F_OK) != 0)
  }

  @Test func `what can't be opened is said to be so`() throws {
    #expect(throws: SystemError(code: ENOENT)) { try write("", to: directory("none/a.log")) }
    #expect(throws: SystemError(code: EISDIR)) { try write("", to: directory.path) }
  }
}
