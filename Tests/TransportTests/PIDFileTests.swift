import Glibc
import TestSupport
import Testing

@testable import Transport

@Suite struct `The file with the process id` {
  private let directory: TemporaryDirectory
  private var path: String { directory("a.pid") }

  init() throws { directory = try TemporaryDirectory() }

  static func write(_ text: String, to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    _ = Array(text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
  }

  @Test func `it names this process until it is removed`() throws {
    #expect(try PIDFile.holder(of: path) == .nobody)
    try PIDFile.create(path: path)
    #expect(try PIDFile.holder(of: path) == .running(process: getpid()))
    PIDFile.remove(path: path)
    #expect(try PIDFile.holder(of: path) == .nobody)
  }

  @Test(arguments: [
    "", "\n", "x", "-5\n", "0\n", "1 2\n", "1\n2\n", "99999999999999\n", String(repeating: "1", count: 200),
  ])
  func `what is no process id names nobody, and is replaced`(text: String) throws {
    Self.write(text, to: path)
    #expect(try PIDFile.holder(of: path) == .malformed)
    try PIDFile.create(path: path)
    #expect(try PIDFile.holder(of: path) == .running(process: getpid()))
  }

  @Test func `a process that is gone is told from one of another program`() throws {
    Self.write("\(Int32.max)\n", to: path)
    #expect(try PIDFile.holder(of: path) == .gone(process: .max))
    Self.write("1\n", to: path)
    guard case .stranger(process: 1, name: _) = try PIDFile.holder(of: path) else {
      return #expect(Bool(false), "process 1 runs no tests")
    }
    try PIDFile.create(path: path)
    #expect(try PIDFile.holder(of: path) == .running(process: getpid()))
  }

  @Test func `the file of another process is not removed`() throws {
    Self.write("1\n", to: path)
    PIDFile.remove(path: path)
    #expect(access(path, F_OK) == 0)
  }

  @Test func `where it can't be written the system says why`() throws {
    let error = #expect(throws: PIDFile.CreationError.self) { try PIDFile.create(path: "/nowhere/a.pid") }
    #expect(error == .failed(SystemError(code: ENOENT)))
  }

  @Test func `nothing else is left beside it`() throws {
    try PIDFile.create(path: path)
    #expect(directory.names == ["a.pid"])
  }

  @Test func `nothing is written through a link, wherever it stands`() throws {
    Self.write("precious", to: path + ".victim")
    // The names that drafts have had, and the file's own.
    for name in ["\(path).\(getpid())", "\(path).new", path] { #expect(symlink(path + ".victim", name) == 0) }
    try PIDFile.create(path: path)
    #expect(try PIDFile.holder(of: path) == .running(process: getpid()))
    #expect(try FileReader.read(path: path + ".victim", limit: 100) == Array("precious".utf8))
    var status = stat()
    #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG)
  }

  @Test func `what is neither a file nor a link is left alone`() throws {
    #expect(mkfifo(path, 0o600) == 0)
    #expect(throws: PIDFile.CreationError.failed(SystemError(code: EEXIST))) { try PIDFile.create(path: path) }
    var status = stat()
    #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO)
  }
}
