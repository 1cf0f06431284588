import Configuration
import Foundation
import JSON
import Proxy
import Synchronization
import TestSupport
import Testing
import Transport

@testable import Gateway

/// The decisions of the supervisor, without workers.
@Suite struct SupervisorTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// A snapshot of a configuration with these keys at the top; `@` stands for the test's directory.
  private func snapshot(_ keys: String) throws -> Snapshot {
    let text = """
      { "listen": ["unix:@/a.sock"], "log": { "error": "@/error.log", "access": "off" }, "workers": 1, \(keys)
        "routes": [{ "path": "/", "auth": "none", "respond": { "status": 200 } }] }
      """.replacing("@", with: directory.path)
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g.json", environment: [:])
    return try SnapshotBuilder.build(try #require(result.configuration, "\(result.diagnostics)"), for: .serving).get()
  }

  private func supervisor(
    _ keys: String = "", rereading reading: @escaping (Snapshot) -> ConfigurationReading
  ) throws -> Supervisor {
    try Supervisor(try snapshot(keys), reread: reading)
  }

  /// All that the log has, once what was written before is there.
  private func log(of supervisor: Supervisor) throws -> String {
    supervisor.sinks.finish(within: .seconds(10))
    return String(decoding: try Data(contentsOf: URL(filePath: directory("error.log"))), as: UTF8.self)
  }

  private func contents(of name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: directory(name))), as: UTF8.self)
  }

  // MARK: Reloading

  @Test func `a file that can't be read changes nothing, and the log says why`() throws {
    var supervisor = try supervisor { _ in
      ConfigurationReading(snapshot: nil, diagnostics: [], problem: "the file is gone")
    }
    let before = supervisor.snapshot
    supervisor.reload()
    #expect(supervisor.snapshot === before)
    let log = try log(of: supervisor)
    #expect(log.contains("error: the file is gone\n"))
    #expect(log.contains("g.json can't be used: the configuration that was loaded before stays in force"))
  }

  @Test func `the reading is told what is served until now`() throws {
    let told = Mutex<ObjectIdentifier?>(nil)
    var supervisor = try supervisor { previous in
      told.withLock { $0 = ObjectIdentifier(previous) }
      return ConfigurationReading(snapshot: nil, diagnostics: [])
    }
    supervisor.reload()
    #expect(told.withLock { $0 } == ObjectIdentifier(supervisor.snapshot))
  }

  @Test func `a configuration that passes is taken over with its logs, its listeners and its pid file`() throws {
    let fresh = try snapshot(#""pid_file": "@/b.pid","#)
    var supervisor = try supervisor(#""pid_file": "@/a.pid","#) { _ in
      ConfigurationReading(snapshot: fresh, diagnostics: [])
    }
    try supervisor.takePIDFile(of: supervisor.snapshot.configuration)
    supervisor.pidFile = supervisor.snapshot.configuration.pidFile?.value
    supervisor.reload()
    defer { supervisor.control?.close() }
    #expect(supervisor.snapshot === fresh)
    #expect(supervisor.pidFile == directory("b.pid"))
    #expect(try contents(of: "b.pid") == "\(ProcessInfo.processInfo.processIdentifier)\n")
    #expect(!directory.names.contains("a.pid"))
    #expect(try log(of: supervisor).contains("listening on unix:\(directory("a.sock"))"))
  }

  @Test(arguments: [
    (#""admin": { "listen": "192.0.2.1:1" },"#, "can't listen on 192.0.2.1:1"),
    (
      #""pid_file": "@/none/a.pid","#,
      "none/a.pid' can't be written: No such file or directory; its folder must be there"
    ),
  ])
  func `what a new configuration asks for in vain changes nothing at all`(keys: String, message: String) throws {
    let fresh = try snapshot(keys)
    var supervisor = try supervisor(#""pid_file": "@/a.pid","#) { _ in
      ConfigurationReading(snapshot: fresh, diagnostics: [])
    }
    try supervisor.takePIDFile(of: supervisor.snapshot.configuration)
    supervisor.pidFile = supervisor.snapshot.configuration.pidFile?.value
    let before = supervisor.snapshot
    supervisor.reload()
    #expect(supervisor.snapshot === before)
    #expect(supervisor.pidFile == directory("a.pid"))
    #expect(directory.names.contains("a.pid"))
    let log = try log(of: supervisor)
    #expect(log.contains(message), "\(log)")
    #expect(log.contains("g.json can't be used"))
  }

  @Test func `another number of workers takes a restart`() throws {
    let fresh = try snapshot("")
    var supervisor = try supervisor { _ in ConfigurationReading(snapshot: fresh, diagnostics: []) }
    supervisor.reload()
    #expect(
      try log(of: supervisor).contains("warning: 'workers' has changed, which takes a restart: there are still 0"))
  }

  // MARK: The pid file

  @Test func `what is no file is not replaced by the pid file: an error at its place`() throws {
    let supervisor = try supervisor(#""pid_file": "@/folder","#) { _ in
      ConfigurationReading(snapshot: nil, diagnostics: [])
    }
    try FileManager.default.createDirectory(atPath: directory("folder"), withIntermediateDirectories: false)
    let error = #expect(throws: ConfigurationErrors.self) {
      try supervisor.takePIDFile(of: supervisor.snapshot.configuration)
    }
    let place = supervisor.snapshot.configuration.pidFile?.location
    #expect(
      error?.diagnostics.map(\.message) == [
        "'\(directory("folder"))' can't be written: what stands there is no file"
      ])
    #expect(error?.diagnostics.first?.location == place)
  }

  @Test func `a configuration without a pid file removes it`() throws {
    var supervisor = try supervisor(#""pid_file": "@/a.pid","#) { _ in
      ConfigurationReading(snapshot: nil, diagnostics: [])
    }
    try supervisor.takePIDFile(of: supervisor.snapshot.configuration)
    supervisor.pidFile = supervisor.snapshot.configuration.pidFile?.value
    try supervisor.movePIDFile(to: try snapshot("").configuration)
    #expect(supervisor.pidFile == nil)
    #expect(!directory.names.contains("a.pid"))
  }

  // MARK: Counting workers down

  @Test(arguments: [1, 2, 7]) func `of those who count down exactly one is the last`(count: Int) {
    let countdown = Countdown(from: count)
    #expect(!countdown.isZero)
    let lasts = onThreads(count) { _ in countdown.count() }
    #expect(lasts.filter { $0 }.count == 1)
    #expect(countdown.isZero)
  }
}
