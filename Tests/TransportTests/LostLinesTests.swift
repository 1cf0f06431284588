import Bytes
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Transport

@Suite struct `Log lines that can't be written` {
  private let directory: TemporaryDirectory
  private var path: String { directory("a.log") }

  init() throws { directory = try TemporaryDirectory() }

  /// Collects what is said.
  final class Said: Sendable {
    private let messages = Mutex<[String]>([])

    var all: [String] { messages.withLock { $0 } }
    func add(_ message: String) { messages.withLock { $0.append(message) } }

    /// Waits until so many were said.
    func wait(for count: Int) -> Bool {
      let end = MonotonicTime.current().advanced(byNanoseconds: 10_000_000_000)
      while all.count < count, MonotonicTime.current() < end { usleep(1000) }
      return all.count >= count
    }
  }

  @Test func `the first loss is said soon, and what follows is gathered for the next message`() {
    let said = Said()
    let lost = LostLines(of: "the log 'a'", pace: .init(first: .zero, next: .seconds(3600)), say: said.add)
    lost.add(1, because: "the disk is full")
    #expect(said.wait(for: 1))
    for _ in 0..<5 { lost.add(2, because: "the folder is gone") }
    lost.sayLast()
    #expect(
      said.all == [
        "the log 'a' can't be written: the disk is full; 1 line was lost",
        "the log 'a' can't be written: the folder is gone; 10 lines were lost, 11 in all",
      ])
    #expect(lost.total == 11)
    lost.sayLast()
    #expect(said.all.count == 2, "nothing is said twice")
  }

  @Test func `a loss after a time without any is said again`() {
    let said = Said()
    let lost = LostLines(of: "a", pace: .init(first: .zero, next: .milliseconds(1)), say: said.add)
    for round in 1...5 {
      lost.add(round, because: "r")
      #expect(said.wait(for: round))
    }
    #expect(said.all.last == "a can't be written: r; 5 lines were lost, 15 in all")
  }

  @Test(arguments: [("", 0), ("a", 1), ("a\n", 1), ("\n", 1), ("a\nb", 2), ("a\nb\n", 2)])
  func `lines are counted, one without an end too`(text: String, count: Int) {
    #expect(LogLines.count(in: Array(text.utf8)[...]) == count)
  }

  @Test func `what a full disk refuses is lost, counted and thrown`() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var lines = LogLines(to: descriptor)
    #expect(throws: LogLines.Loss(count: 3, reason: SystemError(code: ENOSPC))) {
      try lines.write(Array("a\nb\nc\n".utf8))
    }
  }

  @Test func `a sink counts what it could not write`() throws {
    let sink = try ByteSink(.file(path: "/dev/full"))
    var buffer = ByteBuffer(capacity: 16)
    buffer.append(text: "a\nb\n")
    sink.write(&buffer)
    sink.finish(within: .seconds(10))
    #expect(sink.lostLineCount == 2)
  }

  @Test func `what nobody has read when the sink ends is lost`() throws {
    // The gateway ignores it as well: what it writes to a reader that is gone fails.
    _ = signal(SIGPIPE, SIG_IGN)
    #expect(mkfifo(path, 0o600) == 0)
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    let sink = try ByteSink(.file(path: path))
    // More than a pipe holds, so that its thread waits.
    for _ in 0..<20 {
      var buffer = ByteBuffer(capacity: 16 * 1024)
      for _ in 0..<1000 { buffer.append(text: "0123456789abcde\n") }
      sink.write(&buffer)
    }
    sink.finish(within: .milliseconds(50))
    #expect(sink.lostLineCount > 10_000)
  }

  @Test func `a named pipe without a reader is opened, and lines are lost until it has one`() throws {
    _ = signal(SIGPIPE, SIG_IGN)
    #expect(mkfifo(path, 0o600) == 0)
    let sink = try ByteSink(.file(path: path))
    defer { sink.finish(within: .seconds(10)) }
    try sink.reopen()
    var buffer = ByteBuffer(capacity: 16)
    buffer.append(text: "lost\n")
    sink.write(&buffer)
    while sink.lostLineCount == 0 { usleep(1000) }
    let reader = open(path, O_RDONLY | O_NONBLOCK)
    defer { close(reader) }
    buffer.append(text: "read\n")
    sink.write(&buffer)
    sink.finish(within: .seconds(10))
    var bytes = [UInt8](repeating: 0, count: 16)
    #expect(read(reader, &bytes, 16) == 5)
    #expect(bytes.starts(with: Array("read\n".utf8)))
    #expect(sink.lostLineCount == 1)
  }

  @Test func `a file is opened anew before 'reopen' returns`() throws {
    let sink = try ByteSink(.file(path: path))
    defer { sink.finish(within: .seconds(10)) }
    #expect(rename(path, path + ".1") == 0)
    try sink.reopen()
    var buffer = ByteBuffer(capacity: 16)
    buffer.append(text: "new\n")
    sink.write(&buffer)
    sink.finish(within: .seconds(10))
    #expect(try FileReader.read(path: path, limit: 100) == Array("new\n".utf8))
    #expect(try FileReader.read(path: path + ".1", limit: 100) == [])
  }

  @Test func `a file that can't be opened anew is written on`() throws {
    let folder = directory("logs")
    #expect(mkdir(folder, 0o700) == 0)
    let sink = try ByteSink(.file(path: folder + "/a.log"))
    #expect(rename(folder, folder + ".moved") == 0)
    #expect(throws: SystemError(code: ENOENT)) { try sink.reopen() }
    var buffer = ByteBuffer(capacity: 16)
    buffer.append(text: "still\n")
    sink.write(&buffer)
    sink.finish(within: .seconds(10))
    #expect(try FileReader.read(path: folder + ".moved/a.log", limit: 100) == Array("still\n".utf8))
    #expect(sink.lostLineCount == 0)
  }
}
