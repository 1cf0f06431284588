import Configuration
import Testing

/// The messages about broken configurations: all of them, in the order of the file, at the right places.
@Suite struct BrokenConfigurationTests {
  static let environment = ["A": "a"]

  static func messages(about file: String) -> [String] {
    ConfigurationLoader.load(file.utf8Span.span, fileName: "g", environment: environment).diagnostics.map(\.description)
  }

  static let broken =
    BrokenConfiguration.syntax + BrokenConfiguration.keys + BrokenConfiguration.values + BrokenConfiguration.environment
    + BrokenConfiguration.listen + BrokenConfiguration.auth + BrokenConfiguration.upstreams + BrokenConfiguration.routes
    + BrokenConfiguration.conflicts + BrokenConfiguration.together + BrokenConfiguration.accounts
    + BrokenConfiguration.issuers + BrokenConfiguration.keyOrigins + BrokenConfiguration.hosted
    + BrokenConfiguration.admin + BrokenConfiguration.health + BrokenConfiguration.assertions
    + BrokenConfiguration.assertionRoutes + BrokenConfiguration.names + BrokenConfiguration.topNames
    + BrokenConfiguration.newUsers + BrokenConfiguration.laterValues
    + BrokenConfiguration.listenerTLS + BrokenConfiguration.upstreamTLS + BrokenConfiguration.certificates
    + BrokenConfiguration.certificateRoutes

  @Test(arguments: broken) func `every error is said at its place`(broken: BrokenConfiguration) {
    let result = ConfigurationLoader.load(
      broken.file.utf8Span.span, fileName: "g", environment: Self.environment)
    #expect(result.diagnostics.map(\.description) == broken.messages)
    #expect(result.configuration == nil)
  }

  @Test func `no message names an error twice in a line`() {
    for broken in Self.broken {
      for message in broken.messages { #expect(message.ranges(of: "error:").count <= 1, "\(message)") }
    }
  }

  @Test func `an empty file is told to be one`() {
    #expect(Self.messages(about: "") == ["g:1:1: error: the text ends before its value is complete"])
  }

  @Test(
    arguments: BrokenConfiguration.warnings + BrokenConfiguration.accountWarnings + BrokenConfiguration.keyWarnings
      + BrokenConfiguration.nameWarnings + BrokenConfiguration.tlsWarnings
      + BrokenConfiguration.certificateWarnings)
  func `a warning does not keep a configuration from being used`(
    dubious: BrokenConfiguration
  ) {
    let result = ConfigurationLoader.load(
      dubious.file.utf8Span.span, fileName: "g", environment: Self.environment)
    #expect(result.diagnostics.map(\.description) == dubious.messages)
    #expect(result.configuration != nil)
  }
}
