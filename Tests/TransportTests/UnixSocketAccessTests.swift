import Foundation
import Glibc
import TestSupport
import Testing

@testable import Transport

@Suite struct `The rights of a unix socket` {
  let folder: TemporaryDirectory

  init() throws { folder = try TemporaryDirectory() }

  func mode(of path: String) throws -> Int {
    try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
  }

  @Test(arguments: [0o600, 0o660, 0o666, 0o000] as [UInt32]) func `are those that were asked for, whatever the mask`(
    mode: UInt32
  ) throws {
    let path = folder("a")
    let socket = try ListeningSocket(.unix(path: path), access: UnixSocketAccess(mode: mode, group: getegid()))
    #expect(try self.mode(of: path) == Int(mode))
    try UnixSocketAccess(mode: 0o640).apply(to: path)
    #expect(try self.mode(of: path) == 0o640)
    _ = socket
  }

  @Test func `nothing else than a socket is given rights, and no link is followed`() throws {
    let secret = folder("secret")
    let link = folder("link")
    #expect(FileManager.default.createFile(atPath: secret, contents: nil, attributes: [.posixPermissions: 0o600]))
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: secret)
    for path in [secret, link] {
      #expect(throws: SystemError(code: ENOTSOCK)) { try UnixSocketAccess(mode: 0o666).apply(to: path) }
    }
    #expect(throws: SystemError(code: ENOENT)) { try UnixSocketAccess(mode: 0o666).apply(to: self.folder("none")) }
    #expect(try mode(of: secret) == 0o600)
  }

  static let groups: [(String, UInt32?)] = [
    ("root", 0), ("0", 0), ("4711", 4711), ("no-such-group", nil), ("", nil), ("99999999999", nil), ("-1", nil),
  ]

  @Test(arguments: groups) func `a group has a name or a number`(text: String, number: UInt32?) {
    #expect(UserGroup.number(of: text) == number)
  }

  @Test func `a process may give its files to its own group`() { #expect(UserGroup.mayBeGiven(to: getegid())) }
}
