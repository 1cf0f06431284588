import Configuration
import Foundation
import Observability
import TestSupport
import Testing
import Transport

@testable import Gateway

/// Orders over the socket beside the pid file, as `-s` gives them.
@Suite(.timeLimit(.minutes(1))) struct `Orders whose outcome somebody waits for` {
  private let directory: TemporaryDirectory
  private let log = ErrorLog(sink: nil, level: .error)

  init() throws { directory = try TemporaryDirectory() }

  /// The answer to an order.
  private func call(_ order: String) throws -> ControlCall.Answer {
    let own = ProcessInfo.processInfo.processIdentifier
    return try ControlCall.give(order, to: own, beside: directory("a.pid"), within: .seconds(10))
  }

  @Test func `no pid file, no socket`() {
    #expect(OrderDesk().open(beside: nil, log: log) == nil)
    #expect(directory.names == [])
  }

  @Test func `a socket that can't be made keeps nothing from working`() {
    #expect(OrderDesk().open(beside: directory("none/a.pid"), log: log) == nil)
  }

  @Test func `an order that is not known is refused at once`() throws {
    let desk = OrderDesk()
    let socket = desk.open(beside: directory("a.pid"), log: log)
    defer { socket?.close() }
    let answer = try call("dance")
    #expect(!answer.isFine)
    #expect(answer.summary == "this gateway can't be told to dance")
  }

  @Test func `a desk that is closed refuses what comes, with the reason`() throws {
    let desk = OrderDesk()
    let socket = desk.open(beside: directory("a.pid"), log: log)
    defer { socket?.close() }
    desk.close(because: "the gateway is stopping")
    let answer = try call("reload")
    #expect(!answer.isFine)
    #expect(answer.summary == "the gateway is stopping")
  }

  @Test func `a report without anybody who waits goes nowhere`() {
    let report = OrderDesk().report(on: .reload)
    report.add("a warning")
    report.fail("an error")
    report.finish("done")
  }
}
