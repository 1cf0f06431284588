import Configuration
import Glibc
import TestSupport
import Testing
import Transport

@testable import Gateway

@Suite struct `The two logs` {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func configuration(access: String, error: String) throws -> GatewayConfiguration {
    let text = """
      { "listen": ["127.0.0.1:0"], "log": { "access": "\(access)", "error": "\(error)" },
        "routes": [{ "path": "/", "auth": "none", "respond": { "status": 200 } }] }
      """
    let result = ConfigurationLoader.load(text.utf8Span.span, fileName: "g", environment: [:])
    return try #require(result.configuration, "\(result.diagnostics)")
  }

  @Test func `go where the configuration says, or nowhere`() throws {
    let sinks = try LogSinks(configuration(access: "off", error: directory("e")))
    #expect(sinks.access == nil)
    #expect(sinks.error?.target == .file(path: directory("e")))
    #expect(directory.names == ["e"])
    sinks.finish(within: .seconds(10))
  }

  @Test func `one that goes where it went stays open`() throws {
    let old = try LogSinks(configuration(access: directory("a"), error: directory("e")))
    let new = try LogSinks(configuration(access: directory("b"), error: directory("e")), after: old)
    #expect(new.error === old.error)
    #expect(new.access !== old.access)
    old.finish(within: .seconds(10), except: new)
    new.finish(within: .seconds(10))
  }

  @Test func `one that can't be opened is an error at its place, with the way out`() throws {
    do throws(ConfigurationErrors) {
      _ = try LogSinks(try! configuration(access: directory("none/a"), error: "stderr"))
      Issue.record("it was opened")
    } catch {
      let message = try #require(error.diagnostics.first).message
      #expect(
        message
          == "the log '\(directory("none/a"))' can't be opened: No such file or directory; its folder must be there")
    }
  }

  @Test func `all files are opened anew, and those that can't be are said`() throws {
    let configuration = try configuration(access: directory("a"), error: directory("e"))
    let sinks = try LogSinks(configuration)
    #expect(rename(directory("a"), directory("a.1")) == 0)
    #expect(unlink(directory("e")) == 0 && mkdir(directory("e"), 0o700) == 0)
    let problems = sinks.reopen(configuration)
    #expect(problems.map(\.message) == ["the log '\(directory("e"))' can't be reopened: Is a directory"])
    #expect(directory.names == ["a", "a.1", "e"])
    sinks.finish(within: .seconds(10))
  }
}
