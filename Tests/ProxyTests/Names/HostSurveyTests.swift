import Synchronization
import Testing
import Transport

@testable import Proxy

@Suite struct `A survey of hosts` {
  @Test func `has every answer that comes in time, of more hosts than threads`() {
    let hosts = (0..<40).map { "host-\($0)" }
    let answers = HostSurvey.answers(for: hosts, within: .seconds(60)) { host in
      host == "host-7" ? .denied("gone") : .addresses([.unix(path: host)])
    }
    #expect(answers.count == 40)
    #expect(answers["host-7"] == .denied("gone"))
    #expect(answers["host-8"] == .addresses([.unix(path: "host-8")]))
  }

  @Test func `waits for no host longer than it may`() {
    let isOver = Atomic(false)
    defer { isOver.store(true, ordering: .relaxed) }
    let answers = HostSurvey.answers(for: ["quick", "slow"], within: .milliseconds(200)) { host in
      while host == "slow", !isOver.load(ordering: .relaxed) { Thread.pause(.milliseconds(1)) }
      return .addresses([.unix(path: host)])
    }
    #expect(answers == ["quick": .addresses([.unix(path: "quick")])])
  }

  @Test func `asks nobody without a host`() {
    #expect(HostSurvey.answers(for: [], within: .seconds(60)) { _ in .failed("asked") }.isEmpty)
  }
}
