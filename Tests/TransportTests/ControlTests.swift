import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Transport

@Suite struct `The socket for orders` {
  typealias PIDFileSuite = `The file with the process id`

  private let directory: TemporaryDirectory
  private var path: String { directory("a.pid") }

  init() throws { directory = try TemporaryDirectory() }

  static func give(
    _ order: String, _ path: String, to process: Int32 = getpid()
  ) -> Result<ControlCall.Answer, ControlCall.Failure> {
    do throws(ControlCall.Failure) {
      return .success(try ControlCall.give(order, to: process, beside: path, within: .seconds(10)))
    } catch {
      return .failure(error)
    }
  }

  static func mode(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode : nil
  }

  @Test(arguments: [true, false]) func `an order is answered with its outcome`(isFine: Bool) throws {
    let control = try ControlSocket(beside: path) { order, reply in
      reply.send(isFine: isFine, summary: "did \(order)", details: ["one", "two"])
    }
    defer { control.close() }
    #expect(
      Self.give("reload", path) == .success(.init(isFine: isFine, summary: "did reload", details: ["one", "two"])))
    #expect(Self.mode(path + ".sock") == S_IFSOCK | 0o600, "it is its owner's only")
  }

  @Test func `several may ask at once, and each is answered`() throws {
    let control = try ControlSocket(beside: path) { order, reply in reply.send(isFine: true, summary: order) }
    defer { control.close() }
    let answers = Mutex<[String]>([])
    let waiting = Atomic(8)
    for number in 0..<8 {
      try Thread.start(name: "asker") {
        if case .success(let answer) = Self.give("o\(number)", path) { answers.withLock { $0.append(answer.summary) } }
        waiting.subtract(1, ordering: .acquiringAndReleasing)
      }
    }
    while waiting.load(ordering: .acquiring) > 0 { usleep(1000) }
    #expect(Set(answers.withLock { $0 }) == Set((0..<8).map { "o\($0)" }))
  }

  @Test func `an answer of any length ends, and says how much was left out`() throws {
    let lines = (0..<5000).map { "gateway.json:\($0):1: error: something is wrong here" }
    let control = try ControlSocket(beside: path) { _, reply in
      reply.send(isFine: false, summary: "no", details: lines)
    }
    defer { control.close() }
    let answer = try Self.give("reload", path).get()
    #expect(answer.details.count > 500 && answer.details.count < 5000)
    #expect(answer.details.last == "… and \(5000 - answer.details.count + 1) more")
  }

  @Test func `who hangs up without an answer is told apart`() throws {
    let control = try ControlSocket(beside: path) { _, _ in }
    defer { control.close() }
    #expect(Self.give("reload", path) == .failure(.ended))
  }

  @Test func `a socket of another process than the pid file names gets no order`() throws {
    let given = Atomic(0)
    let control = try ControlSocket(beside: path) { _, _ in given.add(1, ordering: .relaxed) }
    #expect(Self.give("reload", path, to: 1) == .failure(.stranger(process: getpid())))
    control.close()
    #expect(given.load(ordering: .relaxed) == 0)
  }

  @Test func `no socket, one that was left behind, and a file in its place`() throws {
    #expect(Self.give("reload", path) == .failure(.noSocket))
    let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    #expect(SocketAddress.unix(path: path + ".sock").withKernelForm { bind(left, $0, $1) } == 0)
    close(left)
    #expect(Self.give("reload", path) == .failure(.noSocket))
    let control = try ControlSocket(beside: path) { _, reply in reply.send(isFine: true, summary: "new") }
    #expect(try Self.give("reload", path).get().summary == "new", "what was left behind is replaced")
    control.close()
    #expect(Self.mode(path + ".sock") == nil, "it is removed with its process")
    PIDFileSuite.write("mine", to: path + ".sock")
    #expect(throws: SystemError(code: EADDRINUSE)) { try ControlSocket(beside: path) { _, _ in } }
    #expect(try FileReader.read(path: path + ".sock", limit: 10) == Array("mine".utf8), "a file is left alone")
  }

  @Test func `a symbolic link is not followed`() throws {
    let target = path + ".target"
    #expect(symlink(target, path + ".sock") == 0)
    #expect(throws: SystemError(code: EADDRINUSE)) { try ControlSocket(beside: path) { _, _ in } }
    #expect(Self.mode(target) == nil, "nothing was made there")
  }

  @Test func `a socket that is not its own any more stays when it closes`() throws {
    let old = try ControlSocket(beside: path) { _, _ in }
    let new = try ControlSocket(beside: path) { _, reply in reply.send(isFine: true, summary: "new") }
    old.close()
    #expect(try Self.give("reload", path).get().summary == "new")
    new.close()
  }

  @Test func `the folder's path may be longer than a socket's`() throws {
    let folder = path + String(repeating: "x", count: 150)
    #expect(mkdir(folder, 0o700) == 0)
    let path = folder + "/gateway.pid"
    let control = try ControlSocket(beside: path) { order, reply in reply.send(isFine: true, summary: order) }
    #expect(try Self.give("reopen", path).get().summary == "reopen")
    control.close()
    #expect(Self.mode(path + ".sock") == nil)
  }
}
