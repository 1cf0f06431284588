import Glibc
import TestSupport
import Testing

@testable import Files

@Suite struct `Files for the gateway's user alone` {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// The reason that a call gives for failing; nil if it does not.
  private func reason(_ body: () throws(FileError) -> Void) -> String? {
    do throws(FileError) {
      try body()
      return nil
    } catch {
      return error.reason
    }
  }

  @Test(arguments: [
    ("data/accounts.db", "data"), ("/a/b", "/a"), ("/a", "/"), ("a", "."), ("a/", "a"), ("a/b/c", "a/b"),
  ]) func `have a directory`(path: String, parent: String) {
    #expect(PrivateFile.directory(of: path) == parent)
  }

  // MARK: Directories

  @Test func `one directory is made if it is missing, for its owner`() throws {
    try PrivateFile.makeDirectory(of: directory("a/file"))
    #expect(mode(of: directory("a")) == 0o700)
    #expect(chmod(directory("a"), 0o755) == 0)
    try PrivateFile.makeDirectory(of: directory("a/file"))
    #expect(mode(of: directory("a")) == 0o755, "one that is there stays as it is")
  }

  @Test func `no directory is made above a missing one`() {
    let text = reason { () throws(FileError) in try PrivateFile.makeDirectory(of: directory("a/b/file")) }
    #expect(text == "neither the directory '\(directory("a/b"))' nor the one above it exists")
    #expect(directory.names == [])
  }

  // MARK: Files

  @Test func `are made once, with mode 0600 whatever the mask`() throws {
    let descriptor = try #require(try PrivateFile.create(directory("a")))
    close(descriptor)
    #expect(mode(of: directory("a")) == 0o600)
    #expect(try PrivateFile.create(directory("a")) == nil)
  }

  @Test func `are never made through a link, not even one to nothing`() throws {
    #expect(symlink(directory("target"), directory("link")) == 0)
    #expect(try PrivateFile.create(directory("link")) == nil)
    #expect(directory.names == ["link"])
  }

  @Test(arguments: [[], [0x61], Array(repeating: 0x62, count: 100_000)] as [[UInt8]])
  func `are replaced whole`(bytes: [UInt8]) throws {
    try write(Array("before, and longer".utf8), to: directory("a"))
    #expect(chmod(directory("a"), 0o666) == 0)
    try PrivateFile.replace(directory("a"), with: bytes)
    #expect(read(directory("a")) == bytes)
    #expect(mode(of: directory("a")) == 0o600)
    #expect(directory.names == ["a"])
  }

  @Test func `take the place of a link, and leave its target alone`() throws {
    try write(Array("kept".utf8), to: directory("target"))
    #expect(symlink(directory("target"), directory("link")) == 0)
    try PrivateFile.replace(directory("link"), with: [1])
    #expect(read(directory("target")) == Array("kept".utf8))
    #expect(read(directory("link")) == [1])
  }

  @Test func `that can't be made say why`() {
    #expect(
      reason { () throws(FileError) in _ = try PrivateFile.create(directory("none/a")) }
        == "can't be made: No such file or directory")
    #expect(mkdir(directory("folder"), 0o700) == 0)
    #expect(
      reason { () throws(FileError) in try PrivateFile.replace(directory("folder"), with: []) }
        == "can't be replaced: Is a directory")
  }

  @Test func `that can't be written say why`() {
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    #expect(
      reason { () throws(FileError) in try PrivateFile.write([1], to: full, path: "p") }
        == "can't be written: No space left on device")
  }

  // MARK: Owners

  @Test func `an owner is named as sudo takes it`() {
    #expect(FileOwner.name(of: 0) == "root")
    #expect(FileOwner.name(of: 4_000_000_000) == "'#4000000000'")
  }

  @Test func `a lack of rights names the owner, unless that is the caller`() {
    let error = PrivateFile.failure(directory("a"), "can't be opened", because: EACCES)
    #expect(error.description == "'\(directory("a"))': can't be opened: Permission denied")
    let other = PrivateFile.failure("/a", "can't be opened", because: ENOSPC)
    #expect(other.reason == "can't be opened: No space left on device")
  }
}
