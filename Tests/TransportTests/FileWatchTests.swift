import Foundation
import Testing

@testable import Transport

@Suite struct `Watched files` {
  let directory: URL

  init() throws {
    directory = FileManager.default.temporaryDirectory.appending(path: "watch.\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  func stamp(_ name: String) -> Result<FileStamp, SystemError> {
    Result { () throws(SystemError) in try FileStamp(path: directory.appending(path: name).path) }
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: directory.appending(path: name))
  }

  func reads(_ watch: inout FileWatch, _ stamp: Result<FileStamp, SystemError>, now: Double) -> Bool {
    watch.mustRead(stamp, now: now)
  }

  /// Long after what was written.
  var later: Double { Date().timeIntervalSince1970 + 60 }

  @Test func `are read once as long as nothing changes`() throws {
    try write("a", to: "f")
    var watch = FileWatch()
    #expect(reads(&watch, stamp("f"), now: later))
    #expect(watch.isSettled)
    #expect(!reads(&watch, stamp("f"), now: later))
    #expect(!reads(&watch, stamp("f"), now: later))
  }

  @Test func `are read again until they have been left alone for a moment`() throws {
    try write("a", to: "f")
    let now = Date().timeIntervalSince1970
    var watch = FileWatch()
    #expect(reads(&watch, stamp("f"), now: now))
    #expect(!watch.isSettled)
    #expect(reads(&watch, stamp("f"), now: now + 2))
    #expect(watch.isSettled)
    #expect(!reads(&watch, stamp("f"), now: now + 3))
  }

  @Test func `are left alone at last where the clock of their disk is ahead`() throws {
    try write("a", to: "f")
    let now = Date().timeIntervalSince1970 - 3600
    var watch = FileWatch()
    #expect(reads(&watch, stamp("f"), now: now))
    #expect(reads(&watch, stamp("f"), now: now + 1))
    #expect(reads(&watch, stamp("f"), now: now + 2))
    #expect(watch.isSettled)
    #expect(!reads(&watch, stamp("f"), now: now + 3))
  }

  @Test func `show when they are written to, replaced, removed, and when a link to them is pointed elsewhere`() throws {
    try write("a", to: "f")
    try write("b", to: "g")
    let manager = FileManager.default
    try manager.createSymbolicLink(
      at: directory.appending(path: "link"), withDestinationURL: directory.appending(path: "f"))
    var file = FileWatch()
    var link = FileWatch()
    #expect(reads(&file, stamp("f"), now: later))
    #expect(reads(&link, stamp("link"), now: later))

    // As Kubernetes does it: a new link is moved over the old one.
    try manager.createSymbolicLink(
      at: directory.appending(path: "new"), withDestinationURL: directory.appending(path: "g"))
    #expect(rename(directory.appending(path: "new").path, directory.appending(path: "link").path) == 0)
    #expect(reads(&link, stamp("link"), now: later))
    #expect(!reads(&file, stamp("f"), now: later))

    try write("c", to: "new")
    #expect(rename(directory.appending(path: "new").path, directory.appending(path: "f").path) == 0)
    #expect(reads(&file, stamp("f"), now: later))

    let handle = try FileHandle(forWritingTo: directory.appending(path: "f"))
    try handle.write(contentsOf: Data("dd".utf8))
    try handle.close()
    #expect(reads(&file, stamp("f"), now: later))

    try manager.removeItem(at: directory.appending(path: "f"))
    #expect(reads(&file, stamp("f"), now: later))
    #expect(!file.isSettled)
    try write("e", to: "f")
    #expect(reads(&file, stamp("f"), now: later))
    try manager.removeItem(at: directory)
  }
}
