import Glibc
import TestSupport
import Testing

@testable import Transport

@Suite struct `Finding out what a start would meet` {
  typealias PIDFileSuite = `The file with the process id`

  private let directory: TemporaryDirectory
  private var path: String { directory("a.pid") }

  init() throws { directory = try TemporaryDirectory() }

  static func names(_ folder: String) -> [String] {
    guard let handle = opendir(folder) else { return [] }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
  }

  static func problem(_ address: SocketAddress) -> SystemError? {
    do throws(SystemError) {
      try AddressProbe.check(address)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a file that can be written or made is no problem, and is not made`() throws {
    let folder = WritableFile.folder(of: path)
    #expect(WritableFile.problem(path: path) == nil)
    #expect(symlink("other", path) == 0)
    #expect(WritableFile.problem(path: path) == nil, "a link to a file that can be made")
    #expect(Self.names(folder) == ["a.pid"])
    PIDFileSuite.write("x", to: folder + "/other")
    #expect(WritableFile.problem(path: path) == nil)
    #expect(try FileReader.read(path: path, limit: 10) == [UInt8(ascii: "x")], "nothing is written")
  }

  @Test func `what can't be written has its reason`() throws {
    let folder = WritableFile.folder(of: path)
    #expect(WritableFile.problem(path: folder) == SystemError(code: EISDIR))
    #expect(WritableFile.problem(path: folder + "/none/a") == SystemError(code: ENOENT))
    PIDFileSuite.write("x", to: path)
    #expect(WritableFile.problem(path: path + "/a") == SystemError(code: ENOTDIR))
    #expect(symlink(folder + "/none/a", folder + "/link") == 0)
    #expect(WritableFile.problem(path: folder + "/link") == SystemError(code: ENOENT))
    #expect(symlink("loop", folder + "/loop") == 0)
    #expect(WritableFile.problem(path: folder + "/loop") == SystemError(code: ELOOP))
  }

  @Test func `a pipe that nobody reads yet does not hold up the check`() throws {
    #expect(mkfifo(path, 0o600) == 0)
    #expect(WritableFile.problem(path: path) == nil)
    let address = SocketAddress.unix(path: path + ".sock")
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    #expect(address.withKernelForm { bind(listener, $0, $1) } == 0)
    #expect(WritableFile.problem(path: path + ".sock") == SystemError(code: ENXIO), "a socket is no file")
  }

  @Test(arguments: [("a", "."), ("/a", "/"), ("a/b", "a"), ("/a/b/c", "/a/b")])
  func `a file's folder`(path: String, folder: String) {
    #expect(WritableFile.folder(of: path) == folder)
  }

  @Test func `an address that is free can be bound, one that is taken or not ours can't`() throws {
    let loopback = SocketAddress.ipv4(0x7F00_0001, port: 0)
    #expect(Self.problem(loopback) == nil)
    let listener = try ListeningSocket(loopback)
    #expect(Self.problem(listener.address) == SystemError(code: EADDRINUSE))
    #expect(AddressProbe.holder(of: listener.address) == .other, "a process is not its own stranger")
    // TEST-NET-3 (RFC 5737).
    #expect(Self.problem(.ipv4(0xCB00_7107, port: 0)) == SystemError(code: EADDRNOTAVAIL))
  }

  @Test func `of a unix socket only file and folder are looked at`() throws {
    let folder = WritableFile.folder(of: path)
    let address = SocketAddress.unix(path: path)
    #expect(Self.problem(address) == nil)
    #expect(Self.names(folder) == [])
    #expect(Self.problem(.unix(path: folder + "/none/a.sock")) == SystemError(code: ENOENT))
    let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    #expect(address.withKernelForm { bind(left, $0, $1) } == 0)
    #expect(listen(left, 1) == 0)
    #expect(Self.problem(address) == SystemError(code: EADDRINUSE))
    #expect(AddressProbe.holder(of: address) == .gateway(process: getpid()))
    close(left)
    #expect(Self.problem(address) == nil, "one that was left behind is replaced at the start")
    #expect(Self.names(folder) == ["a.pid"], "and not by the check")
    unlink(path)
    PIDFileSuite.write("x", to: path)
    #expect(Self.problem(address) == SystemError(code: EADDRINUSE), "a file that is no socket")
  }
}
